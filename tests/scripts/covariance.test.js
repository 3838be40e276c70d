// What hands do to Σ, without a pointer: assets/anatomy/covariance.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axesOf, coupled, frameOf, ofAxes, rescaled, snapped, turned } from "../../assets/anatomy/covariance.js";
import { inFrame } from "../../assets/anatomy/linear.js";

const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
const site = { normals: [[c, s]], tangents: [[-s, c]], eigenvalues: [3] };
const sigma = [[2, 0.3], [0.3, 1]];
const near = (found, expected) => found.flat().forEach((value, i) => assert.ok(Math.abs(value - expected.flat()[i]) < 1e-12, `${value} for ${expected.flat()[i]}`));

test("another deviation along a normal keeps the correlation and the other deviation", () => {
  const [before, after] = [sigma, rescaled(sigma, site, 0, 2.5)].map((matrix) => inFrame(matrix, frameOf(site)));
  assert.ok(Math.abs(after[0][0] - 6.25) < 1e-12);
  assert.ok(Math.abs(after[1][1] - before[1][1]) < 1e-12);
  const correlation = (m) => m[0][1] / Math.sqrt(m[0][0] * m[1][1]);
  assert.ok(Math.abs(correlation(after) - correlation(before)) < 1e-12);
});

test("a deviation of 0 takes all of its row away", () => near(inFrame(rescaled(sigma, site, 1, 0), frameOf(site))[1].map((x) => [x]), [[0], [0]]));

test("a correlation is that of the first normal and the first tangent", () => {
  const entries = inFrame(coupled(sigma, site, -0.5), frameOf(site));
  assert.ok(Math.abs(entries[0][1] + 0.5 * Math.sqrt(entries[0][0] * entries[1][1])) < 1e-12);
});

test("a correlation for which others leave no room is refused", () => {
  const three = { normals: [[1, 0, 0]], tangents: [[0, 1, 0], [0, 0, 1]], eigenvalues: [1] };
  const tight = [[1, 0, 0.9], [0, 1, 0.9], [0.9, 0.9, 2]];
  assert.equal(coupled(tight, three, -0.9), null);
  assert.notEqual(coupled(tight, three, 0.5), null);
});

test("snaps keep the trace, but for what they take away", () => {
  const trace = (matrix) => matrix.reduce((sum, row, i) => sum + row[i], 0);
  const isotropic = snapped(sigma, site, "isotropic");
  assert.equal(isotropic.scale, 1.2); // √(3/2), rounded to two digits
  near(isotropic.matrix, [[1.44, 0], [0, 1.44]]);
  const label = snapped(sigma, site, "label");
  assert.equal(label.scale, 1); // δ² tr H = tr Σ
  near(inFrame(label.matrix, frameOf(site)), [[3, 0], [0, 0]]);
  const entries = inFrame(sigma, frameOf(site));
  near(inFrame(snapped(sigma, site, "tangent").matrix, frameOf(site)), [[0, 0], [0, entries[1][1]]]);
  near(inFrame(snapped(sigma, site, "normal").matrix, frameOf(site)), [[entries[0][0], 0], [0, 0]]);
  const nothing = snapped([[0, 0], [0, 0]], site, "tangent").matrix;
  assert.ok(Math.abs(trace(nothing) - 1) < 1e-12); // where there was none, a unit's worth a dimension
});

test("a label's deviation is the root of tr Σ over tr H", () => {
  const label = snapped([[8, 1], [1, 4]], site, "label");
  assert.equal(label.scale, 2); // √(12/3)
  near(inFrame(label.matrix, frameOf(site)), [[12, 0], [0, 0]]);
});

test("axes are those of the matrix, and make it again", () => {
  const axes = axesOf(sigma);
  assert.ok(axes.lengths[0] > axes.lengths[1]);
  near(ofAxes(axes), sigma);
});

test("a turned axis takes the other along at right angles, on its side, and clicks into the frame of H", () => {
  const axes = axesOf([[4, 0], [0, 1]]);
  const free = turned(axes, 0, [Math.cos(1.2), Math.sin(1.2)], frameOf(site));
  near([free.directions[0]], [[Math.cos(1.2), Math.sin(1.2)]]);
  assert.ok(Math.abs(free.directions[0][0] * free.directions[1][0] + free.directions[0][1] * free.directions[1][1]) < 1e-12);
  assert.ok(free.directions[1][0] * axes.directions[1][0] + free.directions[1][1] * axes.directions[1][1] > 0);
  near([turned(axes, 0, [Math.cos(0.45), Math.sin(0.45)], frameOf(site)).directions[0]], [[c, s]]);
});
