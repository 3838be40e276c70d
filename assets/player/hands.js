// What buttons, slider and keys of the player do.

import { listenToKeys } from "./keyboard.js";

// `chosen` hears what concerns more than time: speed(value) and clock(name). Returns what undoes the keys.
export function listenToHands(root, parts, transport, chosen) {
  const { frame, stop, turn } = transport;
  const back = () => stop(frame() - 1);
  const forward = () => stop(frame() + 1);
  parts.play.addEventListener("click", turn);
  parts.speed.addEventListener("change", () => chosen.speed(parts.speed.value));
  parts.back.addEventListener("click", back);
  parts.forward.addEventListener("click", forward);
  parts.scrub.addEventListener("input", () => stop(Number(parts.scrub.value)));
  parts.clocks.addEventListener("click", ({ target: { dataset } }) => dataset.clock && chosen.clock(dataset.clock));
  parts.badge.addEventListener("click", () => {
    const folded = parts.badge.getAttribute("aria-expanded") === "true";
    parts.badge.setAttribute("aria-expanded", String(!folded));
  });
  parts.expand.hidden = !document.fullscreenEnabled;
  parts.expand.addEventListener("click", () =>
    document.fullscreenElement === root ? document.exitFullscreen() : root.requestFullscreen(),
  );
  return listenToKeys(root, {
    Space: turn,
    ArrowLeft: back,
    ArrowRight: forward,
    Home: () => stop(0),
    End: () => stop(Infinity),
  });
}
