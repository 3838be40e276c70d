// The lines of the time series: assets/player/series.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ensembleTraces, stability } from "../../assets/player/series.js";

const ARRAYS = {
  "series.loss.sgd.mean": Float32Array.of(3, 2, 1),
  "series.loss.sgd.low": Float32Array.of(1, 1, 0.5),
  "series.loss.sgd.high": Float32Array.of(5, 3, 2),
};

test("the line is the mean, and the band goes along the high and back along the low", () => {
  const [band, line] = ensembleTraces(ARRAYS, "loss", "sgd", Float64Array.of(0, 1, 2), 0, { sgd: "#ee3a06" });
  assert.deepEqual([...line.y], [3, 2, 1]);
  assert.deepEqual(band.x, [0, 1, 2, 2, 1, 0]);
  assert.deepEqual(band.y, [5, 3, 2, 0.5, 1, 1]);
});

test("a mean without a band is a line alone", () => {
  const only = { "series.loss.sgd.mean": Float32Array.of(3, 2) };
  assert.deepEqual(ensembleTraces(only, "loss", "sgd", Float64Array.of(0, 1), 0, { sgd: "#ee3a06" }).map(({ mode }) => mode), ["lines"]);
});

test("SGD is unstable above 2/η, drawn where the sharpness comes near it", () => {
  const sharp = { "series.sharpness.sgd.high": Float32Array.of(10, 30), "series.sharpness.limit.mean": Float32Array.of(5, 5) };
  assert.equal(stability(sharp, "sharpness", ["sgd", "limit"], 0.05), 40);
  assert.equal(stability(sharp, "sharpness", ["sgd", "limit"], 0.04), null);
  assert.equal(stability(sharp, "sharpness", ["limit"], 0.05), null);
});
