// On a projector everything is drawn larger: type, lines and marks go with the font size of the element that holds them.

const NORMAL = 16; // pixels of a font, on a desk

/**
 * How much larger than on a desk; an element that has left the page has no font any more, and 1 for an answer.
 * @param {Element} node
 */
export const scaleOf = (node) => (parseFloat(getComputedStyle(node).fontSize) || NORMAL) / NORMAL;

/**
 * A part of a Plotly figure with its type, lines, marks and margins so much larger.
 * @template T
 * @param {T} value
 * @param {number} scale
 * @returns {T}
 */
export function enlarged(value, scale, key = "") {
  if (scale === 1 || value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return /** @type {T} */ (value.map((each) => (typeof each === "object" ? enlarged(each, scale, key) : each)));
  const names = NAMES.find(([pattern]) => pattern.test(key))?.[1] ?? [];
  return /** @type {T} */ (
    Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        if (names.includes(name)) return [name, Array.isArray(each) ? each.map((one) => one * scale) : typeof each === "number" ? each * scale : each];
        return [name, KEPT.has(name) ? each : enlarged(each, scale, name)];
      }),
    )
  );
}

/** @type {[RegExp, string[]][]} */
const NAMES = [
  [/font$/, ["size"]],
  [/^marker$/, ["size"]],
  [/^line$/, ["width"]],
  [/^error_[xy]$/, ["thickness", "width"]],
  [/^margin$/, ["l", "r", "t", "b"]],
  [/^title$/, ["standoff"]],
  [/^colorbar$/, ["thickness"]],
];
const KEPT = new Set(["x", "y", "z", "i", "j", "k", "value", "customdata", "text", "meta"]);
