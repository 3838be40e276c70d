"""What limits flow down: functions of a point of Γ, each with its gradient there.

Where H is what counts, d(tr f(H)) = tr(f′(H) dH), so that a gradient is T[f′(H)].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import exp1

from dynamics.landscapes.landscape import Landscape
from dynamics.settings import in_words

WIDTHS = (0.3, 0.03, 0.003, 3e-4)  # of rounded kinks, in units of √H
TINY = 1e-4  # of z, below which the series of ∫ψ is exact to ten digits


@dataclass(frozen=True, eq=False)
class Measure:
    """A function of points of Γ (..., D), with values (...) and gradients (..., D)."""

    name: str  # as it is written
    value: Callable[[Landscape, np.ndarray], np.ndarray]
    gradient: Callable[[Landscape, np.ndarray], np.ndarray]
    remark: str = ""  # what its letters mean, in a sentence
    when: str = ""  # that the limit flows down it, if not always
    rounded: tuple[Measure, ...] = ()  # the same with its kinks rounded off, less and less: where a search for the least begins


def _trace_gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    return landscape.third_derivative(X, np.eye(landscape.dimension))


def _sharpness_gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    top = np.linalg.eigh(landscape.hessian(X))[1][..., -1]
    return landscape.third_derivative(X, top[..., :, None] * top[..., None, :])


def _logarithm_gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    return _sharpness_gradient(landscape, X) / landscape.sharpness(X)[..., None]


def _root_of_diagonal(width: float) -> Measure:
    """Σ_i √(H_ii + w²), of which w = 0 has kinks where a H_ii is 0."""

    def diagonal(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        return np.maximum(np.diagonal(landscape.hessian(X), axis1=-2, axis2=-1), 0.0)

    def value(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        return np.sqrt(diagonal(landscape, X) + width**2).sum(axis=-1)

    def gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        halves = 0.5 / np.sqrt(np.maximum(diagonal(landscape, X) + width**2, 1e-300))
        return landscape.third_derivative(X, halves[..., None] * np.eye(landscape.dimension))

    return Measure("tr √Diag(H)", value, gradient)


def _weighted_diagonal(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    return (np.asarray(X) ** 2 * np.diagonal(landscape.hessian(X), axis1=-2, axis2=-1)).sum(axis=-1)


def _weighted_diagonal_gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    X = np.asarray(X, dtype=float)
    diagonal = np.diagonal(landscape.hessian(X), axis1=-2, axis2=-1)
    return 2 * X * diagonal + landscape.third_derivative(X, X[..., None] ** 2 * np.eye(landscape.dimension))


TRACE = Measure("tr H", Landscape.trace_hessian, _trace_gradient)
SHARPNESS = Measure("λ₁", Landscape.sharpness, _sharpness_gradient)
LOGARITHM = Measure("ln λ₁", lambda landscape, X: np.log(landscape.sharpness(X)), _logarithm_gradient)
ROOT_OF_DIAGONAL = replace(_root_of_diagonal(0.0), rounded=tuple(map(_root_of_diagonal, WIDTHS)))
WEIGHTED_DIAGONAL = Measure("Σ xⱼ²Hⱼⱼ", _weighted_diagonal, _weighted_diagonal_gradient)
MEASURES = {measure.name: measure for measure in (TRACE, SHARPNESS, LOGARITHM, ROOT_OF_DIAGONAL, WEIGHTED_DIAGONAL)}

DECAYED = "¼c tr H + ½ω‖x‖²"
AVERAGED = "tr[H + (K−1)F(2αH)/2α]"


def decayed(speed: float, decay: float) -> Measure:
    """¼c tr H + ½ω‖x‖², of weight decay ω under label noise of covariance cH."""

    def value(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        return speed / 4 * landscape.trace_hessian(X) + decay / 2 * (np.asarray(X) ** 2).sum(axis=-1)

    def gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        return speed / 4 * _trace_gradient(landscape, X) + decay * np.asarray(X)

    remark = f"Here c = δ² = {in_words(speed, 4)} is the speed of label noise and ω = {in_words(decay, 4)} the weight decay."
    return Measure(DECAYED, value, gradient, remark)


def averaged(workers: int, alpha: float) -> Measure:
    """tr[H + (K−1) F(2αH)/2α] with F(z) = ∫₀ᶻ ψ, ψ(u) = (u − 1 + e^{−u})/u, of local SGD with K workers and α = ηH under label
    noise (theory of `LocalSgd`: Ψ = c ψ(2αH)/2 there)."""

    def value(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        z = 2 * alpha * np.maximum(np.linalg.eigvalsh(landscape.hessian(X)), 0.0)
        return landscape.trace_hessian(X) + (workers - 1) / (2 * alpha) * _integrated(z).sum(axis=-1)

    def gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(landscape.hessian(X))
        z = 2 * alpha * np.maximum(values, 1e-300)
        weights = 1 + (workers - 1) * (1 + np.expm1(-z) / z)
        return landscape.third_derivative(X, (vectors * weights[..., None, :]) @ np.swapaxes(vectors, -1, -2))

    remark = (
        f"F(z) = ∫₀ᶻ (u − 1 + e⁻ᵘ)/u du, with K = {workers} workers and α = {in_words(alpha, 4)}, the learning rate times the "
        "local steps."
    )
    return Measure(AVERAGED, value, gradient, remark)


def _integrated(z: np.ndarray) -> np.ndarray:
    """∫₀ᶻ ψ = z − (E₁(z) + ln z + γ) for z ≥ 0."""
    large = np.maximum(z, TINY)
    return np.where(z < TINY, z**2 / 4 - z**3 / 18, large - exp1(large) - np.log(large) - np.euler_gamma)
