// The still part of the picture: a Plotly figure with its colours resolved, kept where it is while data change.

import { pick, surfacesOf } from "./depth.js";
import { enlarged, scaleOf } from "./scale.js";
import { coloured } from "./theme.js";
import { viewOf } from "./view.js";

const BUTTONS = {
  flat: [["zoomIn2d", "zoomOut2d", "zoom2d", "pan2d", "resetScale2d"]],
  spatial: [["zoom3d", "pan3d", "orbitRotation", "resetCameraDefault3d"]],
};
const STILL = 5; // pixels: a press that moves less is a click
const DOUBLE = 300; // milliseconds in which a second click makes the first no placing of a start

export function makePicture(plotly, node, place) {
  let shown = null; // what kind of picture is there
  let pickable = false;
  let surfaces = [];
  let opened = null; // the eye of the figure's own camera
  const stopPicking = listenToClicks(node, (x, y) => {
    if (!pickable) return;
    const view = viewOf(node);
    if (view === null) return;
    const { left, top, width, height } = view.rect;
    if (!(x >= left && x <= left + width && y >= top && y <= top + height)) return;
    const point = view.point ? view.point(x, y) : pick(view, surfaces, x, y);
    if (point) place(point.slice(0, 2));
  });

  return {
    plotly,
    async show(header, colours, size, hidden) {
      const { data, layout } = stillFigure(header, colours, size, hidden, node);
      const kind = data.some(({ type }) => SPATIAL.has(type)) ? "spatial" : "flat";
      if (shown !== null && shown !== kind) plotly.purge(node);
      shown = kind;
      pickable = Boolean(header.pickable);
      node.classList.toggle("azl-pickable", pickable);
      node.setAttribute("aria-label", header.alt ?? "");
      await plotly.react(node, data, layout, {
        displaylogo: false,
        doubleClick: "reset",
        modeBarButtons: BUTTONS[kind],
        displayModeBar: matchMedia("(pointer: coarse)").matches ? false : "hover", // fingers would have them in the way all the time
        plotGlPixelRatio: Math.min(2, Math.max(1, window.devicePixelRatio)),
      });
      surfaces = surfacesOf(node._fullData);
      opened = header.figure.layout.scene?.camera?.eye ?? null;
    },
    view: () => (node._fullLayout ? viewOf(node) : undefined),
    surfaces: () => surfaces,
    // In pixels, once it is there.
    size: () => node._fullLayout ?? null,
    // What the hand has done to the axes, as a part of a layout.
    turned: () => turnedBy(node, shown),
    // From where a space is seen, if a hand has turned it, else null.
    eye() {
      if (shown !== "spatial" || !node._fullLayout?.scene?._scene) return null;
      const [now, first] = [node._fullLayout.scene._scene.getCamera().eye, opened];
      return first && ["x", "y", "z"].some((axis) => Math.abs(now[axis] - first[axis]) > 0.005) ? now : null;
    },
    destroy() {
      stopPicking();
      plotly.purge(node);
      node.replaceChildren();
    },
  };
}

const SPATIAL = new Set(["surface", "mesh3d", "scatter3d"]);

/**
 * The Plotly figure of a run in the colours of a theme, with the font of `node`, at this size; `hidden` are names of the legend.
 * @param {Header} header
 * @param {Colours} colours
 * @param {{width: number, height: number}} size
 * @param {Set<string>} hidden
 * @param {Element} node
 */
export function stillFigure(header, colours, size, hidden, node) {
  const scale = scaleOf(node);
  const figure = coloured(header.figure, colours);
  // Not `visible: false`: without a visible trace Plotly has no scene.
  const data = figure.data.map((trace) => (hidden.has(trace.meta) ? { ...trace, opacity: 0 } : trace));
  return { data: enlarged(data, scale), layout: enlarged(layoutOf(figure.layout, header, colours, size, node), scale) };
}

function turnedBy(node, kind) {
  const { xaxis, yaxis, scene } = node._fullLayout;
  return kind === "spatial" ? { scene: { camera: scene._scene.getCamera() } } : { xaxis: { range: xaxis.range }, yaxis: { range: yaxis.range } };
}

function layoutOf(layout = {}, header, colours, size, node) {
  const touch = matchMedia("(pointer: coarse)").matches;
  return {
    margin: { l: 56, r: 14, t: 14, b: 48 },
    dragmode: touch && !layout.scene ? false : layout.scene ? "orbit" : "pan",
    showlegend: false,
    hovermode: "closest",
    ...layout,
    ...size,
    autosize: false,
    // The same axes keep their zoom; others start anew.
    uirevision: JSON.stringify([header.box, layout.xaxis?.title, layout.yaxis?.title]),
    paper_bgcolor: colours.paper,
    plot_bgcolor: layout.plot_bgcolor ?? colours.paper,
    font: { family: getComputedStyle(node).fontFamily, size: 15, ...layout.font, color: colours.ink },
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.muted, font: { color: colours.ink, size: 15 }, ...layout.hoverlabel },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.muted, activecolor: colours.accent },
  };
}

function listenToClicks(node, click) {
  let pressed = null;
  let waiting = null;
  const down = (event) => {
    pressed = event.target.closest(".modebar") ? null : [event.clientX, event.clientY];
  };
  const up = (event) => {
    if (pressed === null || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > STILL) return;
    pressed = null;
    const first = waiting === null;
    clearTimeout(waiting);
    waiting = null;
    if (!first) return;
    const { left, top } = node.getBoundingClientRect();
    waiting = setTimeout(() => {
      waiting = null;
      click(event.clientX - left, event.clientY - top);
    }, DOUBLE);
  };
  // Plotly covers the page while a press lasts, so that its release is heard on the window only.
  node.addEventListener("pointerdown", down, true);
  window.addEventListener("pointerup", up, true);
  return () => {
    clearTimeout(waiting);
    node.removeEventListener("pointerdown", down, true);
    window.removeEventListener("pointerup", up, true);
  };
}
