// The lines of the time series: assets/player/series.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlotly, node } from "./page.js";
import { makeClock } from "../../assets/player/clock.js";
import { ensembleTraces, makeSeries, stability } from "../../assets/player/series.js";

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
  assert.equal(stability(sharp, "sharpness", ["sgd", "limit"], 40), 40);
  assert.equal(stability(sharp, "sharpness", ["sgd", "limit"], 50), null);
  assert.equal(stability(sharp, "sharpness", ["limit"], 40), null);
});

const COLOURS = { sgd: "#ee3a06", limit: "#00737d", muted: "#777777", paper: "#ffffff", ink: "#000000", grid: "#cccccc", warning: "#aa0000" };

// A run of four frames whose loss falls and whose sharpness comes near 2/η = 20, drawn by a Plotly of so many pixels a unit.
async function drawn({ clock = "slow", scale = 100, hidden = new Set(), loss = [3, 2, 1, 0.5] } = {}) {
  const arrays = {
    times: Float64Array.of(0, 1, 2, 3),
    steps: Float32Array.of(0, 100, 200, 300),
    fast: Float32Array.of(0, 10, 20, 30),
    "series.loss.sgd.mean": Float32Array.from(loss),
    "series.loss.limit.mean": Float32Array.of(0.1, 0.2, 0.3, 0.4),
    "series.sharpness.sgd.mean": Float32Array.of(15, 16, 17, 18),
  };
  const run = { arrays, header: { edge: { at: 20, label: "2/η" }, panels: [{ name: "loss", title: "Loss" }, { name: "sharpness", title: "Sharpness", edge: true }] }, clock: makeClock(arrays, { slow: "kη²", fast: "kη" }) };
  const [root, plotly, sought] = [node(), makePlotly(scale), []];
  const series = makeSeries(plotly, root, (frame) => sought.push(frame));
  await series.show(run, { colours: COLOURS, clock, hidden, arrangement: "stack", beside: [run] });
  return { root, plotly, series, sought };
}

test("a panel's head has the numbers of its frame, and the cursor stands at the frame's time", async () => {
  const { root, series } = await drawn();
  series.point(2);
  const [, head, cursor] = root.children;
  assert.equal(head.find("azl-values").innerHTML, '<b class="azl-of-sgd">1.00</b><b class="azl-of-limit">0.300</b>');
  assert.equal(cursor.style.transform, "translateX(260px)"); // the axis begins at 60, and slow time 2 is 200 further
});

test("2/η is drawn in the panel of the sharpness, and in no other", async () => {
  const { plotly } = await drawn();
  const lines = plotly.drawn.data.filter(({ mode }) => mode === "lines+text");
  assert.deepEqual(lines.map(({ y, yaxis }) => [y, yaxis]), [[[20, 20], "y2"]]);
});

test("the curves are against the clock that is chosen: steps are t/η², fast time t/η", async () => {
  const x = async (clock) => [...(await drawn({ clock })).plotly.drawn.data[0].x].map((each) => Number(each.toPrecision(12)));
  assert.deepEqual(await x("slow"), [0, 1, 2, 3]);
  assert.deepEqual(await x("fast"), [0, 10, 20, 30]);
  assert.deepEqual(await x("logarithmic"), [0.5, 100, 200, 300]);
});

test("a press seeks the frame that is nearest along the axis", async () => {
  const { root, sought } = await drawn();
  root.hear("pointerdown", { button: 0, clientX: 100 + 60 + 190, pointerId: 1 }); // slow time 1.9
  assert.deepEqual(sought, [2]);
});

test("what is hidden has neither a line nor a number", async () => {
  const { root, plotly, series } = await drawn({ hidden: new Set(["limit"]) });
  series.point(0);
  assert.equal(root.children[1].find("azl-values").innerHTML, '<b class="azl-of-sgd">3.00</b>');
  assert.ok(plotly.drawn.data.every(({ line }) => line.color !== COLOURS.limit));
});

test("every axis has a range of its own, where nothing but 0 or nothing at all is measured too", async () => {
  const rangeOf = async (loss) => (await drawn({ loss })).plotly.drawn.layout.yaxis.range;
  assert.deepEqual(await rangeOf([0, 0, 0, 0]), [0, 1]);
  assert.deepEqual(await rangeOf([NaN, NaN, NaN, NaN]), [0, 1]);
  assert.deepEqual(await rangeOf([-2, -1, -1, -1]), [-2.1, 0]);
});
