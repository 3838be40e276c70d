"""Rates: x − Φ(x) = O(√η), weak bias O(η); and SGD is unstable on Γ once η λ_max > 2."""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, limit_map, noise, simulate
from tests.truth.ensembles import sgd
from tests.truth.radial_chain import mean_cosine

XY = ("x", "y")
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
PRODUCT = Landscape.from_residuals(["x*y*z - 1"], ("x", "y", "z"))
LINE = Landscape.from_residuals(["1.5*(x - y)"], XY)  # λ = 4.5


def order(errors):
    """The exponent of η in errors at η, η/2, ... (a fit)."""
    return -np.polyfit(np.arange(len(errors)), np.log2(errors), 1)[0]


@pytest.mark.parametrize(
    ("landscape", "start", "given"),
    [
        (HYPERBOLA, (1.4, 1 / 1.4), noise("label")),
        (HYPERBOLA, (1.4, 1 / 1.4), noise("isotropic", scale=0.6)),
        (PRODUCT, (1.25, 1.0, 0.8), noise("isotropic", scale=0.5)),
    ],
    ids=["hyperbola, label", "hyperbola, isotropic", "product, isotropic"],
)
def test_the_distance_to_the_limit_map_is_of_order_one_half(landscape, start, given):
    distances = []
    for rate in (0.04, 0.02, 0.01, 0.005):
        points = sgd(landscape, given, start, rate, 0.1, 4_000)
        distances.append(np.linalg.norm(points - limit_map(landscape, points), axis=-1).mean())
    assert order(distances) == pytest.approx(0.5, abs=0.06)


def test_the_weak_bias_is_of_order_one():
    """Of SGD on the circle, without sampling; test_sphere compares the same numbers with SGD's."""
    rates = (0.02, 0.01, 0.005, 0.0025)
    errors = [np.exp(-0.5) - mean_cosine(2, rate, 1.0, round(1 / rate**2)) for rate in rates]
    assert order(errors) == pytest.approx(1.0, abs=0.05)


def test_the_weak_bias_under_label_noise_is_of_order_one():
    errors = []
    for seed, rate in enumerate((0.1, 0.05, 0.025)):
        points = sgd(HYPERBOLA, noise("label"), (2.0, 0.5), rate, 1.0, 60_000, seed)
        errors.append(3.75 * np.exp(-1) - (points[:, 0] ** 2 - points[:, 1] ** 2).mean())
    assert order(errors) == pytest.approx(1.0, abs=0.15)


def test_a_bias_that_does_not_vanish_is_not_of_order_one():
    rates = (0.02, 0.01, 0.005, 0.0025)
    wrong = np.exp(-0.5) + 0.001
    errors = [wrong - mean_cosine(2, rate, 1.0, round(1 / rate**2)) for rate in rates]
    assert order(errors) != pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("learning_rate", "stable"), [(1.95 / 4.5, True), (2.05 / 4.5, False)])
def test_sgd_is_unstable_where_eta_times_sharpness_exceeds_two(learning_rate, stable):
    experiment = Experiment(
        landscape=LINE, noise=noise("isotropic"), start=(0.0, 0.0), learning_rate=learning_rate, horizon=800 * learning_rate**2,
        paths=200, frames=20,
    )  # fmt: skip
    outcome = simulate(experiment)
    assert outcome.stability == pytest.approx(learning_rate * 4.5, rel=1e-9)
    assert (outcome.stability < 2) == stable
    assert outcome.status == ("ok" if stable else "diverged")
    if not stable:
        assert outcome.status.paths == 200
        assert outcome.status.hint


def test_a_curved_manifold_throws_sgd_to_where_it_is_flat_enough():
    """At (3, 1/3) the sharpness is 9.1: with η = 0.35 SGD cannot stay there, and cannot be seen above 2/η later on."""
    rate = 0.35
    start = (3.0, 1 / 3)
    assert rate * HYPERBOLA.sharpness(np.array(start)) > 2
    points = sgd(HYPERBOLA, noise("label", scale=0.01), start, rate, 200 * rate**2, 500)
    moved = limit_map(HYPERBOLA, points)
    assert (rate * HYPERBOLA.sharpness(moved) < 2).all()
    calm = sgd(HYPERBOLA, noise("label", scale=0.01), start, 0.2, 200 * 0.2**2, 500)
    assert np.abs(calm - start).max() < 0.1
