"""A model in z = S^{−½}x, S diagonal: where x′ = −S∇L, as of Adam whose second moments rest, is gradient flow."""

from __future__ import annotations

import numpy as np

from dynamics.models.base import Model
from dynamics.models.network import EPSILON, Network


class Rescaled(Model):
    """H̃ = S^½HS^½ and J̃ = JS^½, at points z (D,); S is 1/(√v + ε), and stays.

    A coordinate that the residuals do not depend on has v = 0 and S = 1/ε. Its part of J̃ is 0, and so is that of all flows.
    """

    def __init__(self, model: Network, second_moments: np.ndarray) -> None:
        """second_moments v (D,)."""
        self.model, self.root = model, 1 / np.sqrt(np.sqrt(second_moments) + EPSILON)
        self.dimension, self.samples, self.weight = model.dimension, model.samples, model.weight

    def of(self, x: np.ndarray) -> np.ndarray:
        """z."""
        return x / self.root

    def back(self, z: np.ndarray) -> np.ndarray:
        """x; of a velocity in z, that in x."""
        return z * self.root

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.model.residuals(self.back(x))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.root * self.model.gradient(self.back(x))

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        return self.root * self.model.jacobian(self.back(x))

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        return 2 * self.weight * (self.jacobian(x) ** 2).sum(axis=(-2, -1))

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        """Σ_i S_i ∇H_ii, in z."""
        return 4 * self.weight * self.root * self.model.curvature(self.back(x), self.root * self.jacobian(x))
