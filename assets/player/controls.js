// The player's page elements. What they do is in player.js.

import { CLOCKS } from "./clock.js";
import { button, element, icon } from "./dom.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4];

const GLYPHS = {
  sgd: '<circle cx="10" cy="10" r="5.5" fill="var(--azl-sgd)"/>',
  limit: '<circle cx="10" cy="10" r="5" fill="var(--azl-paper)" stroke="var(--azl-limit)" stroke-width="2.6"/>',
  ghost: '<rect x="5.5" y="5.5" width="9" height="9" fill="none" stroke="var(--azl-ghost)" stroke-width="2"/>',
  finite: '<path d="M0 10h20" stroke="var(--azl-limit)" stroke-width="2" stroke-dasharray="2 2.5"/>',
  trails: '<path d="M1 14c6 0 5-7 10-7" fill="none" stroke="var(--azl-muted)" stroke-width="2"/><circle cx="14" cy="7" r="3.5" fill="var(--azl-muted)"/>',
  flow: '<path d="M0 10h20" stroke="var(--azl-flow)" stroke-width="2.6" stroke-dasharray="5 3"/>',
  manifold: '<path d="M0 10h20" stroke="var(--azl-manifold)" stroke-width="4"/>',
  start: '<path d="m10 3.5 6.5 6.5-6.5 6.5-6.5-6.5z" fill="var(--azl-ink)"/>',
};

export const LABELS = {
  sgd: "SGD",
  limit: "Limit",
  ghost: "Earlier run",
  finite: "Limit at this η",
  trails: "Trails",
  flow: "Gradient flow",
  manifold: "Γ",
  start: "Start",
};

export function buildControls(root) {
  const parts = {
    probe: element("i", { class: "azl-probe", "aria-hidden": "true" }),
    legend: element("div", { class: "azl-legend", role: "group", "aria-label": "What is drawn" }),
    save: button("Save a picture or a film…", icon("save"), { class: "azl-button azl-quiet", "aria-haspopup": "dialog" }),
    expand: button("Full screen", icon("expand"), { class: "azl-button azl-quiet" }),
    stage: element("div", { class: "azl-stage", role: "group", tabindex: "0", "aria-label": "Picture; space plays, arrows step" }),
    picture: element("div", { class: "azl-picture", role: "figure" }),
    trails: element("canvas", { class: "azl-layer", "aria-hidden": "true" }),
    marks: element("canvas", { class: "azl-layer", "aria-hidden": "true" }),
    badge: element("button", { type: "button", class: "azl-badge", "aria-expanded": "true", title: "Fold or unfold", hidden: true }),
    trouble: element("span", { class: "azl-trouble", role: "status" }),
    stopped: element("span"),
    back: button("One frame back (←)", icon("back")),
    play: button("Play (space)", icon("play"), { class: "azl-button azl-play" }),
    forward: button("One frame forward (→)", icon("forward")),
    scrub: element("input", { class: "azl-scrub", type: "range", min: 0, max: 1, value: 0, step: 1, "aria-label": "Moment" }),
    speed: element("select", { class: "azl-speed", "aria-label": "Speed", title: "Speed" }),
    readout: element("dl", { class: "azl-readout" }),
    clocks: element("div", { class: "azl-clocks", role: "group", "aria-label": "Time axis" }),
    series: element("div", { class: "azl-series" }),
    caption: element("p", { class: "azl-caption" }),
  };
  for (const speed of SPEEDS)
    parts.speed.append(element("option", { value: speed, selected: speed === 1 }, `${speed}×`));
  const numbers = {};
  for (const name of ["steps", "fast", "slow"]) {
    numbers[name] = element("dd");
    parts.readout.append(element("div", {}, element("dt"), numbers[name]));
  }
  for (const [name, short] of Object.entries(CLOCKS)) parts.clocks.append(element("button", { type: "button", "data-clock": name }, short));

  parts.badge.append(icon("warning"), parts.trouble, parts.stopped);
  parts.stage.append(parts.picture, parts.trails, parts.marks, parts.badge);
  const side = element("div", { class: "azl-side" }, element("div", { class: "azl-side-bar" }, "Time", parts.clocks), parts.series);
  const transport = element(
    "div",
    { class: "azl-transport", role: "group", "aria-label": "Playback" },
    element("div", { class: "azl-buttons" }, parts.back, parts.play, parts.forward),
    parts.scrub,
    parts.speed,
    parts.readout,
  );
  const main = element(
    "div",
    { class: "azl-main" },
    element("div", { class: "azl-bar" }, parts.expand, parts.save, parts.legend),
    parts.stage,
    transport,
  );
  root.classList.add("azl-player");
  root.replaceChildren(parts.probe, element("div", { class: "azl-body" }, main, side), parts.caption);
  return { ...parts, main, numbers };
}

// The play button, and what the page is told of it.
export function showTransport(root, { play }, on) {
  root.dataset.state = on ? "playing" : "paused";
  const label = on ? "Pause (space)" : "Play (space)";
  play.replaceChildren(icon(on ? "pause" : "play"));
  play.setAttribute("aria-label", label);
  play.title = label;
}

// What a run has that can be shown or hidden, in the order of the legend.
export function legendItems({ header, arrays }) {
  const still = header.figure.data.map(({ meta }) => meta).filter((role) => role === "flow" || role === "manifold");
  const corrected = Object.keys(arrays).some((name) => name.startsWith("series.") && name.endsWith(".finite.mean"));
  return [...["sgd", "limit", "ghost"].filter((who) => arrays[who]), ...(corrected ? ["finite"] : []), "trails", ...new Set(still)];
}

// What can be shown or hidden: `items` in order, each pressed when shown.
export function fillLegend(legend, items, hidden, toggle, { meanings = {}, names = {} } = {}) {
  const label = (name) => names[name] ?? LABELS[name];
  const keys = [...legend.children].map(({ dataset, textContent }) => [dataset.keyOf, textContent]);
  if (keys.join() === items.map((name) => [name, label(name)]).join()) return; // a key that was pressed keeps its focus
  legend.replaceChildren(
    ...items.map((name) => {
      const key = element("button", { type: "button", class: "azl-key", "data-key-of": name });
      key.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true">${GLYPHS[name]}</svg>`;
      key.append(label(name));
      if (meanings[name]) key.title = meanings[name];
      key.setAttribute("aria-pressed", String(!hidden.has(name)));
      key.addEventListener("click", () => {
        key.setAttribute("aria-pressed", String(hidden.has(name)));
        toggle(name);
      });
      return key;
    }),
  );
}
