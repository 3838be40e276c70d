// The speaker's notes in a second window. The lecture's page tells where it is; the window shows it, and turns the pages of the first.

const CHANNEL = "after-zero-loss.notes";
const WINDOW = "after-zero-loss-notes"; // its name: there is one

/** @param {string} address */
export const openNotes = (address) => window.open(address, WINDOW, "popup,width=720,height=640");

/**
 * The lecture's end: `told()` is {place, title, notes, following}. Tell it anew by `tell`. `buttonOf` finds “next” and “back”.
 * @param {() => Record<string, string>} told
 * @param {(name: string) => Element | null} buttonOf
 */
export function lecture(told, buttonOf = (name) => document.querySelector(`.st-key-${name} button`)) {
  const channel = new BroadcastChannel(CHANNEL);
  const tell = () => channel.postMessage({ told: told() });
  channel.onmessage = ({ data }) => {
    if (data.hello) tell();
    const pressed = data.press && buttonOf(data.press);
    if (pressed instanceof HTMLButtonElement && !pressed.disabled) pressed.click();
  };
  return { tell, stop: () => channel.close() };
}

/**
 * The other end: `show` hears what is told.
 * @param {(told: Record<string, string>) => void} show
 */
export function speaker(show) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => data.told && show(data.told);
  channel.postMessage({ hello: true });
  return { press: (name) => channel.postMessage({ press: name }) };
}
