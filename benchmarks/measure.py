"""Wall-clock times of rivals, taken in turn, so that what else the machine does meets them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Timing:
    """Seconds, one a repeat."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.seconds)

    def per(self, amount: float, unit: float) -> str:
        """“median (least–most)” of a time over `amount`, in multiples of `unit` seconds."""
        middle, least, most = (value / amount / unit for value in (self.median, min(self.seconds), max(self.seconds)))
        digits = 0 if middle >= 100 else 1
        return f"{middle:,.{digits}f} ({least:,.{digits}f}–{most:,.{digits}f})"


def interleaved(rivals: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Timing]:
    """Each rival once to warm up (compiling is not counted), then all in turn, `repeats` times."""
    for run in rivals.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(repeats):
        for name, run in rivals.items():
            started = perf_counter()
            run()
            seconds[name].append(perf_counter() - started)
    return {name: Timing(tuple(values)) for name, values in seconds.items()}


def show(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print a table; the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    print(f"\n{title}")
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells))
