"""Hyperbola xy = 1: q = x² − y² decays as e^{−ct} under label noise, and is a martingale under isotropic noise."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse import diags

from dynamics import Experiment, Landscape, noise, simulate
from dynamics.optimizers.sgd import SGD
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, assert_mean, extrapolated, mean, variance

HYPERBOLA = Landscape.from_residuals(["x*y - 1"], ("x", "y"))
START, HORIZON = (2.0, 0.5), 1.0
Q0 = 3.75
LABEL_LIMIT = Q0 * np.exp(-1.0)  # 1.3796
SCALE = 0.5  # of isotropic noise


def q(points):
    return points[..., 0] ** 2 - points[..., 1] ** 2


def check_label_limit(scheme="explicit"):
    """The limit has no noise: the explicit scheme is Euler's method, of first order. The projective one is random at h > 0."""
    steps, paths = ((400, 2), (800, 2)) if scheme == "explicit" else ((20, 3_000), (40, 3_000))
    ends = [q(limit(HYPERBOLA, noise("label"), START, HORIZON, *few, scheme, seed)) for seed, few in enumerate((steps, paths))]
    found = extrapolated([1 / steps[0], 1 / paths[0]], [mean(end) for end in ends])
    assert_estimate(found, LABEL_LIMIT, bias=1e-4 if scheme == "explicit" else 0.02)


def test_label_noise_limit():
    check_label_limit("explicit")
    check_label_limit("projective")


def test_label_noise_limit_is_certain():
    end = limit(HYPERBOLA, noise("label"), START, HORIZON, 400, 100)
    assert np.ptp(end, axis=0).max() < 1e-6
    long_after = limit(HYPERBOLA, noise("label"), (-2.0, -0.5), 12.0, 3_000, 2)
    np.testing.assert_allclose(long_after, -1.0, atol=1e-4)


@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
@pytest.mark.parametrize("batch", [1, "full"])
def test_each_step_of_sgd_multiplies_q_by_one_minus_eta_squared_r_squared(law, batch):
    """x' = x − ηry, y' = y − ηrx with the noisy residual r, whatever the law."""
    learning_rate = 0.1
    stepper = SGD.stepper(HYPERBOLA, noise("label", law=law, batch=batch, scale=0.7), np.array(START), learning_rate, 3, 0, 160)
    for _ in range(200):
        x, y = stepper.points.copy()
        stepper.advance(1)
        r = (x - stepper.points[0]) / (learning_rate * y)
        expected = (x * x - y * y) * (1 - (learning_rate * r) ** 2)
        np.testing.assert_allclose(q(stepper.points.T), expected, rtol=1e-12, atol=1e-13)
        if law == "rademacher":
            np.testing.assert_allclose(np.abs(r - (x * y - 1)), 0.7, rtol=1e-10)


def check_label_sgd(law="rademacher"):
    rates, paths, given = (0.1, 0.05, 0.025), 40_000, noise("label", law=law)
    found = [mean(q(sgd(HYPERBOLA, given, START, rate, HORIZON, paths, seed))) for seed, rate in enumerate(rates)]
    for estimate, seen in zip(found, (1.145, 1.268, 1.325), strict=True):
        assert_estimate(estimate, seen, bias=0.004 if law == "rademacher" else 0.1)
    assert_estimate(extrapolated(rates, found), LABEL_LIMIT, bias=0.01)


@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_label_noise_sgd_extrapolates_to_the_limit(law):
    check_label_sgd(law)


def test_from_start_to_end_through_the_simulator():
    """The same through the public face, whose frames the page draws."""
    experiment = Experiment(
        landscape=HYPERBOLA, noise=noise("label"), start=START, learning_rate=0.05, horizon=HORIZON, paths=4_000, frames=101,
        schedule="uniform",
    )  # fmt: skip
    outcome = simulate(experiment)
    assert outcome.status == "ok"
    np.testing.assert_allclose(q(outcome.limit[:, 0]), Q0 * np.exp(-outcome.times), atol=2e-3)
    assert_mean(q(outcome.sgd[-1]), 1.268, bias=0.004)


