// The speaker's notes in a second window. The lecture's page tells where it is; the window shows it, and turns the pages of the first.

const CHANNEL = "after-zero-loss.notes";

/**
 * The lecture's end: `told()` is {place, title, notes, following}. Tell it anew by `tell`.
 * @param {() => Record<string, string>} told
 */
export function lecture(told) {
  const channel = new BroadcastChannel(CHANNEL);
  const tell = () => channel.postMessage({ told: told() });
  channel.onmessage = ({ data }) => {
    if (data.hello) tell();
    const pressed = data.press && document.querySelector(`.st-key-${data.press} button:enabled`);
    if (pressed instanceof HTMLElement) pressed.click();
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
