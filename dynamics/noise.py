"""Gradient noise: what SGD adds to ∇L, and its covariance Σ (theory sections 1 and 3).

Each noise says three things as graphs: the stochastic gradient that one SGD step uses, a factor σ with Σ = σσᵀ, and which random
numbers a step consumes. Two laws with one Σ have one limit.

Noise outside the theorem's assumptions can be had too; `assumption` says which one fails:
- Student's t with ν degrees of freedom. For ν > 2 it has the covariance Σ, and the limit is that of Gaussian noise, approached more
  slowly. For ν ≤ 2 the variance is infinite: the numbers drawn are t itself, unscaled, and Σ is only what they are multiplied by.
- Memory ρ: with probability ρ a step repeats the draws of the step before, whatever their law. So the covariance at each step
  is Σ still, and that of steps m apart is ρ^m Σ, as for an autoregression of first order. The limit computed is that of ρ = 0.
  SGD's own: the increment of Φ is −ηGz + ½η² ∂²Φ[σzzᵀσᵀ], with G = ∂Φ σ and z the draws, and Gz has a mean, because x holds
  −ησz of earlier steps: −η Σ_m ρ^m Σ_a ∂G_a[σ_a]. By ∂G_a[σ_a] = ∂²Φ[σ_a, σ_a] + ∂Φ ∂σ_a[σ_a] the drift of the limit becomes
      ½ (1+ρ)/(1−ρ) ∂²Φ[Σ] + ρ/(1−ρ) P Σ_a ∂σ_a[σ_a],   and the diffusion is that of (1+ρ)/(1−ρ) Σ.
  So where σ does not depend on x, memory multiplies Σ by (1+ρ)/(1−ρ). For label noise P Σ_a ∂σ_a[σ_a] = ½ c P ∇tr H, which takes
  back exactly what the first term adds: memory does not change its limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.engine import budget, formula, graph
from dynamics.engine.building import alone, built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.randomness import Draw
from dynamics.engine.tape import Tape, compile_tape

MAX_SCALE = 1e3
MAX_BATCH = 10_000
PIVOT_TOLERANCE = 1e-12
NEGATIVE_TOLERANCE = 1e-9  # of the trace: a variance that touches 0 may come out below it by rounding

MAX_MEMORY = 0.99
FREEDOM = (0.5, 1_000.0)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """The face of every noise. `values` are the numbers a slider moves: inputs of the tape, never part of it."""

    kind: ClassVar[str]
    laws: ClassVar[tuple[str, ...]] = ("gaussian", "rademacher")
    needs_residuals: ClassVar[bool] = False
    law: str = "gaussian"

    def __post_init__(self) -> None:
        if self.law not in self.laws:
            raise ValueError(f"The law of {self.kind} noise is one of {', '.join(self.laws)}; not “{self.law}”.")

    @property
    def values(self) -> tuple[float, ...]:
        return ()

    @property
    def canonical(self) -> Noise:
        """This noise with every slider's number set to a fixed one: noises with one canonical form share their tapes."""
        return self

    def plain(self, names: tuple[str, ...]) -> Noise:
        """This noise with its formulas, if any, in plain form: what links hold. `names` are those of the landscape."""
        return self

    @property
    def assumption(self) -> str:
        """The sentence that says which assumption of the theorem this noise breaks, or nothing."""
        return ""

    @alone
    def check(self, landscape: LandscapeGraph) -> None:
        """Raise ValueError, with a sentence, if this noise cannot act on the landscape."""
        if self.needs_residuals and landscape.residuals is None:
            raise ValueError(
                f"{self.kind.capitalize()} noise samples residuals, and this landscape is given by its loss only. "
                "Give the residuals f_i, or choose isotropic or covariance noise."
            )

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        raise NotImplementedError

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        """∇L(x) + ξ, (D,), from this step's draws."""
        raise NotImplementedError

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        """σ(x), (D, m), with Σ = σσᵀ."""
        raise NotImplementedError

    def covariance(self, landscape, X) -> np.ndarray:
        """Σ(X), (..., D, D), for X of shape (..., D)."""
        sigma = _factor(landscape, self, X)
        return sigma @ np.swapaxes(sigma, -1, -2)

    def _unit_draw(self, size: int) -> Draw:
        return Draw("normal" if self.law == "gaussian" else "sign", size)


@built_once(256)
def _factor_tape(definition: Definition, noise: Noise) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values = ca.SX.sym("values", len(noise.values))
    factor = noise.factor(landscape, values)
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), [factor.T]), factor.size2()


