// The player on a page: the one that has begun before there was a page goes on where it is, else a new one is mounted.

import { mount as begin } from "../player/player.js";
import { claim, remember } from "./early.js";

const SETTLES = 2500; // milliseconds after which the page around it stands
const NEAR = 1; // pixel

export function mount(root, parts) {
  if (parts.group) return begin(root, parts);
  const early = claim();
  const here = early?.root ?? root;
  setTimeout(() => here.isConnected && remember(here), SETTLES);
  if (!early) return begin(root, parts);
  early.hear(parts.send);
  early.player.update({ blob: parts.blob });
  takeOver(root, early);
  return early.player;
}

// The page is built from the top: the player moves into it once its place is where it stands, so that nothing jumps.
function takeOver(root, { root: here, box }) {
  const until = performance.now() + SETTLES / 2;
  root.style.height = `${here.offsetHeight}px`;
  const look = () => {
    if (!box.isConnected) return; // the page has gone on to another one
    const [there, now] = [root, here].map((node) => node.getBoundingClientRect());
    const near = Math.abs(there.top - now.top) <= NEAR && Math.abs(there.left - now.left) <= NEAR;
    if (!near && performance.now() < until) {
      requestAnimationFrame(look);
      return;
    }
    here.className = `${root.className} ${here.className}`;
    root.replaceWith(here);
    box.remove();
  };
  look();
}
