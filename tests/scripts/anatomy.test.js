// Small matrices, the points of Γ, and what is drawn over the anatomy's picture: assets/anatomy/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { node } from "./page.js";
import { draw, drawStill } from "../../assets/anatomy/drawing.js";
import { driftOf, eigen, inFrame, outOfFrame, roundDown, solve } from "../../assets/anatomy/linear.js";
import { nearestSite, siteAfter } from "../../assets/anatomy/sites.js";

const near = (found, expected) => assert.ok(found.flat(3).every((value, i) => Math.abs(value - expected.flat(3)[i]) < 1e-9), `${JSON.stringify(found)} for ${JSON.stringify(expected)}`);

test("eigenvalues from the largest down, with their vectors", () => {
  const { values, vectors } = eigen([[2, 1, 0], [1, 2, 0], [0, 0, 5]]);
  near(values, [5, 3, 1]);
  near(vectors.map((vector) => vector.map(Math.abs)), [[0, 0, 1], [Math.SQRT1_2, Math.SQRT1_2, 0], [Math.SQRT1_2, Math.SQRT1_2, 0]]);
  assert.ok(vectors[1][0] * vectors[1][1] > 0 && vectors[2][0] * vectors[2][1] < 0);
});

test("into a frame and out of it", () => {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const [frame, matrix] = [[[c, s], [-s, c]], [[2, 0.5], [0.5, 1]]];
  near(inFrame(matrix, frame)[0], [2 * c * c + c * s + s * s, -2 * c * s + 0.5 * (c * c - s * s) + c * s]);
  near(outOfFrame(inFrame(matrix, frame), frame), matrix);
});

test("the drift is linear in the upper triangle of Σ, row by row", () => {
  const maps = [[[1, 0], [0, 1], [2, 2]], [[0, 0], [10, 0], [0, 0]]];
  near(driftOf({ maps }, [[3, 5], [5, 7]]), [[3 + 14, 5 + 14], [50, 0]]);
});

test("equations and round numbers", () => {
  near(solve([[2, 1], [1, 3]], [5, 10]), [1, 3]);
  assert.deepEqual([0.7, 1, 2.5, 49, 5000].map(roundDown), [0.5, 1, 2, 20, 5000]);
});

const VIEW = { locate: ([x, y], at, screen) => Object.assign(screen, [100 * x, 100 * y, 0]) };
const SITES = Array.from({ length: 8 }, (_, i) => ({ place: [Math.cos((Math.PI * i) / 4), Math.sin((Math.PI * i) / 4)] }));

test("the nearest point of Γ, within reach, across where it closes", () => {
  assert.deepEqual(nearestSite({ sites: SITES, closed: true }, VIEW, [130, 0]), { index: 0, pixels: 30 });
  assert.equal(nearestSite({ sites: SITES, closed: true }, VIEW, [0, -100], 0, 2).index, 6);
  assert.equal(nearestSite({ sites: SITES, closed: false }, VIEW, [0, -100], 0, 2).index, 0);
});

test("a closed curve goes round, an open one ends", () => {
  assert.deepEqual([9, -1, -9].map((steps) => siteAfter({ sites: SITES, closed: true }, 0, steps)), [1, 7, 7]);
  assert.deepEqual([9, -1].map((steps) => siteAfter({ sites: SITES, closed: false }, 3, steps)), [7, 2]);
});

