// The linked time series, one panel for each of the header's: one Plotly figure, with a cursor in each panel moved by CSS alone.

import { powerOfTen, short } from "./clock.js";
import { LABELS } from "./controls.js";
import { element } from "./dom.js";
import { enlarged, scaleOf } from "./scale.js";
import { translucent } from "./theme.js";

const WHO = ["ghost", "sgd", "limit", "finite"];
const THEORY = ["limit", "finite"];
const LINES = {
  ghost: { width: 2, dash: "dot" },
  sgd: { width: 2.2 },
  limit: { width: 2.6, dash: "7px,3px" },
  finite: { width: 1.8, dash: "2px,3px" },
};
const COLUMNS = { column: 1, stack: 1, grid: 2, row: Infinity }; // at most
const AROUND = [62, 16, 30, 10, 48]; // pixels around a panel: left, right, its head, between two, below the last
const [LEFT, , HEAD] = AROUND;
const SCALES = 30; // a quantity that falls by more gets a logarithmic axis, down to
const FLOOR = 1e-6; // of its largest value

export function makeSeries(plotly, node, seek) {
  const plot = element("div", { class: "azl-plot" });
  node.replaceChildren(plot);
  let panels = [];
  let xs = null;
  let means = [];
  let dragging = false;

  function build(wanted) {
    if (wanted.map(({ name }) => name).join() === panels.map(({ name }) => name).join()) return;
    panels = wanted.map(panelOf);
    node.replaceChildren(plot, ...panels.flatMap(({ head, cursor }) => [head, cursor]));
  }

  const seekTo = (event) => {
    const { left, width } = node.getBoundingClientRect();
    const x = ((event.clientX - left) * node.clientWidth) / width;
    const axes = panels.map((_, i) => plot._fullLayout[nth("xaxis", i)]).filter(Boolean);
    const axis = axes.find(({ _offset, _length }) => x >= _offset - 4 && x <= _offset + _length + 4);
    if (axis) seek(nearest(xs, axis.p2d(x - axis._offset)));
  };
  node.addEventListener("pointerdown", (event) => {
    if (!xs || event.button !== 0) return;
    dragging = true;
    node.setPointerCapture(event.pointerId);
    seekTo(event);
  });
  node.addEventListener("pointermove", (event) => dragging && seekTo(event));
  for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, () => (dragging = false));

  return {
    // `beside` are the runs, this one among them, whose series have the same axes.
    async show(run, { colours, clock, hidden, arrangement, beside }) {
      build(run.header.panels.map((panel) => ({ ...panel, meaning: run.header.meanings?.[panel.name] })));
      const size = { width: node.clientWidth, height: node.clientHeight };
      const scale = scaleOf(node);
      const figure = seriesFigure(run, { colours, clock, hidden, beside, size, scale, columns: COLUMNS[arrangement], family: getComputedStyle(node).fontFamily });
      ({ xs, means } = figure);
      figure.boxes.forEach(({ left, top, width, height }, i) => {
        const { head, cursor } = panels[i];
        const beside = LEFT * scale - 12;
        head.style.cssText = `left:${left - beside}px;top:${top - HEAD * scale}px;width:${width + beside}px`;
        cursor.style.top = `${top}px`;
        cursor.style.height = `${height}px`;
      });
      await plotly.react(plot, figure.data, figure.layout, { displayModeBar: false });
    },
    // Before the first picture there is nothing to fit.
    fits: () => !plot._fullLayout || (plot._fullLayout.width === node.clientWidth && plot._fullLayout.height === node.clientHeight),
    point(frame) {
      if (!plot._fullLayout) return;
      panels.forEach(({ values, cursor }, i) => {
        const axis = plot._fullLayout[nth("xaxis", i)];
        cursor.hidden = !axis; // Plotly keeps no axis without a line
        if (!axis) return;
        const x = axis.d2p(xs[frame]);
        const within = Math.min(axis._length, Math.max(0, x));
        cursor.style.transform = `translateX(${axis._offset + within}px)`;
        cursor.classList.toggle("azl-beyond", within !== x);
        values.innerHTML = means[i].map(([who, mean]) => `<b class="azl-of-${who}">${short(mean[frame])}</b>`).join("");
      });
    },
    destroy: () => plotly.purge(plot),
  };
}

/**
 * The time series as a Plotly figure at this size, and what is drawn over it: the box of each panel, each moment's x, and each
 * panel's means, [who, values]. `beside` are the runs whose series have the same axes; at most so many `columns`.
 */
