// The player on a page: the one that has begun before there was a page goes on where it is, else a new one is mounted.

import { mount as begin } from "../player/player.js";
import { claim, remember } from "./early.js";

const SETTLES = 2000; // milliseconds after which the page around it stands

export function mount(root, parts) {
  if (parts.group) return begin(root, parts);
  const early = claim();
  const here = early?.root ?? root;
  setTimeout(() => here.isConnected && remember(here), SETTLES);
  if (!early) return begin(root, parts);
  here.className = `${root.className} ${here.className}`;
  root.replaceWith(here);
  early.box.remove();
  early.hear(parts.send);
  early.player.update({ blob: parts.blob });
  return early.player;
}
