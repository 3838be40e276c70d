// The anatomy of the limit's drift at a point of Γ: a picture in which the point and the covariance are dragged, and the numbers.
//
// mount(root, { content, send, plotly }) -> { update({ content }), destroy() }
// `content` is what figures/anatomy.py writes. send("point", D numbers) and send("pick", the view's numbers) tell of another point,
// send("noise", {kind, matrix or scale}) of another covariance, send("parts", names) of the parts that are on: all on release.
// While something is dragged nothing is asked of the server. The parts of the drift are linear in Σ at a fixed point.

import { pick, surfacesOf } from "../player/depth.js";
import { element } from "../player/dom.js";
import { coloured, watchTheme } from "../player/theme.js";
import { sameView, viewOf } from "../player/view.js";
import { draw } from "./drawing.js";
import { PARTS, applied, dot, driftOf, eigen, inFrame, length, outOfFrame, plus, roundDown, times, zeros } from "./linear.js";
import { makeNumbers } from "./numbers.js";

const NEAR = 32; // pixels from Γ within which a click means its nearest point
const STILL = 5; // pixels: a press that moves less is a click
const NOTHING = 26; // pixels from the point within which an axis is let go to 0
const ALIGNED = 0.07; // radians within which an axis turns into the frame of H
const PAUSE = 500; // milliseconds after the last key until the server hears
const AWAKE = 1500; // milliseconds that the view is looked at after a touch
const ELLIPSE = 0.25, ARROW = 0.3; // of the view's size: the longest axis and arrow

