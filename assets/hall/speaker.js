// The window of the speaker's notes: this step's, what comes next, and how long it has been.

import { element } from "../player/dom.js";
import { speaker } from "./notes.js";

const main = document.getElementById("notes");
const place = element("p", { class: "step" });
const title = element("h1", {}, "Speaker’s notes");
const notes = element("p", { class: "notes" }, "Open a lecture in another window of this browser: its notes appear here.");
const next = element("p", { class: "next" });
const clock = element("p", { class: "clock", role: "timer" });
const back = element("button", { type: "button" }, "Back");
const on = element("button", { type: "button" }, "Next");
main.replaceChildren(element("div", { class: "bar" }, place, clock), title, notes, next, element("div", { class: "bar" }, back, on));

const began = Date.now();
const { press } = speaker((told) => {
  place.textContent = told.place;
  title.textContent = told.title;
  notes.textContent = told.notes || "No notes for this step.";
  next.textContent = told.following ? `Then: ${told.following}` : "This is the last step.";
});
back.addEventListener("click", () => press("back"));
on.addEventListener("click", () => press("next"));
document.addEventListener("keydown", (event) => {
  const pressed = { PageDown: "next", ArrowRight: "next", PageUp: "back", ArrowLeft: "back" }[event.key];
  if (!pressed) return;
  event.preventDefault();
  press(pressed);
});
const tick = () => {
  const seconds = Math.floor((Date.now() - began) / 1000);
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
tick();
setInterval(tick, 1000);
