"""Densities in arc length against every exact one of theory.md section 5, and the order of the scheme."""

import numpy as np
import pytest

from dynamics import (
    Landscape,
    fokker_planck,
    manifold_chart,
    mean_first_passage_time,
    noise,
    probability_current,
    stationary_density,
)
from dynamics.limit import arc_length

XY = ("x", "y")
ISOTROPIC = noise("isotropic")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
GAUSSIAN_VALLEY = Landscape.from_residuals(["exp(x*x/2)*y"], XY)
CAUCHY_VALLEY = Landscape.from_residuals(["(1 + x*x)**2*y"], XY)
TIMES = np.array([0.2, 0.5, 1.0, 3.0])


def total_variation(chart, density, exact):
    return 0.5 * chart.cell * np.abs(density - exact).sum(axis=-1)


def ornstein_uhlenbeck(x, start, t):
    mean, variance = start * np.exp(-t / 2), 1 - np.exp(-t)
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def ornstein_uhlenbeck_error(cells, t=TIMES):
    chart = manifold_chart(GAUSSIAN_VALLEY, (1.5, 0.0), reach=7.0, cells=cells)
    density = fokker_planck(GAUSSIAN_VALLEY, ISOTROPIC, chart, (1.5, 0.0), t)
    x = chart.points(chart.grid)[:, 0]
    exact = np.array([ornstein_uhlenbeck(x, 1.5, time) for time in t])
    return total_variation(chart, density, exact).max(), density, chart


def test_brownian_motion_on_the_circle():
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    density = fokker_planck(CIRCLE, noise("isotropic", scale=0.8), chart, (1.0, 0.0), TIMES)
    turns = chart.grid + 2 * np.pi * np.arange(-6, 7)[:, None]
    exact = np.array([(np.exp(-(turns**2) / (2 * 0.64 * t)) / np.sqrt(2 * np.pi * 0.64 * t)).sum(0) for t in TIMES])
    assert total_variation(chart, density, exact).max() < 1e-4
    # E Y(t) = e^{-s² t/2} Y(0)
    mean = density @ chart.points(chart.grid) * chart.cell
    np.testing.assert_allclose(mean[:, 0], np.exp(-0.32 * TIMES), atol=1e-4)


def test_ornstein_uhlenbeck_in_the_gaussian_valley():
    assert ornstein_uhlenbeck_error(1024)[0] < 1e-4


def test_second_order_under_refinement():
    errors = [ornstein_uhlenbeck_error(cells)[0] for cells in (64, 128, 256, 512)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 1.8).all(), orders
    assert (orders < 2.3).all(), orders


def test_mass_is_kept_and_the_density_is_never_negative():
    _, density, chart = ornstein_uhlenbeck_error(512, np.array([1e-6, 1e-4, 1e-2, 1.0, 50.0]))
    np.testing.assert_allclose(density.sum(axis=-1) * chart.cell, 1.0, atol=1e-10)
    assert (density >= 0).all()


def test_stationary_densities():
    chart = manifold_chart(GAUSSIAN_VALLEY, (0.5, 0.0), reach=9.0)
    x = chart.points(chart.grid)[:, 0]
    exact = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    assert total_variation(chart, stationary_density(GAUSSIAN_VALLEY, ISOTROPIC, chart), exact) < 1e-4
    chart = manifold_chart(CAUCHY_VALLEY, (0.5, 0.0), reach=60.0, cells=4096)
    x = chart.points(chart.grid)[:, 0]
    exact = 2 / np.pi / (1 + x**2) ** 2
    assert total_variation(chart, stationary_density(CAUCHY_VALLEY, ISOTROPIC, chart), exact) < 1e-4
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    np.testing.assert_allclose(stationary_density(CIRCLE, ISOTROPIC, chart), 1 / (2 * np.pi), rtol=1e-6)


def test_no_stationary_density_where_mass_escapes_or_gathers():
    wide = Landscape.from_residuals(["sqrt(1 + x*x)*y"], XY)
    assert stationary_density(wide, ISOTROPIC, manifold_chart(wide, (1.0, 0.0))) is None
    chart = manifold_chart(Landscape.from_residuals(["x*y - 1"], XY), (2.0, 0.5), reach=3.0)
    assert stationary_density(chart.landscape, noise("label"), chart) is None
    assert probability_current(chart.landscape, noise("label"), chart) is None


