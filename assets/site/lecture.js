// A lecture by itself: a step at a time; a question is answered before its picture answers.
//
// `lecture` is {steps}; a step is {title, notes, part, whole, questions, box, origin, truth}: `part` and `whole` name the run up to the
// question and as a whole, "" where there is none; `questions` are those of ask.js by "ask" and "seen", with the solution and the sketch
// in them; `origin` is where an arrow begins, and `truth` the mark of what came of it.

import { mount as ask } from "../ask/ask.js";
import { lecture as tellNotes } from "../hall/notes.js";
import { mount as mountPlayer } from "../player/player.js";
import { runOf, sayAbout } from "./runs.js";

const REACH = 0.28; // an arrow's length, in widths of the box, as figures/prediction.py has it
const SKIPPED = Symbol("shown without an answer");

export function openLecture({ steps }, { plotly }) {
  const sections = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".step")]);
  const root = document.getElementById("lecture-picture");
  const back = /** @type {HTMLButtonElement} */ (document.getElementById("back"));
  const next = /** @type {HTMLButtonElement} */ (document.getElementById("next"));
  const skip = /** @type {HTMLButtonElement} */ (document.getElementById("skip"));
  const said = steps.map(() => ({})); // by step and by part, what was answered
  const asked = steps.map(() => ({})); // the questions on the page
  let now = 0;
  let player = null;
  let turn = 0;
  const speaker = tellNotes(
    () => ({ place: `Step ${now + 1} of ${steps.length}`, title: steps[now].title, notes: steps[now].notes, following: steps[now + 1]?.title ?? "" }),
    (name) => ({ back, next })[name],
  );

  const predicting = (i) => Boolean(steps[i].questions.ask) && said[i].ask === undefined;
  const onPicture = (i) => ["mark", "arrow"].includes(steps[i].questions.ask?.kind);

  function show(i) {
    now = i;
    speaker.tell();
    sections.forEach((section, k) => (section.hidden = k !== i));
    const waits = predicting(i);
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (sections[i].querySelectorAll("[data-after]"))) part.hidden = waits;
    back.disabled = i === 0;
    next.disabled = waits || i === steps.length - 1;
    skip.hidden = !waits;
    document.body.classList.toggle("with-curves", Boolean(steps[i].questions.seen));
    for (const [part, question] of Object.entries(steps[i].questions)) {
      if (part === "seen" && waits) continue;
      const content = { question: told(i, part, question) };
      if (asked[i][part]) asked[i][part].update(content);
      else {
        const place = /** @type {HTMLElement} */ (sections[i].querySelector(`[data-question="${part}"]`));
        asked[i][part] = ask(place, { ...content, send: (_, { answer }) => give(i, part, answer) });
      }
    }
    play(i).catch((error) => {
      console.error(error);
      root.hidden = true;
    });
  }

  function told(i, part, question) {
    const answer = said[i][part];
    const open = answer === undefined;
    const { solution, sketch, ...rest } = question;
    const shown = { ...rest, name: `${i}.${part}`, open, said: open || answer === SKIPPED ? null : answer, watching: false, counts: null, of: 0 };
    if (!open) shown.solution = solution;
    if (sketch) shown.sketch = open ? { ...sketch, truth: undefined } : sketch;
    return shown;
  }

  function give(i, part, answer) {
    if (said[i][part] !== undefined || (part === "ask" && onPicture(i) && answer !== SKIPPED && !within(steps[i].box, answer))) return;
    said[i][part] = answer;
    show(i);
  }

  async function play(i) {
    const { part, whole } = steps[i];
    const name = predicting(i) ? part : whole;
    root.hidden = !name;
    document.body.classList.toggle("without-picture", !name);
    if (!name) return;
    const mine = ++turn;
    const { blob, header, about } = await runOf(name);
    if (mine !== turn) return;
    sayAbout(about);
    const shown = { blob, header: { ...header, marks: marks(i) } };
    if (player) player.update(shown);
    else player = mountPlayer(root, { ...shown, plotly, group: "", send: pointed });
  }

  function pointed(name, point) {
    if (name === "start" && predicting(now) && onPicture(now)) give(now, "ask", point);
  }

  function marks(i) {
    if (!onPicture(i)) return [];
    const { questions, box, origin, truth } = steps[i];
    const answer = said[i].ask;
    const own = answer === undefined || answer === SKIPPED ? [] : [answer];
    if (questions.ask.kind === "mark") return own.map((at) => ({ at, origin: null, who: "own" }));
    if (answer === undefined) return [{ at: origin, origin: null, who: "truth" }];
    return [...(truth ? [truth] : []), ...own.map((to) => ({ at: arrow(origin, to, box), origin, who: "own" }))];
  }

  const go = (i) => {
    const to = Math.max(0, Math.min(steps.length - 1, i));
    location.hash = `step-${to + 1}`;
    if (to !== now) show(to); // at once: the next key may come before the browser tells of its new address
  };
  const asks = () => Math.max(0, Math.min(steps.length, Number(location.hash.replace("#step-", "")) || 1) - 1);
  back.addEventListener("click", () => go(now - 1));
  next.addEventListener("click", () => go(now + 1));
  skip.addEventListener("click", () => give(now, "ask", SKIPPED));
  window.addEventListener("hashchange", () => {
    if (asks() !== now) show(asks());
    window.scrollTo(0, 0);
  });
  document.addEventListener("keydown", ({ key, defaultPrevented }) => {
    if (defaultPrevented) return;
    if (key === "PageDown") next.click();
    if (key === "PageUp") back.click();
  });
  show(asks());
}

const within = (box, point) => point.every((value, i) => Number.isFinite(value) && value >= box[i][0] && value <= box[i][1]);

function arrow(origin, to, box) {
  const way = [to[0] - origin[0], to[1] - origin[1]];
  const length = Math.hypot(...way);
  const reach = REACH * Math.min(...box.map(([low, high]) => high - low));
  return origin.map((from, i) => from + (length ? (way[i] * reach) / length : 0));
}