export function seriesFigure(run, { colours, clock, hidden, beside, size, scale, columns, family }) {
  const { arrays, header } = run;
  const panels = header.panels;
  const xs = axisOf(run, clock);
  const shown = WHO.filter((who) => !hidden.has(who));
  const boxes = boxesIn(size, panels.length, columns, scale);
  const read = shown.filter((who) => who !== "finite");
  const labels = { ...LABELS, ...header.names };
  const means = panels.map(({ name }) => read.map((who) => [who, arrays[`series.${name}.${who}.mean`]]).filter(([, mean]) => mean));
  const data = panels.flatMap(({ name }, i) => shown.flatMap((who) => ensembleTraces(arrays, name, who, xs, i, colours, labels)));
  const layout = {
    ...size,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    hovermode: "x",
    dragmode: false,
    font: { family, size: 14, color: colours.muted },
    hoverlabel: { bgcolor: colours.paper, font: { color: colours.ink, size: 14 } },
  };
  const ranges = beside.map((each) => spanOf(clock, axisOf(each, clock), each.arrays));
  const range = [Math.min(...ranges.map(([from]) => from)), Math.max(...ranges.map(([, to]) => to))];
  const measured = beside.map((each) => each.arrays);
  panels.forEach((panel, i) => {
    const { left, top, width, height, lowest } = boxes[i];
    layout[nth("xaxis", i)] = {
      anchor: nth("y", i),
      type: clock === "logarithmic" ? "log" : "linear",
      range,
      domain: [left / size.width, (left + width) / size.width],
      showticklabels: lowest,
      title: lowest ? { text: run.clock.titles[clock], standoff: 6 } : undefined,
      ...(clock === "logarithmic" ? decades(range, width / (60 * scale)) : { nticks: Math.max(3, Math.round(width / (80 * scale))) }),
      ...axisLook(colours),
    };
    layout[nth("yaxis", i)] = {
      anchor: nth("x", i),
      ...rangeOf(panel, measured, shown, height / scale),
      domain: [1 - (top + height) / size.height, 1 - top / size.height],
      ...axisLook(colours),
    };
  });
  panels.forEach(({ name, edge }, i) => {
    const unstable = edge && header.edge && stability(arrays, name, shown, header.edge.at);
    if (unstable) data.push(stabilityTrace(unstable, header.edge.label, i, range, clock, colours));
  });
  return { data: enlarged(data, scale), layout: enlarged(layout, scale), boxes, xs, means };
}

function panelOf(panel) {
  const values = element("span", { class: "azl-values" });
  return {
    ...panel,
    values,
    head: element("div", { class: "azl-head" }, element("span", { title: panel.meaning }, panel.title), values),
    cursor: element("i", { class: "azl-cursor", "aria-hidden": "true" }),
  };
}

const axisOf = (run, clock) => Float64Array.from({ length: run.clock.frames }, (_, frame) => run.clock.axis[clock](frame));

export const nth = (name, i) => (i === 0 ? name : `${name}${i + 1}`);

/**
 * @param {{width: number, height: number}} size
 * @param {number} count
 * @param {number} most
 * @param {number} scale
 */
function boxesIn({ width, height }, count, most, scale) {
  const [around, right, head, gap, bottom] = AROUND.map((each) => each * scale);
  const columns = Math.min(count, most);
  const rows = Math.ceil(count / columns);
  const cell = width / columns;
  const tall = (height - bottom - rows * (head + gap)) / rows;
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    return {
      left: (i % columns) * cell + around,
      top: row * (head + tall + gap) + head,
      width: cell - around - right,
      height: tall,
      lowest: i + columns >= count,
    };
  });
}

function axisLook(colours) {
  return {
    fixedrange: true,
    zeroline: false,
    gridcolor: colours.grid,
    linecolor: colours.grid,
    showline: true,
  };
}

/**
 * @returns {any[]}
 */
export function ensembleTraces(arrays, name, who, xs, i, colours, labels = LABELS) {
  const [mean, low, high] = ["mean", "low", "high"].map((part) => arrays[`series.${name}.${who}.${part}`]);
  if (!mean) return [];
  const axes = { xaxis: nth("x", i), yaxis: nth("y", i), type: "scatter", mode: "lines" };
  const line = { ...axes, x: xs, y: mean, line: { color: colours[who === "finite" ? "limit" : who], ...LINES[who] }, hovertemplate: `${labels[who]} %{y:.3g}<extra></extra>` };
  if (!low || !high) return [line];
  const alive = [...xs.keys()].filter((frame) => Number.isFinite(low[frame]) && Number.isFinite(high[frame]));
  const back = [...alive].reverse();
  const band = {
    ...axes,
    x: [...alive, ...back].map((frame) => xs[frame]),
    y: [...alive.map((frame) => high[frame]), ...back.map((frame) => Math.max(low[frame], Number.MIN_VALUE))],
    fill: "toself",
    fillcolor: translucent(colours[who], 0.2),
    line: { width: 0 },
    hoverinfo: "skip",
  };
  return [band, line];
}

