// A panel drawn off the screen, at any size and in either theme, with its title and its caption.

import { element } from "../player/dom.js";
import { fontFaces } from "./fonts.js";
import { makePen } from "./pen.js";
import { rasterized, settledView, svgOf } from "./plots.js";
import { wrapped } from "./words.js";

const TITLE = 20, SMALL = 13, LINE = 18, EDGE = 16; // pixels: type of the title; of the words below, and their lines; free at the sides
const HEAD = 48; // pixels above the picture

/** What a panel says of itself, in lines; its page knows the seed. */
export function saidOfPanel({ caption, about }, seed, link) {
  return [caption, `${seed === undefined ? "" : `Seed ${seed}. `}${about.version}, ${link}`, `${about.theory}.`].filter(Boolean);
}

/**
 * `figureOf(colours, node)` is the panel's Plotly figure, as large as the element `node`; `over(context, view, colours, family)` draws
 * what lies over it, in the figure's own pixels.
 */
export async function makeStill({ panel, said, figureOf, over = null }, plotly, room, { width, height, density, theme, words }) {
  const colours = panel.palette[theme];
  const family = getComputedStyle(room).fontFamily;
  const ruler = new OffscreenCanvas(1, 1).getContext("2d");
  const font = (size, weight = 400) => `${weight} ${size}px ${family.replaceAll('"', "")}`;
  ruler.font = font(SMALL);
  const lines = words ? said.flatMap((text) => wrapped(ruler, text, width - 2 * EDGE)) : [];
  const head = words && panel.title ? HEAD : 0;
  const foot = words ? lines.length * LINE + EDGE : 0;
  const size = { width, height: height - head - foot };
  const plot = element("div", { style: `width:${width}px;height:${size.height}px` });
  const behind = element("div", { style: "position:fixed;left:-20000px;top:0;font-size:16px", "aria-hidden": "true" }, plot);
  room.append(behind);
  const { data, layout } = figureOf(colours, plot);
  await plotly.newPlot(plot, data, layout, { staticPlot: true, plotGlPixelRatio: density });
  const view = over && (await settledView(plot));
  const svg = await svgOf(plotly, plot, size);
  const faces = await fontFaces(family);

  function ground(context) {
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, width, height);
  }

  function lay(context) {
    if (!over) return;
    context.save();
    context.translate(0, head);
    context.beginPath();
    context.rect(0, 0, size.width, size.height);
    context.clip();
    over(context, view, colours, family.replaceAll('"', ""));
    context.restore();
  }

  function around(context) {
    if (!words) return;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = font(TITLE, 600);
    context.fillStyle = colours.ink;
    if (head) context.fillText(panel.title, EDGE, HEAD / 2);
    context.font = font(SMALL);
    context.fillStyle = colours.muted;
    lines.forEach((line, i) => context.fillText(line, EDGE, height - foot + EDGE / 2 + (i + 0.5) * LINE));
  }

  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { width: Math.round(width * density), height: Math.round(height * density) }));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.scale(density, density);
  ground(context);
  context.drawImage(await rasterized(svg, faces, density), 0, head, width, size.height);
  lay(context);
  around(context);

  return {
    draw: () => canvas,
    svg(_frame, text) {
      const [below, above] = [makePen(), makePen()];
      ground(below);
      lay(above);
      around(above);
      svg.setAttribute("y", String(head));
      return svgPage(width, height, panel.title, text, faces, [below.markup(), new XMLSerializer().serializeToString(svg), above.markup()]);
    },
    destroy() {
      plotly.purge(plot);
      behind.remove();
    },
  };
}

/** Parts of a drawing as one SVG, with its fonts and what it says of itself. */
export function svgPage(width, height, title, said, faces, parts) {
  const escaped = (text) => text.replace(/[<>&]/g, (each) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[each]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title><desc>${escaped(said)}</desc><style>${escaped(faces)}</style>`,
    ...parts,
    "</svg>",
  ].join("\n");
}
