// What lies over the picture: the frame of H, Σ and the drift at one point, as SVG on the screen.

import { PARTS, applied, dot, eigen, length, plus, times } from "./linear.js";

const SVG = "http://www.w3.org/2000/svg";
const ROUND = 72; // points of an ellipse
const SPACE = 0.42; // of the view's size: half the tangent space that is drawn
const GRIP = 26; // pixels: an axis whose end is nearer keeps its grip this far out
const SEEN = 0.1; // of a unit vector's length: a shorter one points at the eye
const LABELLED = 30; // pixels of an arrow that is named at its tip
const DASHES = { tangent: "9 5", mixed: "2.5 5", normal: "" };

// `shown`: {site, covariance, axes, drift, total, on, scales, size}; `axes` are those of Σ, {directions, lengths}
export function draw(layer, view, shown) {
  const { site, covariance, scales } = shown;
  const shift = (step) => {
    const screen = [NaN, NaN, NaN];
    view.locate(plus(site.place, step), 0, screen, 0, true);
    return screen;
  };
  const at = (vector) => shift(applied(site.view, vector)); // from a vector at the point to the screen
  const zero = times(0, site.point);
  const middle = at(zero);
  const shapes = [...space(site, shown.size, at), ...ellipse(site, covariance, scales.ellipse, shift), ...bars(site, covariance, scales.ellipse, at)];
  const tip = (vector) => at(times(scales.arrow, vector));
  const total = tip(shown.total);
  const same = (end) => Math.hypot(end[0] - total[0], end[1] - total[1]) < 2;
  const chosen = PARTS.map((part, i) => ({ part, end: tip(shown.drift[i]) })).filter(({ part }) => shown.on.has(part));
  shapes.push(...arrow(middle, total, "azl-total", chosen.some(({ end }) => same(end)) ? "" : "drift", ""));
  for (const { part, end } of chosen) shapes.push(...arrow(middle, end, `azl-${part}`, same(end) ? `drift = ${part}` : part, DASHES[part]));
  if (view.point && site.point.length === 2) shapes.push(...grips(shown.axes, scales.ellipse, at, middle, view.rect));
  shapes.push(circle(middle, 11, "azl-point", "point"));
  render(layer, shapes);
}

function space(site, size, at) {
  const lines = [];
  const [first, second] = site.tangents;
  const reach = (vector) => times(SPACE * size, vector);
  if (site.tangents.length === 2 && site.view.length === 3) {
    const [a, b] = [reach(first), reach(second)].map((each) => times(0.7, each));
    const corners = [plus(a, b), plus(a, times(-1, b)), plus(times(-1, a), times(-1, b)), plus(times(-1, a), b)].map(at);
    lines.push(path(corners, "azl-tangent-space", true));
  } else site.tangents.forEach((vector) => lines.push(path([at(times(-1, reach(vector))), at(reach(vector))], "azl-tangent-line")));
  site.normals.forEach((vector) => lines.push(path([at(times(-0.6, reach(vector))), at(times(0.6, reach(vector)))], "azl-normal-line", false, "5 5")));
  const seen = (vector) => length(applied(site.view, vector)) > SEEN;
  const named = (vectors, name, share) =>
    vectors.filter(seen).map((vector) => [vector, vectors.indexOf(vector)]).map(([vector, k]) => label(at(times(share * (vectors.length > 1 ? 0.75 : 1), reach(vector))), vectors.length > 1 ? `${name}${"₁₂₃₄₅₆₇₈₉"[k] ?? ""}` : name, "azl-frame"));
  return [...lines, ...named(site.tangents, "t", 1.02), ...named(site.normals, "n", 0.66)];
}

