"""What is plotted against time, by value: quantiles against NumPy's, SGD's fluctuation about the limit against closed forms."""

import numpy as np
import pytest

from dynamics import Landscape, noise
from dynamics.observables import limit_observables, summarize

random = np.random.default_rng(11)


def test_means_and_quantiles_are_numpys_over_the_paths_that_are_left() -> None:
    values = random.standard_gamma(2.0, (6, 241))
    values[1, :100], values[2, 7], values[3, 1:], values[4] = np.nan, np.nan, np.nan, np.nan
    found = summarize(values)
    for row, mean, low, high in zip(values, found.mean, found.low, found.high, strict=True):
        left = row[np.isfinite(row)]
        expected = [left.mean(), *np.quantile(left, [0.05, 0.95])] if len(left) else [np.nan] * 3
        np.testing.assert_allclose([mean, low, high], expected, rtol=1e-12)


@pytest.mark.parametrize("codimension", [1, 2, 3])
def test_loss_and_distance_about_the_limit_are_those_of_a_gaussian_fluctuation(codimension: int) -> None:
    """Γ is flat: per normal eigenvalue λ the variance is ηs²/(2λ) to leading order, so E L = (ηs²/4) codim Γ, the distance a χ."""
    names = [f"x{i}" for i in range(codimension)]
    flat = Landscape.from_residuals(names, variables=[*names, "y"])
    rate, scale = 0.1, 0.7
    found = limit_observables(flat, noise("isotropic", scale=scale), codimension, rate, np.zeros((2, codimension + 1)))
    np.testing.assert_allclose(found["loss"], rate * scale**2 / 4 * codimension, rtol=1e-9)
    curvature = 1 / codimension  # of the mean of the squared residuals
    mean_of_chi = {1: np.sqrt(2 / np.pi), 2: np.sqrt(np.pi / 2), 3: np.sqrt(8 / np.pi)}[codimension]
    np.testing.assert_allclose(found["distance"], scale * np.sqrt(rate / (2 * curvature)) * mean_of_chi, rtol=1e-9)
    np.testing.assert_allclose(found["trace_hessian"], 1.0, rtol=1e-9)
    np.testing.assert_allclose(found["sharpness"], curvature, rtol=1e-9)
