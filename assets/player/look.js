// How a picture is looked at, as an address says it: the moment at which it rests, what is hidden, from where a space is seen.
// The page's own part of the address says what is shown; it does not know of these.

import { readable } from "./address.js";

const NAMES = ["at", "hide", "eye"];

/**
 * What an address asks for.
 * @param {string} search
 */
export function askedBy(search) {
  const query = new URLSearchParams(search);
  const at = Number.parseFloat(query.get("at") ?? "");
  const eye = (query.get("eye") ?? "").split(",").map(Number);
  return {
    at: Number.isFinite(at) ? at : null,
    hidden: (query.get("hide") ?? "").split(",").filter(Boolean),
    eye: eye.length === 3 && eye.every(Number.isFinite) && eye.some(Boolean) ? { x: eye[0], y: eye[1], z: eye[2] } : null,
  };
}

/**
 * The address with this look instead of the one it has; as it is, if neither says anything.
 * @param {string} address
 * @param {{at: number | null, hidden: string[], eye: {x: number, y: number, z: number} | null}} look
 */
export function withLook(address, { at, hidden, eye }) {
  const url = new URL(address);
  const before = NAMES.some((name) => url.searchParams.has(name));
  for (const name of NAMES) url.searchParams.delete(name);
  if (at !== null) url.searchParams.set("at", String(Number(at.toPrecision(5))));
  if (hidden.length) url.searchParams.set("hide", hidden.join());
  if (eye) url.searchParams.set("eye", [eye.x, eye.y, eye.z].map((value) => value.toFixed(3)).join());
  const says = NAMES.some((name) => url.searchParams.has(name));
  return before || says ? readable(url.href) : address;
}
