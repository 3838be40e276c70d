// A panel's moments, and where a click on it is: assets/panel/panel.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlotly, node, settled } from "./page.js";
import { mount } from "../../assets/panel/panel.js";

const MOMENTS = [[1, 2], [3, 4], [5, 6]];
const PANEL = {
  figure: { data: [{ x: [0, 1], y: [0, 0] }, { x: [0, 1], y: MOMENTS[2], error_y: { array: [1, 1] } }], layout: { xaxis: {}, yaxis: {} } },
  palette: { light: { ink: "#000000" } },
  title: "", caption: "What it shows.", alt: "", height: 400, pickable: "Click it.",
  frames: { name: "t", values: ["0.1", "0.2", "0.3"], opens: 1, updates: [{ trace: 1, key: "y", values: MOMENTS }, { trace: 1, key: "error_y.array", values: MOMENTS }] },
};

async function shown(panel = PANEL) {
  const [root, plotly, sent] = [node(), makePlotly(), []];
  mount(root, { panel, plotly, send: (...message) => sent.push(message) });
  await settled();
  return { root, plotly, sent };
}

test("a panel opens at its moment, and moves: label, curve and error bars are of one moment", async () => {
  const { root, plotly } = await shown();
  assert.equal(root.find("azl-panel-readout").textContent, "t = 0.2");
  assert.deepEqual(plotly.drawn.data[1].y, [3, 4]);
  assert.deepEqual(plotly.drawn.data[1].error_y.array, [3, 4]);
  const scrub = root.find("azl-scrub");
  scrub.value = "2";
  scrub.hear("input");
  assert.equal(root.find("azl-panel-readout").textContent, "t = 0.3");
  assert.deepEqual(plotly.restyled.map(({ changes, traces }) => [changes, traces]), [[{ y: [[5, 6]] }, [1]], [{ "error_y.array": [[5, 6]] }, [1]]]);
});

test("what a vertical axis shows stands beside its numbers, and not between them", async () => {
  const axes = { xaxis: { title: { text: "t" } }, yaxis: { title: { text: "y²" } }, yaxis2: {} };
  const { plotly } = await shown({ ...PANEL, figure: { ...PANEL.figure, layout: axes } });
  const { xaxis, yaxis, yaxis2 } = plotly.drawn.layout;
  assert.deepEqual([xaxis.title, yaxis.title, yaxis2.title], [{ text: "t" }, { standoff: 8, text: "y²" }, undefined]);
});

test("without a moment of its own a panel opens at the last", async () => {
  const { root, plotly } = await shown({ ...PANEL, frames: { ...PANEL.frames, opens: null } });
  assert.equal(root.find("azl-panel-readout").textContent, "t = 0.3");
  assert.deepEqual(plotly.drawn.data[1].y, [5, 6]);
});

test("a click is told in the units of the axes, and one beside them is not", async () => {
  const { root, sent } = await shown();
  const picture = root.find("azl-panel-picture");
  picture.hear("click", { clientX: 100 + 60 + 150, clientY: 50 + 20 + 70 }); // the picture, the axis' offset, and so far along it
  assert.deepEqual(sent, [["pick", [1.5, 0.7]]]);
  picture.hear("click", { clientX: 100 + 30, clientY: 150 });
  picture.hear("click", { clientX: 100 + 60 + 401, clientY: 150 });
  assert.equal(sent.length, 1);
});

test("what a click does is said where somebody hears it, and nowhere else", async () => {
  const { root } = await shown();
  assert.match(root.find("azl-caption").textContent, /What it shows. Click it.$/);
  const alone = node();
  mount(alone, { panel: PANEL, plotly: makePlotly() });
  await settled();
  assert.equal(alone.find("azl-caption").textContent, "What it shows.");
  alone.find("azl-panel-picture").hear("click", { clientX: 310, clientY: 140 });
});
