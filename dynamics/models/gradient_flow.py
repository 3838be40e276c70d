"""A step of gradient flow on a model, by n × n algebra: the exponential Runge–Kutta method of order 4 of Krogstad (2005).

Near Γ the flow is stiff: its rates are the eigenvalues of H ≈ A = 2·weight·JᵀJ. With J held over a step, −A's part is solved
exactly and the rest, g(x) = −∇L(x) + ∇L(x₀) + A(x − x₀), by Runge–Kutta. Its functions of A need only the eigenvalues of JJᵀ, for
φ_k(−hA) = 1/k! − 2·weight·h Jᵀ φ_{k+1}(−h·2·weight·JJᵀ) J.
"""

from __future__ import annotations

import math

import numpy as np

from dynamics.models.base import Model

TERMS = 18  # of the series of φ_4, for arguments of at most 1


class GradientFlow:
    """The flow dx/dt = −∇L from `point` on (D,), with J held there."""

    def __init__(self, model: Model, point: np.ndarray) -> None:
        self.model, self.point = model, point
        self.jacobian, self.force = model.jacobian(point), -model.gradient(point)
        self.values, self.vectors = np.linalg.eigh(self.jacobian @ self.jacobian.T)
        self.double = 2 * model.weight

    def step(self, size: float) -> tuple[np.ndarray, float]:
        """The point after time `size` (D,), and how far it is from that of the second-order method within: more than its error."""
        half, whole = self._phis(size / 2), self._phis(size)
        second = self.point + size / 2 * self._apply(half, 1, self.force, size / 2)
        g2 = self._rest(second)
        g3 = self._rest(second + size * self._apply(half, 2, g2, size / 2))
        linear = self.point + size * self._apply(whole, 1, self.force, size)
        g4 = self._rest(linear + 2 * size * self._apply(whole, 2, g3, size))
        bent = g2 + g3 - g4
        correction = size * (2 * self._apply(whole, 2, bent, size) - 4 * self._apply(whole, 3, bent, size))
        return linear + size * self._apply(whole, 2, g4, size) + correction, float(np.linalg.norm(correction))

    def _rest(self, point: np.ndarray) -> np.ndarray:
        """g, (D,): what the force is beyond its linear part here."""
        return -self.model.gradient(point) - self.force + self.double * (self.jacobian @ (point - self.point)) @ self.jacobian

    def _phis(self, size: float) -> np.ndarray:
        """φ_1 … φ_4 at −`size` times the eigenvalues of A on the range of Jᵀ, (4, n)."""
        z = -size * self.double * np.maximum(self.values, 0.0)
        return phis(z)

    def _apply(self, of_range: np.ndarray, order: int, vector: np.ndarray, size: float) -> np.ndarray:
        """φ_order(−size A) v, (D,)."""
        seen = self.vectors.T @ (self.jacobian @ vector)
        return vector / math.factorial(order) - size * self.double * (self.vectors @ (of_range[order] * seen)) @ self.jacobian


def phis(z: np.ndarray) -> np.ndarray:
    """φ_1 … φ_4 at z ≤ 0, (4, n): φ_0 = e^z, φ_{k+1} = (φ_k − 1/k!)/z, by their series where z is small."""
    near, far = np.maximum(z, -1.0), np.minimum(z, -1.0)
    series = np.zeros_like(z)
    for term in reversed(range(TERMS)):
        series = series * near + 1 / math.factorial(term + 4)
    upwards, downwards = [np.expm1(far) / far], [series]
    for k in (1, 2, 3):
        upwards.append((upwards[-1] - 1 / math.factorial(k)) / far)
        downwards.insert(0, near * downwards[0] + 1 / math.factorial(4 - k))
    return np.where(z > -1.0, downwards, upwards)
