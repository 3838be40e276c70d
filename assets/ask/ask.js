// A question of a lecture: on the lecture's page and on a phone. What is given is a commitment: after it nothing changes any more.
//
// mount(root, { question, send }) -> { update({ question }), destroy() }
// `question` is {name, kind, text, answers, open, watching, said, solution, counts, of, axes, sketch}: `said` is what was answered here;
// `solution` the right answer and `counts` how many `of` the class gave each, both once it is not open any more; `axes` name those of
// the picture, and `sketch` is what a curve is drawn on. Somebody who is `watching` sees what the class is asked.
// send("answer", {name, answer}) tells an answer: the place of one of `answers`, an order of all, a point, or the heights of a curve.

import { element } from "../player/dom.js";
import { sketchPad } from "./sketch.js";

const COMMIT = "That is my answer";
const HINTS = { mark: "Click on the picture, where you think it will be.", arrow: "Click on the picture, to where the arrow should point." };

export function mount(root, { question, send }) {
  let shown = "";
  root.classList.add("azl-ask");

  function update({ question: next }) {
    const now = JSON.stringify(next);
    if (now === shown) return;
    shown = now;
    const give = (answer) => send("answer", { name: next.name, answer });
    const asks = next.open && next.said === null;
    const body = asks ? (next.watching ? watched(next) : asking(next, give)) : told(next);
    root.replaceChildren(element("p", { class: "azl-question", id: "azl-question" }, next.text), ...body);
    root.dataset.name = next.name;
    root.dataset.open = String(asks);
  }
  update({ question });
  return { update, destroy: () => root.replaceChildren() };
}

// --- before an answer

function asking(question, give) {
  switch (question.kind) {
    case "order":
      return ordering(question, give);
    case "sketch":
      return sketching(question, give);
    case "mark":
    case "arrow":
      return pointing(question, give);
    default:
      return choosing(question, give);
  }
}

function watched({ kind, answers, sketch }) {
  if (kind === "sketch") return [sketchPad(sketch, {}).node];
  return answers.length ? [element("ul", { class: "azl-answers" }, ...answers.map((answer) => element("li", { class: "azl-answer" }, element("span", {}, answer))))] : [];
}

function commitment(give, disabled) {
  const button = element("button", { type: "button", class: "azl-commit", disabled }, COMMIT);
  button.addEventListener("click", () => {
    button.disabled = true;
    give();
  });
  return button;
}

function choosing({ name, answers }, give) {
  let chosen = null;
  const commit = commitment(() => give(chosen), true);
  const choices = answers.map((answer, i) => {
    const radio = element("input", { type: "radio", name: `azl-${name}`, value: i });
    radio.addEventListener("change", () => {
      chosen = i;
      commit.disabled = false;
    });
    return element("label", { class: "azl-answer" }, radio, element("span", {}, answer));
  });
  return [element("div", { role: "radiogroup", "aria-labelledby": "azl-question", class: "azl-answers" }, ...choices), commit];
}

function ordering({ answers }, give) {
  const order = answers.map((_, i) => i);
  const list = element("ol", { class: "azl-answers azl-order" });
  const said = element("span", { class: "unseen", role: "status" });
  const move = (from, by) => {
    const to = from + by;
    if (to < 0 || to >= order.length) return;
    [order[from], order[to]] = [order[to], order[from]];
    draw();
    const buttons = list.children[to].querySelectorAll("button");
    const again = buttons[by < 0 ? 0 : 1];
    (again.disabled ? buttons[by < 0 ? 1 : 0] : again).focus();
    said.textContent = `${answers[order[to]]}: place ${to + 1} of ${order.length}`;
  };
  function draw() {
    list.replaceChildren(
      ...order.map((answer, place) => {
        const step = (label, sign, by) => {
          const to = place + by;
          const disabled = to < 0 || to >= order.length;
          const button = element("button", { type: "button", class: "azl-step", disabled, "aria-label": `${answers[answer]}: ${label}` }, sign);
          button.addEventListener("click", () => move(place, by));
          return button;
        };
        const text = element("span", {}, answers[answer]);
        return element("li", { class: "azl-answer" }, text, step("earlier", "↑", -1), step("later", "↓", 1));
      }),
    );
  }
  draw();
  return [list, said, commitment(() => give(order), false)];
}

// The picture is beside; who cannot point at it gives the place in numbers.
function pointing({ kind, axes }, give) {
  const fields = axes.map((axis) => element("input", { type: "number", step: "any", "aria-label": axis, required: true }));
  const form = element(
    "form",
    { class: "azl-place" },
    ...fields.flatMap((field, i) => [element("span", { "aria-hidden": "true" }, `${axes[i]} =`), field]),
    element("button", { type: "submit", class: "azl-commit" }, COMMIT),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    give(fields.map((field) => field.valueAsNumber));
  });
  return [
    element("p", { class: "azl-hint" }, HINTS[kind]),
    element("details", {}, element("summary", {}, "or give the place in numbers"), form),
  ];
}

function sketching({ sketch }, give) {
  const commit = commitment(() => give(pad.heights()), true);
  const pad = sketchPad(sketch, { drawn: () => (commit.disabled = false) });
  return [element("p", { class: "azl-hint" }, "Draw how it goes on, or move the points with the arrow keys."), pad.node, commit];
}

// --- after it

function told(question) {
  const { kind, open } = question;
  if (kind === "sketch") return [sketchPad(question.sketch, { said: question.said }).node];
  if (open) return [given(question)];
  if (kind === "order") return [...orderTold(question)];
  if (kind === "mark" || kind === "arrow") return [];
  return [choiceTold(question)];
}

// Somebody who has answered waits for the others.
function given({ kind, answers, said }) {
  const text = kind === "mark" || kind === "arrow" ? "Your mark is in." : `Your answer: ${words(kind, answers, said)}`;
  return element("p", { class: "azl-given", role: "status" }, `${text} Look at the screen for what happens.`);
}

const words = (kind, answers, said) => (kind === "order" ? `${said.map((each) => answers[each]).join(" · ")}.` : `${answers[said]}.`);

function choiceTold({ answers, said, solution, counts, of }) {
  return element(
    "ul",
    { class: "azl-answers azl-told" },
    ...answers.map((answer, i) => {
      const sign = i === solution ? "✓" : i === said ? "✗" : "·";
      const meaning = i === solution ? "right: " : i === said ? "not so: " : "";
      const item = element(
        "li",
        { class: `azl-answer${i === solution ? " azl-right" : ""}` },
        element("b", { "aria-hidden": "true" }, sign),
        element("span", {}, element("span", { class: "unseen" }, meaning), answer, i === said ? " (your answer)" : ""),
      );
      if (counts) item.append(bar(counts[i], of));
      return item;
    }),
  );
}

function bar(count, all) {
  const fill = element("i", { style: `width: ${all ? (100 * count) / all : 0}%` });
  return element("span", { class: "azl-bar-of" }, element("i", { class: "azl-scale", "aria-hidden": "true" }, fill), `${count} of ${all}`);
}

function orderTold({ answers, said, solution, counts, of }) {
  const right = said !== null && said.every((each, place) => each === solution[place]);
  const list = element(
    "ol",
    { class: "azl-answers azl-told" },
    ...solution.map((answer, place) => {
      const item = element("li", { class: "azl-answer" }, element("span", {}, answers[answer]));
      if (counts) item.append(bar(counts[place], of));
      return item;
    }),
  );
  const yours = said === null ? [] : [element("p", { class: "azl-hint" }, right ? "✓ So you ordered them." : `✗ Your order: ${words("order", answers, said)}`)];
  return [list, ...yours];
}
