"""A landscape with residuals on the face of a model."""

from __future__ import annotations

import numpy as np

from dynamics.landscapes.landscape import Landscape
from dynamics.models.base import Model


class LandscapeModel(Model):
    """L = (1/2n) Σ_i f_i². `trace_hessian` is tr ∇²L, which on Γ is that of JᵀJ/n. Raises ValueError without residuals."""

    def __init__(self, landscape: Landscape) -> None:
        if not landscape.has_residuals:
            raise ValueError("Label noise is noise on the target of a residual; this landscape is given by its loss.")
        self.landscape = landscape
        self.dimension, self.samples = landscape.dimension, len(landscape.definition.residuals)
        self.weight = 1 / (2 * self.samples)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.landscape.residuals(x)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.landscape.gradient(x)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        return self.landscape.jacobian(x)

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        return self.landscape.trace_hessian(x)

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        return self.landscape.third_derivative(x, np.eye(self.dimension))
