"""What is plotted against time: loss, distance to Γ, tr H and sharpness, over an ensemble.

On the limit loss and distance are 0 by construction. What SGD is to be compared with is the fluctuation about it: to leading order
in η, x − Y has covariance η 𝓛⁻¹Σ⊥, so E L = (η/4) tr Σ⊥ (theory section 5, last row), and the mean distance is that of a Gaussian
with this covariance (exact where 𝓛⁻¹Σ⊥ is a multiple of a projector, as in codimension 1; Satterthwaite's approximation otherwise).
"""

from __future__ import annotations

from dataclasses import dataclass

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

NAMES = ("loss", "distance", "trace_hessian", "sharpness")
QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Summary:
    """Mean, 5 % and 95 % quantile over the paths that are not frozen, each (F,); NaN where none is left."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Observable:
    """One quantity of SGD and of the limit."""

    sgd: Summary
    limit: Summary


def sgd_observables(landscape: Landscape, rank: int | None, X: np.ndarray, known: cKDTree | None) -> dict[str, np.ndarray]:
    """Each of NAMES at SGD's points X (..., D), (...). `rank` None: there is no Γ to measure the distance to."""
    X = np.asarray(X, dtype=float)
    return {
        "loss": landscape.loss(X),
        "distance": np.full(X.shape[:-1], np.nan) if rank is None else distance_to_manifold(landscape, rank, X, known),
        "trace_hessian": landscape.trace_hessian(X),
        "sharpness": landscape.sharpness(X),
    }


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


def limit_observables(landscape: Landscape, noise: Noise, rank: int, learning_rate: float, Y) -> dict[str, np.ndarray]:
    """Each of NAMES at the limit's points Y (..., D), (...): loss and distance are SGD's about them, to leading order in η."""
    Y = np.asarray(Y, dtype=float)
    trace, spread, spread_squared = fluctuation(landscape, noise, rank, Y)
    return {
        "loss": learning_rate / 4 * trace,
        "distance": _mean_length(learning_rate * spread, learning_rate**2 * spread_squared),
        "trace_hessian": landscape.trace_hessian(Y),
        "sharpness": landscape.sharpness(Y),
    }


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
