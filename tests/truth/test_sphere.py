"""Sphere, isotropic noise: the limit is Brownian motion on the sphere, E Y(t) = e^{−s²(D−1)t/2} Y(0)."""

import numpy as np
import pytest

from dynamics import Landscape, noise
from tests.truth.ensembles import limit, sgd
from tests.truth.radial_chain import mean_cosine
from tests.truth.statistics import Estimate, assert_mean, extrapolated

SCALE, HORIZON = 0.9, 1.0
NAMES = ("x", "y", "z", "w")


def sphere(dimension):
    square = " + ".join(f"{name}*{name}" for name in NAMES[:dimension])
    return Landscape.from_residuals([f"({square} - 1)/2"], NAMES[:dimension])


def pole(dimension):
    return np.eye(dimension)[0]


def exact(dimension, scale=SCALE):
    return np.exp(-(scale**2) * (dimension - 1) * HORIZON / 2)


def cosines(points):
    return points[:, 0] / np.linalg.norm(points, axis=-1)


def check_limit(dimension, scheme, steps, paths, scale=SCALE):
    points = limit(sphere(dimension), noise("isotropic", scale=scale), pole(dimension), HORIZON, steps, paths, scheme)
    step = scale**2 * HORIZON / steps
    assert_mean(points[:, 0], exact(dimension, scale), bias=dimension * step)
    for other in range(1, dimension):
        assert_mean(points[:, other], 0.0)


def check_sgd(dimension, learning_rate, paths, law="gaussian", scale=SCALE):
    steps = round(HORIZON / learning_rate**2)
    points = sgd(sphere(dimension), noise("isotropic", scale=scale, law=law), pole(dimension), learning_rate, HORIZON, paths)
    assert_mean(cosines(points), mean_cosine(dimension, learning_rate, scale, steps))
    for other in range(1, dimension):
        assert_mean(points[:, other], 0.0)


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_limit(dimension):
    check_limit(dimension, "explicit", 250, 40_000)
    check_limit(dimension, "projective", 50, 10_000)


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_sgd_at_two_learning_rates(dimension):
    check_sgd(dimension, 0.1, 40_000)
    check_sgd(dimension, 0.05, 20_000)


def test_the_chain_tends_to_the_limit_at_first_order():
    """2 v(η/2) − v(η) leaves O(η²)."""
    for dimension in (2, 3, 4):
        rates = (0.05, 0.025, 0.0125)
        values = [mean_cosine(dimension, rate, SCALE, round(HORIZON / rate**2)) for rate in rates]
        assert extrapolated(rates, [Estimate(value, 0.0) for value in values]).value == pytest.approx(exact(dimension), abs=2e-3)
        errors = np.abs(np.array(values) - exact(dimension))
        assert errors[1] < 0.65 * errors[0] or errors[0] < 5e-3


@pytest.mark.parametrize(
    ("learning_rate", "seen", "paths"), [(0.1, 0.5224, 40_000), (0.05, 0.5650, 20_000), (0.025, 0.5881, 10_000)]
)
def test_numbers_of_sgd_on_the_circle(learning_rate, seen, paths):
    """Numbers seen in an earlier simulation: they and the chain agree within its standard error, and so does SGD."""
    assert mean_cosine(2, learning_rate, 1.0, round(1 / learning_rate**2)) == pytest.approx(seen, abs=0.002)
    check_sgd(2, learning_rate, paths, scale=1.0)


def test_planted_diffusion_is_seen(plant_in_limit):
    plant_in_limit(tangent_factor=0.5**0.5)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit(2, "explicit", 250, 20_000)


def test_planted_kick_is_seen(plant_in_kick):
    plant_in_kick("isotropic", 0.5**0.5)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit(3, "projective", 40, 3_000)


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("isotropic", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_sgd(2, 0.1, 40_000)
