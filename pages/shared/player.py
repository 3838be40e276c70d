"""The moving picture: assets/player/player.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from server.routes import address

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
  parts.then(([{ mount }, { plotly, expectSpatial }]) => {
    expectSpatial();
    const send = (name, value) => root.send(name, value);
    player = mount(root, { blob: root.blob, send, plotly, group: root.dataset.group });
  });
  return () => player?.destroy();
}
"""

_component, _grouped = (
    st.components.v2.component(
        f"after_zero_loss.player{group}",
        html=f'<div class="player" data-group="{group}"></div>',
        js=_GLUE % (address("player/player.js"), address("plotly.js")),
        isolate_styles=False,
    )
    for group in ("", "together")
)


def player(
    blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None], key: str = KEY, *, together: bool = False
) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`. All players `together` go by one clock."""
    component = _grouped if together else _component
    component(key=key, data=blob, on_start_change=on_start, on_clock_change=on_clock)


def choice(name: str, key: str = KEY):
    return st.session_state[key][name]
