// A page of the site without a server: what its JSON says is played, drawn or asked.
//
// `players` are {at, run, group, runs} and `panels` {at, panel, seed, panels}, where `at` is the id of an element. `choices` are {controls,
// links, texts, abouts}: by what is chosen there are the `runs` of players, the `panels` of panels, links into the live laboratory, HTML
// for elements, and what the page's foot says. `anatomy` is what figures/anatomy.py writes, for the element of that id; `lecture` is what lecture.js reads; `laboratory` is the address of a live
// one, or "".

import { present, presenting } from "../hall/presenter.js";
import { listen } from "../hall/keys.js";
import { explainTerms } from "../hall/terms.js";
import { openNotes } from "../hall/notes.js";
import { mount as mountPlayer } from "../player/player.js";
import { plotly } from "../plotly.js";
import { runOf, sayAbout } from "./runs.js";

const page = JSON.parse(document.getElementById("page").textContent);

const playing = page.players.map((each) => begin(each).catch((error) => tell(each.at, error)));
// What a page does not need it does not wait for.
if (page.panels.length) {
  const { mount } = await import("../panel/panel.js");
  for (const each of page.panels) {
    const root = document.getElementById(each.at);
    root.dataset.seed = each.seed;
    each.shown = mount(root, { panel: each.panel, send: () => {}, plotly });
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
  const { blob, header, about } = await runOf(told.run);
  told.player = mountPlayer(document.getElementById(told.at), { blob, header, send: () => {}, plotly, group: told.group });
  sayAbout(about);
}

function show(chosen) {
  for (const [id, texts] of Object.entries(page.choices.texts)) document.getElementById(id).innerHTML = texts[chosen];
  for (const { shown, panels } of page.panels) shown.update({ panel: panels[chosen] });
  if (page.choices.abouts?.[chosen]) document.getElementById("about").textContent = page.choices.abouts[chosen];
  for (const { at, runs, player } of page.players)
    runOf(runs[chosen]).then(
      (next) => {
        player.update(next);
        sayAbout(next.about);
      },
      (error) => tell(at, error),
    );
}

function tell(at, error) {
  console.error(error);
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = error.message;
  document.getElementById(at).after(said);
}
