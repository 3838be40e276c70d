// The picture before the page: while Streamlit is still starting, the run of the link is fetched and played where the page will put
// it. The page then takes over the player that is there; see player.js beside this file.

import { element } from "../player/dom.js";
import { mount } from "../player/player.js";
import { plotly } from "../plotly.js";
import { presenting } from "./presenter.js";

const WAITS = 30_000; // milliseconds after which a page that never came takes its picture along
const EARLY = new Set(["home", "simulator"]);

// Where a page puts its player, in pixels, by the least width of the window: what is above is as high as its words are. Where this
// browser has seen the page at this width, it was there.
const PLACES = {
  simulator: [[1280, { left: 352, right: 24, top: 133.6 }], [0, { left: 12, right: 12, top: 285.6 }]],
  home: [[1280, { left: 24, right: 24, top: 186.4 }], [0, { left: 12, right: 12, top: 427.2 }]],
};
const SEEN = "after-zero-loss.place";
const BETWEEN = [500, 1280]; // widths at which a guess would be wrong

const wanted = () => new URLSearchParams(location.search).get("view") ?? (location.search.length > 1 ? "simulator" : "home");
const view = wanted();
let early = null;
let late = false; // the page was faster

const LONGEST = 2000; // milliseconds for which Streamlit waits for the picture

/** When the picture is drawn, or it is known that there is none, or it takes too long: two cannot use the browser at once. */
export const shown = Promise.race([start(), new Promise((resolve) => setTimeout(resolve, LONGEST))]);

async function start() {
  const place = EARLY.has(view) && !presenting() ? (seen() ?? guess()) : null;
  if (!place) return;
  try {
    const address = document.getElementById("picture")?.getAttribute("href"); // on its way since the page's first line
    const reply = address && (await fetch(address));
    if (late || !reply || reply.status !== 200) return;
    const blob = new Uint8Array(await reply.arrayBuffer());
    if (late) return;
    const root = element("div", { "data-group": "" });
    const box = element("div", { class: "azl-early" }, root);
    for (const [side, value] of Object.entries({ ...place, bottom: 0 })) box.style[side] = `${value}px`;
    document.body.append(box);
    const said = [];
    let hear = (...what) => said.push(what);
    const begun = mount(root, { blob, plotly, group: "", send: (...what) => hear(...what) });
    const player = {
      ...begun,
      destroy() {
        begun.destroy();
        box.remove();
      },
    };
    early = {
      root,
      box,
      player,
      // From now on what is said goes there, and first what was said before.
      hear(send) {
        hear = send;
        for (const what of said) send(...what);
      },
    };
    setTimeout(() => claim()?.box.remove(), WAITS);
    await drawn(root);
  } catch (error) {
    console.error(error); // the page will show it
  }
}

/** @param {HTMLElement} root */
function drawn(root) {
  return new Promise((resolve) => {
    const look = () => (root.dataset.firstDrawn ? resolve(root) : requestAnimationFrame(look));
    look();
  });
}

const name = () => `${SEEN}.${view}.${window.innerWidth}`;

function guess() {
  const wide = window.innerWidth;
  return wide > BETWEEN[0] && wide < BETWEEN[1] ? null : PLACES[view].find(([least]) => wide >= least)[1];
}

function seen() {
  try {
    return JSON.parse(localStorage.getItem(name()));
  } catch {
    return null; // a browser that keeps nothing
  }
}

/**
 * Remember where the page has put the player.
 * @param {Element} root
 */
export function remember(root) {
  if (!EARLY.has(view) || wanted() !== view || presenting()) return;
  const { left, right, top } = root.getBoundingClientRect();
  try {
    localStorage.setItem(name(), JSON.stringify({ left, right: document.documentElement.clientWidth - right, top }));
  } catch { /* as above */ }
}

/** The player that has begun, once; after that, or if there is none yet, none. */
export function claim() {
  const taken = early;
  early = null;
  late = true;
  return taken;
}
