// Pictures before the page: while Streamlit is still starting, what the link has shown others is fetched and drawn where the page
// will put it. The page then takes over what is there; see picture.js beside this file.

import { element } from "../player/dom.js";
import { plotly } from "../plotly.js";
import { presenting } from "./presenter.js";

const WAITS = 30_000; // milliseconds after which a page that never came takes its pictures along
const LEFT = 10_000; // and one that has come, those that it does not have
const LONGEST = 2000; // for which Streamlit waits for them: two cannot use the browser at once
const ROW = 150; // pixels: what begins lower than that below the first picture is not drawn early

/**
 * What the server knows of the link: see server/links.py.
 * @type {{ key: string, module: string, content: string, raw: boolean, group: string, address: string,
 *   places: Record<number, number[]> }[]}
 */
export const known = JSON.parse(document.getElementById("pictures")?.textContent ?? "[]");

/**
 * Where nobody has been yet, and the words above the player are as high in all windows that are so wide: from, to, place.
 * @type {Record<string, [number, number, number[]][]>}
 */
const PLACES = {
  simulator: [[1280, Infinity, [352, 24, 133.6]], [390, 430, [12, 12, 197.1]]],
  home: [[1280, Infinity, [24, 24, 186.4]], [360, 412, [12, 12, 347.8]]],
};

/** A low window has less above the picture than others of its width: see theme.css. */
export const low = () => matchMedia("(max-height: 36rem) and (min-width: 40.01rem)").matches;

const wanted = () => new URLSearchParams(location.search).get("view") ?? (location.search.length > 1 ? "simulator" : "home");
const view = wanted();
const waiting = new Map(); // pictures that the page has not taken over, by key
const taken = new Set(); // keys of those that it has, or has without us

/** When they are drawn, or it is known that there are none, or it takes too long. */
export const shown = Promise.race([start(), new Promise((resolve) => setTimeout(resolve, LONGEST))]);

async function start() {
  if (presenting() || low()) return;
  const placed = known.map((picture) => ({ ...picture, place: placeOf(picture) })).filter(({ place }) => place);
  const first = Math.min(...placed.map(({ place }) => place[2]));
  const early = placed.filter(({ place }) => place[2] < Math.min(first + ROW, window.innerHeight));
  if (early.length) leaveInTime();
  await Promise.all(early.map((picture) => begin(picture).catch((error) => console.error(error)))); // the page will show it
}

async function begin({ key, module, content, raw, group, address, place: [left, right, top] }) {
  const [{ mount }, reply] = await Promise.all([import(`../${module}`), fetch(address)]);
  if (reply.status !== 200) return;
  const found = contentOf(new Uint8Array(await reply.arrayBuffer()), raw);
  if (taken.has(key)) return; // the page was faster
  const root = element("div", { "data-group": group });
  const box = element("div", { class: "azl-early", role: "region", "aria-label": `The link’s picture: ${key}` }, root);
  for (const [side, value] of Object.entries({ left, right, top, bottom: 0 })) box.style[side] = `${value}px`;
  document.body.append(box);
  const said = [];
  let hear = (...what) => said.push(what);
  const begun = mount(root, { [content]: found, plotly, group, send: (...what) => hear(...what) });
  waiting.set(key, {
    root,
    box,
    address: reply.url,
    player: {
      ...begun,
      destroy() {
        begun.destroy();
        box.remove();
      },
    },
    // From now on what is said goes there, and first what was said before.
    hear(send) {
      hear = send;
      for (const what of said) send(...what);
    },
  });
  await drawn(root);
}

/** @param {HTMLElement} root */
function drawn(root) {
  return new Promise((resolve) => {
    const look = () => (root.dataset.firstDrawn || !root.isConnected ? resolve(root) : requestAnimationFrame(look));
    look();
  });
}

function placeOf({ key, places }) {
  const wide = window.innerWidth;
  if (places[wide]) return places[wide];
  const usual = key === "player" ? PLACES[view] : undefined;
  return usual?.find(([from, to]) => from <= wide && wide <= to)?.[2] ?? null;
}

// No picture stays over a page that is another one, or does not have it.
function leaveInTime() {
  const began = performance.now();
  let came = Infinity;
  const watch = setInterval(() => {
    const now = performance.now();
    if (standsStill()) came = Math.min(came, now);
    if (wanted() === view && now < began + WAITS && now < came + LEFT) return;
    clearInterval(watch);
    for (const key of [...waiting.keys()]) claim(key)?.player.destroy();
  }, 100);
}

/** Whether the page is there and its run has ended. */
export const standsStill = () => document.querySelector('[data-test-script-state="notRunning"]') !== null;

/**
 * The picture that has begun, once; after that, or if there is none yet, none.
 * @param {string} key
 */
export function claim(key) {
  const early = waiting.get(key);
  waiting.delete(key);
  taken.add(key);
  return early;
}

/**
 * @param {string} address
 */
export async function bytesAt(address) {
  const reply = await fetch(address);
  if (reply.status !== 200) throw new Error("A picture did not arrive.");
  return new Uint8Array(await reply.arrayBuffer());
}

/**
 * @param {Uint8Array} bytes
 * @param {boolean} raw
 */
export function contentOf(bytes, raw) {
  return raw ? bytes : JSON.parse(new TextDecoder().decode(bytes));
}
