"""What is plotted against time: loss, distance to Γ, tr H and sharpness, over an ensemble.

On the limit loss and distance are 0 by construction. What SGD is to be compared with is the fluctuation about it: to leading order
in η, x − Y has covariance η 𝓛⁻¹Σ⊥, so E L = (η/4) tr Σ⊥ (theory section 5, last row), and the mean distance is that of a Gaussian
with this covariance (exact where 𝓛⁻¹Σ⊥ is a multiple of a projector, as in codimension 1; Satterthwaite's approximation otherwise).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import casadi as ca
import numpy as np
from scipy.spatial import cKDTree
from scipy.special import gammaln

from dynamics.engine.building import built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, landscape_graph
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import lyapunov
from dynamics.limit.distance import distance_to_manifold
from dynamics.limit.frame import normal_frame
from dynamics.noise import Noise

QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Summary:
    """Mean, 5 % and 95 % quantile over the paths that are not frozen, each (F,); NaN where none is left."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


SUMMARIES = tuple(field.name for field in fields(Summary))


@dataclass(frozen=True)
class Observable:
    """One quantity of the optimizer and of its limit; `finite` of the limit corrected to first order in η, where it is known."""

    sgd: Summary
    limit: Summary
    finite: Summary | None = None


@built_once(128)
def _fluctuation_tape(definition: Definition, noise: Noise, rank: int) -> Tape:
    """tr Σ⊥, tr V and tr V² for V = 𝓛⁻¹Σ⊥."""
    landscape = landscape_graph(definition)
    values = ca.SX.sym("values", len(noise.values))
    frame = normal_frame(landscape, rank)
    components = frame.normals @ noise.factor(landscape, values)
    spread = lyapunov(frame, components @ components.T)
    outputs = [ca.sumsqr(components), ca.trace(spread), ca.sumsqr(spread)]
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), outputs, frame.solved)


def fluctuation(landscape: Landscape, noise: Noise, rank: int, Y) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """tr Σ⊥, tr V and tr V² for V = 𝓛⁻¹Σ⊥ at points Y (..., D) of Γ, each (...): η V is SGD's covariance about Y."""
    tape = _fluctuation_tape(landscape.definition, noise.canonical, rank)
    trace, spread, spread_squared = np.moveaxis(evaluate_tape(tape, Y, (*landscape.values, *noise.values)), -1, 0)
    return trace, spread, spread_squared


@dataclass(frozen=True)
class OnSgd:
    """Points X (..., D) of SGD. `rank` None: there is no Γ to measure the distance to; `known` are points of Γ."""

    landscape: Landscape
    rank: int | None
    X: np.ndarray
    known: cKDTree | None


@dataclass(frozen=True)
class OnLimit:
    """Points X (..., D) of the limit, and what SGD's fluctuation about them is: tr Σ⊥, tr V and tr V² for V = 𝓛⁻¹Σ⊥, (...)."""

    landscape: Landscape
    learning_rate: float
    X: np.ndarray
    trace: np.ndarray
    spread: np.ndarray
    spread_squared: np.ndarray


@dataclass(frozen=True)
class Quantity:
    """What can be plotted against time, declared once: the panels of the player and the choices of the clocks come from here.

    `falls` says that it vanishes on Γ, so that it has many scales; `edge` that 2/η is drawn in its panel. What is a function of the
    point alone is `of_point`; another one says what it is on SGD and on the limit, where it is SGD's about the limit's points.
    """

    name: str
    title: str
    words: str  # in a sentence
    of_point: Callable[[Landscape, np.ndarray], np.ndarray] | None = None
    falls: bool = False
    edge: bool = False
    of_sgd: Callable[[OnSgd], np.ndarray] | None = None
    of_limit: Callable[[OnLimit], np.ndarray] | None = None

    def on_sgd(self, at: OnSgd) -> np.ndarray:
        return self.of_sgd(at) if self.of_sgd else self._at(at)

    def on_limit(self, at: OnLimit) -> np.ndarray:
        return self.of_limit(at) if self.of_limit else self._at(at)

    def _at(self, at: OnSgd | OnLimit) -> np.ndarray:
        if self.of_point is None:
            raise TypeError(f"{self.name} is no function of the point alone, and says nothing for {type(at).__name__}.")
        return self.of_point(at.landscape, at.X)


