"""Noise whose covariance is given entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import casadi as ca
import numpy as np

from dynamics.engine import budget, formula, graph
from dynamics.engine.building import alone
from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.noise.base import Noise, law_setting
from dynamics.noise.free import FREEDOM, MEMORY, STRENGTH, FreeNoise
from dynamics.settings import Setting

PIVOT_TOLERANCE = 1e-12
ROUNDING = 4e-15  # of an entry, relative to the trace
NEGATIVE_TOLERANCE = 1e-9  # of the trace: a variance that touches 0 may come out below it by rounding
LONG = 60  # characters of a matrix that a caption does without

Rows = tuple[tuple[str, ...], ...]


class Matrix(Setting):
    """A square matrix of formulas. In a link rows end with ; and entries with a comma."""

    def checked(self, value: Sequence[Sequence[str | float]]) -> Rows:
        try:
            rows = tuple(tuple(entry if isinstance(entry, str) else repr(float(entry)) for entry in row) for row in value)
        except TypeError as error:
            raise ValueError("The covariance is a list of rows of formulas.") from error
        if not rows or any(len(row) != len(rows) for row in rows):
            raise ValueError("The covariance is a square matrix: as many rows as columns.")
        return rows

    def written(self, value: Rows) -> str:
        return ";".join(",".join(row) for row in value)

    def read(self, text: str) -> Any:
        return tuple(tuple(entry.strip() for entry in _split(row, ",")) for row in _split(text, ";"))


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator is outside brackets: atan2(x, y) is one entry."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def matrix_of(noise: Noise, size: int) -> Rows:
    """The formulas of a noise that is given by them; the identity's, where it is not."""
    return getattr(noise, "matrix", tuple(tuple(str(int(i == j)) for j in range(size)) for i in range(size)))


def rows_text(rows: Rows) -> str:
    """A matrix as a person types it: one row a line."""
    return "\n".join(", ".join(row) for row in rows)


MATRIX = Matrix(
    name="matrix",
    title="covariance",
    symbol="Σ",
    meaning=(
        "The covariance of each step’s noise, in units of the gradient squared: symmetric, positive semidefinite. Try one that "
        "changes from point to point."
    ),
)


@dataclass(frozen=True, kw_only=True)
class CovarianceNoise(FreeNoise):
    """Σ(x) given by a symmetric positive semidefinite matrix of formulas in the landscape's variables and parameters."""

    kind: ClassVar[str] = "covariance"
    title: ClassVar[str] = "Covariance of your own"
    settings: ClassVar = (law_setting("covariance", *STRENGTH), MATRIX, FREEDOM, MEMORY)
    face: ClassVar[tuple[str, ...]] = ("matrix",)
    matrix: Rows = (("1",),)

    def plain(self, names: tuple[str, ...]) -> Noise:
        return replace(self, matrix=tuple(tuple(formula.canonical(entry, names) for entry in row) for row in self.matrix))

    @alone
    def check(self, landscape: LandscapeGraph) -> None:
        super().check(landscape)
        dimension = landscape.dimension
        if len(self.matrix) != dimension:
            raise ValueError(
                f"The covariance is {len(self.matrix)}×{len(self.matrix)}, but the landscape has {dimension} variables: "
                f"give {dimension} rows of {dimension} formulas."
            )
        budget.check_matrix(self.matrix, landscape.definition)
        matrix = self.matrix_graph(landscape)
        asymmetry = ca.Function("asymmetry", [landscape.x, landscape.p], [ca.mmax(ca.fabs(matrix - matrix.T))])
        at = np.random.Generator(np.random.SFC64(0))
        for _ in range(4):
            difference = float(asymmetry(at.uniform(0.1, 1.0, dimension), at.uniform(0.5, 1.5, landscape.p.numel())))
            if difference > 1e-9:
                raise ValueError("The covariance is not symmetric: entry (i, j) must equal entry (j, i).")
        if not matrix.is_constant():
            return
        eigenvalues = np.linalg.eigvalsh(ca.evalf(matrix).toarray())
        if eigenvalues[0] < -1e-9 * max(1.0, eigenvalues[-1]):
            raise ValueError("The covariance is not positive semidefinite: one of its eigenvalues is negative.")

    def matrix_graph(self, landscape: LandscapeGraph) -> ca.SX:
        rows = []
        for i, row in enumerate(self.matrix):
            try:
                rows.append(ca.horzcat(*(graph.build(entry, landscape.symbols) for entry in row)))
            except formula.FormulaError as error:
                raise error.within(f"Row {i + 1} of the covariance") from error
        return ca.vertcat(*rows)

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        return self._remembered(self._unit_draw(landscape.dimension))

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        return landscape.gradient + self.factor(landscape, values) @ draws

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        """Cholesky's lower triangle. A pivot of 0 leaves its column 0; a negative pivot gives NaN, which freezes the path.

        A covariance of less than full rank has pivots that are 0 but for rounding, and where a leading block is nearly singular
        too, what is taken away from later pivots is known to few digits. So the error of each entry goes along (first order), and
        a pivot that is below 0 by no more than its own error is one of 0.
        """
        sigma = self.matrix_graph(landscape)
        dimension = landscape.dimension
        lower = ca.SX.zeros(dimension, dimension)
        error = ca.SX.zeros(dimension, dimension)  # of the entries' numerators, by the root of their pivot
        doubt = [ca.SX(0)] * dimension  # a pivot's error relative to it
        scale = ca.sum1(ca.fabs(ca.diag(sigma)))
        for j in range(dimension):
            pivot = sigma[j, j] - ca.sumsqr(lower[j, :j])
            taken = [k for k in range(j) if not lower[j, k].is_zero()]
            unsure = sum((lower[j, k] ** 2 * doubt[k] + 2 * ca.fabs(lower[j, k]) * error[j, k] for k in taken), ROUNDING * scale)
            positive = pivot > PIVOT_TOLERANCE * ca.fabs(sigma[j, j])
            negative = pivot < -(NEGATIVE_TOLERANCE * scale + (unsure if taken else 0))
            root = ca.sqrt(ca.if_else(negative, -1.0, ca.fmax(pivot, 0)))
            lower[j, j] = ca.if_else(positive, root, ca.if_else(negative, root, 0))
            safe = ca.if_else(positive, root, 1)
            doubt[j] = ca.if_else(positive, unsure / safe**2, 0)
            for i in range(j + 1, dimension):
                if sigma[i, j].is_zero() and (lower[i, :j] @ lower[j, :j].T).is_zero():
                    continue
                remainder = sigma[i, j] - lower[i, :j] @ lower[j, :j].T
                lower[i, j] = ca.if_else(positive, remainder / safe, 0)
                blur = sum((ca.fabs(lower[i, k] * lower[j, k]) * doubt[k] for k in taken), ROUNDING * scale)
                error[i, j] = ca.if_else(positive, blur / safe, 0)
        return lower

    @property
    def words(self) -> str:
        matrix = "; ".join(", ".join(row) for row in self.matrix)
        given = f"Σ = [{matrix}]" if len(matrix) < LONG else "Σ given entry by entry"
        return f"noise of covariance {given}{self._law_in_words}"
