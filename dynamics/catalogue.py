"""The built-in landscapes: one text file each in assets/landscapes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from dynamics import evaluation
from dynamics.graph import Definition
from dynamics.landscape import Landscape, ManifoldPiece, Parameter, View

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "landscapes"


@lru_cache(maxsize=1)
def landscape_names() -> tuple[str, ...]:
    """The names `landscape` knows, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def landscape(name: str, **parameters: float) -> Landscape:
    """A built-in landscape at the given parameter values (the file's defaults otherwise).

    Raises ValueError, with a sentence, for an unknown name or parameter or a value out of range.
    """
    if name not in landscape_names():
        raise ValueError(f"Unknown landscape “{name}”. Known: {', '.join(landscape_names())}.")
    return _from_file(name).with_parameters(**parameters)


@lru_cache(maxsize=64)
def _from_file(name: str) -> Landscape:
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    parameters = tuple(
        Parameter(key, float(spec["default"]), float(spec["minimum"]), float(spec["maximum"]), spec["meaning"])
        for key, spec in content.get("parameters", {}).items()
    )
    shown = {
        "parameters": parameters,
        "name": name,
        "title": content["title"],
        "text": content["text"],
        "start": tuple(float(value) for value in content["start"]),
        "views": tuple(_view(spec) for spec in content["views"]),
        "manifold": tuple(_piece(spec) for spec in content.get("manifold", [])),
        "suggestions": tuple((key, _frozen(content[key])) for key in ("learning_rate", "horizon", "noise") if key in content),
    }
    values = {spec.name: spec.default for spec in parameters}
    if "residuals" in content:
        built = Landscape.from_residuals(content["residuals"], content["variables"], values)
    else:
        built = Landscape.from_loss(content["loss"], content["variables"], values)
    return replace(built, **shown)


def manifold_samples(landscape: Landscape) -> list[np.ndarray]:
    """Points of Γ piece by piece: (S, D) for a curve, (Su, Sv, D) for a surface; empty without a parametrization."""
    return [_sampled(landscape, piece) for piece in landscape.manifold]


def _sampled(landscape: Landscape, piece: ManifoldPiece) -> np.ndarray:
    names = ("u", "v")[: len(piece.ranges)]
    grid_of = Definition(names, landscape.definition.parameters, loss="0")
    ends = evaluation.formulas_tape(grid_of, tuple(end for pair in piece.ranges for end in pair))
    low_high = evaluation.evaluate_tape(ends, np.zeros(len(names)), landscape.values).reshape(-1, 2)
    lines = [np.linspace(low, high, samples) for (low, high), samples in zip(low_high, piece.samples, strict=True)]
    grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1)
    return evaluation.evaluate_tape(evaluation.formulas_tape(grid_of, piece.points), grid, landscape.values)


def _view(spec: dict) -> View:
    return View(
        name=spec["name"],
        title=spec["title"],
        kind=spec["kind"],
        axes=tuple(spec["axes"]),
        labels=tuple(spec["labels"]),
        box=tuple((float(low), float(high)) for low, high in spec["box"]),
    )


def _piece(spec: dict) -> ManifoldPiece:
    ranges = tuple((str(spec[name][0]), str(spec[name][1])) for name in ("u", "v") if name in spec)
    return ManifoldPiece(ranges, tuple(spec["points"]), tuple(spec["samples"]))


def _frozen(value):
    """Lists and tables as tuples, so that a landscape is hashable."""
    if isinstance(value, dict):
        return tuple((key, _frozen(entry)) for key, entry in value.items())
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list) else value