def _distance(at: OnSgd) -> np.ndarray:
    if at.rank is None:
        return np.full(at.X.shape[:-1], np.nan)
    return distance_to_manifold(at.landscape, at.rank, at.X, at.known)


def _distance_about_limit(at: OnLimit) -> np.ndarray:
    return _mean_length(at.learning_rate * at.spread, at.learning_rate**2 * at.spread_squared)


QUANTITIES = (
    Quantity(
        "loss", "Loss", "loss", falls=True,
        of_sgd=lambda at: at.landscape.loss(at.X), of_limit=lambda at: at.learning_rate / 4 * at.trace,
    ),
    Quantity("distance", "Distance to Γ", "distance to Γ", falls=True, of_sgd=_distance, of_limit=_distance_about_limit),
    Quantity("trace_hessian", "Trace of H", "trace of H", Landscape.trace_hessian),
    Quantity("sharpness", "Sharpness", "sharpness λₘₐₓ(H)", Landscape.sharpness, edge=True),
)  # fmt: skip
NAMES = tuple(quantity.name for quantity in QUANTITIES)


def sgd_observables(landscape: Landscape, rank: int | None, X: np.ndarray, known: cKDTree | None) -> dict[str, np.ndarray]:
    """Each of QUANTITIES at SGD's points X (..., D), (...). `rank` None: there is no Γ to measure the distance to."""
    at = OnSgd(landscape, rank, np.asarray(X, dtype=float), known)
    return {quantity.name: quantity.on_sgd(at) for quantity in QUANTITIES}


def limit_observables(landscape: Landscape, noise: Noise, rank: int, learning_rate: float, Y) -> dict[str, np.ndarray]:
    """Each of QUANTITIES at the limit's points Y (..., D), (...): loss and distance are SGD's about them, to leading order in η."""
    Y = np.asarray(Y, dtype=float)
    at = OnLimit(landscape, learning_rate, Y, *fluctuation(landscape, noise, rank, Y))
    return {quantity.name: quantity.on_limit(at) for quantity in QUANTITIES}


def of_points(landscape: Landscape, X: np.ndarray) -> dict[str, np.ndarray]:
    """Those of QUANTITIES that are functions of the point alone at X (..., D), (...)."""
    return {quantity.name: quantity.of_point(landscape, X) for quantity in QUANTITIES if quantity.of_point is not None}


def _mean_length(variance: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """E‖Z‖ for a centred Gaussian Z with tr V = `variance` and tr V² = `squares`: that of χ_ν √(tr V/ν), ν = (tr V)²/tr V²."""
    freedom = np.divide(variance**2, squares, out=np.ones_like(variance), where=squares > 0)
    chi = np.sqrt(2 / freedom) * np.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2))
    return np.sqrt(np.maximum(variance, 0.0)) * chi


def summarize(values: np.ndarray) -> Summary:
    """Over the last axis of values (F, N), NaN = absent."""
    ordered = np.sort(values, axis=-1)  # NaN last
    present = np.isfinite(ordered)
    count = present.sum(axis=-1)
    empty = count == 0
    mean = np.where(present, ordered, 0.0).sum(axis=-1) / np.maximum(count, 1)
    mean[empty] = np.nan

    def quantile(level: float) -> np.ndarray:
        position = level * np.maximum(count - 1, 0)
        below = np.floor(position).astype(int)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        rows = np.arange(len(ordered))
        low, high = ordered[rows, below], ordered[rows, above]
        result = low + (position - below) * (high - low)
        result[empty] = np.nan
        return result

    return Summary(mean, quantile(QUANTILES[0]), quantile(QUANTILES[1]))


def absent(frames: int) -> Summary:
    return Summary(*(np.full(frames, np.nan) for _ in range(3)))
