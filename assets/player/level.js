// Where a function on a grid has certain values (marching squares: Lorensen and Cline 1987, in the plane).

/**
 * Calls `segment(x0, y0, x1, y1)` for each piece of the lines on which `z` is `start`, `start + size`, …, `count` of them; what is not
 * finite has none.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {ArrayLike<number>[]} z rows by y, columns by x
 * @param {{start: number, size: number, count: number}} levels
 * @param {(x0: number, y0: number, x1: number, y1: number) => void} segment
 */
export function contourLines(x, y, z, { start, size, count }, segment) {
  const ends = new Float64Array(8); // of the piece within a cell: a line comes in and goes out, twice at a saddle
  for (let row = 0; row + 1 < z.length; row++) {
    const [low, high] = [z[row], z[row + 1]];
    for (let column = 0; column + 1 < x.length; column++) {
      const a = low[column], b = low[column + 1], c = high[column + 1], d = high[column];
      const least = Math.min(a, b, c, d), most = Math.max(a, b, c, d);
      if (!(most - least < Infinity)) continue;
      const last = Math.min(count - 1, Math.ceil((most - start) / size) - 1);
      for (let number = Math.max(0, Math.ceil((least - start) / size)); number <= last; number++) {
        const level = start + number * size;
        let found = 0;
        if (a > level !== b > level) found = crossing(ends, found, x[column], y[row], x[column + 1], y[row], (level - a) / (b - a));
        if (b > level !== c > level) found = crossing(ends, found, x[column + 1], y[row], x[column + 1], y[row + 1], (level - b) / (c - b));
        if (d > level !== c > level) found = crossing(ends, found, x[column], y[row + 1], x[column + 1], y[row + 1], (level - d) / (c - d));
        if (a > level !== d > level) found = crossing(ends, found, x[column], y[row], x[column], y[row + 1], (level - a) / (d - a));
        for (let at = 0; at < found; at += 4) segment(ends[at], ends[at + 1], ends[at + 2], ends[at + 3]);
      }
    }
  }
}

function crossing(ends, found, x0, y0, x1, y1, share) {
  ends[found] = x0 + (x1 - x0) * share;
  ends[found + 1] = y0 + (y1 - y0) * share;
  return found + 2;
}
