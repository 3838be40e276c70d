// From a point to the screen and back, and which of two things is in front: assets/player/{view,depth}.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { depthOf, pick } from "../../assets/player/depth.js";
import { sameView, viewOf } from "../../assets/player/view.js";

const near = (found, expected) => [...found].forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-5, `${[...found]} for ${expected}`));
const at = (view, point, ...more) => {
  const screen = new Float64Array(3);
  view.locate(point, 0, screen, 0, ...more);
  return screen;
};

const flat = (range = [0, 10]) => viewOf({ _fullLayout: { _has: () => false, xaxis: { range, _length: 200, _offset: 50 }, yaxis: { range: [-1, 4], _length: 100, _offset: 20 } } });

test("in the plane: to the right and up, within the axes", () => {
  near(at(flat(), [0, -1]), [50, 120, 0]);
  near(at(flat(), [10, 4]), [250, 20, 0]);
  near(at(flat(), [2.5, 0]), [100, 100, 0]);
  near(flat().point(100, 100), [2.5, 0]);
  assert.ok(sameView(flat(), flat()));
  assert.ok(!sameView(flat(), flat([0, 11])));
});

// Columns, as WebGL has them: an eye at height 5 above the plane that looks down, of focal length 2.
const SCENE = {
  _scene: {
    glplot: {
      cameraParams: {
        model: [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1],
        view: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, -5, 1],
        projection: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, -1, -1, 0, 0, -0.2, 0],
      },
    },
    dataScale: [0.5, 1, 2],
  },
  domain: { x: [0, 1], y: [0, 0.5] },
  xaxis: { range: [-1, 1] }, yaxis: { range: [-1, 1] }, zaxis: { range: [0, 0.5] },
};
const spatial = () => viewOf({ _fullLayout: { _has: () => true, scene: SCENE, _size: { l: 10, t: 30, w: 400, h: 600 } } });

test("in space: model, view and projection in their order, and the distance from the eye", () => {
  const view = spatial();
  assert.deepEqual(view.rect, { left: 10, top: 330, width: 400, height: 300 });
  const [x, y, z] = [0.5 * 2 * 0.4, 1 * 3 * -0.2, 2 * 4 * 0.3];
  const distance = 5 - z;
  near(at(view, [0.4, -0.2, 0.3]), [10 + 400 * (0.5 + x / distance), 330 + 300 * (0.5 - y / distance), distance]);
});

test("what is not within the axes is nowhere, unless it may be beyond them", () => {
  assert.ok(Number.isNaN(at(spatial(), [0, 0, 0.6])[0]));
  assert.ok(Number.isNaN(at(spatial(), [-1.1, 0, 0.2])[0]));
  assert.ok(Number.isFinite(at(spatial(), [0, 0, 0.505])[0])); // a hundredth of the range is allowed
  assert.ok(Number.isFinite(at(spatial(), [0, 0, 0.6], true)[0]));
});

// Corners are where they are on the screen, with their distance.
const PLAIN = { rect: { left: 0, top: 0, width: 90, height: 90 }, locate: (values, from, screen, to) => screen.set(values.slice(from, from + 3), to) };
const TRIANGLE = [{ corners: Float64Array.of(0, 0, 1, 80, 0, 3, 0, 80, 1), faces: [0, 1, 2] }];

test("on a slanting surface the inverse of the distance is linear on the screen", () => {
  near(pick(PLAIN, TRIANGLE, 40, 0), [0.75 * 0 + 0.25 * 80, 0, 0.75 * 1 + 0.25 * 3]); // ½ · 1/1 and ½ · 1/3 of 1/1.5
  assert.equal(pick(PLAIN, TRIANGLE, 60, 60), null);
});

test("a surface hides what is farther, not what is nearer, on it or beside it", () => {
  const { hides } = depthOf(PLAIN, [{ corners: Float64Array.of(0, 0, 2, 80, 0, 2, 0, 80, 2), faces: [0, 1, 2] }]);
  assert.deepEqual([2.5, 2.04, 2, 1.5].map((distance) => hides(20, 20, distance)), [true, true, false, false]);
  assert.equal(hides(70, 70, 9), false);
});

test("of two surfaces the nearer one is picked", () => {
  const two = [1, 2].map((distance) => ({ corners: Float64Array.of(0, 0, distance, 80, 0, distance, 0, 80, distance), faces: [0, 1, 2] }));
  for (const surfaces of [two, two.toReversed()]) near(pick(PLAIN, surfaces, 10, 10), [10, 10, 1]);
});
