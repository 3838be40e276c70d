// The anatomy's elements, and its figure's layout.

import { button, element, icon } from "../player/dom.js";

export function build(root) {
  const parts = {
    probe: element("i", { class: "azl-probe", "aria-hidden": "true" }),
    picture: element("div", { class: "azl-anatomy-picture", role: "figure" }),
    canvas: element("canvas", { class: "azl-anatomy-canvas", "aria-hidden": "true" }),
    grips: element("div", { class: "azl-anatomy-grips", "aria-hidden": "true" }),
    save: button("Save this picture…", icon("save"), { class: "azl-button azl-anatomy-save", "aria-haspopup": "dialog" }),
    scale: element("span", { class: "azl-anatomy-scale" }),
    numbers: element("div", { class: "azl-anatomy-numbers" }),
    caption: element("p", { class: "azl-caption" }),
  };
  const label = "The point on Γ: drag it, click, or press the arrow keys";
  parts.stage = element("div", { class: "azl-anatomy-stage", tabindex: "0", role: "group", "aria-label": label }, parts.picture, parts.canvas, parts.scale, parts.grips, parts.save);
  root.classList.add("azl-player", "azl-anatomy");
  root.replaceChildren(parts.probe, element("div", { class: "azl-anatomy-body" }, parts.stage, parts.numbers), parts.caption);
  return parts;
}

export function layoutOf(layout, colours, node, width, height) {
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
