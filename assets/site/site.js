// A page of the site without a server: what its JSON says is played, drawn or asked.
//
// `players` are {at, run, group, controls, runs, links}, `panels` {at, panel}, where `at` is the id of an element; `lecture` is what
// lecture.js reads; `laboratory` is the address of a live one, or "".

import { present, presenting } from "../hall/presenter.js";
import { listen } from "../hall/keys.js";
import { explainTerms } from "../hall/terms.js";
import { mount as mountPlayer } from "../player/player.js";
import { plotly } from "../plotly.js";
import { runOf, sayAbout } from "./runs.js";

const page = JSON.parse(document.getElementById("page").textContent);

for (const player of page.players) begin(player).catch((error) => tell(player.at, error));
// What a page does not need it does not wait for.
if (page.panels.length) {
  const { mount } = await import("../panel/panel.js");
  for (const { at, panel } of page.panels) mount(document.getElementById(at), { panel, send: () => {}, plotly });
}
if (page.lecture) {
  const { openLecture } = await import("./lecture.js");
  openLecture(page.lecture, { plotly });
}
listen([{ key: "p", does: "the presenter’s view: large, nothing but the picture and its words", act: () => present(!presenting()) }]);
explainTerms(() => Promise.resolve(window.azl.terms));

async function begin({ at, run, group, controls, runs, links }) {
  const { blob, header, about } = await runOf(run);
  const player = mountPlayer(document.getElementById(at), { blob, header, send: () => {}, plotly, group });
  sayAbout(about);
  if (!controls) return;
  const { choose } = await import("./choices.js");
  choose(document.getElementById(`${at}-choices`), { controls, links, laboratory: page.laboratory }, async (chosen) => {
    try {
      const next = await runOf(runs[chosen]);
      player.update(next);
      sayAbout(next.about);
    } catch (error) {
      tell(at, error);
    }
  });
}

function tell(at, error) {
  console.error(error);
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = error.message;
  document.getElementById(at).after(said);
}
