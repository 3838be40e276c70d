// The numbers beside the picture: Σ in the frame of H by blocks, the sliders that change it, and the formula with its values.

import { button, element } from "../player/dom.js";
import { PARTS, inFrame, length, roundDown } from "./linear.js";

const WIDE = 18; // characters of a formula that has a line of its own
const MANY = 6; // dimensions whose matrix is still written out

const half = "<mfrac><mn>1</mn><mn>2</mn></mfrac>";
const inverse = "<msup><mi>H</mi><mo>†</mo></msup>";
const block = (mark) => `<msub><mi mathvariant="normal">Σ</mi><mo>${mark}</mo></msub>`;
const bracketed = (inner) => `<mo stretchy="false">[</mo>${inner}<mo stretchy="false">]</mo>`;
const FORMULAS = {
  tangent: `<mo form="prefix">−</mo>${half}${inverse}<mi>T</mi>${bracketed(block("∥"))}`,
  mixed: `<mo form="prefix">−</mo><mi>P</mi><mi>T</mi>${bracketed(inverse + block("⊥∥"))}`,
  normal: `<mo form="prefix">−</mo>${half}<mi>P</mi><mi>T</mi>${bracketed(`<msup><mi mathvariant="normal">ℒ</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup>${block("⊥")}`)}`,
};
const TITLES = { tangent: "Tangent-noise compensation", mixed: "Mixed regularization", normal: "Normal regularization" };
const SNAPS = { isotropic: "Isotropic", label: "Label noise", tangent: "Tangent only", normal: "Normal only" };

const HANDLING = {
  plane: "Drag the point along Γ and the axes of the ellipse, or press the arrow keys.",
  curve: "Drag the point along Γ, or press the arrow keys.",
  surface: "Click on Γ, or press the arrow keys.",
};

// hands: {toggle(part), deviation(axis, value), coupling(value), done(), snap(kind)}; terms: the parts of the drift, SGD's if there are none
export function makeNumbers(root, hands, { terms = null, diffuses = true, free = true, remark = "" } = {}) {
  const parts = terms ?? PARTS.map((name) => ({ name, title: TITLES[name] }));
  const rows = Object.fromEntries(parts.map((part) => [part.name, rowOf(part, () => hands.toggle(part.name))]));
  const total = element("span", { class: "azl-vector" });
  const size = element("span", { class: "azl-size" });
  const formula = element(
    "div",
    { class: "azl-terms" },
    ...parts.flatMap(({ name }) => rows[name].nodes),
    element("span", { class: "azl-total-name" }, "Drift, per unit of slow time"),
    element("span", { class: "azl-total" }, total, size),
  );
  const matrix = element("table", { class: "azl-matrix" });
  const point = element("span", { class: "azl-where" });
  const snaps = element("div", { class: "azl-snaps", role: "group", "aria-label": "Covariance" });
  for (const [kind, title] of Object.entries(SNAPS)) {
    const node = button(`Σ: ${title}`, title, { class: "azl-snap", "data-snap": kind });
    node.addEventListener("click", () => hands.snap(kind));
    snaps.append(node);
  }
  const sliders = element("div", { class: "azl-sliders" });
  let fields = [];

  const needed = `Switch a part off: the run below shows whether ${terms ? "the optimizer" : "SGD"} needs it.`;
  const hint = element("p", { class: "azl-hint" }, [remark, diffuses ? needed : ""].filter(Boolean).join(" "));
  const everywhere = element("p", { class: "azl-hint" }, "Tangent only, normal only and what you drag keep their matrix along Γ.");
  const handling = element("p", { class: "azl-hint" });
  const turned = free ? [snaps, sliders, everywhere] : [];
  const about = diffuses ? [element("h2", {}, "Covariance Σ in the frame of H"), matrix, ...turned] : [];
  root.replaceChildren(point, handling, formula, hint, ...about);

  function show({ site, axes, covariance, drift, total: sum, on, variables, label, curve, dragging }) {
    say(handling, HANDLING[!curve ? "surface" : free && axes.directions.length === 2 ? "plane" : "curve"]);
    say(point, `At (${variables.join(", ")}) = ${written(site.point)}`);
    parts.forEach(({ name }, i) => {
      const { toggle, vector } = rows[name];
      toggle.setAttribute("aria-pressed", on.has(name));
      say(vector, written(drift[i]));
      vector.dataset.value = JSON.stringify(drift[i]);
    });
    say(total, written(sum));
    total.dataset.value = JSON.stringify(sum);
    say(size, `‖·‖ = ${shortly(length(sum))}`);
    snaps.querySelector("[data-snap=label]").hidden = !label;
    const frame = [...site.normals, ...site.tangents];
    const entries = inFrame(covariance, frame);
    const names = [...named(site.normals, "n"), ...named(site.tangents, "t")];
    if (frame.length <= MANY) showMatrix(matrix, names, entries, site);
    matrix.hidden = frame.length > MANY;
    showSliders(names, entries, site, dragging);
  }

  function showSliders(names, entries, site, dragging) {
    if (fields.length !== names.length + 1) {
      fields = [...names.map((_, k) => slider(0, (value) => hands.deviation(k, value))), slider(-1, hands.coupling, 1)];
      sliders.replaceChildren(...fields.map(({ row }) => row));
    }
    const rounding = 1e-12 * entries.reduce((sum, row, k) => sum + row[k], 0);
    const deviations = entries.map((row, k) => (row[k] > rounding ? Math.sqrt(row[k]) : 0));
    const top = 5 * roundDown(Math.max(...deviations) || 1);
    names.forEach((name, k) => {
      const { input } = fields[k];
      if (!dragging && !input.matches(":active")) {
        input.max = top;
        input.step = top / 200;
      }
      set(fields[k], `σ along ${name}`, deviations[k]);
    });
    const [normal, tangent] = [0, site.normals.length];
    const product = deviations[normal] * deviations[tangent];
    set(fields.at(-1), `correlation of ${names[normal]} and ${names[tangent]}`, product > 0 ? entries[normal][tangent] / product : 0);
    fields.at(-1).input.disabled = product === 0;
  }

  function slider(low, change, high) {
    const input = element("input", { type: "range", class: "azl-scrub", min: low, max: high ?? 1, step: high ? 0.01 : 0.001 });
    const name = element("span");
    const value = element("span", { class: "azl-value" });
    input.addEventListener("input", () => change(Number(input.value)));
    input.addEventListener("change", hands.done);
    return { input, name, value, row: element("label", { class: "azl-slider" }, name, input, value) };
  }

  function set({ input, name, value }, words, number) {
    say(name, words);
    if (value.textContent === shortly(number)) return;
    say(value, shortly(number));
    if (!input.matches(":active")) input.value = number;
    const [low, high] = [Number(input.min), Number(input.max)];
    input.style.setProperty("--azl-done", `${(100 * (number - low)) / (high - low)}%`);
  }

  return { show };
}

