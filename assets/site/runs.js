// Runs by name: each is a script in the folder runs/, and names another one, with the still picture, which runs share.

import { bytesOf } from "../player/base64.js";

/**
 * What the player takes, and what the run says of itself.
 * @param {string} name
 * @returns {Promise<{blob: Uint8Array, header: {figure: any, about: About}, about: About}>}
 */
export async function runOf(name) {
  const { blob, about, figure } = await scriptOf(name);
  return { blob: bytesOf(blob), header: { figure: await scriptOf(figure), about: { ...about, link: placed(about.link) } }, about };
}

/** A panel that has been packed, as figures/panel.py writes it. */
export async function panelOf(name) {
  const packed = new Blob([bytesOf(await scriptOf(name))]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
}

/** What is saved of a page leads into the laboratory, if there is one, else to the page as it is; on a disk neither has an address. */
export function placed(link) {
  if (window.azl.laboratory) return window.azl.laboratory + link;
  return location.protocol.startsWith("http") ? location.href : link;
}

async function scriptOf(name) {
  const { azl } = window;
  if (!azl.here[name]) await load(new URL(`../runs/${name}.js`, azl.lab).href);
  return azl.here[name];
}

function load(address) {
  return new Promise((resolve, reject) => {
    const known = [...document.scripts].find(({ src }) => src === address);
    const script = known ?? document.createElement("script");
    script.addEventListener("load", () => resolve(script));
    script.addEventListener("error", () => reject(new Error("This run could not be loaded.")));
    if (known) return;
    script.src = address;
    document.head.append(script);
  });
}

/** @typedef {{seed: string, link: string, version: string}} About */

/** What the page's foot says of what is shown. */
export function sayAbout({ seed, link, version }) {
  document.getElementById("about").textContent = `Seed ${seed}, ${version}, link ${link}`;
}
