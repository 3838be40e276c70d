"""Files as a broken disk, a cut-off copy or a careless hand leaves them, and what reads each of them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

from content import lectures, presets
from dynamics.landscapes import catalogue
from dynamics.landscapes.link import landscape_of_query
from dynamics.resources import resource
from dynamics.studies import large_steps, shape_matters
from dynamics.sweeps import results
from figures import glossary, palette
from figures.landscape_figure import landscape_views
from pages import how, phases

READ = (
    "landscapes/*.toml", "gallery/*.toml", "lectures/*.md", "glossary.toml", "palette.toml", "closed_forms.toml", "studies/*.toml",
    "sweeps/*",
)  # fmt: skip
FILES = tuple(path.relative_to(resource()) for pattern in READ for path in sorted(resource().glob(pattern)))


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The same with one kind of damage."""
    place, other = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    lines = content.split(b"\n")
    one = chance.randrange(len(lines))
    return chance.choice([
        lambda: content[:place],
        lambda: content[:place] + content[other:],
        lambda: content[:place] + chance.randbytes(8) + content[place:],
        lambda: content[:place] + bytes(other - place) + content[other:],
        lambda: b"\n".join(lines[:one] + lines[one + 1 :]),
        lambda: b"\n".join([*lines[: one + 1], *lines[one:]]),
        lambda: content.replace(b'"', b"", 1),
        lambda: content.replace(b"=", b"= -1e999 #", 1),
        lambda: content.replace(b"[", b"{", 1),
        lambda: b"",
        lambda: chance.randbytes(200),
    ])()  # fmt: skip


@contextmanager
def assets(folder: Path, where: Path, content: bytes) -> Iterator[None]:
    """All that reads assets/ reads a copy in `folder`, in which one file has this content. Nothing is remembered from before."""
    copy = folder / "assets"
    if not copy.exists():
        for each in FILES:
            (copy / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(resource() / each, copy / each)
    kept = (copy / where).read_bytes()
    (copy / where).write_bytes(content)
    remembered: tuple[Callable, ...] = (
        catalogue.landscape_names, catalogue._from_file, presets.presets, lectures.lectures, glossary.glossary, how.seen,
        shape_matters.setting, large_steps.setting, palette.palette, palette.themes,
    )  # fmt: skip
    places = (
        (catalogue, "FOLDER", "landscapes"), (presets, "FOLDER", "gallery"), (lectures, "FOLDER", "lectures"),
        (glossary, "FILE", "glossary.toml"), (palette, "FILE", "palette.toml"), (how, "FILE", "closed_forms.toml"),
        (shape_matters, "FILE", "studies/shape_matters.toml"), (large_steps, "FILE", "studies/large_steps.toml"),
        (results, "FOLDER", "sweeps"),
    )  # fmt: skip
    try:
        with ExitStack() as stack:
            for module, name, place in places:
                stack.enter_context(patch.object(module, name, copy / place))
            for function in remembered:
                function.cache_clear()  # type: ignore[attr-defined]
            yield
    finally:
        (copy / where).write_bytes(kept)
        for function in remembered:
            function.cache_clear()  # type: ignore[attr-defined]


def read_all() -> dict[str, int]:
    """Everything that assets/ says, read as the pages read it: how many entries of each kind there are."""
    for name in catalogue.landscape_names():
        assert landscape_views(catalogue.landscape(name))
    landscape_of_query({}, lambda sentence: None)
    how._table()
    assert all(palette.themes()[theme].keys() == palette.themes()["light"].keys() for theme in palette.THEMES)
    found = {
        "landscapes": len(catalogue.landscape_names()), "gallery": len(presets.presets()), "lectures": len(lectures.lectures()),
        "glossary": len(glossary.glossary()), "closed forms": len(how.seen()),
    }  # fmt: skip
    glossary.as_json()
    for study in (shape_matters, large_steps):
        with suppress(ValueError):
            study.setting()
    for name in results.SHIPPED:
        results.finished(results.FOLDER / f"{name}.jsonl")
        with suppress(ValueError):
            _ = phases.Phases.from_query({"diagram": name})[0].sweep
    return found
