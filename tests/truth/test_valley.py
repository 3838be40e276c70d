"""Valley f = √h(x) y, Γ the x-axis: dX = s dW − (s²/4)(ln h)' dt under isotropic noise, dX/dt = −(c/4) h' under label noise."""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, simulate
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, assert_law, assert_mean, extrapolated, mean, variance

XY = ("x", "y")
GAUSSIAN = Landscape.from_residuals(["exp(x*x/2)*y"], XY)  # h = e^{x²}
STUDENT = Landscape.from_residuals(["(1 + x*x)**2*y"], XY)  # h = (1 + x²)⁴
PARABOLIC = Landscape.from_residuals(["sqrt(1 + x*x)*y"], XY)  # h = 1 + x²
X0 = 1.2


def check_ornstein_uhlenbeck(steps, paths, scale=0.8, horizon=1.5):
    """Euler's chain X' = (1 − s²h/2) X + s√h ζ is Gaussian, and its two moments are known at any h."""
    end = limit(GAUSSIAN, noise("isotropic", scale=scale), (X0, 0.0), horizon, steps, paths)
    rate, step = scale**2 / 2, horizon / steps
    shrink = 1 - rate * step
    assert_mean(end[:, 0], X0 * shrink**steps)
    assert_estimate(variance(end[:, 0]), scale**2 * step * (1 - shrink ** (2 * steps)) / (1 - shrink**2))
    np.testing.assert_allclose(end[:, 1], 0.0, atol=1e-3)
    # ... which tend to x₀ e^{−s²t/2} and 1 − e^{−s²t}.
    assert_mean(end[:, 0], X0 * np.exp(-rate * horizon), bias=step)
    assert_estimate(variance(end[:, 0]), 1 - np.exp(-2 * rate * horizon), bias=step)


@pytest.mark.parametrize("steps", [10, 300])
def test_ornstein_uhlenbeck_explicit(steps):
    check_ornstein_uhlenbeck(steps, 60_000)


def check_projective(scale=0.8, horizon=1.5):
    end = limit(GAUSSIAN, noise("isotropic", scale=scale), (X0, 0.0), horizon, 40, 12_000, "projective")[:, 0]
    assert_mean(end, X0 * np.exp(-(scale**2) * horizon / 2), bias=0.01)
    assert_estimate(variance(end), 1 - np.exp(-(scale**2) * horizon), bias=0.01)


def test_ornstein_uhlenbeck_projective():
    check_projective()


def check_ornstein_uhlenbeck_sgd(scale=0.8, horizon=0.5):
    """Short and with small learning rates: the sharpness e^{x²} has no bound, and SGD is stable only where ηe^{x²} < 2."""
    rates, paths, given = (0.02, 0.01), 40_000, noise("isotropic", scale=scale)
    ends = [sgd(GAUSSIAN, given, (X0 / 2, 0.0), rate, horizon, paths, seed)[:, 0] for seed, rate in enumerate(rates)]
    found = extrapolated(rates, [mean(end) for end in ends])
    assert_estimate(found, X0 / 2 * np.exp(-(scale**2) * horizon / 2), bias=0.005)
    assert_estimate(extrapolated(rates, [variance(end) for end in ends]), 1 - np.exp(-(scale**2) * horizon), bias=0.005)


def test_ornstein_uhlenbeck_sgd():
    check_ornstein_uhlenbeck_sgd()


def test_sgd_diverges_where_the_sharpness_has_no_bound():
    """... and less often the smaller the learning rate is; the limit knows nothing of it."""
    lost = []
    for rate in (0.4, 0.2, 0.1):
        experiment = Experiment(
            landscape=GAUSSIAN, noise=noise("isotropic"), start=(1.0, 0.0), learning_rate=rate, horizon=4.0, paths=2_000, frames=50
        )  # fmt: skip
        outcome = simulate(experiment)
        assert outcome.status == "diverged"
        assert outcome.status.paths == (outcome.sgd_frozen >= 0).sum()
        assert (outcome.limit_frozen < 0).all()
        lost.append(outcome.status.paths)
    assert lost[0] > 2 * lost[1] > 4 * lost[2] > 0


