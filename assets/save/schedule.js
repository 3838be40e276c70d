// Which recorded frame each frame of a film shows.

import { rateOf } from "../player/transport.js";

/**
 * The first is the first and the last is the last; in between the film takes as long as the player does at this speed.
 * @param {number} frames recorded ones
 * @param {number} rate frames of the film a second
 * @param {number} speed
 * @returns {number[]}
 */
export function schedule(frames, rate, speed) {
  const count = Math.max(2, Math.round((frames / (rateOf(frames) * speed)) * rate));
  return Array.from({ length: count }, (_, i) => Math.round((i * (frames - 1)) / (count - 1)));
}
