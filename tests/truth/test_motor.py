"""The k-phase motor: the angle turns for ever at the rate a·b·c·k/8, with no noise and no potential.

The limit does not depend on the scale of L; how fast SGD gets there does. Residuals are multiplied by √n, so that L = ½ Σ f².
"""

import numpy as np
import pytest

from dynamics import Landscape, noise
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, extrapolated, mean

HORIZON = 4.0


def motor(phases, a=1.0, b=1.0, c=1.0):
    """Its landscape, noise and start."""
    angles = [2 * np.pi * j / phases for j in range(1, phases + 1)]
    unit = f"sqrt({phases + 1})"
    residuals = [f"{unit}*(x*x + y*y - 1)/2"]
    residuals += [f"{unit}*exp({a}/2*(x*cos({f!r}) + y*sin({f!r})))*z{j}" for j, f in enumerate(angles, 1)]
    matrix = [["0"] * (phases + 2) for _ in range(phases + 2)]
    for j, f in enumerate(angles, 2):
        matrix[j][j] = f"{c}*max(0, 1 + {b}*(y*cos({f!r}) - x*sin({f!r})))"  # off Γ the bracket may be negative
    variables = ("x", "y", *(f"z{j}" for j in range(1, phases + 1)))
    return Landscape.from_residuals(residuals, variables), noise("covariance", matrix=matrix), (1.0, *[0.0] * (phases + 1))


def angle(points):
    return np.arctan2(points[:, 1], points[:, 0])


def check_limit(phases, scheme="explicit", **strengths):
    a, b, c = (strengths.get(name, 1.0) for name in "abc")
    landscape, given, start = motor(phases, a, b, c)
    counts, paths = ((512, 1024), 2) if scheme == "explicit" else ((40, 80), 1_000)
    ends = [mean(angle(limit(landscape, given, start, HORIZON, n, paths, scheme, seed))) for seed, n in enumerate(counts)]
    found = extrapolated([1 / n for n in counts], ends)
    assert_estimate(found, a * b * c * phases / 8 * HORIZON, bias=1e-4 if scheme == "explicit" else 0.01)


def test_limit_of_three_phases():
    check_limit(3)
    check_limit(3, "projective")


def test_limit_of_four_phases_of_other_strengths():
    check_limit(4, a=0.7, b=0.5, c=1.3)


def test_the_limit_turns_at_a_constant_rate_and_stays_on_its_circle():
    landscape, given, start = motor(3)
    for horizon in (1.0, 2.0, 7.0):
        end = limit(landscape, given, start, horizon, 1_000, 2)
        assert angle(end) == pytest.approx(0.375 * horizon, abs=2e-3)
        np.testing.assert_allclose(np.hypot(end[:, 0], end[:, 1]), 1.0, atol=1e-6)
        np.testing.assert_allclose(end[:, 2:], 0.0, atol=1e-6)


def check_sgd(law="gaussian"):
    landscape, given, start = motor(3)
    given = noise("covariance", matrix=given.matrix, law=law)
    rates, paths = (0.2, 0.1, 0.05), (20_000, 20_000, 10_000)
    found = [
        mean(angle(sgd(landscape, given, start, rate, HORIZON, n, seed)))
        for seed, (rate, n) in enumerate(zip(rates, paths, strict=True))
    ]
    if law == "gaussian":  # seen in an earlier simulation of a few thousand paths
        for estimate, seen in zip(found, (1.513, 1.505, 1.501), strict=True):
            assert_estimate(estimate, seen, bias=0.01)
    assert_estimate(extrapolated(rates, found), 1.5, bias=0.005)


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_sgd(law):
    check_sgd(law)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 0.97])
def test_planted_drift_is_seen(plant_in_limit, factor):
    plant_in_limit(normal=factor)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit(3)


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("covariance", 1.05)
    with pytest.raises(AssertionError, match="is allowed"):
        check_sgd()


def test_planted_kick_is_seen(plant_in_kick):
    plant_in_kick("covariance", 1.15)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit(3, "projective")
