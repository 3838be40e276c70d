// How the player uses its room.

const PAGE = { alone: 260, together: 430 }; // pixels of a window that belong to what is around the picture
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
 * The picture's height in pixels. `tall` is that of the window, or of the whole screen where the player has it; `rest` is what the
 * controls and the caption take there; `room` is the picture's width.
 * @param {{tall: number, rest: number, room: number, whole: boolean, together: boolean}} room
 */
export function heightOf({ tall, rest, room, whole, together }) {
  const best = whole ? tall - rest : Math.min(0.8 * room, tall - (together ? PAGE.together : PAGE.alone));
  return Math.round(Math.max(LEAST, best));
}
