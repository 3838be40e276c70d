// Lines of equal value on a grid: assets/player/level.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { contourLines } from "../../assets/player/level.js";

const axis = (from, to, count) => Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
const grid = (x, y, f) => Array.from(y, (v) => Float64Array.from(x, (u) => f(u, v)));
const found = (x, y, z, levels) => {
  const pieces = [];
  contourLines(x, y, z, levels, (...piece) => pieces.push(piece));
  return pieces;
};

test("circles of all radii that are asked for, and no others, whole", () => {
  const [x, y] = [axis(-2, 2, 81), axis(-2, 2, 61)];
  const pieces = found(x, y, grid(x, y, (u, v) => Math.hypot(u, v)), { start: 0.5, size: 0.5, count: 3 });
  const lengths = { 0.5: 0, 1: 0, 1.5: 0 };
  for (const [x0, y0, x1, y1] of pieces) {
    const radius = Math.round(2 * Math.hypot(x0, y0)) / 2;
    for (const [u, v] of [[x0, y0], [x1, y1]]) assert.ok(Math.abs(Math.hypot(u, v) - radius) < 2e-3, `${u}, ${v}`);
    lengths[radius] += Math.hypot(x1 - x0, y1 - y0);
  }
  assert.deepEqual(Object.keys(lengths).sort(), ["0.5", "1", "1.5"]);
  for (const [radius, length] of Object.entries(lengths)) assert.ok(Math.abs(length - 2 * Math.PI * Number(radius)) < 0.01 * length, `${radius}: ${length}`);
});

test("both branches at a saddle, and none where there is no number", () => {
  const [x, y] = [axis(-1, 1, 2), axis(-1, 1, 2)];
  assert.equal(found(x, y, grid(x, y, (u, v) => u * v), { start: 0.5, size: 1, count: 1 }).length, 2);
  assert.deepEqual(found(x, y, [[0, 1], [NaN, 1]], { start: 0.5, size: 1, count: 1 }), []);
});
