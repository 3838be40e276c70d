// A page of the site without a server: what its JSON says is played, drawn or asked.
//
// `players` are {at, run, group, runs} and `panels` {at, panel, panels}, where `at` is the id of an element. `choices` are {controls,
// links, texts}: by what is chosen there are the `runs` of players and the `panels` of panels, by name (but for what is chosen at first: `panel`),
// links into the live laboratory, HTML for elements, and in `abouts` what panels say of themselves. `anatomy` is what figures/anatomy.py
// writes, for the element of that id; `lecture` is what lecture.js reads; `laboratory` is the address of a live one, or "".

import { present, presenting } from "../hall/presenter.js";
import { listen } from "../hall/keys.js";
import { explainTerms } from "../hall/terms.js";
import { openNotes } from "../hall/notes.js";
import { mount as mountPlayer } from "../player/player.js";
import { plotly } from "../plotly.js";
import { panelOf, placed, runOf, sayAbout } from "./runs.js";

const page = JSON.parse(document.getElementById("page").textContent);
window.azl.laboratory = page.laboratory;
const first = page.choices?.controls.map(({ chosen }) => chosen).join("|") ?? "";
let turn = 0; // of what is chosen: what comes too late is not shown

const playing = page.players.map((each) => begin(each).catch((error) => tell(each.at, error)));
// What a page does not need it does not wait for.
if (page.panels.length) {
  const { mount } = await import("../panel/panel.js");
  for (const each of page.panels) {
    const root = document.getElementById(each.at);
    each.shown = mount(root, { panel: each.panel, plotly });
    tellPanel(each, first);
  }
}
if (page.anatomy) {
  const { mount } = await import("../anatomy/anatomy.js");
  mount(document.getElementById("anatomy"), { content: page.anatomy, send: () => {}, plotly });
}
if (page.lecture) {
  const { openLecture } = await import("./lecture.js");
  openLecture(page.lecture, { plotly });
}
listen([
  { key: "p", does: "the presenter’s view: large, nothing but the picture and its words", act: () => present(!presenting()) },
  { key: "q", does: "a QR code of this page", act: () => import("./code.js").then(({ showCode }) => showCode()) },
  { key: "n", does: "the speaker’s notes of a lecture, in a second window", act: () => openNotes(new URL("../notes.html", window.azl.lab).href) },
]);
explainTerms(() => Promise.resolve(window.azl.terms));
if (page.choices) {
  const { choose } = await import("./choices.js");
  await Promise.all(playing);
  choose(document.getElementById("choices"), { ...page.choices, laboratory: page.laboratory }, show);
}

async function begin(told) {
  const { about, ...run } = await runAlone(told.run);
  told.player = mountPlayer(document.getElementById(told.at), { ...run, send: () => {}, plotly, group: told.group });
  sayAbout(about);
}

/** A run on whose picture a click places no start. */
async function runAlone(name) {
  const { header, ...run } = await runOf(name);
  return { ...run, header: { ...header, pickable: false } };
}

function show(chosen) {
  const mine = ++turn;
  for (const [id, texts] of Object.entries(page.choices.texts)) document.getElementById(id).innerHTML = texts[chosen];
  const later = (at, promise, draw) =>
    promise.then(
      (next) => mine === turn && draw(next),
      (error) => tell(at, error),
    );
  for (const each of page.panels) {
    tellPanel(each, chosen);
    later(each.at, panelAt(each, chosen), (panel) => each.shown.update({ panel }));
  }
  if (page.abouts[chosen] && !page.players.length) sayAbout(page.abouts[chosen]);
  for (const { at, runs, player } of page.players)
    later(at, runAlone(runs[chosen]), (next) => {
      player.update(next);
      sayAbout(next.about);
    });
}

/** With some choices there are fewer panels. */
async function panelAt({ panel, panels }, chosen) {
  if (chosen === first) return panel;
  return panels[chosen] ? panelOf(panels[chosen]) : null;
}

/** What is saved of a panel says where it is from. */
function tellPanel({ at, panel, panels }, chosen) {
  const root = document.getElementById(at);
  const { seed, link } = page.abouts[chosen];
  Object.assign(root.dataset, { seed, link: placed(link) });
  root.hidden = !(chosen === first ? panel : panels[chosen]);
}

function tell(at, error) {
  console.error(error);
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = error.message;
  document.getElementById(at).after(said);
}
