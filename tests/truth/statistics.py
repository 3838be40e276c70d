"""Estimates with standard errors, and assertions whose false alarms are counted.

A check fails beyond `Z` standard errors: 2.6e-12 for a normal mean. The few hundred checks of a run together stay below 1e-9; from
there to the 1e-6 that is allowed is room for means of samples that are not quite normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Z = 7.0
KOLMOGOROV = 3.8  # √n D beyond which a law is another one: 2 exp(−2 · 3.8²) = 6e-13


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float

    def __sub__(self, other: Estimate) -> Estimate:
        return Estimate(self.value - other.value, float(np.hypot(self.error, other.error)))


def mean(samples) -> Estimate:
    """The mean of independent samples (N,)."""
    samples = np.asarray(samples, dtype=float)
    return Estimate(float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(len(samples))))


def variance(samples) -> Estimate:
    samples = np.asarray(samples, dtype=float)
    return mean((samples - samples.mean()) ** 2 * len(samples) / (len(samples) - 1))


def extrapolated(steps, estimates) -> Estimate:
    """The value at step 0 of the polynomial through independent estimates at `steps`."""
    weights = np.linalg.inv(np.vander(np.asarray(steps, dtype=float), increasing=True))[0]
    value = sum(w * e.value for w, e in zip(weights, estimates, strict=True))
    return Estimate(float(value), float(np.sqrt(sum((w * e.error) ** 2 for w, e in zip(weights, estimates, strict=True)))))


def assert_estimate(estimate: Estimate, exact: float, bias: float = 0.0) -> None:
    """The estimate is that of a number within `bias` of `exact`."""
    off, allowed = abs(estimate.value - exact), bias + Z * estimate.error
    assert off <= allowed, f"{estimate.value:.5g} ± {estimate.error:.2g} is {off:.2g} from {exact:.5g}; {allowed:.2g} is allowed"


def assert_mean(samples, exact: float, bias: float = 0.0) -> None:
    assert_estimate(mean(samples), exact, bias)


def assert_law(samples, distribution, bias: float = 0.0) -> None:
    """Independent samples (N,) follow the distribution function, up to `bias` in Kolmogorov's distance."""
    ordered = np.sort(np.asarray(samples, dtype=float))
    steps = np.arange(len(ordered) + 1) / len(ordered)
    expected = distribution(ordered)
    off = max(np.abs(expected - steps[:-1]).max(), np.abs(expected - steps[1:]).max())
    allowed = bias + KOLMOGOROV / np.sqrt(len(ordered))
    assert off <= allowed, f"Kolmogorov's distance is {off:.2g}; {allowed:.2g} is allowed"
