// Linear algebra of small symmetric matrices, given as rows.

export const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
export const length = (a) => Math.hypot(...a);
export const times = (factor, a) => a.map((value) => factor * value);
export const plus = (a, b) => a.map((value, i) => value + b[i]);
export const applied = (rows, a) => rows.map((row) => dot(row, a));
export const zeros = (size) => Array.from({ length: size }, () => new Array(size).fill(0));

// Σ_kl entry[k][l] a_k a_lᵀ for rows a_k: a matrix given in a frame, in the coordinates of the frame's vectors.
export function outOfFrame(entries, frame) {
  const result = zeros(frame[0].length);
  entries.forEach((row, k) =>
    row.forEach((entry, l) => {
      for (let i = 0; i < result.length; i++) for (let j = 0; j < result.length; j++) result[i][j] += entry * frame[k][i] * frame[l][j];
    }),
  );
  return result;
}

// The same matrix's entries a_k · M a_l.
export function inFrame(matrix, frame) {
  const images = frame.map((vector) => applied(matrix, vector));
  return frame.map((vector) => images.map((image) => dot(vector, image)));
}

// x with [[a, b], [c, d]] x = (u, v).
export function solve([[a, b], [c, d]], [u, v]) {
  const determinant = a * d - b * c;
  return [(d * u - b * v) / determinant, (a * v - c * u) / determinant];
}

// Jacobi's method: {values, vectors} from the largest eigenvalue down, the vectors of length 1.
export function eigen(matrix) {
  const a = matrix.map((row) => [...row]);
  const size = a.length;
  const v = zeros(size);
  for (let i = 0; i < size; i++) v[i][i] = 1; // its rows become the vectors
  const trace = a.reduce((sum, row, i) => sum + Math.abs(row[i]), 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    let rest = 0;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        rest += Math.abs(a[p][q]);
        if (a[p][q] === 0) continue;
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[p][p] - a[q][q]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < size; k++) [a[k][p], a[k][q]] = [c * a[k][p] + s * a[k][q], c * a[k][q] - s * a[k][p]];
        for (let k = 0; k < size; k++) [a[p][k], a[q][k]] = [c * a[p][k] + s * a[q][k], c * a[q][k] - s * a[p][k]];
        for (let k = 0; k < size; k++) [v[p][k], v[q][k]] = [c * v[p][k] + s * v[q][k], c * v[q][k] - s * v[p][k]];
      }
    if (rest <= 1e-15 * trace) break;
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j][j] - a[i][i]);
  return { values: order.map((i) => a[i][i]), vectors: order.map((i) => v[i]) };
}

export const PARTS = ["tangent", "mixed", "normal"]; // of the drift, in the order of the maps

// The parts of the drift: linear in Σ, `maps[part][m]` for the entry m of its upper triangle, row by row.
// The parts of the drift at a site under a covariance; of an optimizer whose limit is not SGD's they come as they are.
export function driftOf({ maps, drift }, sigma) {
  return drift ?? maps.map((map) => {
    const part = new Array(sigma.length).fill(0);
    let m = 0;
    for (let i = 0; i < sigma.length; i++)
      for (let j = i; j < sigma.length; j++, m++) for (let d = 0; d < part.length; d++) part[d] += sigma[i][j] * map[m][d];
    return part;
  });
}

// 1, 2 or 5 times a power of ten: the largest that is at most `value`.
export function roundDown(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (value >= 5 * power ? 5 : value >= 2 * power ? 2 : 1);
}
