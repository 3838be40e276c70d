"""A network with one hidden layer, f(z) = Σ_k a_k tanh(⟨b_k, z⟩ + c_k), on a regression set: L = (1/2n) Σ_i (f(z_i) − y_i)²."""

from __future__ import annotations

import numpy as np

from dynamics.engine.compiled import summing
from dynamics.models.base import Model, StepDraws, Stepper, takes_one_sample
from dynamics.noise import Noise


class TwoLayerNetwork(Model):
    """x = (a, b_1, …, b_m) with the biases c_k as the last column of b: D = m(p + 2) for m units and p inputs."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray, units: int) -> None:
        """inputs (n, p), targets (n,). Raises ValueError, with a sentence."""
        self.inputs, self.targets = np.asarray(inputs, dtype=float), np.asarray(targets, dtype=float)
        if self.inputs.ndim != 2 or self.targets.shape != self.inputs.shape[:1]:
            raise ValueError("The inputs are a matrix with a row a sample, and there is a target a row.")
        if units < 1:
            raise ValueError("The network has at least one hidden unit.")
        self.units, self.samples = units, len(self.targets)
        self._extended = np.column_stack([self.inputs, np.ones(self.samples)])  # (n, p + 1)
        self._squares = (self._extended**2).sum(axis=-1)  # (n,)
        self.dimension = units * (self._extended.shape[1] + 1)
        self.weight = 1 / (2 * self.samples)

    def predict(self, x: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """f at inputs (m, p): (..., m)."""
        outer, inner = self._split(x)
        extended = np.column_stack([inputs, np.ones(len(inputs))])
        return np.einsum("...k,...nk->...n", outer, np.tanh(np.einsum("np,...kp->...nk", extended, inner)))

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.predict(x, self.inputs) - self.targets

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return 2 * self.weight * np.einsum("...n,...nd->...d", self.residuals(x), self.jacobian(x))

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        outer, active, slope = self._activations(x)
        inner = (outer[..., None, :] * slope)[..., None] * self._extended[:, None, :]
        return np.concatenate([active, inner.reshape(*active.shape[:-1], -1)], axis=-1)

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        outer, active, slope = self._activations(x)
        squares = active**2 + (outer[..., None, :] * slope) ** 2 * self._squares[:, None]
        return 2 * self.weight * squares.sum(axis=(-2, -1))

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        outer, active, slope = self._activations(x)
        of_outer = outer * (slope**2 * self._squares[:, None]).sum(axis=-2)
        bend = -2 * active * slope
        before = active * slope + outer[..., None, :] ** 2 * slope * bend * self._squares[:, None]
        of_inner = np.einsum("...nk,np->...kp", before, self._extended)
        return 4 * self.weight * np.concatenate([of_outer, of_inner.reshape(*of_outer.shape[:-1], -1)], axis=-1)

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        if not takes_one_sample(noise):
            return super().stepper(noise, seed)
        draws, active = StepDraws(noise, self.samples, self.dimension, seed), np.empty(self.units)

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            return _single_sample(x, self._extended, self.targets, draws.samples(count), draws.kicks(count), rate, bound, active)

        return step

    def _split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """a (..., m) and (b, c) (..., m, p + 1)."""
        x = np.asarray(x)
        return x[..., : self.units], x[..., self.units :].reshape(*x.shape[:-1], self.units, -1)

    def _activations(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """a (..., m), tanh and its derivative at each sample and unit (..., n, m)."""
        outer, inner = self._split(x)
        active = np.tanh(np.einsum("np,...kp->...nk", self._extended, inner))
        return outer, active, 1 - active**2


@summing
def _single_sample(x, extended, targets, samples, kicks, rate, bound, active):
    """Steps on one sample each; how many were taken before a residual left ±bound."""
    units, width = len(active), extended.shape[1]
    for step in range(len(samples)):
        row = extended[samples[step]]
        residual = -targets[samples[step]]
        for k in range(units):
            before = 0.0
            for p in range(width):
                before += x[units + k * width + p] * row[p]
            active[k] = np.tanh(before)
            residual += x[k] * active[k]
        if not abs(residual) <= bound:
            return step
        factor = rate * (residual + kicks[step])
        for k in range(units):
            inner = factor * x[k] * (1.0 - active[k] * active[k])
            x[k] -= factor * active[k]
            for p in range(width):
                x[units + k * width + p] -= inner * row[p]
    return len(samples)


def wave_regression(samples: int = 6, units: int = 10, seed: int = 0) -> tuple[TwoLayerNetwork, np.ndarray]:
    """Points of a sine wave on [−1, 1], and a network with more parameters than points at random weights (D,)."""
    random = np.random.default_rng(seed)
    inputs = np.linspace(-1, 1, samples)[:, None]
    network = TwoLayerNetwork(inputs, np.sin(np.pi * inputs[:, 0]), units)
    return network, random.normal(size=network.dimension) * np.repeat([1.0, 2.0], [units, 2 * units])