function rowOf({ name: part, title, text = "" }, toggle) {
  const node = button(part === "own" ? title : `${title}: on or off`, "", { class: "azl-chip", "data-part": part });
  node.disabled = part === "own"; // what is the optimizer's own is always on
  const mark = `<svg viewBox="0 0 40 12" aria-hidden="true"><path class="azl-arrow azl-${part}" d="M1,6H30"/><path class="azl-head azl-${part}" d="M39,6L28,1V11Z"/></svg>`;
  node.innerHTML = `${mark}<span>${title}</span>`;
  node.addEventListener("click", toggle);
  const math = element("span", { class: text.length > WIDE ? "azl-term azl-wide" : "azl-term" });
  if (text) math.textContent = `${text} =`;
  else math.innerHTML = `<math>${FORMULAS[part]}<mo>=</mo></math>`;
  const vector = element("span", { class: "azl-vector", "data-part": part });
  return { toggle: node, vector, nodes: [node, math, vector] };
}

function showMatrix(table, names, entries, site) {
  const normals = site.normals.length;
  const kind = (i, j) => (i < normals && j < normals ? "normal" : i >= normals && j >= normals ? "tangent" : "mixed");
  if (table.dataset.names !== names.join()) {
    table.dataset.names = names.join();
    table.style.setProperty("--azl-size", names.length);
    const head = element("tr", {}, element("td"), ...names.map((name) => element("th", { scope: "col" }, name)), element("th", { scope: "col" }, "λ of H"));
    const rows = names.map((name, i) =>
      element("tr", {}, element("th", { scope: "row" }, name), ...names.map((_, j) => element("td", { class: `azl-block-${kind(i, j)}` })), element("td", { class: "azl-eigenvalue" })),
    );
    const key = [["normal", "Σ⊥"], ["mixed", "Σ⊥∥"], ["tangent", "Σ∥"]].map(([part, words]) => element("span", { class: `azl-block-${part}` }, words));
    table.replaceChildren(element("caption", {}, ...key), head, ...rows);
  }
  entries.forEach((row, i) => {
    const cells = table.rows[i + 1].cells;
    row.forEach((entry, j) => say(cells[j + 1], shortly(entry)));
    say(cells[names.length + 1], i < normals ? shortly(site.eigenvalues[i]) : "0");
  });
}

const named = (vectors, name) => vectors.map((_, k) => (vectors.length > 1 ? `${name}${"₁₂₃₄₅₆₇₈₉"[k] ?? k + 1}` : name));

const written = (vector) => `(${vector.map(shortly).join(", ")})`;

// What already says so need not be laid out again.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Three digits, and 0 for what is rounding.
function shortly(value) {
  if (Math.abs(value) < 5e-10) return "0";
  const text = Math.abs(value) >= 0.001 && Math.abs(value) < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
  return text.replaceAll("-", "−");
}
