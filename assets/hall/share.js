// The buttons that every page has: its link, its QR code, the presenter's view. Copying works over plain http too, where browsers offer
// no clipboard.

import { button, element, icon } from "../player/dom.js";
import { address, showCode } from "./code.js";
import { present, presenting } from "./presenter.js";

export function mount(root) {
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
  const code = button("QR code (Q)", icon("code"), { class: "copy-link azl-square" });
  code.addEventListener("click", showCode);
  const presenter = button("Presenter’s view (P)", icon("present"), { class: "copy-link azl-square azl-present" });
  presenter.addEventListener("click", () => present(!presenting()));
  root.replaceChildren(copy, said, code, presenter);
  return { update: () => {}, destroy: () => root.replaceChildren() };
}

async function copyText(text, parent) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* not allowed in this frame: try the older way */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  parent.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