def _factor(landscape, noise: Noise, X: np.ndarray) -> np.ndarray:
    """σ(X), (..., D, m), with Σ = σσᵀ."""
    tape, columns = _factor_tape(landscape.definition, noise.canonical)
    flat = evaluate_tape(tape, X, (*landscape.values, *noise.values))
    return flat.reshape(*flat.shape[:-1], landscape.dimension, columns)


def _checked(number: float, low: float, high: float, sentence: str) -> float:
    if not (isinstance(number, (int, float)) and low <= number <= high):
        raise ValueError(f"{sentence}; not {number!r}.")
    return float(number)


def _checked_scale(scale: float) -> float:
    return _checked(scale, 0, MAX_SCALE, f"The noise scale is a standard deviation between 0 and {MAX_SCALE:g}")


@dataclass(frozen=True, kw_only=True)
class FreeNoise(Noise):
    """Noise of a strength that is given, whose law and memory can be chosen.

    `freedom` is Student's ν; other laws have none, and it is put back to its default. `memory` is ρ.
    """

    laws: ClassVar[tuple[str, ...]] = ("gaussian", "rademacher", "student")
    freedom: float = 3.0
    memory: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = FREEDOM
        freedom = _checked(self.freedom, low, high, f"Student's t has between {low:g} and {high:g} degrees of freedom")
        memory = _checked(self.memory, 0, MAX_MEMORY, f"The noise's memory is a correlation in time between 0 and {MAX_MEMORY:g}")
        object.__setattr__(self, "freedom", freedom if self.law == "student" else FreeNoise.freedom)
        object.__setattr__(self, "memory", memory)

    @property
    def canonical(self) -> Noise:
        return replace(self, freedom=FreeNoise.freedom, memory=0.0)

    @property
    def assumption(self) -> str:
        sentences = []
        if self.law == "student" and self.freedom <= 2:
            sentences.append(
                f"The theorem needs noise of finite variance, and Student's t with ν = {self.freedom:g} ≤ 2 has none: "
                "the limit shown is that of Gaussian noise of this scale."
            )
        if self.memory:
            sentences.append(
                "The theorem needs noise that is independent from step to step; here a step repeats the noise of the step before "
                f"with probability ρ = {self.memory:g}."
            )
        return " ".join(sentences)

    def _unit_draw(self, size: int) -> Draw:
        return Draw("student", size, freedom=self.freedom) if self.law == "student" else super()._unit_draw(size)

    def _remembered(self, *draws: Draw) -> tuple[Draw, ...]:
        return (*draws, Draw("repeat", 0, probability=self.memory)) if self.memory else draws


@dataclass(frozen=True, kw_only=True)
class IsotropicNoise(FreeNoise):
    """Σ = scale² I."""

    kind: ClassVar[str] = "isotropic"
    scale: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", _checked_scale(self.scale))

    @property
    def values(self) -> tuple[float, ...]:
        return (self.scale,)

    @property
    def canonical(self) -> Noise:
        return replace(super().canonical, scale=1.0)  # type: ignore[call-arg]

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        return self._remembered(self._unit_draw(landscape.dimension))

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        return landscape.gradient + values[0] * draws

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        return values[0] * ca.SX.eye(landscape.dimension)


@dataclass(frozen=True, kw_only=True)
class LabelNoise(FreeNoise):
    """δ = scale on the label of one uniformly drawn sample i: ξ = −δ ε ∇f_i, Σ = (δ²/n) JᵀJ = δ² H on Γ (theory section 3).

    `batch=1` takes the gradient of the same sample, `batch="full"` the full gradient.
    """

    kind: ClassVar[str] = "label"
    laws: ClassVar[tuple[str, ...]] = ("rademacher", "gaussian", "student")
    needs_residuals: ClassVar[bool] = True
    law: str = "rademacher"
    scale: float = 1.0
    batch: int | str = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", _checked_scale(self.scale))
        if self.batch not in (1, "full"):
            raise ValueError(f"The batch of label noise is 1 or “full”; not {self.batch!r}.")

    @property
    def values(self) -> tuple[float, ...]:
        return (self.scale,)

    @property
    def canonical(self) -> Noise:
        return replace(super().canonical, scale=1.0)  # type: ignore[call-arg]

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        n = landscape.residuals.numel()
        return self._remembered(Draw("sample", 1, samples=n), self._unit_draw(1))

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        chosen = _one_hot(draws[0], landscape.residuals.numel())
        label = values[0] * draws[1]
        if self.batch == "full":
            return landscape.gradient - landscape.jacobian.T @ (chosen * label)
        return landscape.jacobian.T @ (chosen * (landscape.residuals - label))

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        return values[0] / math.sqrt(landscape.residuals.numel()) * landscape.jacobian.T


