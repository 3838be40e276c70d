"""The built-in landscapes: one text file each in assets/landscapes.

A file that cannot be read costs its own landscape and a line in the log.
"""

from __future__ import annotations

import logging
import tomllib
from dataclasses import replace
from functools import lru_cache

import numpy as np

from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition
from dynamics.landscapes.landscape import Landscape, ManifoldPiece
from dynamics.landscapes.quantities import formulas_tape
from dynamics.landscapes.tables import landscape_of
from dynamics.resources import resource
from dynamics.settings import one_of, quoted

FOLDER = resource("landscapes")
DEFAULT = "hyperbola"

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def landscape_names() -> tuple[str, ...]:
    """The names `landscape` knows, in alphabetical order."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            _from_file(path.stem)
        except (OSError, ValueError) as error:
            log.warning("There is no landscape “%s”: %s", path.stem, error)
        else:
            found.append(path.stem)
    return tuple(found)


def default_landscape() -> Landscape:
    """What a link shows that names none."""
    names = landscape_names()
    return landscape(DEFAULT if DEFAULT in names else names[0])


def curve_names() -> tuple[str, ...]:
    """The names of those landscapes whose Γ is made of curves."""
    return tuple(name for name in landscape_names() if all(len(piece.ranges) == 1 for piece in landscape(name).manifold))


def landscape(name: str, **parameters: float) -> Landscape:
    """A built-in landscape at the given parameter values (the file's defaults otherwise).

    Raises ValueError, with a sentence, for an unknown name or parameter or a value out of range.
    """
    if one_of(name, landscape_names()) is None:
        raise ValueError(f"Unknown landscape {quoted(name)}. Known: {', '.join(landscape_names())}.")
    return _from_file(name).with_parameters(**parameters)


@lru_cache(maxsize=64)
def _from_file(name: str) -> Landscape:
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return replace(landscape_of(content), name=name)


def manifold_samples(landscape: Landscape) -> list[np.ndarray]:
    """Points of Γ piece by piece: (S, D) for a curve, (Su, Sv, D) for a surface; empty without a parametrization."""
    return [_sampled(landscape, piece) for piece in landscape.manifold]


def _sampled(landscape: Landscape, piece: ManifoldPiece) -> np.ndarray:
    names = ("u", "v")[: len(piece.ranges)]
    grid_of = Definition(names, landscape.definition.parameters, loss="0")
    ends = formulas_tape(grid_of, tuple(end for pair in piece.ranges for end in pair))
    low_high = evaluate_tape(ends, np.zeros(len(names)), landscape.values).reshape(-1, 2)
    lines = [np.linspace(low, high, samples) for (low, high), samples in zip(low_high, piece.samples, strict=True)]
    grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1)
    return evaluate_tape(formulas_tape(grid_of, piece.points), grid, landscape.values)