def exact_second_moment(scale, horizon):
    """E q² for dq = 2s(q² + 4)^{1/4} dB, from the backward equation u_t = 2s² √(q² + 4) u_qq, u(0) = q², on a line."""
    grid = np.linspace(-60.0, 60.0, 2401)
    width = grid[1] - grid[0]
    rate = 2 * scale**2 * np.sqrt(grid**2 + 4) / width**2
    rate[[0, -1]] = 0.0
    generator = diags([rate[1:], -2 * rate, rate[:-1]], [-1, 0, 1]).tocsc()
    solution = solve_ivp(lambda _, u: generator @ u, (0, horizon), grid**2, method="Radau", jac=generator, rtol=1e-8, atol=1e-8)
    return np.interp(Q0, grid, solution.y[:, -1])


def check_isotropic_limit(scheme, steps, paths):
    counts, given = (steps, 2 * steps), noise("isotropic", scale=SCALE)
    ends = [q(limit(HYPERBOLA, given, START, HORIZON, count, paths, scheme, seed)) for seed, count in enumerate(counts)]
    sizes = [1 / count for count in counts]
    assert_estimate(extrapolated(sizes, [mean(end) for end in ends]), Q0, bias=0.002)
    spread = exact_second_moment(SCALE, HORIZON) - Q0**2
    assert_estimate(extrapolated(sizes, [variance(end) for end in ends]), spread, bias=0.01)


def test_isotropic_limit():
    check_isotropic_limit("explicit", 64, 60_000)
    check_isotropic_limit("projective", 16, 10_000)


def check_isotropic_sgd(factor=1.0):
    """E(q' | q) = q(1 − η²r²) and E r² = ηs²/2 near Γ: E q = q₀ e^{−ηs²t/2} to first order, which tends to q₀."""
    rates, paths, given = (0.08, 0.04, 0.02), 80_000, noise("isotropic", scale=SCALE)
    ends = [q(sgd(HYPERBOLA, given, START, rate, HORIZON, paths, seed)) for seed, rate in enumerate(rates)]
    for rate, end in zip(rates, ends, strict=True):
        assert_mean(end, Q0 * np.exp(-rate * SCALE**2 * HORIZON / 2), bias=2 * Q0 * rate**2)
    assert_estimate(extrapolated(rates, [mean(end) for end in ends]), Q0, bias=0.002)
    exact = factor * (exact_second_moment(SCALE, HORIZON) - Q0**2)
    assert_estimate(extrapolated(rates, [variance(end) for end in ends]), exact, bias=0.02)


def test_isotropic_sgd():
    check_isotropic_sgd()


def test_a_wrong_exact_value_is_seen():
    with pytest.raises(AssertionError, match="is allowed"):
        check_isotropic_sgd(factor=0.8)


def test_planted_diffusion_is_seen(plant_in_limit):
    plant_in_limit(tangent_factor=1.08)
    with pytest.raises(AssertionError, match="is allowed"):
        check_isotropic_limit("explicit", 64, 60_000)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 0.97])
def test_planted_drift_is_seen(plant_in_limit, factor):
    """½ instead of ¼, the wrong sign, none at all, 3 % too little."""
    plant_in_limit(normal=factor)
    with pytest.raises(AssertionError, match="is allowed"):
        check_label_limit()


def test_planted_normal_drift_is_seen_under_isotropic_noise(plant_in_limit):
    plant_in_limit(normal=0.0)
    with pytest.raises(AssertionError, match="is allowed"):
        check_isotropic_limit("explicit", 64, 60_000)


def test_planted_noise_is_seen(plant_in_noise):
    plant_in_noise("label", 1.05)
    with pytest.raises(AssertionError, match="is allowed"):
        check_label_sgd()


def test_planted_kick_is_seen(plant_in_kick):
    plant_in_kick("label", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_label_limit("projective")
