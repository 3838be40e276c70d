"""The words of the field, as assets/glossary.toml explains them: on the page of that name, and where they stand."""

from __future__ import annotations

import json
import logging
import tomllib
from dataclasses import asdict, dataclass
from functools import cache

from dynamics.resources import resource

FILE = resource("glossary.toml")

log = logging.getLogger(__name__)


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
    """All terms that can be read, by the name that a link gives them; of each other there is a line in the log."""
    try:
        said = tomllib.loads(FILE.read_text(encoding="utf-8"))
        groups, entries = said["groups"], dict(said["terms"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("There is no glossary: %s", error)
        return {}
    found = {}
    for name, entry in entries.items():
        try:
            term = Term(**entry | {"group": groups[entry["group"]]})
            if not all(isinstance(text, str) for text in asdict(term).values()):
                raise TypeError("all of it is text")
            found[name] = term
        except (KeyError, TypeError) as error:
            log.warning("The glossary is without “%s”: %s", name, error)
    return found


def meaning(name: str) -> str:
    """What a word means; nothing if the glossary is without it."""
    return glossary()[name].meaning if name in glossary() else ""


def as_json() -> bytes:
    """For the browser: assets/hall/terms.js."""
    return json.dumps({name: asdict(term) for name, term in glossary().items()}, ensure_ascii=False).encode()