def student(x):
    """The distribution function of (2/π)(1 + x²)^{−2}."""
    return 0.5 + (x / (1 + x * x) + np.arctan(x)) / np.pi


def check_stationary(scheme, scale, horizon, steps, paths, bias):
    """Far tails decay in time as a power only, but hold little: P(|X| > √t) ~ t^{−3/2}."""
    end = limit(STUDENT, noise("isotropic", scale=scale), (0.7, 0.0), horizon, steps, paths, scheme)[:, 0]
    assert_law(end, student, bias=bias)
    assert_mean(np.abs(end) < 1, 0.5 + 1 / np.pi, bias=bias)
    assert_mean(np.sign(end), 0.0, bias=bias)


def test_stationary_density_of_the_limit():
    check_stationary("explicit", 1.0, 30.0, 1_500, 20_000, bias=0.008)
    check_stationary("projective", 1.0, 12.0, 150, 2_000, bias=0.02)


def test_stationary_density_of_sgd():
    rate = 0.02
    end = sgd(STUDENT, noise("isotropic", scale=0.5), (0.7, 0.0), rate, 16.0, 4_000)[:, 0]
    assert_law(end, student, bias=0.03)


def check_label(scheme):
    """h = 1 + x²: X = x₀ e^{−ct/2}."""
    scale, horizon = 0.8, 2.0
    exact = X0 * np.exp(-(scale**2) * horizon / 2)
    counts, paths = ((200, 400), 2) if scheme == "explicit" else ((10, 20), 3_000)
    given = noise("label", scale=scale)
    ends = [mean(limit(PARABOLIC, given, (X0, 0.0), horizon, n, paths, scheme, seed)[:, 0]) for seed, n in enumerate(counts)]
    assert_estimate(extrapolated([1 / n for n in counts], ends), exact, bias=1e-5 if scheme == "explicit" else 0.005)


def test_label_noise():
    check_label("explicit")
    check_label("projective")


def check_label_sgd(law):
    rates, paths = (0.1, 0.05, 0.025), 20_000
    given = noise("label", scale=0.8, law=law)
    ends = [mean(sgd(PARABOLIC, given, (X0, 0.0), rate, 2.0, paths, seed)[:, 0]) for seed, rate in enumerate(rates)]
    assert_estimate(extrapolated(rates, ends), X0 * np.exp(-0.64), bias=0.002)


@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_label_noise_sgd(law):
    check_label_sgd(law)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0])
def test_planted_drift_is_seen(plant_in_limit, factor):
    plant_in_limit(normal=factor)
    with pytest.raises(AssertionError, match="is allowed"):
        check_ornstein_uhlenbeck(300, 60_000)
    with pytest.raises(AssertionError, match="is allowed"):
        check_label("explicit")


def test_planted_drift_is_seen_in_the_stationary_density(plant_in_limit):
    plant_in_limit(normal=2.0)
    with pytest.raises(AssertionError, match="is allowed"):
        check_stationary("explicit", 1.0, 30.0, 1_500, 20_000, bias=0.008)


def test_planted_diffusion_is_seen(plant_in_limit):
    plant_in_limit(tangent_factor=1.05)
    with pytest.raises(AssertionError, match="is allowed"):
        check_ornstein_uhlenbeck(300, 60_000)


def test_planted_kick_is_seen(plant_in_kick):
    plant_in_kick("isotropic", 1.2)
    with pytest.raises(AssertionError, match="is allowed"):
        check_projective()


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("isotropic", 1.1)
    plant_in_noise("label", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_ornstein_uhlenbeck_sgd()
    with pytest.raises(AssertionError, match="is allowed"):
        check_label_sgd("rademacher")


def test_the_nearest_point_of_the_manifold_is_not_its_limit_map(monkeypatch):
    """A scheme that projects onto the nearest point, here (x, 0), has no drift: the projective scheme is not it."""
    from dynamics.limit.schemes import projective

    class Nearest(projective.Descent):
        def __call__(self, columns):
            columns[1] = 0.0
            return np.zeros(columns.shape[1], dtype=np.int64)

    monkeypatch.setattr(projective, "Descent", Nearest)
    with pytest.raises(AssertionError, match="is allowed"):
        check_projective()