export function mount(root, { content: first, send, plotly }) {
  const parts = build(root);
  const theme = watchTheme(parts.probe, () => showFigure());
  let content = null;
  let figure = ""; // what is drawn, as text
  let library = null;
  let index = 0;
  let edited = null; // Σ while it differs from the content's
  let on = new Set(PARTS);
  let scales = { ellipse: 1, arrow: 1 };
  let view = null;
  let surfaces = [];
  let drag = null;
  let waiting = null; // content that came while something was dragged
  let gone = false;
  let turn = Promise.resolve();
  const moments = []; // of the updates while dragging

  const numbers = makeNumbers(parts.numbers, {
    toggle(part) {
      on.has(part) ? on.delete(part) : on.add(part);
      redraw();
      send("parts", PARTS.filter((each) => on.has(each)));
    },
    deviation: (axis, value) => edit(rescaled(axis, value)),
    coupling: (value) => edit(coupled(value)),
    done: commitNoise,
    snap,
  });

  const site = () => content.sites[index];
  const frameOf = ({ normals, tangents }) => [...normals, ...tangents];
  const sigma = () => edited ?? site().covariance;

  function update({ content: next }) {
    if (gone) return;
    if (drag) {
      waiting = next;
      return;
    }
    waiting = null;
    content = next;
    index = content.index;
    edited = null;
    on = new Set(content.parts);
    parts.caption.textContent = content.caption;
    parts.picture.setAttribute("aria-label", content.alt);
    rescale();
    showFigure();
  }

  // --- the still picture

  function showFigure() {
    turn = turn.then(drawFigure).catch((error) => console.error(error));
  }

  async function drawFigure() {
    if (gone) return;
    const name = theme.name();
    const colours = content.palette[name];
    for (const [role, value] of Object.entries(colours))
      if (typeof value === "string") root.style.setProperty(`--azl-${role}`, value);
    const { clientWidth: width, clientHeight: height } = parts.stage;
    const text = JSON.stringify([content.figure, name, width, height]);
    if (text !== figure) {
      library = await plotly(content.figure);
      if (gone) return;
      const { data, layout } = coloured(content.figure, colours);
      await library.react(parts.picture, data, layoutOf(layout, colours, parts.picture, width, height), {
        displayModeBar: false,
        plotGlPixelRatio: Math.min(2, Math.max(1, window.devicePixelRatio)),
      });
      figure = text;
      surfaces = surfacesOf(parts.picture);
      root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    }
    root.dataset.theme = name;
    redraw();
    stayAwake();
  }

  // --- what moves

  function redraw() {
    if (!library) return;
    view = viewOf(parts.picture);
    if (view === null) return;
    const here = site();
    const covariance = sigma();
    const drift = driftOf(here.maps, covariance);
    const chosen = drift.filter((_, i) => on.has(PARTS[i]));
    const total = chosen.reduce(plus, times(0, here.point));
    keepArrowsInSight([...chosen, total]);
    const axes = drag?.grip === "axis" ? drag : axesOf(covariance);
    const shown = { axes, site: here, covariance, drift, total, on, scales, size: content.size, variables: content.variables };
    draw(parts.canvas, parts.grips, view, shown, content.palette[theme.name()]);
    numbers.show({ ...shown, label: content.label, curve: content.curve, dragging: drag !== null });
    parts.scale.textContent = `Σ drawn × ${scales.ellipse}, drift × ${scales.arrow}`;
    root.dataset.site = index;
    root.dataset.point = JSON.stringify(here.point);
    root.dataset.covariance = JSON.stringify(covariance);
  }

  function rescale() {
    const widest = Math.sqrt(Math.max(...site().view.map((axis) => dot(axis, applied(sigma(), axis)))));
    scales.ellipse = widest > 0 ? roundDown((ELLIPSE * content.size) / widest) : 1;
  }

  // Arrows keep their scale while it serves.
  function keepArrowsInSight(arrows) {
    const longest = Math.max(...arrows.map((arrow) => length(applied(site().view, arrow))));
    const drawn = (longest * scales.arrow) / content.size;
    if (longest > 1e-9 && (drawn > 1.4 * ARROW || drawn < 0.36 * ARROW)) scales.arrow = roundDown((ARROW * content.size) / longest);
  }

  function count() {
    const now = performance.now();
    moments.push(now);
    while (moments[0] < now - 1000) moments.shift();
    root.dataset.updates = moments.length;
  }

  // --- the covariance

  function edit(matrix) {
    if (matrix === null) return;
    edited = matrix;
    redraw();
    count();
  }

  function rescaled(axis, value) {
    const frame = frameOf(site());
    const entries = inFrame(sigma(), frame);
    const before = Math.sqrt(Math.max(entries[axis][axis], 0));
    const factor = before > 0 ? value / before : 0;
    for (let k = 0; k < frame.length; k++) {
      entries[axis][k] *= factor;
      entries[k][axis] *= factor;
    }
    entries[axis][axis] = value ** 2;
    return outOfFrame(entries, frame);
  }

  // The correlation of the first tangent and the first normal; null where others leave no room for it.
  function coupled(correlation) {
    const frame = frameOf(site());
    const entries = inFrame(sigma(), frame);
    const tangent = site().normals.length;
    entries[0][tangent] = entries[tangent][0] = correlation * Math.sqrt(Math.max(entries[0][0] * entries[tangent][tangent], 0));
    const { values } = eigen(entries);
    return values.at(-1) < -1e-12 * values[0] ? null : outOfFrame(entries, frame);
  }

  function commitNoise() {
    if (!edited) return false;
    rescale();
    redraw();
    send("noise", { kind: "covariance", matrix: edited });
    return true;
  }

  // All snaps keep tr Σ where there is any, but for what they take away.
  function snap(kind) {
    const here = site();
    const size = here.point.length;
    const trace = sigma().reduce((sum, row, i) => sum + row[i], 0) || size;
    const rounded = (value) => Number(value.toPrecision(2));
    if (kind === "isotropic") {
      const scale = rounded(Math.sqrt(trace / size));
      edit(identity(size).map((row) => times(scale ** 2, row)));
      send("noise", { kind, scale });
    } else if (kind === "label") {
      const scale = rounded(Math.sqrt(trace / here.eigenvalues.reduce((sum, value) => sum + value, 0)));
      const diagonal = here.eigenvalues.map((value, k) => here.eigenvalues.map((_, l) => (k === l ? scale ** 2 * value : 0)));
      edit(outOfFrame(diagonal, here.normals));
      send("noise", { kind, scale });
    } else {
      const side = kind === "tangent" ? here.tangents : here.normals;
      const block = inFrame(sigma(), side);
      const left = block.reduce((sum, row, i) => sum + row[i], 0);
      edit(outOfFrame(left > 1e-9 * trace ? block : identity(side.length).map((row) => times(trace / size, row)), side));
      commitNoise();
    }
    rescale();
    redraw();
  }

  const identity = (size) => zeros(size).map((row, i) => row.map((_, j) => Number(i === j)));

  // --- hands

  const grips = {
    point(x, y) {
      const next = nearest(x, y, index, Math.ceil(content.sites.length / 6)).index; // not over to another strand
      if (next === index) return false;
      index = next;
      return true;
    },
    axis(x, y) {
      const [px, py] = screenOf(site().place);
      const away = [x - px, y - py];
      const pixels = Math.hypot(...away);
      if (pixels <= NOTHING) drag.lengths[drag.axis] = 0;
      else {
        const [here, there] = [view.point(px, py), view.point(x, y)];
        const direction = solve(site().view, [there[0] - here[0], there[1] - here[1]]);
        drag.lengths[drag.axis] = length(direction) / scales.ellipse;
        turnTo(times(1 / length(direction), direction));
      }
      edited = outOfFrame([[drag.lengths[0] ** 2, 0], [0, drag.lengths[1] ** 2]], drag.directions);
      return true;
    },
  };

  function turnTo(direction) {
    for (const vector of frameOf(site()))
      if (Math.abs(dot(vector, direction)) > Math.cos(ALIGNED)) direction = times(Math.sign(dot(vector, direction)), vector);
    drag.directions[drag.axis] = direction;
    const other = [-direction[1], direction[0]];
    drag.directions[1 - drag.axis] = times(dot(other, drag.directions[1 - drag.axis]) < 0 ? -1 : 1, other);
  }

  function axesOf(matrix) {
    const { values, vectors } = eigen(matrix);
    return { directions: vectors, lengths: values.map((value) => Math.sqrt(Math.max(value, 0))) };
  }

  function solve([[a, b], [c, d]], [x, y]) {
    const determinant = a * d - b * c;
    return [(d * x - b * y) / determinant, (a * y - c * x) / determinant];
  }

  function screenOf(place) {
    const screen = [NaN, NaN, NaN];
    view.locate(place, 0, screen, 0);
    return screen;
  }

  // The site nearest to a place on the screen, at most `reach` from `from`.
  function nearest(x, y, from = 0, reach = content.sites.length) {
    let best = { index: from, pixels: Infinity };
    content.sites.forEach(({ place }, i) => {
      const steps = Math.abs(i - from);
      if ((content.closed ? Math.min(steps, content.sites.length - steps) : steps) > reach) return;
      const [sx, sy] = screenOf(place);
      const pixels = Math.hypot(sx - x, sy - y);
      if (pixels < best.pixels) best = { index: i, pixels };
    });
    return best;
  }

  const within = (event) => {
    const { left, top } = parts.stage.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  parts.grips.addEventListener("pointerdown", (event) => {
    const grip = event.target.dataset?.grip;
    if (!grip || event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    parts.stage.focus({ preventScroll: true });
    parts.grips.setPointerCapture(event.pointerId);
    drag = { grip, axis: Number(event.target.dataset.axis), ...axesOf(sigma()) };
    root.dataset.dragging = grip;
  });
  parts.grips.addEventListener("pointermove", (event) => {
    if (!drag || !grips[drag.grip](...within(event))) return;
    redraw();
    count();
  });
  const release = (event) => {
    if (!drag) return;
    const { grip } = drag;
    drag = null;
    delete root.dataset.dragging;
    if (grip === "point" && !content.curve) place(...within(event)); // of a surface only the server knows what is near
    const told = grip === "point" ? commitPoint() : commitNoise();
    if (!told && waiting) update({ content: waiting }); // otherwise there will be an answer
  };
  parts.grips.addEventListener("pointerup", release);
  parts.grips.addEventListener("pointercancel", release);

  function commitPoint() {
    if (index === content.index) return false;
    send("point", site().point);
    return true;
  }

  let pressed = null;
  const down = (event) => {
    pressed = event.target.dataset?.grip ? null : within(event);
    stayAwake();
  };
  const up = (event) => {
    if (pressed === null) return;
    const [x, y] = within(event);
    const still = Math.hypot(x - pressed[0], y - pressed[1]) <= STILL;
    pressed = null;
    if (still && view) place(x, y);
  };
  parts.stage.addEventListener("pointerdown", down, true);
  window.addEventListener("pointerup", up, true);
  parts.stage.addEventListener("wheel", stayAwake, { passive: true, capture: true });

  function place(x, y) {
    const { left, top, width, height } = view.rect;
    if (x < left || y < top || x > left + width || y > top + height) return;
    const found = nearest(x, y);
    if (content.curve && found.pixels <= NEAR) {
      index = found.index;
      redraw();
      commitPoint();
      return;
    }
    const point = view.point ? view.point(x, y) : pick(view, surfaces, x, y);
    if (point) send("pick", [...point]);
  }

  let soon = null;
  function step(towards, across) {
    const here = site();
    if (content.curve) {
      const count = content.sites.length;
      const next = index + towards + across;
      index = content.closed ? (next + count) % count : Math.max(0, Math.min(count - 1, next));
      redraw();
      clearTimeout(soon);
      soon = setTimeout(commitPoint, PAUSE);
    } else {
      const [along, beside] = [here.tangents[0], here.tangents[1] ?? here.tangents[0]];
      const stride = 0.03 * content.size;
      send("point", plus(here.point, plus(times(stride * towards, along), times(stride * across, beside))));
    }
  }
  const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  parts.stage.addEventListener("keydown", (event) => {
    const way = STEPS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const stride = event.shiftKey ? 5 : 1;
    step(stride * way[0], stride * way[1]);
  });

  // --- the camera and the room

  let until = 0;
  function stayAwake() {
    const asleep = performance.now() > until;
    until = performance.now() + AWAKE;
    if (asleep) requestAnimationFrame(look);
  }
  function look(now) {
    if (gone) return;
    if (library && !sameView(view, viewOf(parts.picture))) {
      redraw();
      until = now + AWAKE;
    }
    if (pressed !== null) until = now + AWAKE;
    if (now < until) requestAnimationFrame(look);
  }

  const observer = new ResizeObserver(() => {
    const full = parts.picture._fullLayout;
    if (full && (full.width !== parts.stage.clientWidth || full.height !== parts.stage.clientHeight)) showFigure();
  });
  observer.observe(parts.stage);

  update({ content: first });
  return {
    update,
    destroy() {
      gone = true;
      clearTimeout(soon);
      observer.disconnect();
      window.removeEventListener("pointerup", up, true);
      theme.stop();
      library?.purge(parts.picture);
      root.replaceChildren();
    },
  };
}

function build(root) {
  const parts = {
    probe: element("i", { class: "azl-probe", "aria-hidden": "true" }),
    picture: element("div", { class: "azl-anatomy-picture", role: "img" }),
    canvas: element("canvas", { class: "azl-anatomy-canvas", "aria-hidden": "true" }),
    grips: element("div", { class: "azl-anatomy-grips", "aria-hidden": "true" }),
    scale: element("span", { class: "azl-anatomy-scale" }),
    numbers: element("div", { class: "azl-anatomy-numbers" }),
    caption: element("p", { class: "azl-caption" }),
  };
  const label = "The point on Γ: drag it, click, or press the arrow keys";
  parts.stage = element("div", { class: "azl-anatomy-stage", tabindex: "0", role: "group", "aria-label": label }, parts.picture, parts.canvas, parts.scale, parts.grips);
  root.classList.add("azl-player", "azl-anatomy");
  root.replaceChildren(parts.probe, element("div", { class: "azl-anatomy-body" }, parts.stage, parts.numbers), parts.caption);
  return parts;
}

function layoutOf(layout, colours, node, width, height) {
  const fixed = Object.fromEntries(
    ["xaxis", "yaxis"].filter((name) => layout[name]).map((name) => [name, { ...layout[name], fixedrange: true }]),
  );
  return {
    margin: { l: 52, r: 14, t: 14, b: 46 },
    showlegend: false,
    hovermode: false,
    dragmode: layout.scene ? "orbit" : false,
    ...layout,
    ...fixed,
    width,
    height,
    autosize: false,
    uirevision: JSON.stringify([layout.xaxis?.title, layout.scene?.xaxis?.title, layout.scene?.zaxis?.title]),
    paper_bgcolor: colours.paper,
    plot_bgcolor: colours.paper,
    font: { family: getComputedStyle(node).fontFamily, size: 15, ...layout.font, color: colours.ink },
  };
}
