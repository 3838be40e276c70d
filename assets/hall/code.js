// A QR code of exactly what is shown: the page's address, for the phones of those who see the screen.

import { element } from "../player/dom.js";
import { readable, saysExactly } from "../player/address.js";
import { withLook } from "../player/look.js";

let entry = { preset: "", of: {} };

/**
 * The gallery's entry that is exactly what the address with the query `of` shows, or "": once the address is another, it is none.
 * @param {{preset: string, of: Record<string, string>}} told
 */
export const isEntry = (told) => void (entry = told);

/**
 * The address of what is shown, without what a host puts into it, and with how the first picture is looked at. A `short` one names an
 * entry of the gallery where that is what is shown.
 */
export function address(short = true) {
  const here = new URL(window.location.href.replace("/~/+/", "/"));
  if (short && entry.preset && saysExactly(here.search, entry.of)) here.search = `?preset=${entry.preset}`;
  const player = /** @type {any} */ (document.querySelector(".azl-player[data-key]"));
  const look = player?.azlLook?.();
  return readable(look && here.search ? withLook(here.href, look) : here.href);
}

let dialog = null;

/** The code of the app's server. */
export function showCode() {
  const link = address();
  const picture = element("img", { src: `./qr.svg?of=${encodeURIComponent(link)}`, alt: "QR code of this page", width: 240, height: 240 });
  picture.addEventListener("error", () => picture.replaceWith(element("p", {}, "This link is too long for a QR code: copy it instead.")));
  openCode(link, picture);
}

/**
 * Show a picture of the code and the address in it, or put both away again.
 * @param {string} link
 * @param {HTMLElement} picture
 */
export function openCode(link, picture) {
  if (dialog?.open) return dialog.close();
  dialog?.remove();
  const said = element("p", { class: "azl-address" }, link);
  const close = element("button", { type: "button", class: "azl-close" }, "Close");
  dialog = element("dialog", { class: "azl-large", "aria-label": "QR code of this page" }, picture, said, close);
  document.body.append(dialog);
  dialog.addEventListener("click", () => dialog.close());
  dialog.showModal();
}
