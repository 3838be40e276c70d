// Σ at a point of Γ and what hands do to it: pure functions of a matrix, given by rows, and the site. `site` has the eigenvectors of H
// (`normals`, then `tangents`) and its `eigenvalues`.

import { dot, eigen, inFrame, outOfFrame, times, zeros } from "./linear.js";

const ALIGNED = 0.07; // radians within which an axis turns into the frame of H

export const frameOf = ({ normals, tangents }) => [...normals, ...tangents];

/**
 * With another standard deviation along one vector of the frame; correlations stay.
 * @param {Matrix} sigma
 * @param {Site} site
 * @param {number} axis
 * @param {number} deviation
 * @returns {Matrix}
 */
export function rescaled(sigma, site, axis, deviation) {
  const frame = frameOf(site);
  const entries = inFrame(sigma, frame);
  const before = Math.sqrt(Math.max(entries[axis][axis], 0));
  const factor = before > 0 ? deviation / before : 0;
  for (let k = 0; k < frame.length; k++) {
    entries[axis][k] *= factor;
    entries[k][axis] *= factor;
  }
  entries[axis][axis] = deviation ** 2;
  return outOfFrame(entries, frame);
}

/**
 * With another correlation of the first tangent and the first normal; null where others leave no room for it.
 * @param {Matrix} sigma
 * @param {Site} site
 * @param {number} correlation
 * @returns {Matrix | null}
 */
export function coupled(sigma, site, correlation) {
  const frame = frameOf(site);
  const entries = inFrame(sigma, frame);
  const tangent = site.normals.length;
  entries[0][tangent] = entries[tangent][0] = correlation * Math.sqrt(Math.max(entries[0][0] * entries[tangent][tangent], 0));
  const { values } = eigen(entries);
  return values.at(-1) < -1e-12 * values[0] ? null : outOfFrame(entries, frame);
}

/**
 * What a button makes of it: {matrix, scale}, where the kind has one. All keep tr Σ where there is any, but for what they take away.
 * @param {Matrix} sigma
 * @param {Site} site
 * @param {"isotropic" | "label" | "tangent" | "normal"} kind
 * @returns {{matrix: Matrix, scale?: number}}
 */
export function snapped(sigma, site, kind) {
  const size = sigma.length;
  const trace = sigma.reduce((sum, row, i) => sum + row[i], 0) || size;
  const rounded = (value) => Number(value.toPrecision(2));
  if (kind === "isotropic") {
    const scale = rounded(Math.sqrt(trace / size));
    return { scale, matrix: identity(size).map((row) => times(scale ** 2, row)) };
  }
  if (kind === "label") {
    const scale = rounded(Math.sqrt(trace / site.eigenvalues.reduce((sum, value) => sum + value, 0)));
    const diagonal = site.eigenvalues.map((value, k) => site.eigenvalues.map((_, l) => (k === l ? scale ** 2 * value : 0)));
    return { scale, matrix: outOfFrame(diagonal, site.normals) };
  }
  const side = kind === "tangent" ? site.tangents : site.normals;
  const block = inFrame(sigma, side);
  const left = block.reduce((sum, row, i) => sum + row[i], 0);
  return { matrix: outOfFrame(left > 1e-9 * trace ? block : identity(side.length).map((row) => times(trace / size, row)), side) };
}

/**
 * The axes of the ellipse: unit vectors and standard deviations along them, from the longest down.
 * @param {Matrix} sigma
 * @returns {Axes}
 */
export function axesOf(sigma) {
  const { values, vectors } = eigen(sigma);
  return { directions: vectors, lengths: values.map((value) => Math.sqrt(Math.max(value, 0))) };
}

/**
 * The two axes with one of them turned to a unit vector, or to a vector of the frame that is nearly that; the other stays at right
 * angles, on its side.
 * @param {Axes} axes
 * @param {number} axis
 * @param {number[]} direction
 * @param {number[][]} frame
 * @returns {Axes}
 */
export function turned({ directions, lengths }, axis, direction, frame) {
  for (const vector of frame)
    if (Math.abs(dot(vector, direction)) > Math.cos(ALIGNED)) direction = times(Math.sign(dot(vector, direction)), vector);
  const across = [-direction[1], direction[0]];
  const other = times(dot(across, directions[1 - axis]) < 0 ? -1 : 1, across);
  return { directions: axis === 0 ? [direction, other] : [other, direction], lengths };
}

// The matrix whose axes these are, in two dimensions.
export const ofAxes = ({ directions, lengths }) => outOfFrame([[lengths[0] ** 2, 0], [0, lengths[1] ** 2]], directions);

const identity = (size) => zeros(size).map((row, i) => row.map((_, j) => Number(i === j)));
