// How far the nearest surface is, on a coarse grid over the screen: what tells a particle in front from one behind.

const CELL = 3; // pixels
const TOLERANCE = 0.03; // lengths of the scene: a particle on a surface is not behind it

// The triangles of every surface and mesh among traces, whose data are arrays.
export function surfacesOf(traces) {
  return traces
    .filter(({ visible, opacity }) => (visible ?? true) === true && !(opacity <= 0))
    .flatMap((trace) => {
      if (trace.type === "surface") return [grid(trace)];
      if (trace.type === "mesh3d" && trace.i?.length) return [mesh(trace)];
      return [];
    });
}

function grid({ x, y, z }) {
  const rows = z.length;
  const columns = z[0].length;
  const xAt = !x ? (i, j) => j : x[0].length ? (i, j) => x[i][j] : (i, j) => x[j];
  const yAt = !y ? (i) => i : y[0].length ? (i, j) => y[i][j] : (i) => y[i];
  const corners = new Float64Array(3 * rows * columns);
  const faces = [];
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      corners.set([xAt(i, j), yAt(i, j), z[i][j] ?? NaN], 3 * at);
      if (i + 1 === rows || j + 1 === columns) continue;
      faces.push(at, at + 1, at + columns, at + 1, at + columns + 1, at + columns);
    }
  return { corners, faces };
}

function mesh({ x, y, z, i, j, k }) {
  const corners = new Float64Array(3 * x.length);
  for (let at = 0; at < x.length; at++) corners.set([x[at], y[at], z[at]], 3 * at);
  const faces = [];
  for (let at = 0; at < i.length; at++) faces.push(i[at], j[at], k[at]);
  return { corners, faces };
}

/**
 * hides(x, y, distance): whether a surface lies between the eye and what is drawn there.
 * @param {View} view
 * @param {Surface[]} surfaces
 */
export function depthOf(view, surfaces) {
  if (surfaces.length === 0) return { hides: () => false };
  const { left, top, width, height } = view.rect;
  const columns = Math.ceil(width / CELL) + 2;
  const rows = Math.ceil(height / CELL) + 2;
  const nearest = new Float32Array(columns * rows).fill(Infinity);
  for (const { corners, faces } of surfaces) {
    const screen = new Float32Array(corners.length);
    for (let at = 0; at < corners.length; at += 3) {
      view.locate(corners, at, screen, at);
      screen[at] = (screen[at] - left) / CELL + 1;
      screen[at + 1] = (screen[at + 1] - top) / CELL + 1;
    }
    for (let at = 0; at < faces.length; at += 3)
      fill(nearest, columns, rows, screen, 3 * faces[at], 3 * faces[at + 1], 3 * faces[at + 2]);
  }
  return {
    // Of the cells around, the farthest counts: at a grazing angle a surface is at many distances within one cell.
    hides(x, y, distance) {
      const column = Math.floor((x - left) / CELL) + 1;
      const row = Math.floor((y - top) / CELL) + 1;
      if (column < 1 || row < 1 || column > columns - 2 || row > rows - 2) return false;
      for (let at = (row - 1) * columns + column; at <= (row + 1) * columns + column; at += columns)
        if (distance <= Math.max(nearest[at - 1], nearest[at], nearest[at + 1]) + TOLERANCE) return false;
      return true;
    },
  };
}

function fill(nearest, columns, rows, s, a, b, c) {
  const firstRow = Math.max(0, Math.ceil(Math.min(s[a + 1], s[b + 1], s[c + 1]) - 0.5));
  const lastRow = Math.min(rows - 1, Math.floor(Math.max(s[a + 1], s[b + 1], s[c + 1]) - 0.5));
  const firstColumn = Math.max(0, Math.ceil(Math.min(s[a], s[b], s[c]) - 0.5));
  const lastColumn = Math.min(columns - 1, Math.floor(Math.max(s[a], s[b], s[c]) - 0.5));
  const share = [0, 0, 0];
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = firstColumn; column <= lastColumn; column++) {
      const distance = distanceAt(s, a, b, c, column + 0.5, row + 0.5, share);
      const at = row * columns + column;
      if (distance < nearest[at]) nearest[at] = distance;
    }
}

// The distance of a triangle at (x, y), NaN outside it; `share` becomes the weights of its corners there.
// In perspective the inverse of the distance is what is linear on the screen.
function distanceAt(s, a, b, c, x, y, share) {
  const area = (s[b] - s[a]) * (s[c + 1] - s[a + 1]) - (s[b + 1] - s[a + 1]) * (s[c] - s[a]);
  const towardsB = ((x - s[a]) * (s[c + 1] - s[a + 1]) - (y - s[a + 1]) * (s[c] - s[a])) / area;
  const towardsC = ((s[b] - s[a]) * (y - s[a + 1]) - (s[b + 1] - s[a + 1]) * (x - s[a])) / area;
  if (!(towardsB >= 0 && towardsC >= 0 && towardsB + towardsC <= 1)) return NaN;
  share[0] = (1 - towardsB - towardsC) / s[a + 2];
  share[1] = towardsB / s[b + 2];
  share[2] = towardsC / s[c + 2];
  const distance = 1 / (share[0] + share[1] + share[2]);
  for (let i = 0; i < 3; i++) share[i] *= distance;
  return distance;
}

/**
 * The point (x, y, z) of the nearest surface under a pixel, or null.
 * @param {View} view
 * @param {Surface[]} surfaces
 * @param {number} x
 * @param {number} y
 * @returns {number[] | null}
 */
export function pick(view, surfaces, x, y) {
  let nearest = Infinity;
  let point = null;
  const screen = new Float32Array(9);
  const share = [0, 0, 0];
  for (const { corners, faces } of surfaces)
    for (let at = 0; at < faces.length; at += 3) {
      const triangle = [3 * faces[at], 3 * faces[at + 1], 3 * faces[at + 2]];
      triangle.forEach((corner, i) => view.locate(corners, corner, screen, 3 * i));
      const distance = distanceAt(screen, 0, 3, 6, x, y, share);
      if (!(distance < nearest)) continue;
      nearest = distance;
      point = [0, 1, 2].map((axis) => triangle.reduce((sum, corner, i) => sum + share[i] * corners[corner + axis], 0));
    }
  return point;
}
