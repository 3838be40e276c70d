// A field for formulas that tells what is typed while it is typed, and marks what is wrong where it is.
//
// mount(root, { content, send }) -> { update({ content }), destroy() }
// `content`: label (only read aloud if quiet), hint, placeholder, rows; text and revision, which another hand has changed when it is higher than known; heard, the
// number of the last text that the answer is about; problems, each {line, column, sentence, advice, fixes}, lines and columns counted
// from 0 (line null: no place), a fix {position, length, text}. send("typed", {number, text}) tells of a text. Answers to earlier texts change nothing.

import { element } from "../player/dom.js";

const QUIET = 120; // milliseconds without a key after which the text is told
const LONGEST = 400; // that it is kept back while keys go on

let fields = 0;

export function mount(root, { content: first, send }) {
  const parts = build(root, `azl-editor-${(fields += 1)}`);
  const { area, marks, problems } = parts;
  let content = null;
  let number = 0; // of the text that stands in the field
  let told = 0;
  let timer = null;
  let since = null; // when the first key came that has not been told
  let composing = false;
  let rewriting = false;

  function update({ content: next }) {
    const opened = content === null;
    const another = opened || next.revision > content.revision;
    content = next;
    parts.label.textContent = content.label;
    parts.label.classList.toggle("unseen", content.quiet);
    parts.hint.textContent = content.hint;
    area.placeholder = content.placeholder;
    area.rows = content.rows;
    if (opened) {
      area.value = content.text;
      number = told = content.heard;
    } else if (another && content.text !== area.value) {
      if (number > content.heard) tell(); // a key came meanwhile: what is in the field holds
      else rewrite(0, area.value.length, content.text);
    }
    fit();
    if (content.heard >= number) show();
  }

  // --- telling

  function changed() {
    number += 1;
    root.dataset.number = number;
    root.dataset.state = "typed";
    since ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(tell, Math.max(0, Math.min(QUIET, since + LONGEST - performance.now())));
    fit();
    markOnly([]); // what was marked may be mended by this key; the sentences wait for the answer
  }

  function tell() {
    clearTimeout(timer);
    since = null;
    if (composing) return;
    told = number;
    send("typed", { number, text: area.value });
  }

  // --- showing

  function show() {
    root.dataset.heard = content.heard;
    root.dataset.state = content.problems.length ? "problem" : "read";
    area.setAttribute("aria-invalid", String(content.problems.length > 0));
    markOnly(content.problems);
    const said = JSON.stringify(content.problems);
    if (said === problems.dataset.said) return; // read aloud once
    problems.dataset.said = said;
    problems.replaceChildren(...content.problems.map(sentence));
  }

  function sentence(problem) {
    const many = problem.line !== null && area.value.includes("\n");
    const line = many ? [element("b", {}, `Line ${problem.line + 1}. `)] : [];
    const where = element("button", { type: "button", class: "azl-editor-where" }, ...line, problem.sentence);
    where.title = "Go there";
    where.addEventListener("click", () => {
      area.focus();
      if (problem.line === null) return;
      const { from, to } = span(problem);
      area.setSelectionRange(from, to);
    });
    const item = element("li", {}, where);
    for (const fix of problem.fixes) {
      const button = element("button", { type: "button", class: "azl-editor-remedy" }, "Write ", element("code", {}, shown(fix.text)));
      button.addEventListener("click", () => {
        rewrite(fix.position, fix.position + fix.length, fix.text);
        area.focus();
        changed();
        tell();
      });
      item.append(" ", button);
    }
    if (!problem.fixes.length && problem.advice) item.append(` ${problem.advice}`);
    return item;
  }

  function markOnly(list) {
    const text = area.value;
    const spans = list.filter(({ line }) => line !== null).map(span).sort((a, b) => a.from - b.from);
    const pieces = [];
    let at = 0;
    for (const { from, to } of spans) {
      if (from < at) continue;
      const end = to > from ? to : from + 1;
      const within = to > from ? text.slice(from, to) : " ";
      pieces.push(text.slice(at, from), element("mark", {}, within));
      at = Math.max(at, Math.min(end, to > from ? end : from));
    }
    marks.replaceChildren(...pieces, `${text.slice(at)}\n`);
    marks.scrollTop = area.scrollTop;
  }

  // Where a problem stands in the text; empty at the end of a line.
  function span({ line, column }) {
    const lines = area.value.split("\n");
    const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
    const rest = lines[line] ?? "";
    const from = Math.min(before + Math.min(column, rest.length), area.value.length);
    const word = /^(?:[\p{L}\p{N}_.]+|.)?/u.exec(rest.slice(column))?.[0].length ?? 0;
    return { from, to: Math.min(from + word, area.value.length) };
  }

  // As if it were typed, so that it can be undone; focus and cursor stay where they were.
  function rewrite(from, to, text) {
    const active = document.activeElement;
    const cursor = [area.selectionStart, area.selectionEnd].map((at) => (at <= from ? at : Math.max(from, at + text.length - (to - from))));
    area.focus({ preventScroll: true });
    area.setSelectionRange(from, to);
    rewriting = true;
    if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
      area.setRangeText(text, from, to, "preserve");
    }
    rewriting = false;
    area.setSelectionRange(...cursor);
    if (active instanceof HTMLElement && active !== area) active.focus({ preventScroll: true });
    fit();
    markOnly([]);
  }

  // --- room

  function fit() {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  }

  area.addEventListener("input", () => !rewriting && changed());
  area.addEventListener("compositionstart", () => (composing = true));
  area.addEventListener("compositionend", () => {
    composing = false;
    changed();
  });
  area.addEventListener("blur", () => told < number && tell());
  area.addEventListener("scroll", () => (marks.scrollTop = area.scrollTop));
  const observer = new ResizeObserver(fit);
  observer.observe(root);

  update({ content: first });
  return {
    update,
    destroy() {
      clearTimeout(timer);
      observer.disconnect();
      root.replaceChildren();
    },
  };
}

const shown = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function build(root, name) {
  const parts = {
    label: element("label", { for: name }),
    hint: element("span", { class: "azl-editor-hint", id: `${name}-hint` }),
    marks: element("pre", { "aria-hidden": "true" }),
    area: element("textarea", {
      id: name, spellcheck: "false", autocapitalize: "off", autocomplete: "off", autocorrect: "off",
      "aria-describedby": `${name}-problems ${name}-hint`,
    }),
    problems: element("ul", { id: `${name}-problems`, "aria-live": "polite" }),
  };
  root.classList.add("azl-editor");
  root.replaceChildren(
    element("div", { class: "azl-editor-head" }, parts.label, parts.hint),
    element("div", { class: "azl-editor-field" }, parts.marks, parts.area),
    parts.problems,
  );
  return parts;
}
