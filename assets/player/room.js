// How the player uses its room.

const TOGETHER = 430; // pixels of a window that belong to what is around the picture where players stand side by side
const BELOW = 14; // pixels of a window that stay free below the controls
const LEAST = 300; // pixels of the picture's height

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
 * player begins, `controls` and `caption` what these take; `room` is the picture's width.
 * @param {{tall: number, top: number, controls: number, caption: number, room: number, whole: boolean, together: boolean}} room
 */
export function heightOf({ tall, top, controls, caption, room, whole, together }) {
  const around = whole ? controls + caption : together ? TOGETHER : top + controls + BELOW;
  return Math.round(Math.max(LEAST, whole ? tall - around : Math.min(0.8 * room, tall - around)));
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
