// The few alternatives that were computed: one choice a control. What is chosen stands in the address.

import { element } from "../player/dom.js";

/**
 * @param {HTMLElement} root
 * @param {{controls: any[], links: Record<string, string>, laboratory: string}} given
 * @param {(chosen: string) => void} show
 */
export function choose(root, { controls, links, laboratory }, show) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const open = /** @type {HTMLAnchorElement | null} */ (document.getElementById("laboratory"));
  const first = controls.map(({ chosen }) => chosen).join("|");
  const sets = controls
    .filter(({ options }) => options.length > 1)
    .map(({ name, title, options, chosen }) => {
      const now = options.some(([value]) => value === asked.get(name)) ? asked.get(name) : chosen;
      const choices = options.map(([value, words]) =>
        element("label", {}, element("input", { type: "radio", name, value, checked: value === now }), element("span", {}, words)),
      );
      return element("fieldset", { class: "site-choice" }, element("legend", {}, title), ...choices);
    });
  root.replaceChildren(...sets);

  const chosen = () => controls.map(({ name, chosen }) => valueOf(root, name) ?? chosen).join("|");
  function changed() {
    const now = chosen();
    const said = new URLSearchParams(controls.map(({ name }, i) => [name, now.split("|")[i]]));
    history.replaceState(null, "", now === first ? location.pathname + location.search : `#${said}`);
    if (open && laboratory) open.href = laboratory + links[now];
    show(now);
  }
  root.addEventListener("change", changed);
  if (chosen() !== first) changed();
}

const valueOf = (root, name) => /** @type {HTMLInputElement} */ (root.querySelector(`input[name="${name}"]:checked`))?.value;
