"""Matrix factorization and sensing of rank r: r_i = ⟨A_i, UVᵀ⟩ − y_i, or r_i = ⟨A_i, UUᵀ⟩ − y_i; L = (1/2n) Σ_i r_i².

With C = mean A_iA_iᵀ and R = mean A_iᵀA_i, on Γ tr H = tr UᵀCU + tr VᵀRV (symmetric: tr UᵀBU, B = mean (A_i + A_iᵀ)²). Where
C = R = γI, label noise balances the factors: UᵀU − VᵀV decays like e^{−cγt}, and what tr H tends to is a nuclear norm.
"""

from __future__ import annotations

import numpy as np

from dynamics.engine.compiled import summing
from dynamics.models.base import Model, StepDraws, Stepper, takes_one_sample
from dynamics.noise import Noise


class MatrixSensing(Model):
    """x = (U, V), row by row, of dimension D = (rows + columns)·rank; symmetric: x = U, D = rows·rank."""

    def __init__(self, measurements: np.ndarray, targets: np.ndarray, rank: int, symmetric: bool = False) -> None:
        """measurements (n, rows, columns), targets (n,). Raises ValueError, with a sentence."""
        self.measurements, self.targets = np.asarray(measurements, dtype=float), np.asarray(targets, dtype=float)
        if self.measurements.ndim != 3 or self.targets.shape != self.measurements.shape[:1]:
            raise ValueError("The measurements are matrices, and there is a target for each.")
        self.samples, self.rows, self.columns = self.measurements.shape
        if symmetric and self.rows != self.columns:
            raise ValueError("A symmetric factorization UUᵀ is measured by square matrices.")
        if not 1 <= rank <= min(self.rows, self.columns):
            raise ValueError(f"The rank is between 1 and {min(self.rows, self.columns)}; not {rank}.")
        self.rank, self.symmetric = rank, symmetric
        self.dimension = (self.rows + (0 if symmetric else self.columns)) * rank
        self.weight = 1 / (2 * self.samples)
        measured = self.measurements
        if symmetric:
            measured = measured + measured.transpose(0, 2, 1)
        self._sides = [measured] if symmetric else [measured, measured.transpose(0, 2, 1)]
        self._metrics = [np.einsum("nij,nkj->ik", side, side) / self.samples for side in self._sides]

    def factors(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """U (..., rows, r) and V (..., columns, r); U twice if symmetric."""
        x = np.asarray(x)
        left = x[..., : self.rows * self.rank].reshape(*x.shape[:-1], self.rows, self.rank)
        if self.symmetric:
            return left, left
        return left, x[..., self.rows * self.rank :].reshape(*x.shape[:-1], self.columns, self.rank)

    def matrix(self, x: np.ndarray) -> np.ndarray:
        """UVᵀ, (..., rows, columns)."""
        left, right = self.factors(x)
        return left @ right.swapaxes(-1, -2)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return np.einsum("nij,...ij->...n", self.measurements, self.matrix(x)) - self.targets

    def gradient(self, x: np.ndarray) -> np.ndarray:
        residuals = 2 * self.weight * self.residuals(x)
        weighted = [np.einsum("...n,nij->...ij", residuals, side) for side in self._sides]
        return self._flat([each @ other for each, other in zip(weighted, self._others(x), strict=True)])

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        pairs = zip(self._sides, self._others(x), strict=True)
        return self._flat([side @ other[..., None, :, :] for side, other in pairs])

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        return 0.5 * (np.asarray(x) * self.trace_hessian_gradient(x)).sum(axis=-1)

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        return self._flat([2 * metric @ factor for metric, factor in zip(self._metrics, self.factors(x), strict=False)])

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        if not takes_one_sample(noise):
            return super().stepper(noise, seed)
        draws = StepDraws(noise, self.samples, self.dimension, seed)
        work, measured = np.empty(self.dimension), np.ascontiguousarray(self._sides[0])

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            drawn, kicks = draws.samples(count), draws.kicks(count)
            return _single_sample(x, measured, self.targets, self.rank, self.symmetric, drawn, kicks, rate, bound, work)

        return step

    def _others(self, x: np.ndarray) -> list[np.ndarray]:
        """What ⟨A_i, UVᵀ⟩ is linear with: V for the part U, U for the part V."""
        left, right = self.factors(x)
        return [left] if self.symmetric else [right, left]

    @staticmethod
    def _flat(parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in parts], axis=-1)


@summing
def _single_sample(x, measured, targets, rank, symmetric, samples, kicks, rate, bound, gradient):
    """Steps on one sample each; how many were taken before a residual left ±bound. `measured` is A + Aᵀ if symmetric."""
    rows, columns = measured.shape[1:]
    right = 0 if symmetric else rows * rank
    for step in range(len(samples)):
        matrix = measured[samples[step]]
        gradient[:] = 0.0
        for i in range(rows):
            for j in range(columns):
                for k in range(rank):
                    gradient[i * rank + k] += matrix[i, j] * x[right + j * rank + k]
        product = 0.0
        for i in range(rows * rank):
            product += gradient[i] * x[i]
        residual = (0.5 * product if symmetric else product) - targets[samples[step]]
        if not abs(residual) <= bound:
            return step
        if not symmetric:
            for i in range(rows):
                for j in range(columns):
                    for k in range(rank):
                        gradient[right + j * rank + k] += matrix[i, j] * x[i * rank + k]
        factor = rate * (residual + kicks[step])
        for i in range(len(x)):
            x[i] -= factor * gradient[i]
    return len(samples)
