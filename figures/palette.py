"""The palette: every colour and its meaning, light and dark, from assets/palette.toml."""

import tomllib
from functools import cache
from typing import Any

from dynamics.resources import resource

FILE = resource("palette.toml")
THEMES = ("light", "dark")


@cache
def palette() -> dict[str, dict[str, Any]]:
    """`meanings` and `marks` of the roles, and the colour of each role under `light` and `dark`."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def themes() -> dict[str, dict[str, Any]]:
    """What a player's header carries, so that a picture changes with the theme without asking the server."""
    return {theme: palette()[theme] for theme in THEMES}
