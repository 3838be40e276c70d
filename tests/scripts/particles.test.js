// Where marks are at a frame, and where a frozen path stays: assets/player/particles.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeEnsemble } from "../../assets/player/particles.js";

const VIEW = { locate: (values, at, screen, to) => (screen[to] = values[at]) };

// One coordinate a path; the value tells path and frame: 10 path + frame.
function cloud(frames, paths) {
  const values = new Float32Array(frames * paths);
  for (let frame = 0; frame < frames; frame++) for (let path = 0; path < paths; path++) values[frame * paths + path] = 10 * path + frame;
  return { values, frames, paths, axes: 1 };
}

function seen(ensemble, frame) {
  const screen = new Float32Array(3 * ensemble.paths);
  ensemble.locate(frame, VIEW, screen);
  return [...screen].filter((_, i) => i % 3 === 0);
}

test("a path is where its frame says, and a frozen one stays at the frame from which it is frozen", () => {
  const ensemble = makeEnsemble("sgd", cloud(6, 3), Int32Array.of(-1, 2, 0));
  assert.deepEqual(seen(ensemble, 1), [1, 11, 20]);
  assert.deepEqual(seen(ensemble, 2), [2, 12, 20]);
  assert.deepEqual(seen(ensemble, 5), [5, 12, 20]);
  assert.deepEqual([0, 1, 2, 5].map((frame) => ensemble.frozenBy(frame)), [1, 1, 2, 2]);
  assert.deepEqual([1, 2].map((frame) => ensemble.isFrozen(frame, 1)), [false, true]);
});

test("where the frame of a frozen path holds nothing, it stays at the last that does", () => {
  const points = cloud(5, 1);
  points.values.fill(NaN, 2);
  const ensemble = makeEnsemble("sgd", points, Int32Array.of(3));
  assert.deepEqual(seen(ensemble, 4), [1]);
});
