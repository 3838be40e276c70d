// A QR code of the page, drawn here: there is no server to ask.

import { openCode } from "../hall/code.js";
import { element } from "../player/dom.js";
import { correction, generate, mode } from "./lean-qr/lean-qr.js";

const MARGIN = 4; // modules around a code, which cameras need

export function showCode() {
  const link = location.href;
  openCode(link, link.startsWith("http") ? picture(link) : element("p", {}, "These files are on a disk, where no phone finds them. On a web server this is a QR code."));
}

function picture(link) {
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { role: "img", "aria-label": "QR code of this page" }));
  try {
    const code = generate(link, { minCorrectionLevel: correction.M, modes: [mode.ascii] }); // an address has no other letters
    code.toCanvas(canvas, { on: [0, 0, 0, 255], off: [255, 255, 255, 255], padX: MARGIN, padY: MARGIN });
    return canvas;
  } catch {
    return element("p", {}, "This address is too long for a QR code.");
  }
}
