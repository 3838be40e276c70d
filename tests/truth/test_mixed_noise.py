"""Circle with noise whose radial and tangential parts are correlated: the mixed part of the drift turns it.

Σ = s² (I + ρ (n tᵀ + t nᵀ)), n = (x, y), t = (−y, x), on Γ. Then T[M] = 2Mn + n tr M gives −P T[H†Σ⊥∥] = −s²ρ t: Brownian motion
that turns at the constant rate −s²ρ, E (cos θ, sin θ) = e^{−s²t/2} (cos s²ρt, −sin s²ρt).
"""

import numpy as np
import pytest

from dynamics import Landscape, noise
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, extrapolated, mean

CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
VARIANCE, CORRELATION, HORIZON = 0.8, 0.9, 1.2
LONG = f"{VARIANCE}*(x*x + y*y)"
ACROSS = f"{VARIANCE * CORRELATION}*2*x*y"
DIFFERENCE = f"{VARIANCE * CORRELATION}*(x*x - y*y)"
MATRIX = [[f"{LONG} - {ACROSS}", DIFFERENCE], [DIFFERENCE, f"{LONG} + {ACROSS}"]]
TURNED = VARIANCE * CORRELATION * HORIZON
EXACT = np.exp(-VARIANCE * HORIZON / 2) * np.array([np.cos(TURNED), -np.sin(TURNED)])


def assert_extrapolates(steps, ends, bias):
    for axis in range(2):
        directions = [end[:, axis] / np.linalg.norm(end, axis=-1) for end in ends]
        assert_estimate(extrapolated(steps, [mean(direction) for direction in directions]), EXACT[axis], bias=bias)


def check_limit(scheme, counts, paths):
    given = noise("covariance", matrix=MATRIX)
    ends = [limit(CIRCLE, given, (1.0, 0.0), HORIZON, count, paths, scheme, seed) for seed, count in enumerate(counts)]
    assert_extrapolates([1 / count for count in counts], ends, bias=0.005)


def test_limit():
    check_limit("explicit", (200, 400), 40_000)
    check_limit("projective", (25, 50), 10_000)


def check_sgd(law):
    rates, paths = (0.1, 0.05, 0.025), 40_000
    given = noise("covariance", matrix=MATRIX, law=law)
    assert_extrapolates(rates, [sgd(CIRCLE, given, (1.0, 0.0), r, HORIZON, paths, seed) for seed, r in enumerate(rates)], bias=0.01)


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_sgd(law):
    check_sgd(law)


@pytest.mark.parametrize("factor", [0.5, -1.0, 0.0])
def test_planted_drift_is_seen(plant_in_limit, factor):
    plant_in_limit(mixed=factor)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit("explicit", (200, 400), 40_000)


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("covariance", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_sgd("gaussian")
