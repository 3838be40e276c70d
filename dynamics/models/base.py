"""What every model has: a loss that is a mean of squared residuals, and linear algebra on ker H that is n × n, never D × D."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np


class Model(ABC):
    """L(x) = `weight` · Σ_i r_i(x)², with n residuals and D parameters. Points are (..., D) unless a method says otherwise.

    On Γ the residuals vanish: there H = 2 `weight` JᵀJ with J = ∂r (n, D), and its kernel is that of J.
    """

    dimension: int
    samples: int
    weight: float

    @abstractmethod
    def residuals(self, x: np.ndarray) -> np.ndarray:
        """r(x), (..., n)."""

    @abstractmethod
    def gradient(self, x: np.ndarray) -> np.ndarray:
        """∇L(x), (..., D)."""

    @abstractmethod
    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """∂r(x), (..., n, D)."""

    @abstractmethod
    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        """tr of 2 `weight` JᵀJ, (...): tr H on Γ."""

    @abstractmethod
    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        """The gradient of `trace_hessian`, (..., D)."""

    def loss(self, x: np.ndarray) -> np.ndarray:
        """L(x), (...)."""
        return self.weight * (self.residuals(x) ** 2).sum(axis=-1)

    def gram(self, x: np.ndarray) -> np.ndarray:
        """JJᵀ, (n, n), at one point (D,)."""
        jacobian = self.jacobian(x)
        return jacobian @ jacobian.T

    def push(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """J v, (n,), at one point (D,)."""
        return self.jacobian(x) @ v

    def pull(self, x: np.ndarray, c: np.ndarray) -> np.ndarray:
        """Jᵀ c, (D,), at one point (D,)."""
        return self.jacobian(x).T @ c

    def tangent_projection(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """P v, (D,): v less its part in the range of Jᵀ, at one point (D,). Solves an n × n system."""
        gram = self.gram(x)
        gram[np.diag_indices_from(gram)] += 1e-14 * np.trace(gram) / len(gram)
        return v - self.pull(x, np.linalg.solve(gram, self.push(x, v)))
