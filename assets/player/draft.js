// The still picture before Plotly is there: what it will show, without its axes, drawn where it will be, so that a run moves at once.
// tests/browser/test_player.py compares both.

import { bytesOf } from "./base64.js";
import { depthOf, surfacesOf } from "./depth.js";
import { element } from "./dom.js";
import { contourLines } from "./level.js";
import { stillFigure } from "./picture.js";
import { AXES, flat, inSpace, product } from "./view.js";

const FIELD = Math.PI / 4; // radians, up and down: of Plotly's camera
const NEAR = 0.01, FAR = 1000; // lengths of the scene, between which it sees
const DASHES = { dash: [9, 9], dot: [3, 3], dashdot: [9, 3, 3, 3] };
const LIGHT = 0.75; // of a surface's colour, where it is seen from the side

/** As makePicture's, for a picture on which no hand has been. It has no `plotly`. */
export function makeDraft(node) {
  const canvas = element("canvas", { class: "azl-layer azl-draft", "aria-hidden": "true" });
  node.after(canvas);
  let view, shown = null, surfaces = [];
  return {
    plotly: null,
    async show(header, colours, size, hidden) {
      shown = size;
      const { data, layout } = stillFigure(header, colours, size, hidden, node);
      const traces = data.map(unpacked);
      view = viewIn(layout);
      const shapes = new Map(traces.flatMap((trace) => surfacesOf([trace]).map((surface) => [trace, surface]))); // none of a hidden one
      surfaces = [...shapes.values()];
      const density = Math.min(window.devicePixelRatio || 1, 2);
      [canvas.width, canvas.height] = [size.width * density, size.height * density];
      const context = canvas.getContext("2d");
      context.scale(density, density);
      context.fillStyle = layout.paper_bgcolor;
      context.fillRect(0, 0, size.width, size.height);
      context.beginPath();
      context.rect(view.rect.left, view.rect.top, view.rect.width, view.rect.height);
      context.clip();
      const depth = depthOf(view, surfaces);
      for (const trace of traces) draw(context, trace, view, depth, shapes.get(trace));
    },
    view: () => view,
    surfaces: () => surfaces,
    size: () => shown,
    turned: () => ({}),
    eye: () => null,
    destroy: () => canvas.remove(),
  };
}

/**
 * Whether it can be drafted: linear axes with their ranges, and of one scale by wider ranges; colours whose range is said.
 * @param {{data: any[], layout?: any}} figure
 */
export function canDraft({ data, layout = {} }) {
  const axes = layout.scene ? AXES.map((name) => layout.scene[name]) : [layout.xaxis, layout.yaxis];
  const known = axes.every((axis) => axis?.range && (axis.type ?? "linear") === "linear" && axis.constrain !== "domain");
  const seen = !layout.scene || (layout.scene.aspectmode === "manual" && layout.scene.camera?.eye);
  return Boolean(known && seen && data.every(isKnown));
}

function isKnown({ type, contours, colorscale, cmin, cmax }) {
  if (type === "contour") return contours?.size > 0;
  return (type !== "surface" && type !== "mesh3d") || Boolean(colorscale && cmax > cmin);
}

// --- where things are

/**
 * Where Plotly will put things: `layout` has margins all round, and width and height.
 * @param {any} layout
 * @returns {View}
 */
export const viewIn = (layout) => (layout.scene ? spaceOf(layout) : planeOf(layout));

/** Plotly makes a range wider, on both sides, where both axes go by one scale. */
function planeOf({ width, height, margin: { l, r, t, b }, xaxis, yaxis }) {
  const across = width - l - r, up = height - t - b;
  const perPixel = [(xaxis.range[1] - xaxis.range[0]) / across, (yaxis.range[1] - yaxis.range[0]) / up];
  const one = xaxis.scaleanchor || yaxis.scaleanchor ? Math.max(...perPixel) : null;
  const axis = (range, length, offset, own) => ({ range: wider(range, (one ?? own) * length), _length: length, _offset: offset });
  return flat({ xaxis: axis(xaxis.range, across, l, perPixel[0]), yaxis: axis(yaxis.range, up, t, perPixel[1]) });
}

