// What of a canvas's context the player's drawings use, written down as SVG.

let symbols = 0; // of all drawings of the page: their names must differ

export function makePen() {
  const parts = [];
  let path = "";
  let state = { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, lineCap: "butt", lineJoin: "miter", font: "", textAlign: "start", textBaseline: "alphabetic", dash: [], open: 0 };
  const states = [];
  const known = new Set(); // names of marks that are defined
  const at = (value) => Number(value.toFixed(2));
  const paint = () => `opacity="${state.globalAlpha}"`;
  const stroke = () =>
    `fill="none" stroke="${state.strokeStyle}" stroke-width="${state.lineWidth}" stroke-linecap="${state.lineCap}" stroke-linejoin="${state.lineJoin}"` +
    (state.dash.length ? ` stroke-dasharray="${state.dash.join(" ")}"` : "");

  function write(text, x, y, inked) {
    const anchor = { right: "end", end: "end", center: "middle" }[state.textAlign] ?? "start";
    const baseline = state.textBaseline === "middle" ? ' dominant-baseline="central"' : "";
    const escaped = text.replace(/[<>&]/g, (each) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[each]);
    parts.push(`<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}"${baseline} ${inked} style='font:${state.font}' ${paint()}>${escaped}</text>`);
  }

  const pen = {
    markup: () => parts.join(""),
    setTransform() {}, // an SVG is as dense as whatever shows it
    clearRect() {
      parts.length = 0;
      known.clear();
    },
    save() {
      states.push(state);
      state = { ...state, open: 0 };
    },
    restore() {
      parts.push("</g>".repeat(state.open));
      state = states.pop();
    },
    clip() {
      const name = `azl-clip-${symbols++}`;
      parts.push(`<clipPath id="${name}"><path d="${path}"/></clipPath><g clip-path="url(#${name})">`);
      state.open++;
    },
    beginPath: () => void (path = ""),
    closePath: () => void (path += "Z"),
    moveTo: (x, y) => void (path += `M${at(x)} ${at(y)}`),
    lineTo: (x, y) => void (path += `L${at(x)} ${at(y)}`),
    rect: (x, y, width, height) => void (path += `M${at(x)} ${at(y)}h${at(width)}v${at(height)}h${at(-width)}Z`),
    // A whole circle: the player draws no other arcs.
    arc: (x, y, radius) =>
      void (path += `M${at(x - radius)} ${at(y)}a${at(radius)} ${at(radius)} 0 1 0 ${at(2 * radius)} 0a${at(radius)} ${at(radius)} 0 1 0 ${at(-2 * radius)} 0Z`),
    fill: () => void parts.push(`<path d="${path}" fill="${state.fillStyle}" ${paint()}/>`),
    stroke: () => path && void parts.push(`<path d="${path}" ${stroke()} ${paint()}/>`),
    fillRect: (x, y, width, height) => void parts.push(`<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" fill="${state.fillStyle}" ${paint()}/>`),
    strokeRect: (x, y, width, height) => void parts.push(`<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" ${stroke()} ${paint()}/>`),
    setLineDash: (dash) => void (state.dash = dash),
    fillText: (text, x, y) => write(text, x, y, `fill="${state.fillStyle}"`),
    strokeText: (text, x, y) => write(text, x, y, stroke()),
    measureText(text) {
      ruler.font = state.font;
      return ruler.measureText(text);
    },
    // A sprite of `vectorSprite`.
    drawImage({ name, markup }, x, y) {
      if (!known.has(name)) parts.push(markup);
      known.add(name);
      parts.push(`<use href="#${name}" x="${at(x)}" y="${at(y)}" ${paint()}/>`);
    },
    scale() {},
    translate(x, y) {
      parts.push(`<g transform="translate(${at(x)} ${at(y)})">`);
      state.open++;
    },
  };
  for (const name of Object.keys(state))
    Object.defineProperty(pen, name, { get: () => state[name], set: (value) => void (state[name] = value) });
  return pen;
}

const ruler = new OffscreenCanvas(1, 1).getContext("2d");

/** A mark that is stamped many times, as particles.js makes it of pixels. */
export function vectorSprite(radius, density, draw, ink, paper) {
  const half = Math.ceil(radius + 2);
  const pen = makePen();
  draw(pen, radius, ink, paper);
  const name = `azl-mark-${symbols++}`;
  return { canvas: { name, markup: `<defs><g id="${name}"><g transform="translate(${half} ${half})">${pen.markup()}</g></g></defs>` }, half };
}
