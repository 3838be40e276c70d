// What lies over the picture: the frame of H, Σ and the drift at one point, on a canvas or in an SVG; and the grips, which are elements.

import { scaleOf } from "../player/scale.js";
import { element } from "../player/dom.js";
import { translucent } from "../player/theme.js";
import { PARTS, applied, dot, eigen, length, plus, times } from "./linear.js";

const ROUND = 72; // points of an ellipse
const SPACE = 0.42; // of the view's size: half the tangent space that is drawn
const GRIP = 26; // pixels: an axis whose end is nearer keeps its grip this far out
const POINT = 9, RING = 3; // pixels: a point that is no grip, and the ring about it
const SEEN = 0.1; // of a unit vector's length: a shorter one points at the eye
const LABELLED = 30; // pixels of an arrow that is named at its tip
const STYLES = {
  space: { role: "muted", width: 1.2, fill: 0.14 },
  tangents: { role: "muted", width: 1.6 },
  normals: { role: "muted", width: 1.6, dash: [5, 5] },
  ellipse: { role: "sgd", width: 2.2, fill: 0.12 },
  bar: { role: "sgd", width: 5, opacity: 0.55 },
  tangent: { role: "drift_tangent", width: 4, dash: [9, 5], head: 15 },
  mixed: { role: "drift_mixed", width: 4, dash: [2.5, 5], head: 15 },
  normal: { role: "drift_normal", width: 4, head: 15 },
  own: { role: "ink", width: 3, head: 13 },
  total: { role: "limit", width: 9, head: 26, bold: true },
};

// `shown`: {site, covariance, axes, drift, total, on, scales, size, names, diffuses, free}; `axes` are those of Σ, {directions, lengths},
// `names` those of the parts of the drift; Σ is drawn where the limit diffuses, and has grips where it is free.
export function draw(canvas, grips, view, shown, colours) {
  const { at, middle } = paint(brushFor(canvas, colours), view, shown);
  const ends = (shown.free ?? true) && view.point && shown.site.point.length === 2 ? endsOf(shown.axes, shown.scales.ellipse, at, middle, view.rect) : [];
  place(grips, [...ends, { at: middle, attributes: { class: "azl-point", "data-grip": "point" } }]);
}

/** The same without grips on any context, whose type has the `family`: for a picture that is taken away. */
export function drawStill(context, view, shown, colours, family) {
  const { middle } = paint(brushOn(context, colours, family), view, shown);
  context.setLineDash([]);
  context.beginPath();
  context.arc(...middle, POINT + RING / 2, 0, 2 * Math.PI);
  context.fillStyle = colours.ink;
  context.fill();
  context.strokeStyle = colours.paper;
  context.lineWidth = RING;
  context.stroke();
}

function paint(brush, view, shown) {
  const { site, covariance, scales, diffuses = true } = shown;
  const shift = (step) => {
    const screen = [NaN, NaN, NaN];
    view.locate(plus(site.place, step), 0, screen, 0, true);
    return screen.slice(0, 2);
  };
  const at = (vector) => shift(applied(site.view, vector)); // from a vector at the point to the screen
  const middle = at(times(0, site.point));
  space(brush, site, shown.size, at);
  if (diffuses) {
    ellipse(brush, site, covariance, scales.ellipse, shift);
    bars(brush, site, covariance, scales.ellipse, at);
  }
  arrows(brush, middle, shown, (vector) => at(times(scales.arrow, vector)));
  return { at, middle };
}

function space(brush, site, size, at) {
  const reach = (vector, share) => at(times(share * SPACE * size, vector));
  const seen = (vector) => length(applied(site.view, vector)) > SEEN;
  const name = (vectors, letter, share) =>
    vectors.forEach((vector, k) => {
      const many = vectors.length > 1;
      if (seen(vector)) brush.label(reach(vector, many ? 0.75 * share : share), many ? `${letter}${"₁₂₃₄₅₆₇₈₉"[k] ?? ""}` : letter);
    });
  const [a, b] = site.tangents;
  if (b && site.tangents.length === 2 && site.view.length === 3) {
    const corners = [plus(a, b), plus(a, times(-1, b)), times(-1, plus(a, b)), plus(b, times(-1, a))];
    brush.line(corners.map((corner) => reach(corner, 0.7)), STYLES.space, true);
  } else site.tangents.forEach((vector) => brush.line([reach(vector, -1), reach(vector, 1)], STYLES.tangents));
  site.normals.forEach((vector) => brush.line([reach(vector, -0.6), reach(vector, 0.6)], STYLES.normals));
  name(site.tangents, "t", 1.02);
  name(site.normals, "n", 0.66);
}

// In the plane the outline of Σ's ellipse as the view shows it, in space the ellipses in its three principal planes.
function ellipse(brush, site, covariance, scale, shift) {
  const seen = site.view.map((row) => site.view.map((other) => dot(row, applied(covariance, other))));
  const { values, vectors } = eigen(seen);
  const axes = vectors.map((vector, k) => times(scale * Math.sqrt(Math.max(values[k], 0)), vector));
  for (const [k, l] of axes.length === 2 ? [[0, 1]] : [[0, 1], [0, 2], [1, 2]]) {
    const ring = [];
    for (let i = 0; i < ROUND; i++) {
      const angle = (2 * Math.PI * i) / ROUND;
      ring.push(shift(plus(times(Math.cos(angle), axes[k]), times(Math.sin(angle), axes[l]))));
    }
    brush.line(ring, STYLES.ellipse, true);
  }
}

