"""What every model has: a loss that is a mean of squared residuals, and linear algebra on ker H that is n × n, never D × D."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from dynamics.arrays import point_of
from dynamics.noise import IsotropicNoise, LabelNoise, MinibatchNoise, Noise

Stepper = Callable[[np.ndarray, float, int, float], int]
"""(x, learning rate, how many steps, bound) -> steps taken; x (D,) is changed in place. Fewer steps: a residual left ±bound."""


class StepDraws:
    """The random numbers of a training run, a stream for each use: how the steps are cut into slices does not matter."""

    def __init__(self, noise: Noise | None, samples: int, dimension: int, seed: int) -> None:
        self.noise, self.count, self.dimension = noise, samples, dimension
        children = np.random.SeedSequence(seed, spawn_key=(4,)).spawn(3)
        self._samples, self._kicks, self._isotropic = (np.random.Generator(np.random.SFC64(child)) for child in children)

    def samples(self, steps: int) -> np.ndarray:
        """(S,) indices; 0 where no sample is drawn."""
        if isinstance(self.noise, LabelNoise | MinibatchNoise):
            return self._indices(steps)
        return np.zeros(steps, dtype=np.int64)

    def batches(self, steps: int, size: int) -> np.ndarray:
        """(S, B) indices, with replacement."""
        return self._indices(steps * size).reshape(steps, size)

    def kicks(self, steps: int) -> np.ndarray:
        """(S,) what is added to the label's residual."""
        if not isinstance(self.noise, LabelNoise):
            return np.zeros(steps)
        if self.noise.law == "gaussian":
            return self.noise.scale * self._kicks.standard_normal(steps)
        return np.where(_words(self._kicks, steps) & 1, self.noise.scale, -self.noise.scale)

    def _indices(self, count: int) -> np.ndarray:
        """Uniform but for one part in 2³²/n: the upper half of a word, times n."""
        return (((_words(self._samples, count) >> 32) * self.count) >> 32).view(np.int64)

    def isotropic(self, steps: int) -> np.ndarray:
        """(S, D), or (0, D) without isotropic noise."""
        if not isinstance(self.noise, IsotropicNoise):
            return np.empty((0, self.dimension))
        if self.noise.law == "gaussian":
            return self.noise.scale * self._isotropic.standard_normal((steps, self.dimension))
        return self.noise.scale * (2.0 * self._isotropic.integers(0, 2, size=(steps, self.dimension)) - 1.0)


def takes_one_sample(noise: Noise | None) -> bool:
    """Whether a step takes the gradient of one sample, not of all or of several."""
    return isinstance(noise, LabelNoise | MinibatchNoise) and noise.batch == 1


def _words(random: np.random.Generator, count: int) -> np.ndarray:
    """(count,) random words of 64 bits: the cheapest that a generator has."""
    return random.integers(0, 2**64, size=count, dtype=np.uint64)


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

    def gram_gradient(self, x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """The gradient of tr(M JJᵀ), (D,), at one point (D,), for a symmetric M (n, n) that is held fixed."""
        raise ValueError("The limit at a finite learning rate is computed for networks; for this model there is that of η → 0.")

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
        x, v = point_of(x, self.dimension), point_of(v, self.dimension)
        gram = self.gram(x)
        gram[np.diag_indices_from(gram)] += 1e-14 * np.trace(gram) / len(gram)
        return v - self.pull(x, np.linalg.solve(gram, self.push(x, v)))

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        """Steps of SGD with this noise, None for gradient descent. A model with kernels of its own overrides this."""
        draws = StepDraws(noise, self.samples, self.dimension, seed)
        each = 2 * self.weight * self.samples  # of a sample's gradient: each r_i ∂r_i

        def one(x: np.ndarray, drawn: np.ndarray, kick: float, extra: np.ndarray | float) -> np.ndarray:
            if isinstance(noise, MinibatchNoise) or (isinstance(noise, LabelNoise) and noise.batch == 1):
                residuals, jacobian = self.residuals(x)[drawn], self.jacobian(x)[drawn]
                return each * (residuals + kick) @ jacobian / len(drawn)
            gradient = self.gradient(x) + extra
            return gradient + each * kick * self.jacobian(x)[drawn[0]] if kick else gradient

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            size = noise.batch if isinstance(noise, MinibatchNoise) else 1
            drawn, kicks, extra = draws.batches(count, size), draws.kicks(count), draws.isotropic(count)
            for taken in range(count):
                x -= rate * one(x, drawn[taken], kicks[taken], extra[taken] if len(extra) else 0.0)
                if not np.abs(x).max() <= bound:
                    return taken
            return count

        return step
