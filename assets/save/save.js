// The dialog “Save…”: a picture or a film of what a player or a panel shows, at a chosen size, made here from what it has.

import { element } from "../player/dom.js";
import { makeDrawing } from "./drawing.js";
import { codecFor, film } from "./film.js";
import { gif } from "./gif.js";
import { png } from "./png.js";
import { schedule } from "./schedule.js";
import { makeStill, saidOfPanel } from "./still.js";
import { saidOf } from "./words.js";

const PRINT = 300; // pixels an inch of a picture

// width × height in pixels, and how many of them for each pixel of a page: what is larger has larger type, not more room.
const SIZES = {
  small: { title: "960 × 540", width: 960, height: 540, density: 1 },
  hd: { title: "1280 × 720", width: 1280, height: 720, density: 1 },
  full: { title: "1920 × 1080, Full HD", width: 1920, height: 1080, density: 1.5 },
  print: { title: "3840 × 2160, 4K and print", width: 3840, height: 2160, density: 3 },
  square: { title: "1080 × 1080, square", width: 1080, height: 1080, density: 1.5 },
  little: { title: "540 × 540, square", width: 540, height: 540, density: 0.75 },
};

const KINDS = {
  film: { title: "Film", ending: "mp4", sizes: ["full", "print", "square", "hd"], rates: [30, 60, 15], make: makeFilm, moves: true },
  gif: { title: "GIF", ending: "gif", sizes: ["small", "little", "hd", "square"], rates: [15, 10, 20, 25], make: makeGif, moves: true },
  png: { title: "PNG", ending: "png", sizes: ["print", "full", "square"], make: makePng },
  svg: { title: "SVG", ending: "svg", sizes: ["hd", "square"], make: makeSvg },
};
const SAYS = {
  gif: "An animation that plays wherever a picture is shown, without sound or pause.",
  png: `The moment that is shown, in pixels: 4K prints 33 cm wide at ${PRINT} an inch.`,
  svg: "The moment that is shown, in lines: sharp at any size, and to be changed in a drawing program. Pictures in 3-D stay pixels.",
};

/**
 * Of a player, whose element is `root`.
 * @param {HTMLElement} root
 * @param {Shown} shown
 */
export function savePlayer(root, { run, plotly, frame, theme, hidden, turned, clock, speed }) {
  const link = linkOf(run.header.about?.link ?? "");
  openSave(root, {
    kinds: ["film", "gif", "png", "svg"],
    curves: true,
    title: run.header.about?.title ?? "After Zero Loss",
    theme, frame, speed,
    frames: run.clock.frames,
    said: saidOf(run, link),
    draw: (look) => makeDrawing(run, plotly, root, { ...look, hidden, turned, clock, link }),
  });
}

/**
 * Of a panel, of whose moments `frame` is shown; `figureOf` and `over` are those of `makeStill`.
 */
export function savePanel(root, { panel, plotly, frame, theme, figureOf, over = null }) {
  const said = saidOfPanel(panel, root.dataset.seed, linkOf(root.dataset.link ?? ""));
  openSave(root, {
    kinds: ["png", "svg"],
    curves: false,
    title: panel.title || "After Zero Loss",
    theme, frame, speed: 1, frames: 1,
    said,
    draw: (look) => makeStill({ panel, said, figureOf, over }, plotly, root, look),
  });
}

