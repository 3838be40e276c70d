// The page's keys, and the list of all of them, which the question mark opens. A field for text keeps its keys.

import { element } from "../player/dom.js";
import { present, presenting } from "./presenter.js";

const OTHERS = [
  ["Space", "play or pause the picture"],
  ["← →", "a frame back, a frame on"],
  ["Home End", "the first frame, the last"],
  ["PageDown", "a lecture’s next step, or its answer; a clicker’s key too"],
  ["PageUp", "a lecture’s step before"],
  ["?", "this list"],
  ["Esc", "leave the presenter’s view, or close what lies over the page"],
];

/**
 * @param {{key: string, does: string, act: () => void}[]} keys
 */
export function listen(keys) {
  const rows = [...keys.map(({ key, does }) => [key.toUpperCase(), does]), ...OTHERS];
  const close = element("button", { type: "button", class: "azl-close" }, "Close");
  const list = element(
    "dialog",
    { class: "azl-keys", "aria-labelledby": "azl-keys-title" },
    element("h2", { id: "azl-keys-title" }, "Keys"),
    element("dl", {}, ...rows.flatMap(([key, does]) => [element("dt", {}, ...key.split(" ").map((one) => element("kbd", {}, one))), element("dd", {}, does)])),
    close,
  );
  close.addEventListener("click", () => list.close());
  document.addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || writes(target)) return;
    if (event.key === "?") {
      if (!list.isConnected) document.body.append(list);
      if (list.open) list.close();
      else list.showModal();
    } else if (event.key === "Escape" && presenting() && !document.querySelector("dialog[open]")) {
      present(false);
    } else {
      const found = keys.find(({ key }) => key === event.key.toLowerCase());
      if (!found) return;
      found.act();
    }
    event.preventDefault();
  });
}

const writes = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, [role=combobox], input:not([type=range], [type=radio], [type=checkbox], [type=button])"));
