// The page of a phone in a room: it shows what the lecturer asks, and tells what is answered.

import { mount as mountAsk } from "../ask/ask.js";
import { element } from "../player/dom.js";

const main = document.getElementById("room");
const AGAIN = 2000; // milliseconds after which somebody who was not heard tries again
const POINTING = new Set(["mark", "arrow"]);

const memory = {
  get: (name) => {
    try {
      return sessionStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing
    }
  },
  set: (name, value) => {
    try {
      sessionStorage.setItem(name, value);
    } catch { /* as above */ }
  },
};

// Not crypto.randomUUID: a lecture hall's address may be plain http.
function number() {
  const known = memory.get("phone");
  if (known) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  memory.set("phone", made);
  return made;
}

const phone = number();
const code = main.dataset.room;
if (code.length === 5) enter();
else askForCode("");

function askForCode(sentence) {
  const field = element("input", {
    id: "code", name: "room", maxlength: 5, autocapitalize: "characters", autocomplete: "off", spellcheck: "false", required: true,
  });
  main.replaceChildren(
    element("h1", {}, "After Zero Loss"),
    element("p", { role: "alert" }, sentence),
    element("form", { action: "./join" }, element("label", { for: "code" }, "The code on the screen"), field, element("button", { type: "submit" }, "Join")),
    element("p", { class: "small" }, "No name, no account: what you answer is counted, and forgotten with the room."),
  );
  field.focus();
}

function enter() {
  const title = element("p", { class: "step" });
  const status = element("p", { class: "status", role: "status" }, "…");
  const picture = element("div", { class: "picture", hidden: true });
  const ask = element("div", { hidden: true });
  main.replaceChildren(element("h1", {}, "After Zero Loss ", element("small", {}, `room ${code}`)), title, picture, ask, status);
  let asking = null;
  let state = null;
  let player = null;
  let drawn = "";

  const question = () => ({ ...state.question, name: state.name, open: state.open, said: state.said, sketch: state.sketch, axes: state.axes, solution: state.question.solution ?? null });

  async function give(name, { name: of, answer }) {
    if (state.said !== null || !state.open) return;
    const body = JSON.stringify({ phone, name: of, answer });
    for (let tries = 0; tries < 5; tries++) {
      try {
        const reply = await fetch(`./room/${code}/answer`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
        const said = await reply.json();
        if (reply.ok) state = { ...state, said: said.said };
        show();
        if (!reply.ok) status.textContent = said.sentence;
        return;
      } catch {
        status.textContent = "The room does not answer. Trying again…";
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  function show() {
    title.textContent = [state.lecture, state.title].filter(Boolean).join(" · ");
    const asked = state.question != null;
    ask.hidden = !asked;
    status.textContent = asked ? "" : "Look at the screen. The next question appears here.";
    if (asked) {
      if (asking) asking.update({ question: question() });
      else asking = mountAsk(ask, { question: question(), send: give });
    }
    if (asked && !state.open && POINTING.has(state.question.kind)) status.textContent = "Look at the screen for what happened.";
    showPicture(asked && state.open && state.said === null && state.picture && POINTING.has(state.question.kind));
  }

  async function showPicture(wanted) {
    picture.hidden = !wanted;
    if (!wanted || drawn === state.name) return;
    drawn = state.name;
    const [{ mount }, library, reply] = await Promise.all([
      import("../player/player.js"),
      import("../plotly.js"),
      fetch(`./room/${code}/picture?of=${encodeURIComponent(state.name)}`),
    ]);
    const blob = new Uint8Array(await reply.arrayBuffer());
    picture.dataset.name = drawn;
    if (player) return player.update({ blob });
    const node = element("div", { class: "player" });
    picture.replaceChildren(node);
    const send = (what, point) => what === "start" && give("answer", { name: state.name, answer: point.map(Number) });
    player = mount(node, { blob, send, plotly: library.plotly, group: "" });
  }

  (async () => {
    let seen = "";
    for (;;) {
      try {
        const reply = await fetch(`./room/${code}?phone=${phone}&seen=${encodeURIComponent(seen)}`);
        const said = await reply.json();
        if (reply.status === 404) return askForCode(said.sentence);
        if (!reply.ok) throw new Error(said.sentence);
        if (said.version === seen) continue;
        seen = said.version;
        state = said;
        show();
      } catch (error) {
        console.error(error);
        status.textContent = "The room does not answer. Trying again…";
        seen = "";
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  })();
}
