// The anatomy of the limit's drift at a point of Γ: a picture in which the point and the covariance are dragged, and the numbers.
//
// mount(root, { content, send, plotly }) -> { update({ content }), destroy() }
// `content` is what figures/anatomy.py writes. send("point", D numbers) and send("pick", the view's numbers) tell of another point,
// send("noise", {kind, matrix or scale}) of another covariance, send("parts", names) of the parts that are on: all on release.
// While something is dragged nothing is asked of the server. The parts of the drift are linear in Σ at a fixed point.

import { pick, surfacesOf } from "../player/depth.js";
import { enlarged, scaleOf } from "../player/scale.js";
import { coloured, watchTheme } from "../player/theme.js";
import { sameView, viewOf } from "../player/view.js";
import { makeWatch } from "./camera.js";
import { axesOf, coupled, frameOf, ofAxes, rescaled, snapped, turned } from "./covariance.js";
import { draw, drawStill } from "./drawing.js";
import { listenToHands } from "./hands.js";
import { build, layoutOf } from "./layout.js";
import { PARTS, applied, dot, driftOf, length, plus, roundDown, solve, times } from "./linear.js";
import { makeNumbers } from "./numbers.js";
import { nearestSite, screenOf, siteAfter } from "./sites.js";

const NEAR = 32; // pixels from Γ within which a click means its nearest point
const NOTHING = 26; // pixels from the point within which an axis is let go to 0
const PAUSE = 500; // milliseconds after the last key until the server hears
const STRIDE = 0.03; // of the view's size: a step on a surface
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
  let shown = null; // what is drawn over the picture
  let surfaces = [];
  let drag = null; // {grip, axis, directions, lengths}: what is dragged, and the axes of Σ
  let waiting = null; // content that came while something was dragged
  let gone = false;
  let turn = Promise.resolve();
  let soon = null; // when the server hears of the keys
  const moments = []; // of the updates while dragging

  let numbers = null;
  let told = ""; // which parts the numbers are made for
  const handling = {
    toggle(part) {
      on.has(part) ? on.delete(part) : on.add(part);
      redraw();
      send("parts", PARTS.filter((each) => on.has(each)));
    },
    deviation: (axis, value) => edit(rescaled(sigma(), site(), axis, value)),
    coupling: (value) => edit(coupled(sigma(), site(), value)),
    done: commitNoise,
    snap,
  };
  const names = () => content.terms?.map(({ name }) => name) ?? PARTS;
  const hands = listenToHands(root, parts.stage, parts.grips, {
    grasp: (grip, axis) => (drag = { grip, axis, ...axesOf(sigma()) }),
    drag(at) {
      if (!(drag.grip === "point" ? movePoint(at) : moveAxis(at))) return;
      redraw();
      count();
    },
    release,
    click: (at) => view && place(at),
    step,
    touched: () => watch.wake(),
  });
  const watch = makeWatch(() => {
    const moved = Boolean(library) && !sameView(view, viewOf(parts.picture));
    if (moved) redraw();
    return moved;
  }, hands.pressed);

  const site = () => content.sites[index];
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
    on = new Set([...content.parts, "own"]);
    const needed = JSON.stringify([content.terms, content.diffuses, content.free, content.remark]);
    if (needed !== told) numbers = makeNumbers(parts.numbers, handling, content);
    told = needed;
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
      await library.react(parts.picture, enlarged(data, scaleOf(root)), enlarged(layoutOf(layout, colours, parts.picture, width, height), scaleOf(root)), {
        displayModeBar: false,
        plotGlPixelRatio: Math.min(2, Math.max(1, window.devicePixelRatio)),
      });
      figure = text;
      surfaces = surfacesOf(parts.picture._fullData);
      root.dataset.drawn = String(Number(root.dataset.drawn ?? 0) + 1);
      root.dataset.firstDrawn ??= performance.now().toFixed(0);
    }
    root.dataset.theme = name;
    redraw();
    watch.wake();
  }

  const observer = new ResizeObserver(() => {
    const full = parts.picture._fullLayout;
    if (full && (full.width !== parts.stage.clientWidth || full.height !== parts.stage.clientHeight)) showFigure();
  });
  observer.observe(parts.stage);

  // --- what moves

  function redraw() {
    if (!library) return;
    view = viewOf(parts.picture);
    if (view === null) return;
    const here = site();
    const covariance = sigma();
    const drift = driftOf(here, covariance);
    const chosen = drift.filter((_, i) => on.has(names()[i]));
    const total = chosen.reduce(plus, times(0, here.point));
    keepArrowsInSight([...chosen, total]);
    const axes = drag?.grip === "axis" ? drag : axesOf(covariance);
    const { size, variables, diffuses, free } = content;
    shown = { axes, site: here, covariance, drift, total, on, scales, size, variables, names: names(), diffuses, free };
    draw(parts.canvas, parts.grips, view, shown, content.palette[theme.name()]);
    numbers.show({ ...shown, label: content.label, curve: content.curve, dragging: drag !== null });
    parts.scale.textContent = `${diffuses ? `Σ drawn × ${scales.ellipse}, ` : ""}drift × ${scales.arrow}`;
    root.dataset.site = String(index);
    root.dataset.point = JSON.stringify(here.point);
    root.dataset.covariance = JSON.stringify(covariance);
  }

  async function save() {
    const { savePanel } = await import("../save/save.js");
    const { camera } = parts.picture.layout.scene ?? {};
    const figureOf = (colours, node) => {
      const { data, layout } = coloured(content.figure, colours);
      const turned = camera ? { ...layout, scene: { ...layout.scene, camera } } : layout;
      return { data, layout: layoutOf(turned, colours, node, node.clientWidth, node.clientHeight) };
    };
    const now = shown;
    const over = (context, there, colours, family) => drawStill(context, there, now, colours, family);
    const panel = { ...content, caption: `${content.caption} ${parts.scale.textContent}.` };
    savePanel(root, { panel, plotly: library, frame: 0, theme: theme.name(), figureOf, over });
  }
  parts.save.addEventListener("click", () => shown && save().catch((error) => console.error(error)));

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
    root.dataset.updates = String(moments.length);
  }

  // --- the covariance

  function edit(matrix) {
    if (matrix === null) return;
    edited = matrix;
    redraw();
    count();
  }

  function snap(kind) {
    const { matrix, scale } = snapped(sigma(), site(), kind);
    edit(matrix);
    if (scale === undefined) commitNoise();
    else send("noise", { kind, scale });
    rescale();
    redraw();
  }

  function commitNoise() {
    if (!edited) return false;
    rescale();
    redraw();
    send("noise", { kind: "covariance", matrix: edited });
    return true;
  }

  // The end of an axis of the ellipse is at this place of the screen.
  function moveAxis([x, y]) {
    const { axis } = drag;
    const [px, py] = screenOf(view, site().place);
    if (Math.hypot(x - px, y - py) <= NOTHING) drag.lengths[axis] = 0;
    else {
      const [here, there] = [view.point(px, py), view.point(x, y)];
      const reached = solve(site().view, [there[0] - here[0], there[1] - here[1]]);
      drag.lengths[axis] = length(reached) / scales.ellipse;
      drag = { ...drag, ...turned(drag, axis, times(1 / length(reached), reached), frameOf(site())) };
    }
    edited = ofAxes(drag);
    return true;
  }

  // --- the point

  function movePoint(at) {
    const next = nearestSite(content, view, at, index, Math.ceil(content.sites.length / 6)).index; // not over to another strand
    if (next === index) return false;
    index = next;
    return true;
  }

  function release(at) {
    const { grip } = drag;
    drag = null;
    if (grip === "point" && !content.curve) place(at); // of a surface only the server knows what is near
    const told = grip === "point" ? commitPoint() : commitNoise();
    if (!told && waiting) update({ content: waiting }); // otherwise there will be an answer
  }

  function commitPoint() {
    if (index === content.index) return false;
    send("point", site().point);
    return true;
  }

  function place([x, y]) {
    const { left, top, width, height } = view.rect;
    if (x < left || y < top || x > left + width || y > top + height) return;
    const found = nearestSite(content, view, [x, y]);
    if (content.curve && found.pixels <= NEAR) {
      index = found.index;
      redraw();
      commitPoint();
      return;
    }
    const point = view.point ? view.point(x, y) : pick(view, surfaces, x, y);
    if (point) send("pick", [...point]);
  }

  function step(towards, across) {
    if (content.curve) {
      index = siteAfter(content, index, towards + across);
      redraw();
      clearTimeout(soon);
      soon = setTimeout(commitPoint, PAUSE);
      return;
    }
    const { point, tangents } = site();
    const [along, beside] = [tangents[0], tangents[1] ?? tangents[0]];
    const stride = STRIDE * content.size;
    send("point", plus(point, plus(times(stride * towards, along), times(stride * across, beside))));
  }

  update({ content: first });
  return {
    update,
    destroy() {
      gone = true;
      clearTimeout(soon);
      observer.disconnect();
      hands.stop();
      watch.stop();
      theme.stop();
      library?.purge(parts.picture);
      root.replaceChildren();
    },
  };
}
