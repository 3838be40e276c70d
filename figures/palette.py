"""The palette: every colour and its meaning, light and dark, from assets/palette.toml.

What cannot be read there costs its colour and a line of the log: it is ink on paper then, told from the rest by shape and dash.
"""

import logging
import re
import tomllib
from functools import cache
from typing import Any

from dynamics.resources import resource

FILE = resource("palette.toml")
THEMES = ("light", "dark")
PLAIN = {"light": ("#ffffff", "#000000"), "dark": ("#000000", "#ffffff")}  # paper and ink
GROUNDS = ("background", "paper", "raised")
INKS = (
    "ink", "muted", "grid", "accent", "sgd", "limit", "flow", "manifold", "ghost", "drift_tangent", "drift_mixed", "drift_normal",
    "warning",
)  # fmt: skip
SCALES = {"contour": 4, "probability": 5}  # how many shades
COLOUR = re.compile(r"#[0-9a-f]{6}")

log = logging.getLogger(__name__)


@cache
def palette() -> dict[str, dict[str, Any]]:
    """What the file says: `meanings` and `marks` of the roles, and the colour of each role under `light` and `dark`."""
    try:
        said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        log.warning("The palette cannot be read: %s", error)
        return {}
    return {name: table for name, table in said.items() if isinstance(table, dict)}


@cache
def themes() -> dict[str, dict[str, Any]]:
    """What a player's header carries, so that a picture changes with the theme without asking the server."""
    return {theme: _whole(theme, palette().get(theme, {})) for theme in THEMES}


def _whole(theme: str, said: dict[str, Any]) -> dict[str, Any]:
    """The colours of a theme, the ink's where there is none."""
    paper, ink = PLAIN[theme]
    plain: dict[str, Any] = dict.fromkeys(GROUNDS, paper) | dict.fromkeys(INKS, ink)
    plain |= {name: [paper] * (count - 1) + [ink] for name, count in SCALES.items()}
    if missing := [role for role, usual in plain.items() if not _like(said.get(role), usual)]:
        log.warning("The %s palette has no colour of %s: they are plain.", theme, ", ".join(missing))
    return {role: usual if role in missing else said[role] for role, usual in plain.items()}


def _like(value: Any, usual: str | list[str]) -> bool:
    """Whether it is a colour, or as many as are usual."""
    if isinstance(usual, list):
        return isinstance(value, list) and len(value) == len(usual) and all(_like(each, "") for each in value)
    return isinstance(value, str) and COLOUR.fullmatch(value) is not None
