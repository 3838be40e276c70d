// The buttons that every page has: its link, the other ways to share it, the presenter's view.

import { button, element, icon } from "../player/dom.js";
import { address, isEntry } from "./code.js";
import { copyText } from "./copy.js";
import { present, presenting } from "./presenter.js";
import { openShare } from "./sharing.js";

export function mount(root, { share }) {
  let told = share;
  isEntry(told);
  const copy = element("button", { type: "button", class: "copy-link" }, "Copy link");
  const said = element("span", { role: "status", class: "unseen" });
  copy.addEventListener("click", async () => {
    const copied = await copyText(address(), root);
    copy.textContent = copied ? "Copied" : "Copy it from the address bar";
    said.textContent = copied ? "The link is in the clipboard." : "The browser does not allow copying.";
    setTimeout(() => {
      copy.textContent = "Copy link";
      said.textContent = "";
    }, 2000);
  });
  const others = button("Share: QR code, frame for a page, citation", icon("share"), { class: "copy-link azl-square", "aria-haspopup": "dialog" });
  others.addEventListener("click", () => openShare(told));
  const presenter = button("Presenter’s view (P)", icon("present"), { class: "copy-link azl-square azl-present" });
  presenter.addEventListener("click", () => present(!presenting()));
  root.replaceChildren(copy, said, others, presenter);
  return {
    update({ share: next }) {
      told = next;
      isEntry(told);
    },
    destroy: () => root.replaceChildren(),
  };
}