// In the plane the outline of Σ's ellipse as the view shows it, in space the ellipses in its three principal planes.
function ellipse(site, covariance, scale, shift) {
  const seen = site.view.map((row) => site.view.map((other) => dot(row, applied(covariance, other))));
  const { values, vectors } = eigen(seen);
  const axes = vectors.map((vector, k) => times(scale * Math.sqrt(Math.max(values[k], 0)), vector));
  const planes = axes.length === 2 ? [[0, 1]] : [[0, 1], [0, 2], [1, 2]];
  return planes.map(([k, l]) => {
    const ring = [];
    for (let i = 0; i < ROUND; i++) {
      const angle = (2 * Math.PI * i) / ROUND;
      ring.push(shift(plus(times(Math.cos(angle), axes[k]), times(Math.sin(angle), axes[l]))));
    }
    return path(ring, "azl-ellipse", true);
  });
}

// Σ∥ along each tangent, Σ⊥ along each normal: one standard deviation to both sides.
function bars(site, covariance, scale, at) {
  const along = (vectors, name) =>
    vectors.map((vector) => {
      const deviation = scale * Math.sqrt(Math.max(dot(vector, applied(covariance, vector)), 0));
      return path([at(times(-deviation, vector)), at(times(deviation, vector))], name);
    });
  return [...along(site.tangents, "azl-parallel"), ...along(site.normals, "azl-orthogonal")];
}

// At one end of each axis, the one that is in the picture.
function grips({ directions, lengths }, scale, at, middle, { left, top, width, height }) {
  const inside = ([x, y]) => x >= left && x <= left + width && y >= top && y <= top + height;
  const end = (vector) => (inside(at(vector)) ? at(vector) : at(times(-1, vector)));
  return directions.map((vector, k) => {
    const place = end(times(scale * lengths[k], vector));
    if (Math.hypot(place[0] - middle[0], place[1] - middle[1]) >= GRIP) return circle(place, 9, "azl-grip", "axis", k);
    const unit = end(vector);
    const reach = GRIP / (Math.hypot(unit[0] - middle[0], unit[1] - middle[1]) || 1);
    return circle([0, 1].map((i) => middle[i] + reach * (unit[i] - middle[i])), 9, "azl-grip azl-empty", "axis", k);
  });
}

function arrow(from, to, name, words, dash) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const pixels = Math.hypot(dx, dy);
  if (!(pixels > 3)) return [];
  const [ux, uy] = [dx / pixels, dy / pixels];
  const head = Math.min(name === "azl-total" ? 26 : 15, 0.6 * pixels);
  const base = [to[0] - head * ux, to[1] - head * uy];
  const wing = 0.5 * head;
  const tip = [to, [base[0] - wing * uy, base[1] + wing * ux], [base[0] + wing * uy, base[1] - wing * ux]];
  const shapes = [path([from, base], `azl-arrow ${name}`, false, dash), path(tip, `azl-head ${name}`, true)];
  if (words && pixels > LABELLED) shapes.push(label([to[0] + 16 * ux, to[1] + 16 * uy], words, name, ux));
  return shapes;
}

// Shapes are [tag, attributes, text].

function path(points, name, closed = false, dash = "") {
  const shown = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const d = shown.length < 2 ? "" : `M${shown.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}${closed ? "Z" : ""}`;
  return ["path", { class: name, d, "stroke-dasharray": dash || "none" }, ""];
}

const circle = ([x, y], radius, name, grip, axis = "") => [
  "circle",
  { cx: x || 0, cy: y || 0, r: radius, class: name, "data-grip": grip, "data-axis": axis },
  "",
];

function label([x, y], words, name, lean = 0) {
  const anchor = lean > 0.4 ? "start" : lean < -0.4 ? "end" : "middle";
  return ["text", { x: x || 0, y: y || 0, class: name, "text-anchor": anchor, "dominant-baseline": "middle" }, words];
}

// Nodes are kept and changed: with new ones the browser would lay out its layers anew, the picture's among them.
function render(layer, shapes) {
  shapes.forEach(([tag, attributes, text], i) => {
    let node = layer.childNodes[i];
    if (node?.tagName !== tag) {
      const made = document.createElementNS(SVG, tag);
      node ? node.replaceWith(made) : layer.append(made);
      node = made;
    }
    for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
    if (node.textContent !== text) node.textContent = text;
  });
  while (layer.childNodes.length > shapes.length) layer.lastChild.remove();
}
