"""A module of assets/ as a Streamlit component: the one place where the two meet.

A module has `mount(root, {NAME: content, send, plotly, group}) -> {update({NAME: content}), destroy()}`. What `send(name, value)`
says comes as `on_NAME_change` of the component.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import streamlit as st

from pages.shared.controls import touch
from server import blobs, links
from server.routes import PREFIX, address

# Streamlit calls this again, in the same element, whenever the data change. `hall/component.js` does the rest.
_GLUE = """
const at = (address) => new URL(address, document.baseURI).href;
const parts = Promise.all([%(modules)s].map((address) => import(at(address))));

export default function ({ data, parentElement, %(say)s: say }) {
  const here = (parentElement.azl ??= {});
  const known = "say" in here;
  here.say = say;
  here.data = JSON.parse(new TextDecoder().decode(data));
  if (known) {
    here.shown?.update(here.data);
    return;
  }
  parts.then(([{ show }, module, library]) => {
    if (parentElement.azl !== here) return; // gone
    here.shown = show(parentElement.querySelector("[data-group]"), here, { ...%(how)s, module, library });
  });
  return () => {
    here.shown?.destroy();
    delete parentElement.azl;
  };
}
"""


def component(module: str, name: str, *, remembers: bool = False) -> Callable[..., Any]:
    """The component of assets/`module`, whose content is called `name` there, as JSON.

    What a module says is an event, or with `remembers` a state.
    """
    return _registered("hall/message.js", [module], {"name": name}, say="setStateValue" if remembers else "setTriggerValue")


def picture(module: str, name: str, *, raw: bool = False, spatial: bool = False, group: str = "") -> Callable[..., Any]:
    """The component of a picture, which assets/`module` draws with plotly.js from bytes that are called `name` there: JSON, or with
    `raw` as they are. It is called with `key`, `blob` and its events.

    The browser is sent where the bytes are. `spatial` lets it fetch the 3-D part of the library ahead. Those of one `group` go
    together.
    """
    how = {"name": name, "raw": raw, "spatial": spatial}
    shown = _registered("hall/picture.js", [module, "plotly.js"], how, group)

    def show(*, key: str, blob: bytes, **events: Any) -> None:
        where = f"./{PREFIX}/picture/{blobs.publish(blob)}"
        data = {"key": key, "address": where, "seed": st.session_state.scene.seed}  # for what is saved of it
        if key in st.session_state.get(_MISSING, ()):
            data["bytes"] = base64.b64encode(blob).decode()
        if _for_all.get():
            links.note(st.query_params.to_dict(), links.Picture(key, module, name, raw, group, where))
        shown(key=key, data=json.dumps(data).encode(), on_missing_change=partial(_missing, key), **events)

    return show


_MISSING = "missing pictures"  # of a session: what its browser could not fetch


def _missing(key: str) -> None:
    touch()
    st.session_state.setdefault(_MISSING, set()).add(key)


_for_all: ContextVar[bool] = ContextVar("for all", default=False)


@contextmanager
def for_all(condition: bool = True) -> Iterator[None]:
    """Pictures within are what everybody sees who opens the page's link: neither a stage of a run, nor this session's alone."""
    before = _for_all.set(condition)
    try:
        yield
    finally:
        _for_all.reset(before)


def _registered(
    by: str, modules: list[str], how: dict[str, Any], group: str = "", say: str = "setTriggerValue"
) -> Callable[..., Any]:
    stem = modules[0].split("/")[-1].removesuffix(".js")
    glue = _GLUE % {
        "modules": ", ".join(f'"{address(each)}"' for each in (by, *modules)),
        "how": json.dumps(how),
        "say": say,
    }
    return st.components.v2.component(
        f"after_zero_loss.{stem}{group}",
        html=f'<div class="{stem}" data-group="{group}"></div>',
        js=glue,
        isolate_styles=False,
    )
