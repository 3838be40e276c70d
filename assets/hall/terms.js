// Words of the field are explained where they stand: a link to the glossary shows its entry on hover, focus or tap.

import { element } from "../player/dom.js";

const LINK = /[?&]view=glossary(?:&|#|$)/;
const RESTS = 250; // milliseconds until a word that was left lets its explanation go

const asked = () => fetch(new URL("../glossary.json", import.meta.url)).then((reply) => reply.json());

/**
 * @param {() => Promise<Record<string, {title: string, symbol?: string, meaning: string}>>} load the words of the field, by name
 */
export function explainTerms(load = asked) {
  let entries = null; // by name, once they are here
  let shown = null; // the link that is explained
  let leaving = 0;
  const box = element("div", { class: "azl-term-box", role: "tooltip", id: "azl-term-box", hidden: true });

  const termOf = (target) => {
    const link = target instanceof Element ? target.closest("a[href*='view=glossary'][href*='term=']") : null;
    return link instanceof HTMLAnchorElement && LINK.test(link.href) ? link : null;
  };

  async function explain(link) {
    clearTimeout(leaving);
    if (shown === link) return;
    shown = link;
    entries ??= load();
    const entry = (await entries)[new URL(link.href).searchParams.get("term")];
    if (!entry || shown !== link) return;
    if (!box.isConnected) document.body.append(box);
    box.replaceChildren(element("b", {}, [entry.title, entry.symbol].filter(Boolean).join(", ")), element("span", {}, entry.meaning));
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    const { left, bottom, top } = link.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
    box.style.top = `${bottom + height + 12 < window.innerHeight ? bottom + 6 : top - height - 6}px`;
  }

  function leave() {
    clearTimeout(leaving);
    leaving = setTimeout(hide, RESTS);
  }

  function hide() {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    box.hidden = true;
  }

  for (const come of ["pointerover", "focusin"])
    document.addEventListener(come, ({ target }) => {
      const link = termOf(target);
      if (link) explain(link);
      else if (target instanceof Node && box.contains(target)) clearTimeout(leaving);
      else if (shown) leave();
    });
  document.addEventListener("focusout", ({ target }) => termOf(target) && leave());
  // A finger cannot hover: its first tap explains, a second one goes to the glossary.
  document.addEventListener(
    "click",
    (event) => {
      const link = termOf(event.target);
      if (!link || !matchMedia("(hover: none)").matches) return;
      if (shown !== link || box.hidden) {
        event.preventDefault();
        event.stopPropagation();
        explain(link);
      }
    },
    true,
  );
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, true);
}
