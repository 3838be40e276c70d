"""Finished cells as a file: one JSON object a line.

JSON lines and not Parquet: a line is whole or it is not, so that nothing written before a crash is lost, and anybody can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dynamics.resources import resource
from dynamics.sweeps.grid import Cell, Sweep

FOLDER = resource("sweeps")
SHIPPED = {"d100": "over n and κ, at d = 100", "dimensions": "over n and d, at κ = 5"}  # in FOLDER


@dataclass(frozen=True)
class Found:
    """A finished cell: the relative error ‖w − w*‖/‖w*‖ of each seed, and how long it took."""

    cell: Cell
    errors: tuple[float, ...]
    recovered: int
    seconds: float

    def to_line(self) -> str:
        errors = [float(f"{error:.4g}") for error in self.errors]
        return json.dumps(asdict(self.cell) | {"recovered": self.recovered, "errors": errors, "seconds": round(self.seconds, 3)})

    @staticmethod
    def from_line(line: str) -> Found:
        said = json.loads(line)
        cell = Cell(*(said[field.name] for field in fields(Cell)))
        return Found(cell, tuple(said["errors"]), said["recovered"], said["seconds"])


def finished(path: Path) -> dict[Cell, Found]:
    """The cells of a results file. A line that is damaged, or was cut off, is as if it were not there."""
    found: dict[Cell, Found] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                one = Found.from_line(line)
            except (ValueError, KeyError, TypeError):
                continue
            found[one.cell] = one
    return found


def shipped(name: str) -> tuple[Sweep, dict[Cell, Found]]:
    """One of SHIPPED. Raises ValueError, with a sentence, if its file is malformed."""
    return Sweep.read(FOLDER / f"{name}.toml"), finished(FOLDER / f"{name}.jsonl")


def save(path: Path, found: Iterable[Found]) -> Iterator[Found]:
    """Append what is found to the file, each line written through before the next is waited for."""
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with open(path, "a", encoding="utf-8") as file:
        if torn:
            file.write("\n")
        for one in found:
            file.write(one.to_line() + "\n")
            file.flush()
            os.fsync(file.fileno())
            yield one
