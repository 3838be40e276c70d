"""A grid of problem sizes and methods, as a TOML file says it: see assets/sweeps/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

METHODS = {
    "flow": "the limiting flow of label noise",
    "sgd": "label-noise SGD",
    "gd": "gradient descent",
    "l1": "minimum ℓ1 (linear programming)",
}
MOST_CELLS = 20_000
MOST_DIMENSION = 10_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cells of a sweep have in common.

    A vector is recovered if ‖w − w*‖ ≤ `tolerance` ‖w*‖. `scale` is the label noise δ; SGD runs to slow time `horizon` at
    `learning_rate`, and then without noise until it interpolates; GD and the flow start from u = v = `initialization`.
    """

    law: str = "boolean"
    seeds: int = 10
    tolerance: float = 0.05
    initialization: float = 1.0
    scale: float = 1.0
    learning_rate: float = 1e-3
    horizon: float = 20.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("seeds", 1, 1000), ("tolerance", 1e-9, 1.0), ("initialization", 1e-6, 1e3), ("scale", 1e-6, 1e3),
            ("learning_rate", 1e-6, 1.0), ("horizon", 1e-3, 1e4),
        ):  # fmt: skip
            value = getattr(self, name)
            if not (isinstance(value, int | float) and low <= value <= high):
                raise ValueError(f"A sweep's {name} is a number between {low:g} and {high:g}; not {value!r}.")


@dataclass(frozen=True, order=True)
class Cell:
    """One point of the grid."""

    method: str
    dimension: int
    sparsity: int
    samples: int

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"A sweep's method is one of {', '.join(METHODS)}; not “{self.method}”.")
        if not 1 <= self.dimension <= MOST_DIMENSION:
            raise ValueError(f"A sweep's dimension is between 1 and {MOST_DIMENSION:,}; not {self.dimension}.")
        if not (1 <= self.sparsity <= self.dimension and self.samples >= 1):
            raise ValueError("A sweep's sparsity is between 1 and the dimension, and there is at least one sample.")


@dataclass(frozen=True)
class Sweep:
    """A grid of cells with common settings, from a TOML file: see assets/sweeps/."""

    title: str
    settings: Settings
    cells: tuple[Cell, ...]

    @staticmethod
    def read(path: Path | str) -> Sweep:
        """Raises ValueError, with a sentence, if the file is malformed."""
        try:
            said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"The sweep {path} cannot be read: {error}") from error
        return Sweep.of(said)

    @staticmethod
    def of(said: dict[str, Any]) -> Sweep:
        known = {"title", "methods", "dimensions", "sparsities", "samples"}
        names = {field.name for field in fields(Settings)}
        if unknown := sorted(set(said) - known - names):
            raise ValueError(f"A sweep has no setting “{unknown[0]}”; it has {', '.join(sorted(known | names))}.")
        if missing := sorted(known - {"title"} - set(said)):
            raise ValueError(f"The sweep does not say its {missing[0]}.")
        settings = Settings(**{name: said[name] for name in names & set(said)})
        cells = tuple(
            Cell(method, dimension, sparsity, samples)
            for method in said["methods"]
            for dimension in said["dimensions"]
            for sparsity in said["sparsities"]
            for samples in said["samples"]
            if sparsity <= dimension
        )
        if not 1 <= len(cells) <= MOST_CELLS:
            raise ValueError(f"A sweep has between 1 and {MOST_CELLS:,} cells; this one has {len(cells):,}.")
        return Sweep(said.get("title", ""), settings, cells)
