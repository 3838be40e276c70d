"""Diagonal linear nets of any depth L: w = u^L − v^L coordinate by coordinate, or w = v^L.

L(x) = (1/4n) Σ_i (⟨z_i, w⟩ − y_i)²; depth 2 is the overparametrized linear model. On Γ tr H = ½L² Σ_j s_j (u_j^{2L−2} + v_j^{2L−2})
with s_j = mean_i z_ij², so that label noise from a start of positive coordinates flows to the interpolator that minimizes
Σ_j s_j |w_j|^{2−2/L}: the sparsest at depth 2, ever closer to the minimum-ℓ2 one in deeper nets.
"""

from __future__ import annotations

import numpy as np

from dynamics.engine.compiled import summing
from dynamics.models.base import Model, StepDraws, Stepper, takes_one_sample
from dynamics.noise import Noise

DEPTHS = (2, 12)


class DiagonalNet(Model):
    """x = (u, v) of dimension D = 2d, or with one sign x = v of dimension D = d."""

    def __init__(self, design: np.ndarray, targets: np.ndarray, depth: int = 3, signs: int = 2) -> None:
        """Raises ValueError, with a sentence."""
        low, high = DEPTHS
        if not low <= depth <= high:
            raise ValueError(f"The depth of a diagonal net is between {low} and {high}; not {depth}.")
        if signs not in (1, 2):
            raise ValueError("The model has one sign or two.")
        self.design, self.targets = np.ascontiguousarray(design, dtype=float), np.asarray(targets, dtype=float)
        if self.design.ndim != 2 or self.targets.shape != self.design.shape[:1]:
            raise ValueError("The design is a matrix with a row a sample, and there is a target a row.")
        self.depth, self.signs = depth, signs
        self.samples, self.features = self.design.shape
        self.dimension = signs * self.features
        self.weight = 1 / (4 * self.samples)
        self._of_sign = np.repeat([1.0, -1.0][:signs], self.features)
        self._squares = np.tile((self.design**2).mean(axis=0), signs)

    def coefficients(self, x: np.ndarray) -> np.ndarray:
        """w, (..., d)."""
        return (self._of_sign * x**self.depth).reshape(*np.shape(x)[:-1], self.signs, self.features).sum(axis=-2)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.coefficients(x) @ self.design.T - self.targets

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return 2 * self.weight * self._slope(x) * np.tile(self.residuals(x) @ self.design, self.signs)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        return np.tile(self.design, self.signs) * self._slope(x)[..., None, :]

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        return 0.5 * self._slope(x) ** 2 @ self._squares

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        return self._squares * self.depth**2 * (self.depth - 1) * x ** (2 * self.depth - 3)

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        if not takes_one_sample(noise):
            return super().stepper(noise, seed)
        draws = StepDraws(noise, self.samples, self.dimension, seed)

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            return _single_sample(x, self.design, self.targets, self.depth, draws.samples(count), draws.kicks(count), rate, bound)

        return step

    def _slope(self, x: np.ndarray) -> np.ndarray:
        """∂w/∂x, (..., D)."""
        return self._of_sign * self.depth * x ** (self.depth - 1)


@summing
def _single_sample(x, design, targets, depth, samples, kicks, rate, bound):
    """Steps on one sample each; how many were taken before a residual left ±bound."""
    d = design.shape[1]
    for step in range(len(samples)):
        row = design[samples[step]]
        residual = -targets[samples[step]]
        for j in range(d):
            residual += row[j] * x[j] ** depth
        for j in range(len(x) - d):
            residual -= row[j] * x[d + j] ** depth
        if not abs(residual) <= bound:
            return step
        factor = rate * 0.5 * depth * (residual + kicks[step])
        for j in range(d):
            x[j] -= factor * row[j] * x[j] ** (depth - 1)
        for j in range(len(x) - d):
            x[d + j] += factor * row[j] * x[d + j] ** (depth - 1)
    return len(samples)
