// A run drawn off the screen: any moment of it, at any size, in either theme, and the same each time.

import { makePainter } from "../player/painter.js";
import { stillFigure } from "../player/picture.js";
import { makeEnsemble, makeStage, MARKS } from "../player/particles.js";
import { seriesFigure } from "../player/series.js";
import { surfacesOf } from "../player/depth.js";
import { element } from "../player/dom.js";
import { fontFaces } from "./fonts.js";
import { makePen, vectorSprite } from "./pen.js";
import { rasterized, settledView, svgOf } from "./plots.js";
import { svgPage } from "./still.js";
import { makeWords } from "./words.js";

const SIDE = [304, 544]; // pixels: the least and the most that the time series take beside a picture

/**
 * `look` is how a run is drawn: {width, height} in pixels of the page and `density` real ones for each; `theme`; `hidden`, names of the
 * legend; `turned`, what hands have done to the axes; `clock`, the series' time axis; whether `curves` stand beside the picture and
 * `words` around it; `link`, its address. `room` is an element of the page, whose fonts it has.
 * @param {Run} run
 * @param {any} plotly
 * @param {HTMLElement} room
 * @param {Look} look
 */
export async function makeDrawing(run, plotly, room, look) {
  const { width, height, density, hidden } = look;
  const colours = run.header.palette[look.theme];
  const family = getComputedStyle(room).fontFamily;
  const words = makeWords(run, look, colours, family);
  const side = look.curves ? Math.round(Math.min(SIDE[1], Math.max(SIDE[0], width / 3))) : 0;
  const tall = height - words.head - words.foot;
  const size = { width: width - side, height: tall };

  const plots = [element("div", { style: `width:${size.width}px;height:${tall}px` }), element("div", { style: `width:${side}px;height:${tall}px` })];
  const behind = element("div", { style: "position:fixed;left:-20000px;top:0;font-size:16px", "aria-hidden": "true" }, ...plots);
  room.append(behind);
  const options = { staticPlot: true, plotGlPixelRatio: density };
  const still = stillFigure(run.header, colours, size, hidden, plots[0]);
  for (const [name, part] of Object.entries(look.turned ?? {})) still.layout[name] = { ...still.layout[name], ...part };
  await plotly.newPlot(plots[0], still.data, still.layout, options);
  const series = look.curves
    ? seriesFigure(run, { colours, clock: look.clock, hidden, beside: [run], size: { width: side, height: tall }, scale: 1, columns: 1, family })
    : null;
  if (series) await plotly.newPlot(plots[1], series.data, series.layout, options);
  const view = await settledView(plots[0]);
  const surfaces = surfacesOf(plots[0]._fullData);
  const pictures = [{ svg: await svgOf(plotly, plots[0], size), left: 0 }];
  if (series) pictures.push({ svg: await svgOf(plotly, plots[1], { width: side, height: tall }), left: size.width });
  const faces = await fontFaces(family);
  const panels = series && words.panelsOf(series, plots[1]._fullLayout, size.width);
  const ensembles = MARKS.filter((who) => run.arrays[who]).map((who) => makeEnsemble(who, run.arrays[who], frozenOf(run.arrays, who)));
  const own = { ...run, ensembles }; // the page's own go on moving

  /** Marks and trails of a moment, on two canvases or pens. */
  function paint(stage, frame) {
    stage.resize(size.width, tall, density);
    stage.paint(colours, 1, Boolean(run.header.figure.layout.scene));
    makePainter(stage).draw(own, frame, { view, surfaces, hidden, moving: false });
  }

  const canvas = canvasOf(width, height, density);
  const layers = [canvasOf(size.width, tall, density), canvasOf(size.width, tall, density)];
  const stage = makeStage(layers[0], layers[1]);
  let drawn = -1; // the moment that the canvas shows
  const base = canvasOf(width, height, density);
  await drawBase(base.getContext("2d"));

  async function drawBase(context) {
    context.scale(density, density);
    words.ground(context);
    for (const { svg, left } of pictures) {
      const image = await rasterized(svg, faces, density);
      context.drawImage(image, left, words.head, Number(svg.dataset.width), tall);
    }
    words.still(context, panels);
  }

  return {
    frames: run.clock.frames,
    /** @param {number} frame */
    draw(frame) {
      if (frame === drawn) return canvas;
      drawn = frame;
      paint(stage, frame);
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(base, 0, 0);
      for (const layer of layers) context.drawImage(layer, 0, words.head * density);
      context.scale(density, density);
      words.moving(context, frame, panels);
      return canvas;
    },
    /**
     * The moment as an SVG, with its fonts and what it says of itself.
     * @param {number} frame
     * @param {string} said
     */
    svg(frame, said) {
      const [trails, marks, ground, over] = Array.from({ length: 4 }, () => makePen());
      paint(makeStage(canvasFor(trails), canvasFor(marks), vectorSprite), frame);
      words.ground(ground);
      words.still(over, panels);
      words.moving(over, frame, panels);
      const serial = new XMLSerializer();
      const plotted = pictures.map(({ svg, left }) => {
        const copy = /** @type {SVGElement} */ (svg.cloneNode(true));
        copy.setAttribute("x", String(left));
        copy.setAttribute("y", String(words.head));
        return serial.serializeToString(copy);
      });
      const layers = [...plotted, `<g transform="translate(0 ${words.head})">${trails.markup()}${marks.markup()}</g>`];
      return svgPage(width, height, run.header.about?.title ?? "After Zero Loss", said, faces, [ground.markup(), ...layers, over.markup()]);
    },
    destroy() {
      for (const plot of plots) plotly.purge(plot);
      behind.remove();
    },
  };
}

const frozenOf = (arrays, who) => arrays[`${who}_frozen`] ?? new Int32Array(arrays[who].paths).fill(-1);

// Every frame is read by who encodes it.
function canvasOf(width, height, density) {
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { width: Math.round(width * density), height: Math.round(height * density) }));
  canvas.getContext("2d", { willReadFrequently: true });
  return canvas;
}

// What makeStage takes for a canvas: an SVG has no pixels.
const canvasFor = (pen) => ({ getContext: () => pen, width: 0, height: 0 });