// Σ∥ along each tangent, Σ⊥ along each normal: one standard deviation to both sides.
function bars(brush, site, covariance, scale, at) {
  for (const vector of [...site.tangents, ...site.normals]) {
    const deviation = scale * Math.sqrt(Math.max(dot(vector, applied(covariance, vector)), 0));
    brush.line([at(times(-deviation, vector)), at(times(deviation, vector))], STYLES.bar);
  }
}

function arrows(brush, from, { drift, total, on, names = PARTS }, tip) {
  const sum = tip(total);
  const same = (end) => Math.hypot(end[0] - sum[0], end[1] - sum[1]) < 2;
  const chosen = names.map((part, i) => ({ part, end: tip(drift[i]) })).filter(({ part }) => on.has(part));
  arrow(brush, from, sum, STYLES.total, chosen.some(({ end }) => same(end)) ? "" : "drift");
  for (const { part, end } of chosen) arrow(brush, from, end, STYLES[part], same(end) ? (part === "own" ? "drift" : `drift = ${part}`) : part === "own" ? "its own" : part);
}

function arrow(brush, from, to, style, words) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const pixels = Math.hypot(dx, dy);
  if (!(pixels > 3)) return;
  const [ux, uy] = [dx / pixels, dy / pixels];
  const head = Math.min(style.head, 0.6 * pixels);
  const base = [to[0] - head * ux, to[1] - head * uy];
  const wing = 0.5 * head;
  brush.line([from, base], style);
  brush.line([to, [base[0] - wing * uy, base[1] + wing * ux], [base[0] + wing * uy, base[1] - wing * ux]], { role: style.role, width: 1, fill: 1 }, true);
  if (words && pixels > LABELLED) brush.label([to[0] + 16 * ux, to[1] + 16 * uy], words, style, ux);
}

// At one end of each axis, the one that is in the picture.
function endsOf({ directions, lengths }, scale, at, middle, { left, top, width, height }) {
  const inside = ([x, y]) => x >= left && x <= left + width && y >= top && y <= top + height;
  const end = (vector) => (inside(at(vector)) ? at(vector) : at(times(-1, vector)));
  return directions.map((vector, k) => {
    const attributes = { class: "azl-grip", "data-grip": "axis", "data-axis": k };
    const far = end(times(scale * lengths[k], vector));
    if (Math.hypot(far[0] - middle[0], far[1] - middle[1]) >= GRIP) return { at: far, attributes };
    const unit = end(vector);
    const reach = GRIP / (Math.hypot(unit[0] - middle[0], unit[1] - middle[1]) || 1);
    return { at: [0, 1].map((i) => middle[i] + reach * (unit[i] - middle[i])), attributes: { ...attributes, class: "azl-grip azl-empty" } };
  });
}

// Elements are kept while they are moved: one of them may hold the pointer.
function place(grips, wanted) {
  while (grips.childNodes.length > wanted.length) grips.firstChild.remove();
  while (grips.childNodes.length < wanted.length) grips.prepend(element("i"));
  wanted.forEach(({ at: [x, y], attributes }, i) => {
    const node = grips.childNodes[i];
    for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
    if (Number.isFinite(x + y)) node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  });
}

function brushFor(canvas, colours) {
  const ratio = Math.min(2, Math.max(1, window.devicePixelRatio));
  const [width, height] = [Math.round(ratio * canvas.clientWidth), Math.round(ratio * canvas.clientHeight)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return brushOn(context, colours, getComputedStyle(canvas).fontFamily, scaleOf(canvas));
}

function brushOn(context, colours, family, size = 1) {
  context.lineJoin = "round";
  context.textBaseline = "middle";
  return {
    line(points, { role, width, dash = [], fill = 0, opacity = 1 }, closed = false) {
      context.beginPath();
      points.filter(([x, y]) => Number.isFinite(x + y)).forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
      if (closed) context.closePath();
      if (fill) {
        context.fillStyle = translucent(colours[role], fill);
        context.fill();
      }
      context.strokeStyle = translucent(colours[role], opacity);
      context.lineWidth = width;
      context.lineCap = dash.length ? "butt" : "round";
      context.setLineDash(dash);
      context.stroke();
    },
    // In the style of an arrow, or as a name in the frame of H.
    label([x, y], words, style = null, lean = 0) {
      context.font = style ? `${style.bold ? 600 : 400} ${15 * size}px ${family}` : `italic ${18 * size}px "Source Serif 4", Georgia, serif`;
      context.textAlign = lean > 0.4 ? "start" : lean < -0.4 ? "end" : "center";
      context.setLineDash([]);
      context.lineWidth = 4;
      context.strokeStyle = colours.paper;
      context.strokeText(words, x, y);
      context.fillStyle = colours[style?.role ?? "ink"];
      context.fillText(words, x, y);
    },
  };
}
