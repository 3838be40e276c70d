"""Densities beside SGD: one experiment's exact law in arc length and the paths seen through Φ."""

import numpy as np
import pytest
from scipy.stats import norm

from dynamics import Experiment
from dynamics.exact import exact_density


def stages(**settings) -> list:
    return list(exact_density(Experiment(**settings), moments=6))


def test_the_ornstein_uhlenbeck_valley() -> None:
    found = stages(landscape="valley_gaussian", start=(1.0, 0.0), noise="isotropic", horizon=1.0)[0]
    mean, deviation = np.exp(-0.5), np.sqrt(1 - np.exp(-1.0))
    exact = norm.pdf(found.chart.points(found.chart.grid)[:, 0], mean, deviation)
    assert np.abs(found.density[-1] - exact).sum() * found.chart.cell / 2 < 1e-4
    assert found.paths == 0


def test_paths_are_added_and_those_before_stay() -> None:
    first, second, third = stages(landscape="circle", noise="isotropic", learning_rate=0.05)[:3]
    assert (first.paths, second.paths < third.paths) == (0, True)
    assert np.array_equal(third.sgd[:, : second.paths], second.sgd)


def test_the_histogram_is_a_density_with_binomial_errors() -> None:
    found = stages(landscape="circle", noise="isotropic", learning_rate=0.02)[-1]
    edges = np.linspace(found.chart.origin, found.chart.origin + found.chart.length, 21)
    histogram, error, expected = found.histogram(edges)
    width = edges[1] - edges[0]
    assert histogram.sum(axis=1) * width == pytest.approx(1.0)
    assert expected.sum(axis=1) * width == pytest.approx(1.0, abs=1e-9)
    deviations = (histogram - expected)[-1] / error[-1]
    assert np.sqrt(np.mean(deviations**2)) < 2  # within the noise, but for what η = 0.02 adds
    assert np.abs(np.roll(expected[-1], 3) - histogram[-1]).max() > 5 * error[-1].max()


def test_a_limit_without_noise_is_a_point_that_the_motor_turns() -> None:
    found = next(exact_density(Experiment(landscape="motor", horizon=4.0), moments=4))  # type: ignore[arg-type]
    assert not found.diffuses
    assert found.current == pytest.approx(3 / 8 / (2 * np.pi), rel=1e-6)
    assert np.abs(np.diff(found.centre, prepend=0.0)) == pytest.approx(np.full(4, 0.375), rel=1e-6)
    assert found.first_passage(1.0) is None


def test_where_gamma_is_no_curve_there_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="a manifold of dimension 2"):
        next(exact_density(Experiment(landscape="sphere")))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a point"):
        next(exact_density(Experiment(**custom_bowl())))


def custom_bowl() -> dict:
    from dynamics import Landscape

    return {"landscape": Landscape.from_residuals(["x", "y"], variables=("x", "y")), "start": (1.0, 1.0)}
