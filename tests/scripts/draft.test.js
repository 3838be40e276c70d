// Where a picture's things are before Plotly is there: assets/player/draft.js. tests/browser/test_player.py compares with Plotly.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canDraft, viewIn } from "../../assets/player/draft.js";

const near = (found, expected) => expected.forEach((value, i) => assert.ok(Math.abs(value - found[i]) < 1e-4, `${[...found]} for ${expected}`));
const at = (view, point) => {
  const screen = new Float64Array(3);
  view.locate(point, 0, screen, 0);
  return screen;
};
const ROOM = { width: 460, height: 230, margin: { l: 50, r: 10, t: 10, b: 20 } }; // 400 × 200 pixels
const flat = (more) => viewIn({ ...ROOM, xaxis: { range: [0, 2] }, yaxis: { range: [-1, 1], ...more } });

test("in the plane an axis fills its side, at one scale the smaller does and the other is wider", () => {
  near(at(flat({}), [2, -1]), [450, 210]);
  near(at(flat({}), [1, 0]), [250, 110]);
  near(at(flat({ scaleanchor: "x" }), [2, -1]), [350, 210]);
  near(at(flat({ scaleanchor: "x" }), [1, 0]), [250, 110]);
});

test("in space: seen through an angle of 45° from the camera’s eye, the z axis upwards", () => {
  const axis = (from, to) => ({ range: [from, to] });
  const camera = { eye: { x: 0, y: -3, z: 0 }, center: { x: 0, y: 0, z: 0 } };
  const scene = { aspectratio: { x: 1, y: 1, z: 0.5 }, camera, xaxis: axis(0, 10), yaxis: axis(0, 10), zaxis: axis(0, 2) };
  const view = viewIn({ ...ROOM, scene });
  const focal = 100 / Math.tan(Math.PI / 8); // pixels at the distance 1
  near(at(view, [5, 5, 1]), [250, 110, 3]);
  near(at(view, [10, 5, 1]), [250 + (focal * 0.5) / 3, 110, 3]); // x to the right of who looks along y
  near(at(view, [5, 5, 2]), [250, 110 - (focal * 0.25) / 3, 3]);
  near(at(view, [5, 0, 1]), [250, 110, 2.5]);
  const aside = viewIn({ ...ROOM, scene: { ...scene, camera: { eye: { x: 0, y: -3, z: 0.2 }, center: { x: 0, y: 0, z: 0.2 } } } });
  near(at(aside, [5, 5, 1]), [250, 110 + (focal * 0.2) / 3, 3]); // who stands higher sees it lower
});

test("what it does not know how to place it leaves to Plotly", () => {
  const axes = { xaxis: { range: [0, 1] }, yaxis: { range: [0, 1] } };
  assert.ok(canDraft({ data: [{ type: "scatter" }], layout: axes }));
  for (const layout of [{ ...axes, yaxis: {} }, { ...axes, xaxis: { range: [0, 1], type: "log" } }, { ...axes, xaxis: { range: [0, 1], constrain: "domain" } }, {}])
    assert.ok(!canDraft({ data: [], layout }));
  assert.ok(!canDraft({ data: [{ type: "contour" }], layout: axes }));
  assert.ok(!canDraft({ data: [{ type: "surface" }], layout: axes }));
});
