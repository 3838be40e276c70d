"""The moving picture: assets/player/player.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.serving import PLOTLY_ADDRESS, address

KEY = "player"

# Streamlit calls this again, in the same element, whenever the bytes change.
_GLUE = """
const here = (address) => new URL(address, document.baseURI).href;

function plotly() {
  window.afterZeroLossPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = here("%s");
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  return window.afterZeroLossPlotly;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  root.send = setTriggerValue;
  root.blob = data;
  if (root.player) {
    root.player.update({ blob: data });
    return;
  }
  if (root.loading) return;
  root.loading = true;
  import(here("%s")).then(({ mount }) => {
    root.player = mount(root, { blob: root.blob, send: (name, value) => root.send(name, value), plotly: plotly() });
  });
  return () => root.player?.destroy();
}
"""

_component = st.components.v2.component(
    "after_zero_loss.player",
    html='<div class="player"></div>',
    js=_GLUE % (PLOTLY_ADDRESS, address("player/player.js")),
    isolate_styles=False,
)


def player(blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None]) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`."""
    _component(key=KEY, data=blob, on_start_change=on_start, on_clock_change=on_clock)


def choice(name: str):
    return st.session_state[KEY][name]
