"""Weighted samples as laws, by value against NumPy."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from dynamics.studies.laws import Law, distances, energy_in_space, null

random = np.random.default_rng(4)
VALUES = random.normal(1.0, 2.0, 501)


def test_moments_and_quantiles_are_numpys() -> None:
    law = Law.of(VALUES)
    assert law.mean == pytest.approx(VALUES.mean())
    assert law.variance == pytest.approx(VALUES.var())
    levels = [0.05, 0.5, 0.95]
    np.testing.assert_allclose(law.quantiles(levels), np.quantile(VALUES, levels, method="inverted_cdf"))


def test_a_histogram_is_a_density() -> None:
    edges = np.linspace(-8, 10, 25)
    np.testing.assert_allclose(Law.of(VALUES).histogram(edges), np.histogram(VALUES, edges, density=True)[0])


def test_weights_count_as_repeats() -> None:
    once = Law.of([0.0, 1.0, 5.0], [1, 2, 1])
    repeated = Law.of([0.0, 1.0, 1.0, 5.0])
    assert (once.mean, once.variance) == pytest.approx((repeated.mean, repeated.variance))
    np.testing.assert_allclose(once.quantiles([0.2, 0.6, 0.9]), repeated.quantiles([0.2, 0.6, 0.9]))


def test_the_floor_is_what_samples_of_the_same_law_show() -> None:
    law, fresh = Law.of(np.linspace(-1, 1, 401)), np.random.default_rng(7)
    shown = [distances(Law.of(fresh.uniform(-1, 1, 50)), law).wasserstein for _ in range(400)]
    floor = null(50, law, np.random.default_rng(8)).wasserstein
    assert floor.mean() == pytest.approx(np.mean(shown), rel=0.1)


def test_an_energy_distance_in_space_is_the_sum_of_mean_distances() -> None:
    X, Y = random.normal(size=(30, 2)), random.normal(0.7, 1.0, (50, 2))
    found = energy_in_space(X, Y, np.random.default_rng(0))
    squared = 2 * cdist(X, Y).mean() - cdist(X, X).mean() - cdist(Y, Y).mean()
    assert found.energy == pytest.approx(np.sqrt(squared))
    assert found.floor < found.energy / 2
    assert 0 < found.standard_error < found.energy / 2