function openSave(root, subject) {
  const parts = build(subject);
  const { dialog } = parts;
  let making = false;
  let stopped = false;
  let told = 0;

  const said = () => Object.fromEntries(new FormData(parts.form).entries());
  const kind = () => KINDS[String(said().kind)];
  const chosen = () => {
    const { width, height, density } = SIZES[parts.size.value];
    const { theme, curves, words } = said();
    return { width: width / density, height: height / density, density, theme: String(theme), curves: curves === "on", words: words === "on" };
  };

  function fill() {
    const { sizes, rates = [] } = kind();
    parts.size.replaceChildren(...sizes.map((name) => element("option", { value: name }, SIZES[name].title)));
    parts.rate.replaceChildren(...rates.map((rate) => element("option", { value: rate }, `${rate} a second`)));
    parts.rates.hidden = rates.length === 0;
    tell();
  }

  async function tell() {
    const now = kind();
    const turn = ++told;
    const size = SIZES[parts.size.value];
    const rate = Number(parts.rate.value);
    parts.curves.disabled = size.width === size.height;
    parts.save.disabled = true;
    const codec = now === KINDS.film ? await codecFor({ ...size, rate }) : null;
    if (turn !== told) return; // something else was chosen meanwhile
    parts.say.textContent = [SAYS[now.ending] ?? filmSays(codec), now.moves ? lasts() : ""].join(" ");
    parts.save.disabled = making || (now === KINDS.film && !codec);
  }

  function lasts() {
    const frames = schedule(subject.frames, Number(parts.rate.value), subject.speed).length;
    return `${frames.toLocaleString("en")} frames, ${(frames / Number(parts.rate.value)).toFixed(1)} s.`;
  }

  async function save() {
    const { make, ending } = kind();
    const look = chosen(); // before the fields are disabled, which then say nothing
    making = true;
    stopped = false;
    for (const field of parts.fields) field.disabled = true;
    parts.bar.hidden = false;
    parts.status.textContent = "Drawing …";
    dialog.dataset.state = "making";
    let drawing = null;
    try {
      drawing = await subject.draw(look);
      const rate = Number(parts.rate.value);
      const progress = async (share) => {
        parts.bar.value = share;
        parts.status.textContent = `Drawing … ${Math.round(100 * share)} %`;
        await new Promise((resolve) => setTimeout(resolve)); // a page that answers, and a button that stops
        return !stopped;
      };
      const { title, frame, frames, speed } = subject;
      const file = await make(drawing, { shown: schedule(frames, rate, speed), rate, frame, said: subject.said, title, progress });
      if (file) download(file, `${nameOf(title)}.${ending}`);
      parts.status.textContent = file ? `Saved: ${(file.size / 1e6).toFixed(1)} MB.` : "Stopped.";
    } catch (error) {
      console.error(error);
      parts.status.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      drawing?.destroy();
      making = false;
      dialog.dataset.state = "done";
      parts.bar.hidden = true;
      for (const field of parts.fields) field.disabled = false;
      tell();
    }
  }

  parts.form.addEventListener("change", ({ target }) => (/** @type {HTMLInputElement} */ (target).name === "kind" ? fill() : tell()));
  parts.form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  parts.close.addEventListener("click", () => (making ? (stopped = true) : dialog.close()));
  dialog.addEventListener("cancel", (event) => {
    if (!making) return;
    event.preventDefault();
    stopped = true;
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page's keys are not the dialog's
  fill();
  root.append(dialog);
  dialog.showModal();
}

// --- what is made: a Blob, or null when it was stopped

function makeFilm(drawing, { shown, rate, said, title, progress }) {
  return film(drawing, { shown, rate, tags: { title, comment: said.join("\n") }, progress });
}

function makeGif(drawing, { shown, rate, said, progress }) {
  return gif(drawing, { shown, rate, said: said.join("\n"), progress });
}

function makePng(drawing, { frame, said, title }) {
  return png(drawing.draw(frame), { texts: { Title: title, Description: said.join("\n"), Software: "After Zero Loss" }, resolution: PRINT });
}

function makeSvg(drawing, { frame, said }) {
  return new Blob([drawing.svg(frame, said.join("\n"))], { type: "image/svg+xml" });
}

function filmSays(codec) {
  if (codec) return `An MP4 with ${codec.name}, ${codec.kind === "avc" ? "which every program plays" : "which not every program plays: this browser has no H.264"}.`;
  if (!window.isSecureContext) return "Browsers encode films only on a page that came by https; a GIF can be made here.";
  if (typeof VideoEncoder === "undefined") return "This browser cannot encode films; a GIF it can.";
  return "This browser cannot encode a film of this size; try a smaller one, or a GIF.";
}

/** A link, or with "" the page's own: absolute where the page is the app's, or knows where the app is. */
function linkOf(link) {
  const known = document.querySelector("link[rel=canonical]");
  const page = (known instanceof HTMLLinkElement ? known.href : document.baseURI).replace("/~/+/", "/");
  if (!page.startsWith("http")) return link;
  return link ? new URL(link, page.split(/[?#]/)[0]).href : page;
}

const nameOf = (title) => title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "") || "picture";

function download(file, name) {
  const link = /** @type {HTMLAnchorElement} */ (element("a", { href: URL.createObjectURL(file), download: name }));
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- the dialog

function build({ theme, kinds, curves: withCurves }) {
  const radio = (name, value, text, checked) => element("label", { class: "azl-choice" }, element("input", { type: "radio", name, value, checked }), element("span", {}, text));
  const size = /** @type {HTMLSelectElement} */ (element("select", { name: "size" }));
  const rate = /** @type {HTMLSelectElement} */ (element("select", { name: "rate" }));
  const rates = element("label", {}, "Frames", rate);
  const box = (name, text, checked) => element("label", { class: "azl-check" }, element("input", { type: "checkbox", name, checked }), text);
  const curves = box("curves", "The curves beside the picture", withCurves);
  curves.hidden = !withCurves;
  const say = element("p", { class: "azl-say" });
  const status = element("p", { role: "status", class: "azl-say" });
  const bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "How much is drawn" });
  const save = element("button", { type: "submit", class: "azl-primary" }, "Save");
  const close = element("button", { type: "button" }, "Close");
  const choices = element("fieldset", {}, element("legend", {}, "As"), ...kinds.map((name, i) => radio("kind", name, KINDS[name].title, i === 0)));
  const themes = element("fieldset", {}, element("legend", {}, "Colours"), ...["light", "dark"].map((name) => radio("theme", name, name === "light" ? "Light" : "Dark", name === theme)));
  const form = /** @type {HTMLFormElement} */ (
    element(
      "form",
      {},
      element("h2", { id: "azl-save-title" }, kinds.includes("film") ? "Save a picture or a film" : "Save this picture"),
      choices,
      say,
      element("div", { class: "azl-pair" }, element("label", {}, "Size", size), rates),
      themes,
      curves,
      box("words", withCurves ? "Legend, time, caption and link" : "Title, caption and link", true),
      bar,
      status,
      element("div", { class: "azl-ends" }, save, close),
    )
  );
  const dialog = /** @type {HTMLDialogElement} */ (element("dialog", { class: "azl-save", "aria-labelledby": "azl-save-title" }, form));
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input, select")]);
  return { dialog, form, size, rate, rates, say, status, bar, save, close, curves: curves.querySelector("input"), fields };
}
