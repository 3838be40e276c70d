// How far the nearest surface is, on a coarse grid over the screen: what tells a particle in front from one behind.

const CELL = 3; // pixels
const TOLERANCE = 0.03; // lengths of the scene: a particle on a surface is not behind it

// The triangles of every surface and mesh that Plotly draws.
export function surfacesOf(picture) {
  return picture._fullData
    .filter((trace) => trace.visible === true)
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

// hides(x, y, distance): whether a surface lies between the eye and what is drawn there.
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
  const area = (s[b] - s[a]) * (s[c + 1] - s[a + 1]) - (s[b + 1] - s[a + 1]) * (s[c] - s[a]);
  if (!(area !== 0)) return;
  const firstRow = Math.max(0, Math.ceil(Math.min(s[a + 1], s[b + 1], s[c + 1]) - 0.5));
  const lastRow = Math.min(rows - 1, Math.floor(Math.max(s[a + 1], s[b + 1], s[c + 1]) - 0.5));
  const firstColumn = Math.max(0, Math.ceil(Math.min(s[a], s[b], s[c]) - 0.5));
  const lastColumn = Math.min(columns - 1, Math.floor(Math.max(s[a], s[b], s[c]) - 0.5));
  for (let row = firstRow; row <= lastRow; row++) {
    const y = row + 0.5;
    for (let column = firstColumn; column <= lastColumn; column++) {
      const x = column + 0.5;
      const towardsB = ((x - s[a]) * (s[c + 1] - s[a + 1]) - (y - s[a + 1]) * (s[c] - s[a])) / area;
      const towardsC = ((s[b] - s[a]) * (y - s[a + 1]) - (s[b + 1] - s[a + 1]) * (x - s[a])) / area;
      if (towardsB < 0 || towardsC < 0 || towardsB + towardsC > 1) continue;
      const distance = s[a + 2] + towardsB * (s[b + 2] - s[a + 2]) + towardsC * (s[c + 2] - s[a + 2]);
      const at = row * columns + column;
      if (distance < nearest[at]) nearest[at] = distance;
    }
  }
}
