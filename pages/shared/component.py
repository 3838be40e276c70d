"""A module of assets/ as a Streamlit component: the one place where the two meet.

A module has `mount(root, {NAME: content, send, plotly, group}) -> {update({NAME: content}), destroy()}`. What `send(name, value)`
says comes as `on_NAME_change` of the component.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from server.routes import address

# Streamlit calls this again, in the same element, whenever the bytes change.
_GLUE = """
const at = (address) => new URL(address, document.baseURI).href;
const parts = Promise.all([%(modules)s].map((address) => import(at(address))));

export default function ({ data, parentElement, %(say)s: say }) {
  const known = parentElement.azl;
  const here = (parentElement.azl ??= {});
  here.send = say;
  here.content = { %(name)s: %(read)s };
  if (known) {
    here.mounted?.update(here.content);
    return;
  }
  parts.then(([{ mount }, library]) => {
    %(spatial)s
    const root = parentElement.querySelector("[data-group]");
    const send = (name, value) => here.send(name, value);
    here.mounted = mount(root, { ...here.content, send, plotly: library?.plotly, group: root.dataset.group });
  });
  return () => {
    here.mounted?.destroy();
    delete parentElement.azl;
  };
}
"""


def component(
    module: str,
    name: str,
    *,
    raw: bool = False,
    plotly: bool = True,
    spatial: bool = False,
    remembers: bool = False,
    group: str = "",
) -> Callable[..., Any]:
    """The component of assets/`module`, whose content is called `name` there: JSON, or with `raw` the bytes as they are.

    `plotly` brings the library, `spatial` lets the browser fetch its 3-D part ahead. What a module says is an event, or with
    `remembers` a state. Those of one `group` go together.
    """
    stem = module.split("/")[-1].removesuffix(".js")
    modules = [module, "plotly.js"] if plotly else [module]
    glue = _GLUE % {
        "modules": ", ".join(f'"{address(each)}"' for each in modules),
        "say": "setStateValue" if remembers else "setTriggerValue",
        "name": name,
        "read": "data" if raw else "JSON.parse(new TextDecoder().decode(data))",
        "spatial": "library.expectSpatial();" if spatial else "",
    }
    return st.components.v2.component(
        f"after_zero_loss.{stem}{group}",
        html=f'<div class="{stem}" data-group="{group}"></div>',
        js=glue,
        isolate_styles=False,
    )
