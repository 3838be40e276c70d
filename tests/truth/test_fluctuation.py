"""Near Γ: SGD's stationary variance per normal eigenvalue λ is ηc/(2 − ηλ), or ηs²/(λ(2 − ηλ)) under isotropic noise.

To leading order E L = (ηc/4) tr H, or (ηs²/4) rank H: what the limit's curve of the loss shows.
"""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, simulate
from tests.truth.ensembles import sgd
from tests.truth.statistics import assert_estimate, assert_mean, mean, variance

FLAT = Landscape.from_residuals(["1.1*(x - y)", "0.6*(x + y - 2*z)"], ("x", "y", "z"))  # a line, and a constant Hessian
NORMALS = np.array([[1, -1, 0], [1, 1, -2]]) / np.sqrt([[2], [6]])
EIGENVALUES = np.array([1.1**2 * 2, 0.6**2 * 6]) / 2
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], ("x", "y"))
RATE, STEPS = 0.3, 150  # |1 − ηλ|^150 of the start is left: 1e-27


def stationary(given, rate=RATE, paths=100_000):
    """Normal coordinates (N, 2) of SGD long after it left a point of Γ."""
    return sgd(FLAT, given, (0.4, 0.4, 0.4), rate, STEPS * rate**2, paths) @ NORMALS.T


def test_the_eigenvalues_are_those_of_the_hessian():
    np.testing.assert_allclose(FLAT.hessian(np.zeros(3)), NORMALS.T @ np.diag(EIGENVALUES) @ NORMALS, atol=1e-14)


def check(given, variances, rate=RATE):
    normal = stationary(given, rate)
    for component, exact in zip(normal.T, variances, strict=True):
        assert_mean(component, 0.0)
        assert_estimate(variance(component), exact)
    assert_mean(normal[:, 0] * normal[:, 1], 0.0)
    assert_mean((normal**2) @ EIGENVALUES / 2, EIGENVALUES @ variances / 2)


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_isotropic_variances(law):
    scale = 0.7
    check(noise("isotropic", scale=scale, law=law), RATE * scale**2 / (EIGENVALUES * (2 - RATE * EIGENVALUES)))


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_label_variances(law):
    """With the full gradient there is no other noise than that of the labels."""
    scale = 0.7
    check(noise("label", scale=scale, law=law, batch="full"), RATE * scale**2 / (2 - RATE * EIGENVALUES))


def test_the_tangent_coordinate_is_a_random_walk():
    scale = 0.7
    along = sgd(FLAT, noise("isotropic", scale=scale), (0.4, 0.4, 0.4), RATE, STEPS * RATE**2, 100_000).sum(axis=1) / np.sqrt(3)
    assert_mean(along, 0.4 * np.sqrt(3))
    assert_estimate(variance(along), STEPS * (RATE * scale) ** 2)


def ratio_of_losses(landscape, given, start, rate):
    """SGD's mean loss over what the limit's curve shows, averaged over the second half of the run."""
    experiment = Experiment(
        landscape=landscape, noise=given, start=start, learning_rate=rate, horizon=0.5, paths=6_000, frames=21, schedule="uniform"
    )
    loss = simulate(experiment).observables["loss"]
    return mean((loss.sgd.mean / loss.limit.mean)[11:])


@pytest.mark.parametrize(("kind", "scale"), [("label", 0.6), ("isotropic", 0.4)])
def test_mean_loss_on_a_curved_manifold_is_that_of_the_limits_curve(kind, scale):
    for rate in (0.04, 0.02):
        assert_estimate(ratio_of_losses(HYPERBOLA, noise(kind, scale=scale), (1.3, 1 / 1.3), rate), 1.0, bias=2.5 * rate)


def test_the_limits_curves_are_the_formulas():
    rate, scale = 0.05, 0.6
    common = {"landscape": HYPERBOLA, "start": (2.0, 0.5), "learning_rate": rate, "horizon": 0.5, "paths": 50, "frames": 30}
    label = simulate(Experiment(noise=noise("label", scale=scale), **common)).observables
    np.testing.assert_allclose(label["loss"].limit.mean, rate * scale**2 / 4 * label["trace_hessian"].limit.mean, rtol=1e-6)
    isotropic = simulate(Experiment(noise=noise("isotropic", scale=scale), **common)).observables
    np.testing.assert_allclose(isotropic["loss"].limit.mean, rate * scale**2 / 4, rtol=1e-6)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_planted_noise_is_seen(plant_in_noise, factor):
    plant_in_noise("isotropic", factor)
    with pytest.raises(AssertionError, match="is allowed"):
        test_isotropic_variances("gaussian")
    plant_in_noise("label", factor)
    with pytest.raises(AssertionError, match="is allowed"):
        test_label_variances("rademacher")


def test_leading_order_variances_are_told_from_exact_ones():
    """η s²/(2λ), without the 2 − ηλ, is not what SGD has at this learning rate."""
    scale = 0.7
    with pytest.raises(AssertionError, match="is allowed"):
        check(noise("isotropic", scale=scale), RATE * scale**2 / (2 * EIGENVALUES))
