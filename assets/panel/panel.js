// A panel: one still or slowly moving Plotly figure with a title and a caption, in the colours of the page's theme.
//
// mount(root, { panel, send, plotly }) -> { update({ panel }), destroy() }
// `panel` is what figures/panel.py writes; `plotly` the library or a function from the figure to a promise of it; send("pick", [x, y])
// tells of a click on the picture, in its axes; where nobody hears it there is no `send`.

import { button, element, icon } from "../player/dom.js";
import { BELOW, topOf } from "../player/room.js";
import { enlarged, scaleOf } from "../player/scale.js";
import { coloured, watchTheme } from "../player/theme.js";

const SECONDS = 8; // from the first frame to the last
const LEAST = 320; // pixels of the height of a page's main picture
const NARROW = 480; // pixels of a panel in which a legend has no room beside the axes
const FEW = 4; // entries of a legend for which a narrow panel's height has room
const ENTRY = 20; // pixels of one more

export function mount(root, { panel: first, send = null, plotly }) {
  const parts = build(root);
  const theme = watchTheme(parts.probe, () => show());
  let panel = null;
  let library = null;
  let figure = null; // coloured
  let frame = 0;
  let playing = false;
  let gone = false;
  let turn = Promise.resolve(); // one drawing after another

  function update({ panel: next }) {
    if (gone || !next) return;
    const again = panel?.frames && next.frames && panel.frames.values.length === next.frames.values.length;
    panel = next;
    if (panel.frames && !again) {
      frame = panel.frames.opens ?? panel.frames.values.length - 1;
      parts.scrub.max = panel.frames.values.length - 1;
      setPlaying(false);
    }
    show();
  }

  function show() {
    if (!panel) return;
    turn = turn.then(draw).catch((error) => console.error(error));
  }

  async function draw() {
    if (gone) return;
    root.dataset.theme = theme.name();
    const colours = panel.palette[theme.name()];
    for (const [role, value] of Object.entries(colours))
      if (typeof value === "string") root.style.setProperty(`--azl-${role}`, value);
    parts.title.textContent = panel.title;
    parts.title.hidden = !panel.title;
    parts.caption.textContent = send && panel.pickable ? `${panel.caption} ${panel.pickable}` : panel.caption;
    parts.picture.setAttribute("aria-label", panel.alt);
    parts.transport.hidden = !panel.frames;
    parts.picture.style.height = `${heightOf(panel, root, parts.picture)}px`;
    library = await (typeof plotly === "function" ? plotly(panel.figure) : plotly);
    if (gone) return;
    const scale = scaleOf(root);
    figure = atMoment(panel, frame, colours);
    if (root.clientWidth < NARROW) figure.data.filter(({ colorbar }) => colorbar).forEach(lay);
    await library.react(parts.picture, enlarged(figure.data, scale), enlarged(layoutOf(figure.layout, colours, parts.picture), scale), {
      displayModeBar: false,
      responsive: false,
    });
    tell();
    root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    root.dataset.firstDrawn ??= performance.now().toFixed(0);
  }

  async function save() {
    const { savePanel } = await import("../save/save.js");
    const figureOf = (colours, node) => {
      const { data, layout } = atMoment(panel, frame, colours);
      return { data, layout: layoutOf(layout, colours, node) };
    };
    savePanel(root, { panel, plotly: library, frame, theme: theme.name(), figureOf });
  }
  parts.save.addEventListener("click", () => library && save().catch((error) => console.error(error)));

  // --- frames

  function tell() {
    if (!panel.frames) return;
    const { name, values } = panel.frames;
    parts.scrub.value = frame;
    parts.scrub.style.setProperty("--azl-done", `${(100 * frame) / Math.max(1, values.length - 1)}%`);
    parts.readout.textContent = `${name} = ${values[frame]}`;
    parts.scrub.setAttribute("aria-valuetext", parts.readout.textContent);
    root.dataset.frame = frame;
  }

  function jump(to) {
    frame = Math.max(0, Math.min(panel.frames.values.length - 1, to));
    if (!figure) return;
    const changed = {};
    for (const { trace, key, values } of panel.frames.updates) {
      assign(figure.data[trace], key, values[frame]);
      (changed[key] ??= { values: [], traces: [] }).values.push(values[frame]);
      changed[key].traces.push(trace);
    }
    for (const [key, { values, traces }] of Object.entries(changed)) library.restyle(parts.picture, { [key]: values }, traces);
    tell();
  }

  let started = null;
  function setPlaying(on) {
    playing = on;
    root.dataset.state = on ? "playing" : "paused";
    parts.play.replaceChildren(icon(on ? "pause" : "play"));
    parts.play.setAttribute("aria-label", on ? "Pause" : "Play");
    if (!on) return;
    if (frame >= panel.frames.values.length - 1) jump(0);
    const rate = (panel.frames.values.length - 1) / SECONDS;
    started = performance.now() - (1000 * frame) / rate;
    const tick = (now) => {
      if (gone || !playing) return;
      const to = Math.min(panel.frames.values.length - 1, Math.floor((rate * (now - started)) / 1000));
      if (to > frame) jump(to);
      if (to >= panel.frames.values.length - 1) setPlaying(false);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  parts.play.addEventListener("click", () => setPlaying(!playing));
  parts.scrub.addEventListener("input", () => {
    if (playing) setPlaying(false);
    jump(Number(parts.scrub.value));
  });

  // --- room and hands

  const fit = () => {
    const full = parts.picture._fullLayout;
    if (full && (full.width !== parts.picture.clientWidth || full.height !== heightOf(panel, root, parts.picture))) show();
  };
  const observer = new ResizeObserver(fit);
  for (let each = root; each; each = each.parentElement) observer.observe(each); // what stands above it moves it
  window.addEventListener("resize", fit);

  parts.picture.addEventListener("click", (event) => {
    const full = parts.picture._fullLayout;
    if (!send || !panel?.pickable || !full?.xaxis) return;
    const { left, top } = parts.picture.getBoundingClientRect();
    const x = event.clientX - left - full.xaxis._offset;
    const y = event.clientY - top - full.yaxis._offset;
    if (x < 0 || y < 0 || x > full.xaxis._length || y > full.yaxis._length) return;
    send("pick", [full.xaxis.p2d(x), full.yaxis.p2d(y)]);
  });

  update({ panel: first });
  return {
    update,
    destroy() {
      gone = true;
      observer.disconnect();
      window.removeEventListener("resize", fit);
      theme.stop();
      library?.purge(parts.picture);
      root.replaceChildren();
    },
  };
}

function build(root) {
  const parts = {
    probe: element("i", { class: "azl-probe", "aria-hidden": "true" }),
    title: element("h2", { class: "azl-panel-title" }),
    picture: element("div", { class: "azl-panel-picture", role: "figure" }),
    save: button("Save this picture…", icon("save"), { class: "azl-button azl-panel-save", "aria-haspopup": "dialog" }),
    play: button("Play", icon("play"), { class: "azl-button azl-play" }),
    scrub: element("input", { class: "azl-scrub", type: "range", min: 0, max: 1, value: 0, step: 1, "aria-label": "Moment" }),
    readout: element("output", { class: "azl-panel-readout" }),
    caption: element("p", { class: "azl-caption" }),
  };
  parts.transport = element("div", { class: "azl-transport", role: "group", "aria-label": "Playback" }, parts.play, parts.scrub, parts.readout);
  root.classList.add("azl-player", "azl-panel");
  root.replaceChildren(parts.probe, parts.save, parts.title, parts.picture, parts.transport, parts.caption);
  return parts;
}

// The figure of a moment in the colours of a theme.
function atMoment({ figure, frames }, frame, colours) {
  const made = coloured(figure, colours);
  if (frames) for (const { trace, key, values } of frames.updates) assign(made.data[trace], key, values[frame]);
  return made;
}

// assign(trace, "error_y.array", values)
function assign(trace, key, value) {
  const steps = key.split(".");
  const last = steps.pop();
  for (const step of steps) trace = trace[step] ??= {};
  trace[last] = value;
}

// The scale of colours below the picture, where there is no room beside it.
function lay(trace) {
  trace.colorbar = { ...trace.colorbar, orientation: "h", yref: "container", y: 0, yanchor: "bottom", title: { text: "" } };
}

// As tall as asked for, but no taller than three quarters of the window, or as the window has room for; hardly taller than it is wide. A
// narrow one needs room for its legend, which has an entry a line.
function heightOf({ height, fills, figure }, root, picture) {
  const width = root.clientWidth;
  const scale = scaleOf(root);
  const tall = window.innerHeight;
  const narrow = width < NARROW;
  const left = tall - topOf(root) - (root.offsetHeight - picture.offsetHeight) - BELOW;
  const wanted = fills && !narrow ? Math.max(LEAST, left) : Math.min(scale * height, 0.75 * tall);
  const longer = narrow ? scale * ENTRY * Math.max(0, entriesOf(figure).length - FEW) : 0;
  return Math.round(Math.max(220, Math.min(wanted + longer, (narrow ? 1.15 : 0.9) * width + longer)));
}

function entriesOf({ data, layout }) {
  if (layout.showlegend === false) return [];
  return data.filter(({ name, showlegend, visible }) => name && showlegend !== false && visible !== false);
}

// Beside the numbers, however long they are: else it stands between them.
function titleOf(key, { title }) {
  return key.startsWith("y") && title ? { standoff: 8, ...title } : title;
}

function layoutOf(layout, colours, node) {
  const axis = { gridcolor: colours.grid, zerolinecolor: colours.grid, linecolor: colours.muted, ticks: "outside", tickcolor: colours.grid, automargin: true };
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  // Over the whole width, not that of the axes: on a phone there would be room for one entry a line.
  const over = { orientation: "h", xref: "container", x: 0.01, yref: "container", y: 1, yanchor: "top", bgcolor: "rgba(0,0,0,0)" };
  const narrow = node.clientWidth < NARROW;
  return {
    hovermode: "closest",
    dragmode: false,
    ...layout,
    legend: { ...over, font: { size: narrow ? 13 : 15 }, ...layout.legend },
    ...Object.fromEntries(axes.map((key) => [key, { ...axis, fixedrange: true, ...layout[key], title: titleOf(key, layout[key]) }])),
    margin: { l: 64, r: 16, t: 16, b: 52, ...layout.margin },
    width: node.clientWidth,
    height: node.clientHeight,
    autosize: false,
    paper_bgcolor: colours.paper,
    plot_bgcolor: colours.paper,
    font: { family: getComputedStyle(node).fontFamily, size: 15, ...layout.font, color: colours.ink },
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.muted, font: { color: colours.ink, size: 15 } },
  };
}
