"""Panels on a page: assets/panel/panel.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st

from figures.panel import Panel
from server import blobs
from server.routes import address

_GLUE = """
const here = (address) => new URL(address, document.baseURI).href;
const parts = Promise.all([import(here("%s")), import(here("%s"))]);

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".panel");
  root.send = setTriggerValue;
  root.panel = JSON.parse(new TextDecoder().decode(data));
  if (root.update) {
    root.update();
    return;
  }
  let panel = null;
  root.update = () => panel?.update({ panel: root.panel });
  parts.then(([{ mount }, { plotly }]) => {
    panel = mount(root, { panel: root.panel, send: (name, value) => root.send(name, value), plotly });
  });
  return () => panel?.destroy();
}
"""

_component = st.components.v2.component(
    "after_zero_loss.panel",
    html='<div class="panel"></div>',
    js=_GLUE % (address("panel/panel.js"), address("plotly.js")),
    isolate_styles=False,
)


def stage_panel(found: object, key: str, picture: Callable[..., Panel], *arguments: Hashable) -> None:
    """The panel `picture(found, *arguments)` of a stage of a run, encoded once for all who follow it."""
    panel(blobs.stage(found, (key, arguments), lambda: picture(found, *arguments)), key)


def panel(content: Panel | bytes, key: str, on_pick: Callable[[], None] | None = None) -> None:
    """Show a panel, or the bytes of one; new content under the same key changes it in place.

    `on_pick` finds the point that was clicked in `st.session_state[key]["pick"]`.
    """
    data = content.encode() if isinstance(content, Panel) else content
    if on_pick is None:
        _component(key=key, data=data)
    else:
        _component(key=key, data=data, on_pick_change=on_pick)