function wider([from, to], width) {
  const middle = (from + to) / 2;
  return [middle - width / 2, middle + width / 2];
}

function spaceOf({ width, height, margin: { l, r, t, b }, scene }) {
  const rect = { left: l, top: t, width: width - l - r, height: height - t - b };
  const ranges = AXES.map((name) => scene[name].range);
  const model = new Float64Array(16);
  ranges.forEach(([from, to], i) => {
    model[5 * i] = scene.aspectratio["xyz"[i]] / (to - from);
    model[12 + i] = (-model[5 * i] * (from + to)) / 2;
  });
  model[15] = 1;
  const near = 1 / Math.tan(FIELD / 2);
  const projection = Float64Array.of(
    (near * rect.height) / rect.width, 0, 0, 0, 0, near, 0, 0, 0, 0, (FAR + NEAR) / (NEAR - FAR), -1, 0, 0, (2 * FAR * NEAR) / (NEAR - FAR), 0,
  );
  return inSpace(rect, projection, product(lookingFrom(scene.camera), model), ranges);
}

// The z axis is upwards.
function lookingFrom({ eye, center = {} }) {
  const from = [eye.x, eye.y, eye.z];
  const back = unit(from.map((x, i) => x - (center["xyz"[i]] ?? 0)));
  const right = unit([-back[1], back[0], 0]);
  const up = cross(back, right);
  const dot = (a) => a.reduce((sum, x, i) => sum + x * from[i], 0);
  const [r, u, v] = [right, up, back];
  return Float64Array.of(r[0], u[0], v[0], 0, r[1], u[1], v[1], 0, r[2], u[2], v[2], 0, -dot(r), -dot(u), -dot(v), 1);
}

const unit = (a) => a.map((x) => x / Math.hypot(...a));
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

// --- what is there

const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array };

/** A trace with its data as arrays, as Plotly unpacks them. */
function unpacked(trace) {
  return Object.fromEntries(Object.entries(trace).map(([name, value]) => [name, value?.bdata === undefined ? value : arrayOf(value)]));
}

function arrayOf({ bdata, dtype, shape }) {
  const values = new KINDS[dtype](bytesOf(bdata).buffer);
  if (!shape) return values;
  const [rows, columns] = String(shape).split(",").map(Number);
  return Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
}

function draw(context, trace, view, depth, surface) {
  context.globalAlpha = trace.opacity ?? 1;
  if (trace.type === "contour") drawContour(context, trace, view);
  else if (surface) drawSurface(context, trace, surface, view);
  else if (trace.mode?.includes("lines")) drawLine(context, trace, view, depth);
  context.globalAlpha = 1;
}

function drawLine(context, { x, y, z, line }, view, depth) {
  const share = z ? 0.5 : 1; // Plotly's lines in space are of other pixels
  pen(context, { ...line, width: (line?.width ?? 2) * share });
  const place = [0, 0, 0];
  let drawing = false;
  for (let i = 0; i < x.length; i++) {
    view.locate(z ? [x[i], y[i], z[i]] : [x[i], y[i]], 0, place, 0);
    const there = Number.isFinite(place[0]) && Number.isFinite(place[1]) && !(z && depth.hides(...place));
    if (there) context[drawing ? "lineTo" : "moveTo"](place[0], place[1]);
    drawing = there;
  }
  context.stroke();
}

function pen(context, { color, width, dash }) {
  context.beginPath();
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(DASHES[dash] ?? []);
}

// Bands of the loss, and lines between them.
function drawContour(context, trace, view) {
  const { x, y, z, contours, line } = trace;
  const { start, size, end } = contours;
  const count = Math.round((end - start) / size) + 1;
  if (contours.coloring !== "none") drawBands(context, trace, count, view);
  pen(context, line);
  const [a, b] = [[0, 0, 0], [0, 0, 0]];
  contourLines(x, y, z, { start, size, count }, (x0, y0, x1, y1) => {
    view.locate([x0, y0], 0, a, 0);
    view.locate([x1, y1], 0, b, 0);
    context.moveTo(a[0], a[1]);
    context.lineTo(b[0], b[1]);
  });
  context.stroke();
}

