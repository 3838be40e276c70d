"""A button that copies the address of the page. It works over plain http too, where browsers offer no clipboard."""

import streamlit as st

_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.onclick = async () => {
    const link = window.location.href.replace("/~/+/", "/");
    const copied = await copy(link, parentElement);
    button.textContent = copied ? "Copied" : "Copy it from the address bar";
    said.textContent = copied ? "The link is in the clipboard." : "The browser does not allow copying.";
    setTimeout(() => { button.textContent = "Copy link"; said.textContent = ""; }, 2000);
  };
}

async function copy(text, parent) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* not allowed in this frame: try the older way */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  parent.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
"""

_component = st.components.v2.component(
    "after_zero_loss.copy_link",
    html='<button type="button" class="copy-link">Copy link</button><span role="status" class="unseen"></span>',
    js=_JS,
    isolate_styles=False,
)


def copy_button() -> None:
    _component(key="copy", width="content")