// From 0, or logarithmic where one line has many scales: always for what falls towards Γ, else by its means.
function rangeOf({ name, falls }, runs, shown, height) {
  const lines = runs.flatMap((arrays) => {
    // The limit is on Γ: it has no say in the scale, unless it is alone.
    const present = shown.filter((who) => arrays[`series.${name}.${who}.mean`]);
    const deciding = present.length > 1 ? present.filter((who) => !THEORY.includes(who)) : present;
    return deciding.map((who) => ["mean", "low", "high"].map((part) => [...(arrays[`series.${name}.${who}.${part}`] ?? [])].filter(Number.isFinite)));
  });
  const means = lines.flatMap(([mean]) => mean).sort((a, b) => a - b);
  const all = lines.flat(2).sort((a, b) => a - b);
  // Plotly finds no range of its own where a line has no values, or none but 0.
  if (means.length === 0) return { type: "linear", range: [0, 1], showticklabels: false };
  // A few diverging paths must not flatten all the rest.
  const ends = lines.filter(([mean]) => mean.length > 0).flatMap(([mean]) => [mean[0], mean[mean.length - 1]]);
  const usual = Math.max(means[means.length >> 1], ...ends);
  const largest = Math.min(all[all.length - 1], 4 * usual);
  const linear = { type: "linear", nticks: Math.max(3, Math.round(height / 35)) };
  if (!(largest > 0)) return { ...linear, range: all[0] < 0 ? [1.05 * all[0], 0] : [0, 1] };
  const smallest = Math.max((falls ? all : means).find((value) => value > 0), largest * FLOOR);
  if (means[0] < 0 || largest < SCALES * smallest) return { ...linear, range: [Math.min(0, 1.05 * all[0]), 1.05 * largest] };
  const range = [Math.log10(smallest) - 0.1, Math.log10(largest) + 0.1];
  return { type: "log", range, ...decades(range, height / 25) };
}

/**
 * Ticks at powers of ten, at most `most` of them; over less than two powers at their doubles and fives too.
 * @param {number[]} range
 * @param {number} most
 */
function decades([from, to], most) {
  const apart = Math.ceil((to - from) / Math.max(1, most));
  const powers = [];
  for (let power = Math.floor(from / apart) * apart; power <= to; power += apart) powers.push(power);
  const digits = to - from < 2 ? [1, 2, 5] : [1];
  const ticks = powers.flatMap((power) => digits.map((digit) => [digit, power]));
  return {
    tickmode: "array",
    tickvals: ticks.map(([digit, power]) => digit * 10 ** power),
    ticktext: ticks.map(([digit, power]) => (digit === 1 ? powerOfTen(power) : "")),
  };
}

/**
 * Fast time shows the fall onto Γ, four times as long as it takes: over its whole range it would be slow time again.
 * @param {ClockName} clock
 * @param {Float64Array} xs
 * @param {Record<string, any>} arrays
 * @returns {[number, number]}
 */
function spanOf(clock, xs, arrays) {
  const end = xs[xs.length - 1];
  if (clock === "logarithmic") return [Math.log10(0.5), Math.log10(end)];
  const distance = arrays["series.distance.sgd.mean"];
  if (clock === "slow" || !distance) return [0, end];
  const settled = distance.subarray(distance.length >> 1).filter(Number.isFinite).sort();
  const fallen = distance.findIndex((value) => value <= 1.5 * settled[settled.length >> 1]);
  return fallen > 0 ? [0, Math.min(end, 4 * xs[fallen])] : [0, end];
}

// The steps are unstable on Γ where the sharpness exceeds `edge`, of SGD 2/η: drawn where the picture comes near it.
export function stability(arrays, name, shown, edge) {
  const largest = shown
    .flatMap((who) => [...(arrays[`series.${name}.${who}.high`] ?? arrays[`series.${name}.${who}.mean`] ?? [])])
    .reduce((a, b) => (b > a ? b : a), 0);
  return edge < 1.5 * largest ? edge : null;
}

function stabilityTrace(edge, label, i, range, clock, colours) {
  const ends = clock === "logarithmic" ? range.map((power) => 10 ** power) : range;
  return {
    type: "scatter",
    mode: "lines+text",
    xaxis: nth("x", i),
    yaxis: nth("y", i),
    x: ends,
    y: [edge, edge],
    text: ["", `${label} `],
    textposition: "top left",
    textfont: { color: colours.warning, size: 14 },
    line: { color: colours.warning, width: 1.5, dash: "dash" },
    hoverinfo: "skip",
  };
}

function nearest(sorted, value) {
  let low = 0;
  let high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle;
    else high = middle;
  }
  return value - sorted[low] < sorted[high] - value ? low : high;
}