def motor(k=3, a=1.0, b=1.0, c=1.0):
    angles = [f"{2 * np.pi * j / k!r}" for j in range(1, k + 1)]
    residuals = ["(x*x + y*y - 1)/2"] + [f"exp({a}*(x*cos({f}) + y*sin({f}))/2)*z{j}" for j, f in enumerate(angles, 1)]
    variances = [f"{c}*(1 + {b}*(y*cos({f}) - x*sin({f})))" for f in angles]
    matrix = [[variances[i - 2] if i == j and i > 1 else "0" for j in range(k + 2)] for i in range(k + 2)]
    variables = ("x", "y", *(f"z{j}" for j in range(1, k + 1)))
    return Landscape.from_residuals(residuals, variables), noise("covariance", matrix=matrix)


@pytest.mark.parametrize(("k", "a", "b", "c"), [(3, 1.0, 1.0, 1.0), (4, 0.7, -0.5, 0.8)])
def test_the_motor_turns_for_ever(k, a, b, c):
    landscape, covariance = motor(k, a, b, c)
    chart = manifold_chart(landscape, (1.0, 0.0) + (0.0,) * k)
    turning = a * b * c * k / 8 / (2 * np.pi)
    x, y = chart.points(0.0)[:2]
    direction = np.sign(x * chart.tangents(0.0)[1] - y * chart.tangents(0.0)[0])
    assert probability_current(landscape, covariance, chart) * direction == pytest.approx(turning, rel=1e-6)


def test_no_current_without_circulation():
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    assert probability_current(CIRCLE, ISOTROPIC, chart) == pytest.approx(0.0, abs=1e-9)


def test_mean_first_passage_of_brownian_motion():
    """On a circle of length ℓ with unit variance the mean time from distance d to the target is d(ℓ − d)."""
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    target = chart.grid[100]
    away = np.abs(chart.grid - target)
    time = mean_first_passage_time(CIRCLE, ISOTROPIC, chart, target)
    np.testing.assert_allclose(time, away * (chart.length - away), atol=1e-6)


def test_times_must_increase():
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    with pytest.raises(ValueError, match="increase"):
        fokker_planck(CIRCLE, ISOTROPIC, chart, 0.0, [1.0, 0.5])


def test_a_planted_half_is_caught(monkeypatch):
    """The density with twice the normal regularization (½ for ¼) is not the exact one."""
    original = arc_length.limit_parts

    def planted(*arguments):
        tangent, mixed, normal, factor = original(*arguments)
        return tangent, mixed, 2 * normal, factor

    monkeypatch.setattr(arc_length, "limit_parts", planted)
    assert ornstein_uhlenbeck_error(256)[0] > 1e-2


@pytest.mark.parametrize("s", [0.1234, 1.0, -2.5])
def test_a_point_mass_has_mass_one_and_its_mean_where_it_is(s):
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    (density,) = fokker_planck(CIRCLE, ISOTROPIC, chart, s, [0.0])
    assert density.sum() * chart.cell == pytest.approx(1.0)
    assert (density @ chart.grid) * chart.cell == pytest.approx(s, abs=1e-12)


def test_a_current_goes_the_way_of_the_drift_round_the_circle():
    """The motor turns at 3/8 to the left; with noise along the circle its density is uniform still, and its current v/ℓ."""
    landscape, turning = motor()
    entries = [list(row) for row in turning.matrix]
    for i, row in enumerate((("0.3*y*y", "-0.3*x*y"), ("-0.3*x*y", "0.3*x*x"))):
        entries[i][:2] = row
    covariance = noise("covariance", matrix=entries)
    chart = manifold_chart(landscape, (1.0, 0.0, 0.0, 0.0, 0.0))
    (x, y), (along_x, along_y) = chart.points(0.0)[:2], chart.tangents(0.0)[:2]
    left = np.sign(x * along_y - y * along_x)  # whether s grows that way
    density = stationary_density(landscape, covariance, chart)
    np.testing.assert_allclose(density, 1 / chart.length, rtol=1e-5)
    assert probability_current(landscape, covariance, chart) == pytest.approx(left * 3 / 8 / chart.length, rel=1e-5)
