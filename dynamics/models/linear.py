"""The overparametrized linear model of the paper's section 6: w = u∘u − v∘v, or w = v∘v (theory sections 6 and 7).

L = (1/4n) Σ_i (⟨z_i, w⟩ − y_i)². With g = Zᵀr/n the gradient is (g∘u, −g∘v), so that descent multiplies coordinates.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cholesky
from scipy.optimize import nnls

from dynamics.arrays import numbers_of, points_of
from dynamics.models import kernels
from dynamics.models.base import Model, StepDraws, Stepper, takes_one_sample
from dynamics.models.problems import MOST_ENTRIES
from dynamics.noise import MinibatchNoise, Noise
from dynamics.settings import one_of

FITS = 1e-8  # of the targets: a smaller residual is none


class OverparametrizedLinear(Model):
    """x = (u, v) of dimension D = 2d, or with one sign x = v of dimension D = d."""

    def __init__(self, design: np.ndarray, targets: np.ndarray, signs: int) -> None:
        self.design, self.targets, self.signs = np.ascontiguousarray(design, dtype=float), np.asarray(targets, dtype=float), signs
        self.samples, self.features = self.design.shape
        self.dimension = signs * self.features
        self.weight = 1 / (4 * self.samples)
        self.squares = (self.design**2).mean(axis=0)  # s_j, (d,)

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates that count positively and those that count negatively, each (..., d) or (..., 0)."""
        x = points_of(x, self.dimension)
        return x[..., : self.features], x[..., self.features :]

    def coefficients(self, x: np.ndarray) -> np.ndarray:
        """w, (..., d)."""
        positive, negative = self.split(x)
        return positive**2 - negative**2 if self.signs == 2 else positive**2

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.coefficients(x) @ self.design.T - self.targets

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self._signed(self.residuals(x) @ self.design / self.samples) * x

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        signed = np.concatenate([self.design, -self.design][: self.signs], axis=1)
        return 2 * signed * np.asarray(x)[..., None, :]

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        """(2/n) Σ_ij z_ij² (u_j² + v_j²)."""
        return 2 * (points_of(x, self.dimension) ** 2 @ np.tile(self.squares, self.signs))

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        return 4 * np.tile(self.squares, self.signs) * points_of(x, self.dimension)

    def gram(self, x: np.ndarray) -> np.ndarray:
        """4 Z diag(u² + v²) Zᵀ; as a matrix times its own transpose it takes BLAS half the work."""
        positive, negative = self.split(x)
        scaled = self.design * (2 * np.hypot(positive, negative if self.signs == 2 else 0.0))
        return scaled @ scaled.T

    def push(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        moved = 2 * x * v
        positive, negative = self.split(moved)
        return self.design @ (positive - negative if self.signs == 2 else positive)

    def pull(self, x: np.ndarray, c: np.ndarray) -> np.ndarray:
        return 2 * x * self._signed(c @ self.design)

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        draws = StepDraws(noise, self.samples, self.dimension, seed)
        work = np.empty((2, self.features))

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            data = (*self.split(x), self.design, self.targets)
            if isinstance(noise, MinibatchNoise) and noise.batch > 1:
                return kernels.batches(*data, draws.batches(count, noise.batch), rate, bound, work)
            if takes_one_sample(noise) and self.signs == 2:
                return kernels.single_sample(*data, draws.samples(count), draws.kicks(count), rate, bound)
            if takes_one_sample(noise):
                return kernels.single_sample_of_one_sign(
                    x, self.design, self.targets, draws.samples(count), draws.kicks(count), rate, bound
                )
            return kernels.full_gradient(
                *data, draws.samples(count), draws.kicks(count), draws.isotropic(count), rate, bound, work
            )  # fmt: skip

        return step

    def _signed(self, g: np.ndarray) -> np.ndarray:
        return np.concatenate([g, -g], axis=-1) if self.signs == 2 else g


def overparametrized_linear(design: np.ndarray, targets: np.ndarray, signs: int = 2) -> OverparametrizedLinear:
    """The model of the data design (n, d), targets (n,). signs=2: w = u∘u − v∘v; signs=1: w = v∘v.

    Raises ValueError, with a sentence, if no w fits all samples: then there is no zero loss to look at.
    """
    design, targets = numbers_of(design, "Data"), numbers_of(targets, "Data")
    if design.ndim != 2 or not design.size or targets.shape != design.shape[:1]:
        raise ValueError("The design is a matrix with a row a sample, and there is a target a row.")
    if one_of(signs, (1, 2)) is None:
        raise ValueError("The model has one sign or two.")
    if not (np.isfinite(design).all() and np.isfinite(targets).all()):
        raise ValueError("The data are finite numbers.")
    if design.size > MOST_ENTRIES:
        raise ValueError(f"{design.shape[0]:,} samples of {design.shape[1]:,} features do not fit into memory here.")
    if not (_fits_anything(design) if signs == 2 else False) and not _interpolates(design, targets, signs):
        raise ValueError(
            f"No {'' if signs == 2 else 'non-negative '}coefficients fit all {len(targets):,} samples: the loss is nowhere zero. "
            "Take fewer samples, or targets that do not contradict each other."
        )
    return OverparametrizedLinear(design, targets, signs)


def _fits_anything(design: np.ndarray) -> bool:
    """Whether the rows are independent: then whatever the targets are, some w fits."""
    if len(design) > design.shape[1]:
        return False
    gram = design @ design.T
    try:
        factor = cholesky(gram, lower=True)
    except LinAlgError:
        return False
    return bool(np.diag(factor).min() > 1e-6 * np.sqrt(np.diag(gram).max()))


def _interpolates(design: np.ndarray, targets: np.ndarray, signs: int) -> bool:
    if signs == 2:
        found = np.linalg.lstsq(design, targets, rcond=None)[0]
    else:
        found = nnls(design, targets, maxiter=50 * design.shape[1])[0]
    return bool(np.linalg.norm(design @ found - targets) <= FITS * float(np.linalg.norm(targets)) + 1e-300)
