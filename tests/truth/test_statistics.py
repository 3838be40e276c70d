"""The assertions themselves: right numbers pass, numbers a little off do not."""

import numpy as np
import pytest
from scipy.stats import norm

from tests.truth.statistics import Estimate, assert_law, assert_mean, extrapolated, mean, variance

SAMPLES = np.random.default_rng(0).normal(2.0, 3.0, 10_000)


def test_mean_and_variance():
    assert mean(SAMPLES).error == pytest.approx(0.03, rel=0.05)
    assert_mean(SAMPLES, 2.0)
    assert variance(SAMPLES).value == pytest.approx(9.0, abs=5 * variance(SAMPLES).error)
    assert variance(SAMPLES).error == pytest.approx(9.0 * np.sqrt(2 / 10_000), rel=0.1)
    with pytest.raises(AssertionError, match="is allowed"):
        assert_mean(SAMPLES, 2.3)


def test_law():
    assert_law(SAMPLES, norm(2.0, 3.0).cdf)
    with pytest.raises(AssertionError, match="is allowed"):
        assert_law(SAMPLES, norm(2.3, 3.0).cdf)
    with pytest.raises(AssertionError, match="is allowed"):
        assert_law(SAMPLES, norm(2.0, 2.5).cdf)


def test_extrapolation_of_a_parabola():
    steps = (0.4, 0.2, 0.1)
    found = extrapolated(steps, [Estimate(1 + 2 * h - 5 * h * h, 0.01) for h in steps])
    assert found.value == pytest.approx(1.0)
    assert found.error == pytest.approx(0.01 * np.sqrt((1 / 3) ** 2 + 2**2 + (8 / 3) ** 2))
