"""The gallery's entries: assets/gallery/*.toml, each a page and what its link holds, said as a difference from a parent.

A file that cannot be read costs its own entry and a line in the log, never the app.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from content.catalogue import TITLES
from dynamics.resources import resource
from figures.about import link

FOLDER = resource("gallery")
KEYS = ("title", "claim", "section", "order", "view", "parent", "link")
PRESET, GALLERY = "preset", "presets"  # a key of a link, and the page of all entries
LONGEST = {"title": 60, "claim": 110, "section": 40}  # characters

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preset:
    """An entry: what it claims, in one line, and the link that shows it. `query` is the link without its `view`."""

    name: str
    title: str
    claim: str
    section: str
    order: int
    view: str
    query: tuple[tuple[str, str], ...]

    @property
    def link(self) -> str:
        return link(self.view, dict(self.query))


def meant(query: Mapping[str, str]) -> dict[str, str] | None:
    """The link that `preset=NAME` and what stands beside it mean, which overrides the entry; None where no entry is named.

    A name that there is not leads to the gallery, which says so.
    """
    rest = {key: value for key, value in query.items() if key != PRESET}
    entry = next((each for each in presets() if each.name == query.get(PRESET)), None)
    if entry is not None:
        return {"view": entry.view, **dict(entry.query), **rest}
    return None if PRESET not in query or query.get("view") == GALLERY else {"view": GALLERY, PRESET: query[PRESET]}


@lru_cache(maxsize=1)
def presets() -> tuple[Preset, ...]:
    """All that can be read, in their order."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            found.append(preset(path.stem))
        except ValueError as error:
            log.warning("The gallery is without “%s”: %s", path.stem, error)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))


def preset(name: str, heirs: tuple[str, ...] = ()) -> Preset:
    """The entry of this name. Raises ValueError, with a sentence, if its file, or a parent's, is malformed."""
    if name in heirs:
        raise ValueError(f"“{name}” is its own parent.")
    said = _read(name)
    parent = preset(_text(said, "parent"), (*heirs, name)) if "parent" in said else None
    view = _text(said, "view") if "view" in said or parent is None else parent.view
    if view not in TITLES:
        raise ValueError(f"There is no page called “{view[:40]}”.")
    link = said.get("link", {})
    if not isinstance(link, dict) or not all(isinstance(value, str) for value in link.values()):
        raise ValueError("“link” is a table of texts.")
    order = said.get("order")
    if not isinstance(order, int):
        raise ValueError("“order” is a whole number.")
    query = {**(dict(parent.query) if parent else {}), **link}
    title, claim, section = (_text(said, key) for key in ("title", "claim", "section"))
    return Preset(name, title, claim, section, order, view, tuple(query.items()))


def _read(name: str) -> dict[str, Any]:
    try:
        said = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError("Its file cannot be read as TOML.") from error
    if unknown := sorted(set(said) - set(KEYS)):
        raise ValueError(f"There is no “{unknown[0][:40]}” in an entry.")
    return said


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST.get(key, 40):
        raise ValueError(f"“{key}” is a text of at most {LONGEST.get(key, 40)} characters.")
    return value
