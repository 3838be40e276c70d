// Runs by name: each is a script in the folder runs/, and names another one, with the still picture, which runs share.

/**
 * @param {string} name
 * @returns {Promise<{blob: Uint8Array, about: {seed: string, link: string, version: string}}>}
 */
export async function runOf(name) {
  const { blob, about, figure } = await scriptOf(name);
  const bytes = Uint8Array.from(atob(blob), (letter) => letter.charCodeAt(0));
  return { blob: await withHeader(bytes, { figure: await scriptOf(figure) }), about };
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

/**
 * The same run with marks on its picture: what somebody predicted.
 * @param {Uint8Array} blob
 * @param {any[]} marks
 */
export const marked = (blob, marks) => (marks.length ? withHeader(blob, { marks }) : blob);

/**
 * The bytes of a run with another header; see figures/blob.py for what they are.
 * @param {Uint8Array} blob
 * @param {Record<string, any>} changes
 */
async function withHeader(blob, changes) {
  const length = new DataView(blob.buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate"), blob.subarray(8, 8 + length))));
  const text = await through(new CompressionStream("deflate"), new TextEncoder().encode(JSON.stringify({ ...header, ...changes })));
  const body = blob.subarray(8 + length);
  const whole = new Uint8Array(8 + text.length + body.length);
  whole.set(blob.subarray(0, 4));
  new DataView(whole.buffer).setUint32(4, text.length, true);
  whole.set(text, 8);
  whole.set(body, 8 + text.length);
  return whole;
}

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** What the page's foot says of the run that is shown. */
export function sayAbout({ seed, link, version }) {
  document.getElementById("about").textContent = `Seed ${seed}, ${version}, link ${link}`;
}
