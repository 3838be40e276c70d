// A picture on a page: told where its bytes are, it fetches and shows them. One that has begun before there was a page goes on.

import { bytesAt, claim, contentOf, standsStill } from "./early.js";
import { bytesOf } from "../player/base64.js";
import { stands } from "./places.js";
import { presenting } from "./presenter.js";

const SETTLES = 1250; // milliseconds after the end of its run in which a page takes its shape
const NEAR = 1; // pixel

/**
 * @param {HTMLElement} root
 * @param {{ data: { key: string, address: string, seed: number, bytes?: string }, say: (name: string, value: any) => void }} here
 * @param {{ name: string, raw: boolean, spatial: boolean, module: any, library: any }} how
 */
export function show(root, here, { name, raw, spatial, module, library }) {
  if (spatial) library.expectSpatial();
  const { key } = here.data;
  const send = (said, value) => here.say(said, value);
  const early = claim(key);
  let mounted = early?.player;
  let shown = early?.address; // what is there
  let wanted = null; // what shall be
  let gone = false;
  if (early) {
    early.hear(send);
    takeOver(root, early);
  }

  /** @param {{ address: string, seed: number, bytes?: string }} data */
  async function update({ address, seed, bytes }) {
    stands(key, early?.root ?? root);
    (early?.root ?? root).dataset.seed = String(seed);
    wanted = new URL(address, document.baseURI).href;
    if (wanted === shown) return;
    const now = wanted;
    try {
      const content = { [name]: contentOf(bytes === undefined ? await bytesAt(now) : bytesOf(bytes), raw) };
      if (gone || now !== wanted || now === shown) return;
      shown = now;
      if (mounted) mounted.update(content);
      else mounted = module.mount(root, { ...content, send, plotly: library.plotly, group: root.dataset.group });
    } catch (error) {
      if (bytes !== undefined) throw error;
      if (!gone && now === wanted) send("missing", now); // the page sends the bytes themselves
    }
  }
  update(here.data);

  return {
    update,
    destroy() {
      gone = true;
      mounted?.destroy();
    },
  };
}

// The page is built from the top: the picture moves into it once its place is where it stands, so that nothing jumps, and not
// while it is held by a hand.
function takeOver(root, { root: here, box }) {
  let until = Infinity; // then it moves even if its place is another one
  root.style.height = `${here.offsetHeight}px`;
  const look = () => {
    if (!box.isConnected) return; // the page has gone on to another one
    const [there, now] = [root, here].map((node) => node.getBoundingClientRect());
    const near = Math.abs(there.top - now.top) <= NEAR && Math.abs(there.left - now.left) <= NEAR;
    if (until === Infinity && standsStill()) until = performance.now() + SETTLES;
    if ((!near && !presenting() && performance.now() < until) || here.matches(":active")) {
      requestAnimationFrame(look);
      return;
    }
    here.className = `${root.className} ${here.className}`;
    root.replaceWith(here);
    box.remove();
  };
  look();
}
