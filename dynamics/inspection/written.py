"""The limit written down: in symbols where it is short, and in any case as a table of numbers, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dynamics.inspection.symbols import Symbols, limit_in_symbols
from dynamics.inspection.table import Table, limit_table, table_points
from dynamics.landscapes.landscape import Landscape
from dynamics.noise import Noise


@dataclass(frozen=True, eq=False)
class Written:
    symbols: Symbols
    table: Table | None
    why: str = ""  # there is no table


def limit_written(
    landscape: Landscape,
    noise: Noise,
    start: tuple[float, ...],
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Written]:
    """In one stage, which cannot be stopped once it has begun."""
    if cancel is not None and cancel():
        return
    symbols = limit_in_symbols(landscape, noise)
    try:
        yield Written(symbols, limit_table(landscape, noise, table_points(landscape, start)))
    except ValueError as error:
        yield Written(symbols, None, str(error))
