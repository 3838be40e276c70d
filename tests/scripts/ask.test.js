// What a class is told of its answers, and a curve that is drawn by hand: assets/ask/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { node } from "./page.js";
import { mount } from "../../assets/ask/ask.js";
import { sketchPad } from "../../assets/ask/sketch.js";

const all = (root, test) => root.children.flatMap((child) => (typeof child === "string" ? [] : [...(test(child) ? [child] : []), ...all(child, test)]));
const text = (root) => (typeof root === "string" ? root : root.textContent + root.children.map(text).join(""));
const ASKED = { name: "a.1.ask", kind: "ask", text: "Which?", answers: ["red", "green", "blue"], open: false, watching: false, axes: [], sketch: null };

function told(question) {
  const root = node();
  mount(root, { question: { ...ASKED, ...question }, send() {} });
  return root;
}

test("the right answer has its sign, mine another, each with how many gave it", () => {
  const root = told({ said: 0, solution: 2, counts: [3, 0, 9], of: 12 });
  const rows = all(root, ({ tag }) => tag === "li").map(text);
  assert.deepEqual(rows, ["✗not so: red (your answer)3 of 12", "·green0 of 12", "✓right: blue9 of 12"]);
  const bars = all(root, ({ attributes }) => attributes.style?.startsWith("width")).map(({ attributes }) => attributes.style);
  assert.deepEqual(bars, ["width: 25%", "width: 0%", "width: 75%"]);
});

test("an order is told in the right order, with how many put each there", () => {
  const root = told({ kind: "order", said: [1, 0, 2], solution: [2, 0, 1], counts: [5, 4, 1], of: 10 });
  assert.deepEqual(all(root, ({ tag }) => tag === "li").map(text), ["blue5 of 10", "red4 of 10", "green1 of 10"]);
  assert.match(text(root), /✗ Your order: green · red · blue\./);
  assert.match(text(told({ kind: "order", said: [2, 0, 1], solution: [2, 0, 1] })), /✓ So you ordered them/);
});

test("an order is given as it was sorted", () => {
  const [root, sent] = [node(), []];
  const question = { ...ASKED, kind: "order", open: true, said: null };
  const send = (name, given) => sent.push([name, given.answer]);
  mount(root, { question, send });
  const list = root.find("azl-order");
  Object.assign(list, { querySelectorAll: () => [] });
  const later = () => all(list.children[0], ({ attributes }) => attributes["aria-label"]?.endsWith("later"))[0];
  for (const item of list.children) item.querySelectorAll = () => [{ focus() {} }, { focus() {} }];
  const original = list.replaceChildren.bind(list);
  list.replaceChildren = (...items) => original(...items.map((item) => Object.assign(item, { querySelectorAll: () => [{ focus() {} }, { focus() {} }] })));
  later().hear("click");
  root.find("azl-commit").hear("click");
  assert.deepEqual(sent, [["answer", [1, 0, 2]]]);
});

// Known up to 1 of 10, at 6 of 8; its picture is twice as large as its numbers.
const SKETCH = { title: "Loss", axis: "t", from: 1, to: 10, top: 8, known: [[0, 8], [1, 6]], truth: null };

function pad() {
  const made = sketchPad(SKETCH, { drawn: () => true });
  Object.assign(made.node, { clientWidth: 960, clientHeight: 500 });
  return made;
}

const X = (time) => 100 + 2 * (46 + (time / 10) * (480 - 56));
const Y = (value) => 50 + 2 * (250 - 36 - (value / 8) * (250 - 48));

test("a curve is drawn at its times, in shares of the height, and goes on where nothing was drawn", () => {
  const { node: picture, heights } = pad();
  picture.hear("pointerdown", { clientX: X(3), clientY: Y(4) });
  picture.hear("pointermove", { clientX: X(6.0001), clientY: Y(2) });
  picture.hear("pointerup");
  // Points stand at 2, 3, … 10; before the first that was drawn the curve comes from what is known.
  const share = [5, 4, 4 - 2 / 3, 4 - 4 / 3, 2, 2, 2, 2, 2].map((value) => value / 8);
  heights().forEach((height, i) => assert.ok(Math.abs(height - share[i]) < 2e-3, `${heights()} for ${share}`));
});

test("by keys a point moves by a twentieth, and says its value at its time", () => {
  const { node: picture, heights } = pad();
  const [, , dot] = all(picture, ({ attributes }) => attributes.role === "slider");
  dot.hear("keydown", { key: "ArrowUp", preventDefault() {}, stopPropagation() {} });
  assert.deepEqual(heights().slice(0, 4), [0.75, 0.75, 0.8, 0.75]);
  assert.equal(dot.attributes["aria-valuetext"], "6.40 at 4.00");
});
