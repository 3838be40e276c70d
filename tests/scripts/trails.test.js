// Where marks come from: the painter draws trails from the frame that was shown before, the stage backwards frame by frame.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePainter } from "../../assets/player/painter.js";
import { makeEnsemble, makeStage } from "../../assets/player/particles.js";

globalThis.window ??= { devicePixelRatio: 1 };
const RECT = { left: 0, top: 0, width: 1000, height: 1000 };
const VIEW = { rect: RECT, numbers: [0], locate: (values, at, screen, to) => screen.set([values[at], values[at + 1], 0], to) };

// One path that is at (10 · frame, frame) at each frame.
const walk = (frames) => makeEnsemble("sgd", { values: Float32Array.from({ length: 2 * frames }, (_, i) => (i % 2 ? (i - 1) / 2 : 5 * i)), frames, paths: 1, axes: 2 }, Int32Array.of(-1));

// A canvas that keeps the lines that are drawn on it, with their opacity.
function canvas() {
  const lines = [];
  let at = null;
  const context = new Proxy({}, { get: (kept, name) => kept[name] ?? (() => {}), set: (kept, name, value) => ((kept[name] = value), true) });
  context.moveTo = (...place) => (at = place);
  context.lineTo = (...place) => lines.push({ from: at, to: place, opacity: context.globalAlpha });
  return { lines, getContext: () => context };
}

test("an exact trail goes back from where the mark is, a frame at a time, ever fainter", () => {
  const trails = canvas();
  const stage = makeStage(trails, canvas());
  const ensemble = walk(20);
  ensemble.locate(12, VIEW, ensemble.screen);
  stage.exactTrails([ensemble], 12, VIEW);
  assert.deepEqual(trails.lines.map(({ from, to }) => [from[0], to[0]]), Array.from({ length: 12 }, (_, age) => [10 * (11 - age), 10 * (12 - age)]));
  const opacities = trails.lines.map(({ opacity }) => opacity);
  assert.equal(opacities[0], 0.55);
  assert.ok(opacities.every((opacity, i) => i === 0 || opacity <= opacities[i - 1]));
  assert.ok(opacities.at(-1) < 0.2);
});

test("while it moves, a trail goes on from the frame that was shown to the one that is", () => {
  const drawn = [];
  const marks = [];
  const stage = new Proxy({}, {
    get: (_, name) => ({
      extendTrails: (ensemble, past) => drawn.push([past[0], ensemble.screen[0]]),
      drawMarks: (ensemble, frame) => marks.push([frame, ensemble.screen[0]]) && ensemble.paths,
    })[name] ?? (() => {}),
  });
  const painter = makePainter(stage);
  const run = { ensembles: [walk(20)], header: {} };
  const options = { view: VIEW, surfaces: [], hidden: new Set(), moving: true };
  for (const frame of [4, 6, 7]) painter.draw(run, frame, options);
  assert.deepEqual(drawn, [[40, 60], [60, 70]]);
  assert.deepEqual(marks, [[4, 40], [6, 60], [7, 70]]);
  assert.equal(painter.draw(run, 7, options), null);
});
