"""Mean first-passage times at any points, against closed forms and independent quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad

from dynamics import Landscape, manifold_chart, mean_first_passage_time, noise
from tests.dynamics.test_densities import CIRCLE, GAUSSIAN_VALLEY, ISOTROPIC, XY, motor

random = np.random.default_rng(3)


def test_brownian_motion_on_the_circle():
    """From distance d to the target on a circle of length ℓ: d(ℓ − d)/a²."""
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    starts = random.uniform(-10, 10, 200)
    for target in (0.0, 1.23456789, 6.2831):
        away = np.mod(starts - target, chart.length)
        time = mean_first_passage_time(CIRCLE, noise("isotropic", scale=0.7), chart, target, starts)
        np.testing.assert_allclose(time, away * (chart.length - away) / 0.49, rtol=1e-10)
        assert mean_first_passage_time(CIRCLE, ISOTROPIC, chart, target, target) == pytest.approx(0.0, abs=1e-12)


def test_the_target_may_be_a_point():
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    on_grid = mean_first_passage_time(CIRCLE, ISOTROPIC, chart, chart.points(0.4))
    assert on_grid.shape == chart.grid.shape
    np.testing.assert_allclose(on_grid, mean_first_passage_time(CIRCLE, ISOTROPIC, chart, 0.4), atol=1e-8)


def ornstein_uhlenbeck(x, target, low, high):
    """dX = −X/2 dt + dW between reflecting ends, by nested quadrature."""
    end, sign = (low, 1) if x < target else (high, -1)

    def slope(y):
        return np.exp(y * y / 2) * 2 * sign * quad(lambda z: np.exp(-z * z / 2), end, y, epsabs=1e-14)[0]

    return sign * quad(slope, x, target, epsabs=1e-13)[0]


def valley(cells=None):
    chart = manifold_chart(GAUSSIAN_VALLEY, (0.5, 0.0), reach=4.0, cells=cells)
    x = chart.points(np.array([0.0, chart.origin, chart.origin + chart.length]))[:, 0]
    return chart, np.sign(x[2] - x[1]), np.sort(x[1:])


def test_ornstein_uhlenbeck_between_reflecting_ends():
    chart, sign, (low, high) = valley()
    starts = np.array([low, -2.345678, -0.3, 0.0, 0.7654321, 0.7654322, 1.9, high])
    time = mean_first_passage_time(GAUSSIAN_VALLEY, ISOTROPIC, chart, sign * (0.7654321 - 0.5), sign * (starts - 0.5))
    exact = [ornstein_uhlenbeck(x, 0.7654321, low, high) for x in starts]
    np.testing.assert_allclose(time, exact, rtol=1e-8, atol=1e-9)


def test_the_order_of_convergence():
    """Far above second order, at starts and targets that are neither centres nor faces of cells."""
    errors = []
    starts, target = np.array([-1.7, 0.31, 2.9]), 1.1
    for cells in (2, 8):
        chart, sign, (low, high) = valley(cells)
        time = mean_first_passage_time(GAUSSIAN_VALLEY, ISOTROPIC, chart, sign * (target - 0.5), sign * (starts - 0.5))
        errors.append(np.abs(time / [ornstein_uhlenbeck(x, target, low, high) for x in starts] - 1).max())
    assert errors[0] < 1e-9
    assert errors[1] < max(errors[0] / 4**3, 1e-12)


@pytest.mark.parametrize("spread", [1.0, 0.05])
def test_a_circle_with_a_current(spread):
    """Constant drift v and variance a²: the exit from (0, ℓ) takes (ℓ p − s)/v from s, p = (1 − e^{−2vs/a²})/(1 − e^{−2vℓ/a²})."""
    landscape, turning = motor()
    entries = [list(row) for row in turning.matrix]
    tangential = [[f"{spread}*y*y", f"-{spread}*x*y"], [f"-{spread}*x*y", f"{spread}*x*x"]]
    for i in range(2):
        entries[i][:2] = tangential[i]
    covariance = noise("covariance", matrix=entries)
    chart = manifold_chart(landscape, (1.0, 0.0, 0.0, 0.0, 0.0))
    x, y = chart.points(0.0)[:2]
    v = 3 / 8 * np.sign(x * chart.tangents(0.0)[1] - y * chart.tangents(0.0)[0])
    target, starts = 2.2222, random.uniform(0, 2 * np.pi, 50)
    s = np.mod(starts - target, chart.length)
    up = np.expm1(-2 * v * s / spread) / np.expm1(-2 * v * chart.length / spread)
    time = mean_first_passage_time(landscape, covariance, chart, target, starts)
    np.testing.assert_allclose(time, (chart.length * up - s) / v, rtol=1e-8)


def test_barriers_and_strong_drifts_do_not_overflow():
    """Away from a deep well e^{x²}-fold, and down into it: T is exact, or so long that it is infinite."""
    steep = Landscape.from_residuals(["exp(20*x*x)*y"], XY)
    chart = manifold_chart(steep, (1.0, 0.0), reach=3.0)
    sign = chart.tangents(0.0)[0]
    down = mean_first_passage_time(steep, ISOTROPIC, chart, -sign, 0.0)  # dX = −20 X dt + dW, from 1 to 0
    exact = quad(lambda y: np.exp(20 * y * y) * 2 * quad(lambda z: np.exp(-20 * z * z), y, 3.5)[0], 0.0, 1.0)[0]
    assert down == pytest.approx(exact, rel=1e-7)
    up = mean_first_passage_time(steep, ISOTROPIC, chart, 0.0, -sign)
    exact = quad(lambda y: np.exp(20 * y * y) * 2 * quad(lambda z: np.exp(-20 * z * z), -1.5, y)[0], 0.0, 1.0, epsrel=1e-10)[0]
    assert up == pytest.approx(exact, rel=1e-6)
    far = mean_first_passage_time(steep, ISOTROPIC, chart, 2.9 * sign, -sign)
    assert far > 1e100


def test_beyond_a_point_without_noise_or_drift_the_time_is_infinite():
    """Σ = diag(1, 0) on the circle: at (±1, 0) the limit is held."""
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    time = mean_first_passage_time(CIRCLE, noise("covariance", matrix=[["1", "0"], ["0", "0"]]), chart, 1.0, [1.5, 4.0])
    assert np.isfinite(time[0])
    assert time[1] == np.inf


def test_a_singular_end_stops_the_clock():
    """On the cross Γ = {xy = 0} the distance r to the crossing is a Bessel process of dimension 0: T'' − T'/r = −2, T(0) = 0.

    Until it is at R or at 0: T = r² ln(R/r). Until it is at 0, where R reflects: T = r² ln(R/r) + r²/2.
    """
    cross = Landscape.from_residuals(["x*y"], XY)
    chart = manifold_chart(cross, (0.2, 1.0), reach=2.0)
    crossing, side = (chart.origin, 1) if chart.ends == ("singular", "reach") else (chart.origin + chart.length, -1)
    r, top = np.array([0.05, 0.3, 1.0, 2.0]), chart.length
    first = mean_first_passage_time(cross, ISOTROPIC, chart, crossing + side * top, crossing + side * r)
    np.testing.assert_allclose(first, r**2 * np.log(top / r), rtol=1e-5)
    reflected = mean_first_passage_time(cross, ISOTROPIC, chart, crossing, crossing + side * r)
    np.testing.assert_allclose(reflected, r**2 * np.log(top / r) + r**2 / 2, rtol=1e-5)
