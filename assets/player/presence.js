// Whether a player is there to be seen. On a slide that is not shown, or outside the window, it rests, and goes on when it is back.

/**
 * `moving()` tells whether it plays, `play(on)` makes it.
 * @param {HTMLElement} root
 * @param {{moving: () => boolean, play: (on: boolean) => void}} transport
 * @returns {() => void} what undoes it
 */
export function watchPresence(root, { moving, play }) {
  let resting = false;
  const away = () => {
    if (!moving()) return;
    resting = true;
    play(false);
  };
  const back = () => {
    if (resting) play(true);
    resting = false;
  };
  const observer = new IntersectionObserver((entries) => (entries.at(-1).isIntersecting ? back() : away()));
  observer.observe(root);

  // What reveal.js says to the frames of its slides.
  const hear = ({ data, source }) => {
    if (source !== window.parent || source === window) return;
    if (data === "slide:stop") away();
    if (data === "slide:start") back();
  };
  window.addEventListener("message", hear);

  // A frame that was clicked has the keys, and gives them back to the page around it when the pointer leaves.
  const leave = () => window.parent !== window && root.contains(document.activeElement) && window.parent.focus();
  document.documentElement.addEventListener("pointerleave", leave);
  return () => {
    observer.disconnect();
    window.removeEventListener("message", hear);
    document.documentElement.removeEventListener("pointerleave", leave);
  };
}