// What is drawn at the point (1, 0) of the unit circle, with the normal x and the tangent y: lines with their colour.
function drawn(changes = {}, still = false) {
  const canvas = node("canvas");
  const lines = [];
  const words = [];
  const arcs = [];
  let path = [];
  const context = new Proxy({ canvas }, { get: (kept, name) => kept[name] ?? (() => {}), set: (kept, name, value) => ((kept[name] = value), true) });
  Object.assign(context, { beginPath: () => (path = []), moveTo: (...to) => path.push(to), lineTo: (...to) => path.push(to), arc: (...round) => arcs.push(round.slice(0, 3)), stroke: () => lines.push({ path, colour: context.strokeStyle, width: context.lineWidth }), fillText: (text) => words.push(text) });
  canvas.getContext = () => context;
  const grips = Object.assign(node(), { childNodes: [], prepend() {} });
  const site = { point: [1, 0, 0], place: [1, 0], view: [[1, 0, 0], [0, 1, 0]], normals: [[1, 0, 0]], tangents: [[0, 1, 0]] };
  const shown = { site, covariance: [[4, 0, 0], [0, 1, 0], [0, 0, 0]], axes: null, drift: [[-1, 0, 0], [0, 0, 0], [0, 2, 0]], total: [-1, 2, 0], on: new Set(["tangent", "mixed", "normal"]), scales: { ellipse: 0.5, arrow: 0.25 }, size: 2, ...changes };
  grips.childNodes.push({ getAttribute: () => null, setAttribute() {}, style: {} });
  const colours = Object.fromEntries(["muted", "sgd", "limit", "drift_tangent", "drift_mixed", "drift_normal", "paper", "ink"].map((role, i) => [role, `#0000${10 + i}`]));
  const view = { ...VIEW, point: null, rect: {} };
  if (still) drawStill(context, view, shown, colours, "serif");
  else draw(canvas, grips, view, shown, colours);
  const of = (role, width) => lines.filter((line) => line.colour === `rgba(0, 0, ${parseInt(colours[role].slice(5), 16)}, ${width === 5 ? 0.55 : 1})` && line.width === width).map((line) => line.path);
  return { of, words, arcs };
}

test("bars are one standard deviation along the normal and the tangent, and the ellipse ends there", () => {
  const { of } = drawn();
  near(of("sgd", 5), [[[100, -50], [100, 50]], [[0, 0], [200, 0]]]);
  const [ring] = of("sgd", 2.2);
  const across = ring.map(([x]) => x), along = ring.map(([, y]) => y);
  near([Math.min(...across), Math.max(...across), Math.min(...along), Math.max(...along)], [0, 200, -50, 50]);
});

test("each part of the drift is an arrow of its colour and length, and a part that is off is none", () => {
  const tip = (paths) => paths.filter((path) => path.length === 2).map(([from]) => from);
  const { of } = drawn();
  near(of("drift_tangent", 1)[0][0], [75, 0]);
  near(of("drift_normal", 1)[0][0], [100, 50]);
  near(of("limit", 1)[0][0], [75, 50]);
  near(tip(of("drift_tangent", 4))[0], [100, 0]);
  assert.deepEqual(of("drift_mixed", 4), []);
  assert.deepEqual(drawn({ on: new Set(["normal"]) }).of("drift_tangent", 4), []);
  assert.deepEqual(drawn({ names: ["own"], drift: [[0, 2, 0]], total: [0, 2, 0], on: new Set(["own"]) }).words.filter((each) => each.startsWith("drift")), ["drift"]);
  assert.deepEqual(drawn({ total: [0, 2, 0], on: new Set(["normal"]) }).words.filter((each) => each.startsWith("drift")), ["drift = normal"]);
});

test("a picture that is taken away has the same lines, and the point itself, which is no grip there", () => {
  const [page, still] = [drawn(), drawn({}, true)];
  for (const [role, width] of [["sgd", 5], ["sgd", 2.2], ["limit", 9], ["drift_normal", 1]]) near(still.of(role, width), page.of(role, width));
  assert.deepEqual([page.arcs, still.arcs], [[], [[100, 0, 10.5]]]);
  assert.deepEqual(still.words, page.words);
});

test("a limit that only flows has no ellipse, and its drift is what the site says", () => {
  const { of } = drawn({ names: ["own"], drift: [[0, 2, 0]], total: [0, 2, 0], on: new Set(["own"]), diffuses: false, free: false });
  assert.deepEqual([of("sgd", 5), of("sgd", 2.2)], [[], []]);
  near(of("limit", 1)[0][0], [100, 50]);
  near(driftOf({ drift: [[0, 2]] }, [[1, 0], [0, 1]]), [[0, 2]]);
});
