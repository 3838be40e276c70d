"""The limit at points of Γ as a table of numbers: what remains to be said where it has no short formula."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from dynamics.arrays import point_of, points_of
from dynamics.inspection.probing import explore, onto
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.chart import manifold_chart
from dynamics.limit.coefficients import PARTS
from dynamics.limit.drift import limit_diffusion, limit_drift, on_manifold
from dynamics.limit.flow import hessian_rank, limit_map
from dynamics.noise import Noise

DIGITS = 12
POINTS = 41
PLACES = 96  # from where a Γ that is no curve is looked for


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers (K, C) with the name and the unit of each column; t is slow time."""

    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: np.ndarray

    def csv(self) -> str:
        """Comma-separated values under one line of headers, “name [unit]”, to DIGITS digits."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([f"{name} [{unit}]" if unit else name for name, unit in zip(self.columns, self.units, strict=True)])
        writer.writerows([[f"{value:.{DIGITS}g}" for value in row] for row in self.rows + 0.0])
        return text.getvalue()


def table_points(landscape: Landscape, start, count: int = POINTS) -> np.ndarray:
    """Points of Γ (K ≤ count, D) for a table: of a curve in equal arcs, else Φ(start) and others of its piece, nearest first.

    Raises ValueError, with a sentence, where gradient flow from the start does not lead to Γ.
    """
    end = limit_map(landscape, point_of(start, landscape.dimension))
    rank = int(hessian_rank(landscape.hessian(end)))
    if rank == landscape.dimension - 1:
        try:
            chart = manifold_chart(landscape, end)
            along = chart.origin + chart.length * np.linspace(0.0, 1.0, count, endpoint=not chart.closed)
            points = onto(landscape, chart.points(along), rank)
            return points[hessian_rank(landscape.hessian(points)) == rank]  # an end may be where the rank drops
        except ValueError:
            pass  # a curve that cannot be followed is looked for as any other Γ
    found = explore(landscape, rank, np.asarray(start, dtype=float), end, PLACES)
    points = found.points[found.piece == found.piece[0]]  # the first is `end`
    return points[np.argsort(np.linalg.norm(points - end, axis=-1), kind="stable")[:count]]


def limit_table(landscape: Landscape, noise: Noise, points) -> Table:
    """At points of Γ (K, D): the point, the eigenvalues of ∇²L that are not 0 from the largest down, each part of the drift, their
    sum, and the symmetric square root of PΣP on and above its diagonal.

    Raises ValueError, with a sentence, if a point is not on Γ, the rank changes, or Σ is no covariance there.
    """
    points, rank = on_manifold(landscape, np.atleast_2d(points_of(points, landscape.dimension)))
    names, d = landscape.variables, landscape.dimension
    drift = limit_drift(landscape, noise, points)
    root = limit_diffusion(landscape, noise, points)
    upper = np.triu_indices(d)
    eigenvalues = np.linalg.eigvalsh(landscape.hessian(points))[:, : -rank - 1 : -1]
    blocks = [
        (names, "", points),
        ([f"lambda_{k + 1}" for k in range(rank)], "loss per length^2", eigenvalues),
        *(([f"{part}_{name}" for name in names], "length per t", getattr(drift, part)) for part in PARTS),
        ([f"drift_{name}" for name in names], "length per t", drift.total),
        ([f"diffusion_{names[i]}_{names[j]}" for i, j in zip(*upper, strict=True)], "length per sqrt(t)", root[:, *upper]),
    ]
    columns = tuple(name for block, _, _ in blocks for name in block)
    units = tuple(unit for block, unit, _ in blocks for _ in block)
    rows = np.concatenate([values for _, _, values in blocks], axis=1)
    if not np.isfinite(rows).all():
        raise ValueError("The limit is not defined at some of these points: is Σ a covariance there?")
    return Table(columns, units, rows)
