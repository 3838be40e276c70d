"""The words of the field, as assets/glossary.toml explains them: on the page of that name, and where they stand."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from functools import cache

from dynamics.resources import resource


@dataclass(frozen=True)
class Term:
    """`meaning` is plain text, `formula` is LaTeX; `group` is the title of what it belongs to."""

    title: str
    meaning: str
    group: str
    symbol: str = ""
    formula: str = ""
    source: str = ""


@cache
def glossary() -> dict[str, Term]:
    """All terms, by the name that a link gives them."""
    said = tomllib.loads(resource("glossary.toml").read_text(encoding="utf-8"))
    return {name: Term(**entry | {"group": said["groups"][entry["group"]]}) for name, entry in said["terms"].items()}


def meaning(name: str) -> str:
    return glossary()[name].meaning


def as_json() -> bytes:
    """For the browser: assets/hall/terms.js."""
    return json.dumps({name: asdict(term) for name, term in glossary().items()}, ensure_ascii=False).encode()