@dataclass(frozen=True, kw_only=True)
class MinibatchNoise(Noise):
    """`batch` residuals drawn uniformly with replacement; Σ = 0 on Γ, so the limit stands still (theory section 3).

    Law "sampling" is the sampling itself; the others put Gaussian or ±1 weights on the same covariance.
    """

    kind: ClassVar[str] = "minibatch"
    laws: ClassVar[tuple[str, ...]] = ("sampling", "gaussian", "rademacher")
    needs_residuals: ClassVar[bool] = True
    law: str = "sampling"
    batch: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.batch, bool) or not isinstance(self.batch, int) or not 1 <= self.batch <= MAX_BATCH:
            raise ValueError(f"The batch of minibatch noise is a whole number from 1 to {MAX_BATCH}; not {self.batch!r}.")

    @property
    def values(self) -> tuple[float, ...]:
        return (float(self.batch),)

    @property
    def canonical(self) -> Noise:
        return replace(self, batch=min(self.batch, 2))

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        n = landscape.residuals.numel()
        if self.law != "sampling":
            return (self._unit_draw(n),)
        if self.batch == 1:
            return (Draw("sample", 1, samples=n),)
        return (Draw("counts", n, samples=n, batch=self.batch),)

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        if self.law != "sampling":
            return landscape.gradient + self.factor(landscape, values) @ draws
        weights = _one_hot(draws, landscape.residuals.numel()) if self.batch == 1 else draws / values[0]
        return landscape.jacobian.T @ (weights * landscape.residuals)

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        n = landscape.residuals.numel()
        per_sample = landscape.jacobian.T @ ca.diag(landscape.residuals)
        return (per_sample - ca.repmat(landscape.gradient, 1, n)) / ca.sqrt(values[0] * n)


@dataclass(frozen=True, kw_only=True)
class CovarianceNoise(FreeNoise):
    """Σ(x) given by a symmetric positive semidefinite matrix of formulas in the landscape's variables and parameters."""

    kind: ClassVar[str] = "covariance"
    matrix: tuple[tuple[str, ...], ...] = (("1",),)

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            rows = tuple(tuple(entry if isinstance(entry, str) else repr(float(entry)) for entry in row) for row in self.matrix)
        except TypeError as error:
            raise ValueError("The covariance is a list of rows of formulas.") from error
        if not rows or any(len(row) != len(rows) for row in rows):
            raise ValueError("The covariance is a square matrix: as many rows as columns.")
        object.__setattr__(self, "matrix", rows)

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
        """Cholesky's lower triangle. A pivot of 0 leaves its column 0; a negative pivot gives NaN, which freezes the path."""
        sigma = self.matrix_graph(landscape)
        dimension = landscape.dimension
        lower = ca.SX.zeros(dimension, dimension)
        scale = ca.sum1(ca.fabs(ca.diag(sigma)))
        for j in range(dimension):
            pivot = sigma[j, j] - ca.sumsqr(lower[j, :j])
            positive = pivot > PIVOT_TOLERANCE * ca.fabs(sigma[j, j])
            negative = pivot < -NEGATIVE_TOLERANCE * scale
            root = ca.sqrt(ca.if_else(negative, -1.0, ca.fmax(pivot, 0)))
            lower[j, j] = ca.if_else(positive, root, ca.if_else(negative, root, 0))
            for i in range(j + 1, dimension):
                if sigma[i, j].is_zero() and (lower[i, :j] @ lower[j, :j].T).is_zero():
                    continue
                remainder = sigma[i, j] - lower[i, :j] @ lower[j, :j].T
                lower[i, j] = ca.if_else(positive, remainder / ca.if_else(positive, root, 1), 0)
        return lower


KINDS: dict[str, type[Noise]] = {noise.kind: noise for noise in (IsotropicNoise, LabelNoise, MinibatchNoise, CovarianceNoise)}


def noise(kind: str, **settings) -> Noise:
    """A noise by its name: "isotropic", "label", "minibatch" or "covariance".

    Raises ValueError, with a sentence, for an unknown name or setting or a value out of range.
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown noise “{kind}”. Known: {', '.join(KINDS)}.")
    unknown = set(settings) - {field.name for field in fields(KINDS[kind])}
    if unknown:
        raise ValueError(f"{kind.capitalize()} noise has no setting “{sorted(unknown)[0]}”.")
    if "matrix" in settings:
        settings["matrix"] = tuple(tuple(row) for row in settings["matrix"])
    return KINDS[kind](**settings)


def _one_hot(index: ca.SX, samples: int) -> ca.SX | Sequence[float]:
    if samples == 1:
        return ca.SX(1)
    return ca.vertcat(*(index == j for j in range(samples)))
