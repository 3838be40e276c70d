"""`python -m benchmarks.fuzz`: ten thousand hostile links read, some of them opened as pages, a thousand damaged files.

    python -m benchmarks.fuzz --links 10000 --pages 300 --files 1000 --seed 0

It ends at the first one that is not borne, and names it. What is tried is decided by the seed.
"""

from __future__ import annotations

import argparse
import logging
import random
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from content.catalogue import TITLES
from dynamics.resources import resource
from tests.damage import FILES, assets, damaged, read_all
from tests.hostile import SMALL, blameless, queries, read
from tests.pages.test_simulator import opened

CHEAP = 0.5  # seconds that a page's run may take


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description="Hostile links and damaged files.")
    for name, usual in (("links", 10_000), ("pages", 300), ("files", 1_000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    for what, count, tried in (("links read", asked.links, _links), ("pages opened", asked.pages, _pages)):
        started, done = perf_counter(), tried(count, asked.seed)
        print(f"{done:,} {what}, {perf_counter() - started:.0f} s: no exception, nothing of the inside or as markup", flush=True)
    started = perf_counter()
    _files(asked.files, asked.seed)
    print(f"{asked.files:,} damaged files, {perf_counter() - started:.0f} s: no exception")


def _each_page(count: int, number: int, tried: Callable[[str, dict[str, str]], object]) -> int:
    """`tried(view, query)` for so many links, as many of each page."""
    return sum(_one_page(view, -(-count // len(TITLES)), number, tried) for view in TITLES) if count else 0


def _one_page(view: str, count: int, number: int, tried: Callable[[str, dict[str, str]], object]) -> int:
    done = 0

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(queries(view))
    def many(query: dict[str, str]) -> None:
        nonlocal done
        tried(view, query)
        done += 1

    many()
    return done


def _links(count: int, number: int) -> int:
    return _each_page(count, number, read)


def _pages(count: int, number: int) -> int:
    def tried(view: str, query: dict[str, str]) -> None:
        whole = {"view": view, **SMALL, **query}
        if read(view, whole).experiment.cost.seconds < CHEAP:
            blameless(opened(**whole), whole)

    return _each_page(count, number, tried)


def _files(count: int, number: int) -> None:
    chance = random.Random(number)
    with TemporaryDirectory() as folder:
        for where in islice(cycle(FILES), count):
            content = damaged((resource() / where).read_bytes(), chance)
            try:
                with assets(Path(folder), where, content):
                    read_all()
            except Exception as error:
                raise SystemExit(f"{where} is not borne when it is\n{content[:2000]!r}") from error


if __name__ == "__main__":
    main()
