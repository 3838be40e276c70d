// “Share”: the link and its QR code, a frame for somebody's page at three levels, and how to cite.

import { element } from "../player/dom.js";
import { readable } from "../player/address.js";
import { address } from "./code.js";
import { copyText } from "./copy.js";

const PICTURES = new Set([null, "home", "simulator"]); // pages that are one picture, by the name in a link
const CONTROLS = { learning_rate: "learning rate", parameters: "parameters of the landscape", seed: "randomness" };
const LEVELS = { picture: "The picture", controls: "With controls", page: "The whole page" };
const SAYS = {
  picture: "The player alone, which fills its frame.",
  controls: "The player, and below it what may be changed:",
  page: "The page with all that it has.",
};
const SIZE = { picture: [800, 450], controls: [800, 500], page: [1280, 800] }; // pixels of a frame

/** @param {{citation: string}} told */
export function openShare({ citation }) {
  const link = address();
  const long = address(false);
  const pictured = PICTURES.has(new URL(long).searchParams.get("view"));
  const dialog = /** @type {HTMLDialogElement} */ (element("dialog", { class: "azl-keys azl-sharing", "aria-labelledby": "azl-sharing-title" }));
  const code = element("img", { src: `./qr.svg?of=${encodeURIComponent(link)}`, alt: "QR code of this page", width: 148, height: 148 });
  code.addEventListener("error", () => code.replaceWith(element("p", {}, "This link is too long for a QR code.")));

  const snippet = field("HTML of the frame", "");
  const says = element("p", { class: "azl-say" });
  const chosen = element("div", { class: "azl-checks" }, ...Object.entries(CONTROLS).map(([name, text]) => check(name, text)));
  const levels = Object.entries(LEVELS).filter(([name]) => pictured || name === "page");
  const radios = levels.map(([name, text], i) =>
    element("label", { class: "azl-choice" }, element("input", { type: "radio", name: "level", value: name, checked: i === 0 }), element("span", {}, text)),
  );
  const frame = /** @type {HTMLFormElement} */ (element("form", {}, element("fieldset", {}, ...radios), says, chosen, snippet.row));
  frame.addEventListener("submit", (event) => event.preventDefault());

  function tell() {
    const said = new FormData(frame);
    const level = String(said.get("level"));
    says.textContent = SAYS[level];
    chosen.hidden = level !== "controls";
    snippet.show(htmlOf(long, level, Object.keys(CONTROLS).filter((name) => said.get(name) === "on")));
  }
  frame.addEventListener("change", tell);
  tell();

  const close = element("button", { type: "button", class: "azl-close" }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.append(
    element("h2", { id: "azl-sharing-title" }, "Share"),
    element("div", { class: "azl-shown" }, element("div", {}, element("h3", {}, "Link"), field("Link", link).row, element("p", { class: "azl-say" }, "All that is chosen is in it; whoever opens it sees the same, path by path.")), code),
    element("h3", {}, "In a page or on slides"),
    frame,
    element("h3", {}, "To cite"),
    field("Citation", `${citation} ${link}`).row,
    close,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page's keys are not the dialog's
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * A frame for somebody's page. A page that is one picture gives that alone, or with controls; another is whole, without its heading.
 * @param {string} link
 * @param {string} level
 * @param {string[]} controls
 */
export function htmlOf(link, level, controls) {
  const url = new URL(link);
  const pictured = PICTURES.has(url.searchParams.get("view"));
  if (level !== "page" || !pictured) url.searchParams.set("embed", "true");
  if (level === "controls" && controls.length) url.searchParams.set("controls", controls.join(","));
  const [width, height] = SIZE[level];
  const address = readable(url.href).replaceAll("&", "&amp;");
  return `<iframe src="${address}" title="After Zero Loss" width="${width}" height="${height}" style="border: 0; max-width: 100%" allow="fullscreen" loading="lazy"></iframe>`;
}

const check = (name, text) => element("label", { class: "azl-check" }, element("input", { type: "checkbox", name, checked: true }), text);

// A text that can be read, selected and copied.
function field(name, text) {
  const input = /** @type {HTMLInputElement} */ (element("input", { readonly: true, value: text, "aria-label": name }));
  const copy = element("button", { type: "button", class: "azl-close", "aria-label": `Copy: ${name}` }, "Copy");
  const row = element("div", { class: "azl-field" }, input, copy);
  input.addEventListener("focus", () => input.select());
  copy.addEventListener("click", async () => {
    copy.textContent = (await copyText(input.value, row)) ? "Copied" : "Select it";
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  return { row, show: (value) => (input.value = value) };
}
