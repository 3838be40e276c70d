// Streamlit names a field after its label as it is written, in Markdown: whoever hears the name shall not hear the asterisks.

const WRITTEN = /[*_`]/g;

export function speakNames() {
  const clean = (node) => {
    const name = node.getAttribute("aria-label");
    if (name && /\*\S/.test(name)) node.setAttribute("aria-label", name.replaceAll(WRITTEN, ""));
  };
  const all = (node) => node instanceof Element && [node, ...node.querySelectorAll("[aria-label]")].forEach(clean);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "attributes") clean(target);
      else addedNodes.forEach(all);
    }
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
}
