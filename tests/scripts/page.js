// As much of a browser as assets/'s modules ask for when nothing is looked at: elements that keep what is said to them, and a Plotly
// that keeps what it is told to draw.

class Node {
  constructor(tag) {
    Object.assign(this, { tag, children: [], attributes: {}, dataset: {}, heard: {}, textContent: "", innerHTML: "", hidden: false });
    this.style = { setProperty: (name, value) => (this.style[name] = value) };
    this.classList = { add() {}, toggle: (name, on) => (this.classes[name] = on) };
    Object.assign(this, { classes: {}, clientWidth: 640, clientHeight: 400 });
  }
  append(...nodes) {
    this.children.push(...nodes);
  }
  replaceChildren(...nodes) {
    this.children = nodes;
  }
  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  addEventListener(name, hears) {
    (this.heard[name] ??= []).push(hears);
  }
  removeEventListener() {}
  setPointerCapture() {}
  getBoundingClientRect() {
    return { left: 100, top: 50, width: this.clientWidth, height: this.clientHeight };
  }
  // An event, as a browser would tell it.
  hear(name, event = {}) {
    for (const hears of this.heard[name] ?? []) hears(event);
  }
  // The first element of this class.
  find(name) {
    for (const child of this.children) {
      if (!(child instanceof Node)) continue;
      const found = (child.attributes.class ?? "").split(" ").includes(name) ? child : child.find(name);
      if (found) return found;
    }
    return null;
  }
}

export const node = (tag = "div") => new Node(tag);

const light = { fillRect() {}, getImageData: () => ({ data: [255, 255, 255, 255] }) };
Object.assign(globalThis, {
  document: { createElement: node, createElementNS: (_, tag) => node(tag), addEventListener() {} },
  window: { innerHeight: 900, devicePixelRatio: 1, addEventListener() {}, removeEventListener() {} },
  getComputedStyle: () => ({ fontSize: "16px", fontFamily: "sans-serif", backgroundColor: "white" }),
  requestAnimationFrame() {},
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
  OffscreenCanvas: class {
    getContext() {
      return light;
    }
  },
});

// Axes that are 400 pixels long and begin 60 to the right and 20 down; `scale` pixels a unit.
export function makePlotly(scale = 100) {
  const axis = (_offset) => ({ _offset, _length: 400, p2d: (pixels) => pixels / scale, d2p: (value) => value * scale });
  return {
    drawn: null,
    restyled: [],
    async react(picture, data, layout) {
      this.drawn = { data, layout };
      picture._fullLayout = { width: 640, height: 400, ...Object.fromEntries(Object.keys(layout).filter((key) => /^[xy]axis/.test(key)).map((key) => [key, axis(key[0] === "x" ? 60 : 20)])) };
    },
    restyle(_, changes, traces) {
      this.restyled.push({ changes, traces });
    },
    purge() {},
  };
}

// What has been begun is done.
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
