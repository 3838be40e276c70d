"""A grid of problem sizes and methods, as a TOML file says it: see assets/sweeps/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dynamics.models.problems import LAWS
from dynamics.settings import Choice, Number, check_fields, table

METHODS = {
    "flow": "the limiting flow of label noise",
    "sgd": "label-noise SGD",
    "gd": "gradient descent",
    "l1": "minimum ℓ1 (linear programming)",
}
MOST_CELLS = 20_000
MOST_DIMENSION = 10_000
SETTINGS = table(
    Choice(name="law", title="sweep's law", options=LAWS, default="boolean"),
    Number(name="seeds", title="sweep's seeds", minimum=1, maximum=1000, whole=True, default=10),
    Number(name="tolerance", title="sweep's tolerance", minimum=1e-9, maximum=1.0, default=0.05),
    Number(name="initialization", title="sweep's initialization", minimum=1e-6, maximum=1e3, default=1.0),
    Number(name="scale", title="sweep's scale", minimum=1e-6, maximum=1e3, default=1.0),
    Number(name="learning_rate", title="sweep's learning_rate", minimum=1e-6, maximum=1.0, default=1e-3),
    Number(name="horizon", title="sweep's horizon", minimum=1e-3, maximum=1e4, default=20.0),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cells of a sweep have in common.

    A vector is recovered if ‖w − w*‖ ≤ `tolerance` ‖w*‖. `scale` is the label noise δ; SGD runs to slow time `horizon` at
    `learning_rate`, and then without noise until it interpolates; GD and the flow start from u = v = `initialization`.
    """

    law: str = SETTINGS["law"].default
    seeds: int = SETTINGS["seeds"].default
    tolerance: float = SETTINGS["tolerance"].default
    initialization: float = SETTINGS["initialization"].default
    scale: float = SETTINGS["scale"].default
    learning_rate: float = SETTINGS["learning_rate"].default
    horizon: float = SETTINGS["horizon"].default

    def __post_init__(self) -> None:
        check_fields(self, SETTINGS.values())

    @property
    def steps(self) -> int:
        """Of SGD, before it goes on without noise."""
        return round(self.horizon / self.learning_rate**2)


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
        except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"The sweep “{Path(path).name}” cannot be read: {error}") from error
        try:
            return Sweep.of(said)
        except (TypeError, KeyError) as error:
            raise ValueError(f"The sweep “{Path(path).name}” has a setting of another kind than it must be.") from error

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
