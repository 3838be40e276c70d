// Everything larger on a projector: assets/player/scale.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enlarged, scaleOf } from "../../assets/player/scale.js";

test("an element that has left the page is as large as on a desk", () => {
  for (const [fontSize, scale] of [["16px", 1], ["24px", 1.5], ["", 1]]) {
    globalThis.getComputedStyle = () => ({ fontSize });
    assert.equal(scaleOf(null), scale);
  }
});

test("type, lines and marks grow, numbers do not", () => {
  const trace = { x: [1, 2], line: { width: 2 }, marker: { size: [3, 4] }, textfont: { size: 10 }, name: "x" };
  const expected = { x: [1, 2], line: { width: 3 }, marker: { size: [4.5, 6] }, textfont: { size: 15 }, name: "x" };
  assert.deepEqual(enlarged(trace, 1.5), expected);
});