// Plotly spreads the colour scale over the bands, from the one below the first line to the one above the last.
function drawBands(context, { x, y, z, contours, colorscale }, count, view) {
  const [rows, columns] = [z.length, z[0].length];
  const image = new ImageData(columns, rows);
  const ramp = rampOf(colorscale);
  const inks = Uint8ClampedArray.from({ length: 4 * (count + 1) }, (_, at) => [...ramp((at >> 2) / count), 255][at & 3]);
  const [pixels, colours] = [new Uint32Array(image.data.buffer), new Uint32Array(inks.buffer)];
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const band = Math.ceil((z[rows - 1 - row][column] - contours.start) / contours.size);
      if (band === band) pixels[at] = colours[Math.min(count, Math.max(0, band))]; // no number: the paper
    }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d").putImageData(image, 0, 0);
  const [from, to] = [[0, 0, 0], [0, 0, 0]];
  const [wide, tall] = [(x[1] - x[0]) / 2, (y[1] - y[0]) / 2]; // half a cell
  view.locate([x[0] - wide, y[rows - 1] + tall], 0, from, 0);
  view.locate([x[columns - 1] + wide, y[0] - tall], 0, to, 0);
  context.drawImage(small, from[0], from[1], to[0] - from[0], to[1] - from[1]);
}

/** From a share of a colour scale to red, green and blue. */
function rampOf(scale) {
  const stops = scale.map(([place, hex]) => [place, [1, 3, 5].map((digit) => parseInt(hex.slice(digit, digit + 2), 16))]);
  return (share) => {
    const at = Math.min(1, Math.max(0, share));
    const next = Math.max(1, stops.findIndex(([place]) => place >= at));
    const [[low, from], [high, to]] = [stops[next - 1], stops[next]];
    return from.map((channel, i) => channel + ((to[i] - channel) * (at - low)) / (high - low));
  };
}

// Far faces first.
function drawSurface(context, trace, { corners, faces }, view) {
  const colour = colourOf(trace);
  const screen = new Float32Array(corners.length);
  for (let at = 0; at < corners.length; at += 3) view.locate(corners, at, screen, at);
  const order = [];
  for (let at = 0; at < faces.length; at += 3) {
    const [a, b, c] = [3 * faces[at], 3 * faces[at + 1], 3 * faces[at + 2]];
    const far = screen[a + 2] + screen[b + 2] + screen[c + 2];
    if (Number.isFinite(far)) order.push([far, a, b, c]);
  }
  order.sort((one, other) => other[0] - one[0]);
  context.setLineDash([]);
  context.lineWidth = 0.7;
  for (const [, a, b, c] of order) {
    const light = facing(corners, a, b, c);
    const ink = colour(a / 3).map((channel) => Math.round(light * channel));
    context.fillStyle = context.strokeStyle = `rgb(${ink.join(" ")})`;
    context.beginPath();
    for (const corner of [a, b, c]) context.lineTo(screen[corner], screen[corner + 1]);
    context.closePath();
    context.fill();
    context.stroke(); // else the paper shines through between two faces
  }
}

/** The colour of a corner, by its number. */
function colourOf({ surfacecolor, z, intensity, colorscale, cmin, cmax }) {
  const ramp = rampOf(colorscale);
  const values = intensity ?? surfacecolor ?? z;
  const columns = values[0].length;
  const at = columns ? (number) => values[Math.floor(number / columns)][number % columns] : (number) => values[number];
  return (number) => ramp((at(number) - cmin) / (cmax - cmin));
}

function facing(corners, a, b, c) {
  const side = (to) => [0, 1, 2].map((i) => corners[to + i] - corners[a + i]);
  const normal = cross(side(b), side(c));
  return LIGHT + ((1 - LIGHT) * Math.abs(normal[2])) / (Math.hypot(...normal) || 1);
}
