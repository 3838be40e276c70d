// The presenter's view: the whole screen, large type and thick lines, and little around the picture. It is kept from page to page.

const KEPT = "after-zero-loss.presenter";
const root = document.documentElement;

const memory = (act) => {
  try {
    return act(sessionStorage);
  } catch {
    return null; // a browser that keeps nothing
  }
};

export const presenting = () => root.dataset.presenter === "on";

/**
 * @param {boolean} on
 */
export function present(on) {
  root.dataset.presenter = on ? "on" : "off";
  memory((kept) => kept.setItem(KEPT, root.dataset.presenter));
  if (on && !document.fullscreenElement) root.requestFullscreen?.().catch(() => {}); // not everywhere allowed: then in the window
  if (!on && document.fullscreenElement === root) document.exitFullscreen();
}

// Escape leaves the whole screen without a word to the page.
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && presenting() && whole) present(false);
  whole = document.fullscreenElement === root;
});
let whole = false;

if (memory((kept) => kept.getItem(KEPT)) === "on") root.dataset.presenter = "on";
