// Where the pictures of a link stand on its page: the server hears of it, for who opens the link next in a window as wide.

import { known, low, standsStill } from "./early.js";
import { presenting } from "./presenter.js";

const SETTLES = 1000; // milliseconds after which a page that has ended its run stands
const AT = new URL("../../places", import.meta.url).href;

const standing = new Map(); // by key
let waiting = 0;
let folded = null; // the sidebar, as the page opened
let told = textOf(new Map(known.map(({ key, places }) => [key, places[window.innerWidth]])), location.search);

/**
 * A picture is on the page, or has changed.
 * @param {string} key
 * @param {HTMLElement} root
 */
export function stands(key, root) {
  folded ??= isFolded();
  standing.set(key, root);
  clearTimeout(waiting);
  waiting = setTimeout(tell, SETTLES);
}

function tell() {
  if (!standsStill() || document.fonts.status !== "loaded") {
    waiting = setTimeout(tell, SETTLES);
    return;
  }
  if (presenting() || low() || document.fullscreenElement || isFolded() !== folded) return;
  const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? 0;
  const places = new Map();
  for (const [key, root] of standing) {
    if (!root.isConnected) standing.delete(key);
    else places.set(key, placeOf(root.getBoundingClientRect(), scrolled));
  }
  const text = textOf(places, location.search);
  if (text === told) return;
  told = text;
  const body = JSON.stringify({ width: window.innerWidth, places: Object.fromEntries(places) });
  // It is for others. What is not known yet, of a page that has not ended its computation, is told again when it has changed.
  fetch(AT + location.search, { method: "POST", body }).then(({ status }) => { if (status !== 204) told = null; }, () => {});
}

const placeOf = ({ left, right, top }, scrolled) =>
  [left, document.documentElement.clientWidth - right, top + scrolled].map((value) => Number(Math.max(0, value).toFixed(1)));

function textOf(places, link) {
  return JSON.stringify([link, window.innerWidth, [...places].sort()]);
}

const isFolded = () => document.querySelector('[data-testid="stExpandSidebarButton"]') !== null;
