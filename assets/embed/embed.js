// A picture in a frame of somebody's page: the player, the controls that were chosen for it, and the way into the app.

import { element } from "../player/dom.js";
import { mount } from "../player/player.js";
import { plotly } from "../plotly.js";

const SETTLES = 150; // milliseconds after the last move of a slider

const told = JSON.parse(document.getElementById("embed").textContent);
const query = new URLSearchParams(told.query);
const main = document.querySelector("main");
const root = element("div", { class: "player" });
const said = element("p", { class: "azl-said", role: "status" }, told.notes.join(" "));
const open = element("a", { target: "_blank", rel: "noopener" }, "Open in After Zero Loss");
const controls = element("form", { class: "azl-chosen", "aria-label": "What can be changed" });
main.append(root, element("footer", {}, controls, said, open));

let player = null;
let asked = 0;

async function show() {
  open.setAttribute("href", `./?${query}`);
  const turn = ++asked;
  const found = await bytes().catch(() => null);
  if (turn !== asked) return;
  if (found === null) {
    said.textContent = "This run takes longer than a frame waits for: open it in the app.";
    return;
  }
  if (found.length) said.textContent = "";
  if (player) player.update({ blob: found });
  else player = mount(root, { blob: found, plotly, fills: true, send: (name, value) => name === "clock" && query.set("clock", value) });
}

async function bytes() {
  const reply = await fetch(`./${told.picture}?${query}`);
  return reply.status === 200 ? new Uint8Array(await reply.arrayBuffer()) : null;
}

let waiting = 0;
function change(key, value) {
  query.set(key, value);
  clearTimeout(waiting);
  waiting = setTimeout(show, SETTLES);
}

for (const { key, label, low, high, value, logarithmic, next } of told.controls) {
  if (next !== undefined) {
    const again = element("button", { type: "button" }, label);
    again.addEventListener("click", () => change(key, (Number(query.get(key) ?? value) + 1) % next));
    controls.append(again);
    continue;
  }
  const [from, to, now] = logarithmic ? [low, high, value].map(Math.log10) : [low, high, value];
  const shown = element("output", {}, tidy(value));
  const slider = element("input", { type: "range", min: from, max: to, step: "any", value: now });
  slider.addEventListener("input", () => {
    shown.textContent = tidy(logarithmic ? 10 ** Number(slider.value) : Number(slider.value));
    change(key, shown.textContent);
  });
  controls.append(element("label", {}, label, slider, shown));
}
controls.addEventListener("submit", (event) => event.preventDefault());

// Three digits, as a link has them.
function tidy(value) {
  return String(Number(value.toPrecision(3)));
}

show();
