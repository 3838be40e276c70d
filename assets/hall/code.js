// A QR code of exactly what is shown: the page's address, for the phones of those who see the screen.

import { element } from "../player/dom.js";
import { withLook } from "../player/look.js";

/** The address of what is shown, without what a host puts into it, and with how the first picture is looked at. */
export function address() {
  const shown = window.location.href.replace("/~/+/", "/");
  const player = /** @type {any} */ (document.querySelector(".azl-player[data-key]"));
  const look = player?.azlLook?.();
  return look && window.location.search ? withLook(shown, look) : shown;
}

let dialog = null;

export function showCode() {
  if (dialog?.open) return dialog.close();
  dialog?.remove();
  const link = address();
  const said = element("p", { class: "azl-address" }, link);
  const picture = element("img", { src: `./qr.svg?of=${encodeURIComponent(link)}`, alt: "QR code of this page", width: 240, height: 240 });
  picture.addEventListener("error", () => picture.replaceWith(element("p", {}, "This link is too long for a QR code: copy it instead.")));
  const close = element("button", { type: "button", class: "azl-close" }, "Close");
  dialog = element("dialog", { class: "azl-large", "aria-label": "QR code of this page" }, picture, said, close);
  document.body.append(dialog);
  dialog.addEventListener("click", () => dialog.close());
  dialog.showModal();
}
