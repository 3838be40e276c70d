"""The moving picture: assets/player/player.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.serving import address

KEY = "player"

# Streamlit calls this again, in the same element, whenever the bytes change.
_GLUE = """
const here = (address) => new URL(address, document.baseURI).href;
const parts = Promise.all([import(here("%s")), import(here("%s"))]);

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  root.send = setTriggerValue;
  root.blob = data;
  if (root.update) {
    root.update();
    return;
  }
  let player = null;
  root.update = () => player?.update({ blob: root.blob });
  parts.then(([{ mount }, { plotly }]) => {
    player = mount(root, { blob: root.blob, send: (name, value) => root.send(name, value), plotly });
  });
  return () => player?.destroy();
}
"""

_component = st.components.v2.component(
    "after_zero_loss.player",
    html='<div class="player"></div>',
    js=_GLUE % (address("player/player.js"), address("plotly.js")),
    isolate_styles=False,
)


def player(blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None]) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`."""
    _component(key=KEY, data=blob, on_start_change=on_start, on_clock_change=on_clock)


def choice(name: str):
    return st.session_state[KEY][name]
