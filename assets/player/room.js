// How the player uses its room.

export const BELOW = 14; // pixels of a window that stay free below the controls
const LEAST = 300; // pixels of the picture's height, or what is left of a phone that lies on its side
const LOW = 160;
const LITTLE = 0.42; // of a low window: a picture that is seen with its controls before anything is scrolled
const ROOMY = 0.6; // of a window: the picture that leaves room for its caption

/**
 * Where the time series stand: under the picture (stack, grid, row) or beside it (column).
 * @param {number} width
 * @param {number} tall
 */
export function arrangementOf(width, tall) {
  if (width < 560) return "stack";
  if (width < 860) return "grid";
  return tall < 0.9 * width ? "column" : "row";
}

/**
 * The picture's height in pixels. `tall` is that of the window, or of the whole screen where the player has it; `top` is where the
 * player begins, `controls` and `caption` what these take; `room` is the picture's width. A window that is tall enough holds the
 * caption too, so that it is not cut where the window ends; one that is low holds at least picture and controls.
 * @param {{tall: number, top: number, controls: number, caption: number, room: number, whole: boolean}} room
 */
export function heightOf({ tall, top, controls, caption, room, whole }) {
  if (whole) return Math.round(Math.max(LOW, tall - controls - caption));
  const left = tall - top - controls - BELOW;
  const least = left > LITTLE * tall ? LOW : Math.max(LOW, Math.min(LEAST, tall - controls - BELOW));
  return Math.round(Math.max(least, Math.min(0.8 * room, left - caption > ROOMY * tall ? left - caption : left)));
}

/**
 * Where an element begins, from the top of all that can be scrolled.
 * @param {HTMLElement} node
 */
export function topOf(node) {
  let top = node.getBoundingClientRect().top + window.scrollY;
  for (let each = node.parentElement; each && each !== document.documentElement; each = each.parentElement) top += each.scrollTop;
  return top;
}
