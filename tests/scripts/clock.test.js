// Numbers as they are shown, colours by role, and sizes on a projector: assets/player/{clock,theme,scale}.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeClock, powerOfTen, short } from "../../assets/player/clock.js";
import { enlarged } from "../../assets/player/scale.js";
import { coloured } from "../../assets/player/theme.js";

const FORMULAS = { slow: "kη²", fast: "kη" };

test("one moment on three clocks, each with its formula", () => {
  const clock = makeClock({ times: Float64Array.of(0, 0.01, 25), steps: Float32Array.of(0, 4, 10_000), fast: Float32Array.of(0, 0.2, 500) }, FORMULAS);
  assert.equal(clock.titles.slow, "slow time t = kη²");
  assert.deepEqual(clock.terms, { steps: "k", fast: "τ = kη", slow: "t = kη²" });
  assert.deepEqual([0, 1, 2].map(clock.axis.fast), [0, Math.fround(0.2), 500]);
  assert.equal(clock.steps(1), "4");
  assert.equal(clock.steps(2), "10,000");
  assert.equal(clock.fast(1), "0");
  assert.equal(clock.fast(2), "500");
  assert.equal(clock.slow(1), "0.0");
  assert.equal(clock.slow(2), "25.0");
  assert.deepEqual([0, 1].map(clock.axis.logarithmic), [0.5, 4]);
});

test("a thousandth of the largest value is told apart, and no more", () => {
  const clock = makeClock({ times: Float64Array.of(0, 0.0004, 0.02), steps: Float32Array.of(0, 0, 2), fast: Float32Array.of(0, 0.004, 0.2) }, FORMULAS);
  assert.deepEqual([clock.slow(1), clock.slow(2), clock.fast(2)], ["0.0004", "0.0200", "0.200"]);
});

test("three digits that count", () => {
  const numbers = [0, 0.5, 123.4, 99999, 123456, 0.00012345, -2.5e-7, NaN];
  assert.deepEqual(numbers.map(short), ["0", "0.500", "123", "99,999", "1.2·10⁵", "1.2·10⁻⁴", "-2.5·10⁻⁷", "–"]);
  assert.deepEqual([-3, -2, 0, 3, 12].map(powerOfTen), ["10⁻³", "0.01", "1", "1000", "10¹²"]);
});

test("a role becomes its colour, at its opacity, or a scale of colours, wherever it stands", () => {
  const colours = { sgd: "#ff8000", limit: "#000080", contour: ["#000000", "#808080", "#ffffff"] };
  const figure = { data: [{ line: { color: "role:limit" }, fillcolor: "role:sgd@0.4", colorscale: "role:contour", y: [1, 2], name: "sgd" }] };
  assert.deepEqual(coloured(figure, colours).data[0], {
    line: { color: "#000080" }, fillcolor: "rgba(255, 128, 0, 0.4)", colorscale: [[0, "#000000"], [0.5, "#808080"], [1, "#ffffff"]], y: [1, 2], name: "sgd",
  });
});

test("on a projector type, lines and marks are larger, and numbers stay what they are", () => {
  const trace = { x: [1, 2], y: [3, 4], line: { width: 2, color: "red" }, marker: { size: [5, 6], line: { width: 1 } }, error_y: { thickness: 1, array: [0.1] }, customdata: { width: 7 } };
  assert.deepEqual(enlarged(trace, 1.5), {
    x: [1, 2], y: [3, 4], line: { width: 3, color: "red" }, marker: { size: [7.5, 9], line: { width: 1.5 } }, error_y: { thickness: 1.5, array: [0.1] }, customdata: { width: 7 },
  });
  assert.deepEqual(enlarged({ font: { size: 10 }, title: { standoff: 6 }, margin: { l: 60, t: 10 }, width: 300 }, 2), { font: { size: 20 }, title: { standoff: 12 }, margin: { l: 120, t: 20 }, width: 300 });
});
