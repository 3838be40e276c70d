"""Weighted samples as laws, by value against NumPy."""

import numpy as np
import pytest

from dynamics.studies.laws import Law

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
