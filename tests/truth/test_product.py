"""Product xyz = 1, label noise: Γ is a surface, and the limit flows to |x| = |y| = |z| = 1.

Each step of SGD multiplies x² − y² by exactly 1 − η²r²z² and so on, so that in the limit (x² − y²)' = −c z² (x² − y²) etc., and
xyz = 1: an ordinary differential equation that knows neither the Hessian nor its derivatives.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Landscape, noise
from dynamics.optimizers.sgd import SGD
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, extrapolated, mean

PRODUCT = Landscape.from_residuals(["x*y*z - 1"], ("x", "y", "z"))
START, HORIZON = (2.0, 0.8, 0.625), 0.8


def exact(start, horizon, c=1.0):
    """x², y², z² after `horizon`."""

    def velocity(_, squares):
        u, v, w = squares
        equations = [[1, -1, 0], [0, 1, -1], [1 / u, 1 / v, 1 / w]]
        return np.linalg.solve(equations, [-c * w * (u - v), -c * u * (v - w), 0.0])

    return solve_ivp(velocity, (0, horizon), np.square(start), method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1]


def check_limit(scheme):
    counts, paths = ((400, 800), 2) if scheme == "explicit" else ((20, 40), 4_000)
    ends = [limit(PRODUCT, noise("label"), START, HORIZON, n, paths, scheme, seed) for seed, n in enumerate(counts)]
    for axis, value in enumerate(exact(START, HORIZON)):
        found = extrapolated([1 / n for n in counts], [mean(end[:, axis] ** 2) for end in ends])
        assert_estimate(found, value, bias=1e-4 if scheme == "explicit" else 0.02)


def test_limit():
    check_limit("explicit")
    check_limit("projective")


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (1, -1, -1)])
def test_limit_ends_at_the_flattest_points(signs):
    end = limit(PRODUCT, noise("label"), np.multiply(START, signs), 12.0, 6_000, 2)
    np.testing.assert_allclose(end, np.broadcast_to(signs, (2, 3)), atol=1e-3)
    assert PRODUCT.trace_hessian(end) == pytest.approx(3.0, abs=1e-4)


def test_each_step_of_sgd_shrinks_the_differences_of_squares_exactly():
    learning_rate = 0.05
    stepper = SGD.stepper(PRODUCT, noise("label"), np.array(START), learning_rate, 0, 0, 160)
    for _ in range(200):
        x, y, z = stepper.points.copy()
        stepper.advance(1)
        r = (x - stepper.points[0]) / (learning_rate * y * z)
        x1, y1, z1 = stepper.points
        shrink = (learning_rate * r) ** 2
        np.testing.assert_allclose(x1**2 - y1**2, (x**2 - y**2) * (1 - shrink * z**2), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(y1**2 - z1**2, (y**2 - z**2) * (1 - shrink * x**2), rtol=1e-11, atol=1e-12)


def check_sgd(law="rademacher"):
    rates, paths = (0.08, 0.04, 0.02), 20_000
    ends = [sgd(PRODUCT, noise("label", law=law), START, rate, HORIZON, paths, seed) for seed, rate in enumerate(rates)]
    for axis, value in enumerate(exact(START, HORIZON)):
        assert_estimate(extrapolated(rates, [mean(end[:, axis] ** 2) for end in ends]), value, bias=0.02)


@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_sgd(law):
    check_sgd(law)


def test_sgd_ends_at_the_flattest_points():
    rate = 0.04
    end = sgd(PRODUCT, noise("label"), (-2.0, -0.8, 0.625), rate, 8.0, 2_000)
    np.testing.assert_allclose(end.mean(axis=0), [-1, -1, 1], atol=3 * rate)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 0.97])
def test_planted_drift_is_seen(plant_in_limit, factor):
    plant_in_limit(normal=factor)
    with pytest.raises(AssertionError, match=r"is allowed|paths failed"):
        check_limit("explicit")


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("label", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_sgd()


def test_planted_kick_is_seen(plant_in_kick):
    plant_in_kick("label", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit("projective")
