// A Plotly figure as an SVG, and an SVG as pixels.

import { sameView, viewOf } from "../player/view.js";

const SETTLES = 60; // milliseconds

/**
 * What Plotly draws in `plot`, as an element; its size in `data-width`.
 * @returns {Promise<SVGElement>}
 */
export async function svgOf(plotly, plot, { width, height }) {
  const text = await plotly.toImage(plot, { format: "svg", width, height, imageDataOnly: true });
  const svg = /** @type {any} */ (new DOMParser().parseFromString(text, "image/svg+xml").documentElement);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.dataset.width = width;
  return svg;
}

/**
 * An image of an SVG, of so many pixels for each of its own. An image does not see the fonts of the page: it is given their `faces`.
 * @param {SVGElement} svg
 * @param {string} faces
 * @param {number} density
 */
export async function rasterized(svg, faces, density) {
  const copy = /** @type {SVGElement} */ (svg.cloneNode(true));
  for (const side of ["width", "height"]) copy.setAttribute(side, String(density * Number(svg.getAttribute(side))));
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = faces;
  copy.prepend(style);
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Where points are in `plot`: Plotly moves its camera some time after it has drawn in three dimensions. */
export async function settledView(plot) {
  for (let view = viewOf(plot); ; ) {
    await new Promise((resolve) => setTimeout(resolve, SETTLES));
    const next = viewOf(plot);
    if (next?.point || sameView(view, next)) return next;
    view = next;
  }
}
