"""The browser's modules in one script, which works from a disk too: there browsers load scripts, but no modules and no data."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable

from dynamics.resources import resource
from exports.page import module_source
from figures.glossary import glossary

ENTRIES = ("site/site.js", "hall/speaker.js")
PRELUDE = "site/prelude.js"
NAMED = re.compile(r'"azl/([\w./-]+\.js)"')


def needed(entries: Iterable[str]) -> dict[str, str]:
    """The source of modules of assets/ and of all that they import, by path."""
    found: dict[str, str] = {}
    left = list(entries)
    while left:
        name = left.pop()
        if name not in found:
            found[name] = module_source(resource(*name.split("/")))
            left += NAMED.findall(found[name])
    return dict(sorted(found.items()))


def script() -> bytes:
    """The first script of every page: the modules as addresses that hold them, in an import map, and the words of the field."""
    imports = {}
    for name, source in needed(ENTRIES).items():
        there = source.replace("import.meta.url", f"(azl.lab + {json.dumps(name)})")  # as if it were a file of the folder lab/
        imports[f"azl/{name}"] = f"data:text/javascript;base64,{b64encode(there.encode()).decode()}"
    terms = {name: {"title": term.title, "symbol": term.symbol, "meaning": term.meaning} for name, term in glossary().items()}
    prelude = resource(*PRELUDE.split("/")).read_text(encoding="utf-8")
    told = json.dumps({"imports": imports, "terms": terms}, ensure_ascii=False)
    return f"{prelude}azl.begin({told});\n".encode()
