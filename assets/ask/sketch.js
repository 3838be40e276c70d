// A curve whose first part is known: the rest is drawn with the pointer, or point by point with the keys.
//
// `sketch` is {title, axis, from, to, top, known, truth, others}: the curve (time, value) up to `from`, and of [from, to] × [0, top] what
// was drawn by others, as shares of `top` at evenly spaced times, and once it may be seen the truth.

const WIDTH = 480;
const HEIGHT = 250;
const EDGE = { left: 46, right: 10, top: 12, bottom: 36 };
export const POINTS = 9;
const SPACE = "http://www.w3.org/2000/svg";

export function sketchPad(sketch, { said = null, drawn = null }) {
  const { from, to, top, known, truth, others = [] } = sketch;
  const heights = said ? [...said] : Array(POINTS).fill(null);
  const x = (time) => EDGE.left + (time / to) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const time = (i) => from + ((i + 1) / POINTS) * (to - from);
  const began = known.at(-1);
  const curve = (shares) => [began, ...shares.map((share, i) => (share === null ? null : [time(i), share * top])).filter(Boolean)];

  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "azl-sketch", role: "group", "aria-label": `Sketch of ${sketch.title}` });
  const line = svg("path", { class: "azl-drawn", fill: "none" });
  const dots = [];
  picture.append(
    svg("rect", { x: x(from), y: EDGE.top, width: x(to) - x(from), height: y(0) - EDGE.top, class: "azl-future" }),
    svg("path", { d: `M${EDGE.left} ${EDGE.top}V${y(0)}H${x(to)}`, class: "azl-axes", fill: "none" }),
    ...label(x(to), HEIGHT - 8, "end", sketch.axis),
    ...label(EDGE.left - 6, y(0) + 4, "end", "0"),
    ...label(EDGE.left - 6, EDGE.top + 10, "end", String(Number(top.toPrecision(2)))),
    ...label(EDGE.left + 8, EDGE.top + 12, "start", sketch.title),
    ...others.map((each) => svg("path", { d: path(curve(each)), class: "azl-other", fill: "none" })),
    svg("path", { d: path(known), class: "azl-known", fill: "none" }),
    line,
  );
  if (truth) picture.append(svg("path", { d: path([began, ...truth]), class: "azl-known", fill: "none" }));

  function path(points) {
    return points.map(([t, value], i) => `${i ? "L" : "M"}${x(t).toFixed(1)} ${y(Math.min(top, value)).toFixed(1)}`).join("");
  }

  function label(at, height, anchor, text) {
    const node = svg("text", { x: at, y: height, "text-anchor": anchor });
    node.textContent = text;
    return [node];
  }

  function draw() {
    line.setAttribute("d", path(curve(heights)));
    dots.forEach((dot, i) => {
      const share = heights[i] ?? began[1] / top;
      dot.setAttribute("cy", String(y(share * top)));
      dot.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      dot.setAttribute("aria-valuetext", `${(share * top).toPrecision(3)} at ${time(i).toPrecision(3)}`);
    });
  }

  function set(i, share) {
    heights[i] = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
    draw();
  }

  const settled = () => heights.every((share) => share !== null) && drawn();

  if (drawn) {
    for (let i = 0; i < POINTS; i++) {
      const dot = svg("circle", {
        cx: x(time(i)), r: 6, class: "azl-dot", tabindex: 0, role: "slider",
        "aria-label": `point ${i + 1} of ${POINTS}`, "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "vertical",
      });
      dot.addEventListener("keydown", (event) => {
        const by = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0, PageDown: 0 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        heights.forEach((share, each) => share === null && set(each, began[1] / top)); // those not moved go on as before
        set(i, heights[i] + by);
        settled();
      });
      dots.push(dot);
      picture.append(dot);
    }
    let last = null;
    const at = (event) => {
      const box = picture.getBoundingClientRect();
      const across = ((event.clientX - box.left) / box.width) * WIDTH;
      const share = (y(0) - ((event.clientY - box.top) / box.height) * HEIGHT) / (y(0) - EDGE.top);
      return [((across - x(from)) / (x(to) - x(from))) * POINTS - 1, share];
    };
    picture.addEventListener("pointerdown", (event) => {
      picture.setPointerCapture(event.pointerId);
      last = at(event);
      const nearest = Math.round(last[0]);
      if (nearest >= 0 && nearest < POINTS) set(nearest, last[1]);
    });
    picture.addEventListener("pointermove", (event) => {
      if (last === null) return;
      const now = at(event);
      const [left, right] = last[0] < now[0] ? [last, now] : [now, last];
      for (let i = Math.max(0, Math.ceil(left[0])); i <= Math.min(POINTS - 1, Math.floor(right[0])); i++) {
        const share = right[0] === left[0] ? 0 : (i - left[0]) / (right[0] - left[0]);
        set(i, left[1] + share * (right[1] - left[1]));
      }
      last = now;
    });
    const lift = () => {
      last = null;
      fill();
      settled();
    };
    picture.addEventListener("pointerup", lift);
    picture.addEventListener("pointercancel", lift);
  }

  // What the pointer passed over too fast, or left out at the ends, continues what is beside it.
  function fill() {
    const given = heights.findIndex((share) => share !== null);
    if (given < 0) return;
    for (let i = given - 1; i >= 0; i--) set(i, began[1] / top + ((i + 1) / (given + 1)) * (heights[given] - began[1] / top));
    for (let i = given + 1; i < POINTS; i++) if (heights[i] === null) set(i, heights[i - 1]);
  }

  draw();
  return { node: picture, heights: () => heights };
}

function svg(name, attributes) {
  const node = document.createElementNS(SPACE, name);
  for (const [each, value] of Object.entries(attributes)) node.setAttribute(each, String(value));
  return node;
}
