// Runs by name: each is a script in the folder runs/, and names another one, with the still picture, which runs share.

import { bytesOf } from "../player/base64.js";

/**
 * What the player takes, and what the run says of itself.
 * @param {string} name
 * @returns {Promise<{blob: Uint8Array, header: {figure: any}, about: {seed: string, link: string, version: string}}>}
 */
export async function runOf(name) {
  const { blob, about, figure } = await scriptOf(name);
  return { blob: bytesOf(blob), header: { figure: await scriptOf(figure) }, about };
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

/** What the page's foot says of the run that is shown. */
export function sayAbout({ seed, link, version }) {
  document.getElementById("about").textContent = `Seed ${seed}, ${version}, link ${link}`;
}
