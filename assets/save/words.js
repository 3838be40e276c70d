// What stands around a picture that is taken away: the legend and the time above it, its caption and where it comes from below.

import { short } from "../player/clock.js";
import { LABELS, legendItems } from "../player/controls.js";
import { DRAWINGS } from "../player/particles.js";

const HEAD = 44; // pixels
const TYPE = 14, SMALL = 13, LINE = 18; // pixels: above; below, and its lines
const EDGE = 16; // pixels free at the sides
const KEY = 22, GAP = 14; // pixels of a mark of the legend, and between two entries
const PANEL = 15; // pixels of type over a panel of the series

/** A picture's caption and what it says of itself, in lines: for a file that keeps a text. */
export function saidOf(run, link) {
  const { caption = "", about = {} } = run.header;
  return [caption, about.seed && `Seed ${about.seed}. ${about.version}, ${link}`, about.theory && `${about.theory}.`].filter(Boolean);
}

/**
 * @param {Run} run
 * @param {Look} look
 * @param {Colours} colours
 * @param {string} family
 */
export function makeWords(run, { width, height, hidden, words, link }, colours, family) {
  const ruler = new OffscreenCanvas(1, 1).getContext("2d");
  const font = (size, weight = 400) => `${weight} ${size}px ${family.replaceAll('"', "")}`;
  ruler.font = font(SMALL);
  const lines = words ? saidOf(run, link).flatMap((text) => wrapped(ruler, text, width - 2 * EDGE)) : [];
  const head = words ? HEAD : 0;
  const foot = words ? lines.length * LINE + EDGE : 0;
  const labels = { ...LABELS, ...run.header.names };
  const items = legendItems(run).filter((name) => name !== "trails" && !hidden.has(name));

  function write(context, text, x, y, { size = TYPE, ink = colours.ink, align = "left", weight = 400 } = {}) {
    context.font = font(size, weight);
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillStyle = ink;
    context.fillText(text, x, y);
    return context.measureText(text).width;
  }

  function legend(context) {
    let x = EDGE;
    for (const name of items) {
      context.save();
      context.translate(x + KEY / 2, HEAD / 2);
      (DRAWINGS[name] ?? LINES[name])(context, 5, colours[name] ?? colours.limit, colours.paper);
      context.restore();
      x += KEY + 4;
      x += write(context, labels[name], x, HEAD / 2) + GAP;
    }
    return x;
  }

  // The moment on three clocks, as many as there is room for, slow time first.
  function readout(context, frame) {
    ruler.font = font(TYPE);
    const room = width - EDGE - legendEnd;
    const clocks = ["slow", "steps", "fast"].map((name) => [`${run.clock.terms[name]} = `, name]);
    let x = width - EDGE;
    for (const [term, name] of clocks) {
      const widest = ruler.measureText(term + run.clock[name](run.clock.frames - 1)).width;
      if (width - EDGE - x + widest > room) return;
      write(context, term + run.clock[name](frame), x - widest, HEAD / 2);
      x -= widest + 1.5 * GAP;
    }
  }

  let legendEnd = EDGE;
  ruler.font = font(TYPE);
  for (const name of items) legendEnd += KEY + 4 + ruler.measureText(labels[name]).width + GAP;

  return {
    head,
    foot,
    // Where the heads and cursors of the series are: `layout` is Plotly's own of their figure, `left` where that begins.
    panelsOf: ({ boxes, xs, means }, layout, left) =>
      run.header.panels.map(({ title }, i) => ({ title, box: boxes[i], xs, means: means[i], axis: layout[i ? `xaxis${i + 1}` : "xaxis"], left })),
    ground(context) {
      context.fillStyle = colours.paper;
      context.fillRect(0, 0, width, height);
    },
    still(context, panels) {
      if (panels) {
        context.fillStyle = colours.grid;
        context.fillRect(panels[0].left, head, 1, height - head - foot);
        for (const { title, box, left } of panels) write(context, title, left + 12, head + box.top - 15, { size: PANEL, weight: 600 });
      }
      if (!words) return;
      legend(context);
      lines.forEach((line, i) => write(context, line, EDGE, height - foot + EDGE / 2 + (i + 0.5) * LINE, { size: SMALL, ink: colours.muted }));
    },
    moving(context, frame, panels) {
      if (words) readout(context, frame);
      for (const { box, xs, means, axis, left } of panels ?? []) {
        if (!axis) continue; // Plotly keeps no axis without a line
        const x = axis.d2p(xs[frame]);
        const within = Math.min(axis._length, Math.max(0, x));
        context.globalAlpha = within === x ? 1 : 0.25;
        context.fillStyle = colours.ink;
        context.fillRect(left + axis._offset + within, head + box.top, 1, box.height);
        context.globalAlpha = 1;
        let end = left + box.left + box.width;
        for (const [who, mean] of [...means].reverse()) {
          end -= write(context, short(mean[frame]), end, head + box.top - 15, { size: PANEL, align: "right" }) + 10;
          context.save();
          context.translate(end, head + box.top - 15);
          DRAWINGS[who](context, 4, colours[who], colours.paper);
          context.restore();
          end -= GAP;
        }
      }
    },
  };
}

const LINES = {
  finite: (context, _, ink) => stroke(context, ink, 2, [2, 2.5]),
  flow: (context, _, ink) => stroke(context, ink, 2.6, [5, 3]),
  manifold: (context, _, ink) => stroke(context, ink, 4, []),
};

function stroke(context, ink, width, dash) {
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(-KEY / 2, 0);
  context.lineTo(KEY / 2, 0);
  context.stroke();
  context.setLineDash([]);
}

// Lines of a text that are no wider; a word that is too long alone is broken.
export function wrapped(ruler, text, room) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ").flatMap((each) => pieces(ruler, each, room))) {
    const longer = line ? `${line} ${word}` : word;
    if (ruler.measureText(longer).width <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function pieces(ruler, word, room) {
  const found = [];
  let piece = "";
  for (const letter of word) {
    if (ruler.measureText(piece + letter).width > room) {
      found.push(piece);
      piece = "";
    }
    piece += letter;
  }
  return [...found, piece];
}
