"""The limit corrected to first order in the learning rate, against the covariance by brute force, and against steps."""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, limit_map, noise, optimizer, simulate
from dynamics.limit.drift import drift_of
from dynamics.optimizers import OPTIMIZERS, SGD

COUPLED = Landscape.from_residuals(["x*y + 0.3*z - 1", "z*w + 0.5*x - 1"], ("x", "y", "z", "w"))
START = (2.0, 0.5, 1.0, 0.5)
ONE, ALL = noise("label", scale=0.7), noise("label", scale=0.7, batch="full")


def stationary(jacobian: np.ndarray, rate: float, speed: float, single: bool) -> np.ndarray:
    """X across Γ, from HX + XH − η E[(step)X(step)] = ηcH as D² linear equations."""
    n, d = jacobian.shape
    hessian, identity = jacobian.T @ jacobian / n, np.eye(d)
    twice = sum(np.kron(np.outer(g, g), np.outer(g, g)) for g in jacobian) / n if single else np.kron(hessian, hessian)
    whole = np.kron(hessian, identity) + np.kron(identity, hessian) - rate * twice
    return np.linalg.lstsq(whole, rate * speed * hessian.ravel(), rcond=1e-12)[0].reshape(d, d)


@pytest.mark.parametrize(("acting", "single"), [(ONE, True), (ALL, False)])
def test_the_drift_is_that_of_the_stationary_covariance(acting, single):
    rate, point = 0.2, limit_map(COUPLED, np.array(START))
    law = SGD.at_finite_rate(COUPLED, acting, 2)
    assert law is not None
    found = drift_of(COUPLED, acting, law, rate, np.zeros(0), point).total
    spread = stationary(COUPLED.jacobian(point), rate, 0.7**2, single)
    values, vectors = np.linalg.eigh(COUPLED.hessian(point))
    tangent = vectors[:, values < 1e-8]
    expected = -0.5 / rate * tangent @ tangent.T @ COUPLED.third_derivative(point, spread)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    limit = SGD.limit_drift(COUPLED, acting, point).total
    assert np.linalg.norm(found - limit) > 0.02 * np.linalg.norm(limit)


@pytest.mark.parametrize("acting", [ONE, ALL], ids=["one", "all"])
def test_it_takes_nearly_all_of_the_error_away(acting):
    experiment = Experiment(landscape=COUPLED, noise=acting, start=START, learning_rate=0.1, horizon=2.0, paths=2_000, frames=4)
    outcome = simulate(experiment)
    seen = COUPLED.trace_hessian(limit_map(COUPLED, outcome.sgd[-1].astype(float)))
    error = seen.std() / np.sqrt(len(seen))
    limit, finite = (float(COUPLED.trace_hessian(each.astype(float))) for each in (outcome.limit[-1, 0], outcome.finite[-1]))
    assert abs(seen.mean() - limit) > 10 * error
    assert abs(seen.mean() - finite) < 0.1 * abs(seen.mean() - limit) + 4 * error


def test_what_it_leaves_goes_with_the_strength_of_the_noise():
    """Of SGD's distance from the limit on an ellipsoid, at one learning rate over the same way; moments beyond the second."""
    ellipsoid = Landscape.from_residuals(["(x^2 + 2*y^2 + 3*z^2 - 1)/2"], ("x", "y", "z"))
    start, left = tuple(limit_map(ellipsoid, np.array([0.5, 0.4, 0.3]))), []
    for scale in (1.0, 0.25):
        asked = Experiment(
            landscape=ellipsoid, noise=noise("label", law="gaussian", scale=scale), start=start, learning_rate=0.1,
            horizon=1 / scale**2, paths=2_000, frames=2,
        )  # fmt: skip
        outcome = simulate(asked)
        seen = limit_map(ellipsoid, outcome.sgd[-1].astype(float)).mean(axis=0)
        left.append(np.linalg.norm(seen - outcome.finite[-1]) / np.linalg.norm(seen - outcome.limit[-1, 0]))
    assert left[0] > 0.4
    assert left[1] < 0.15


def test_there_is_none_where_steps_are_not_stable():
    """On the hyperbola's point (1, 1), where λ = 2, steps of more than 1 are not; one sample of two sees twice as much."""
    for given, rate in (
        ({"landscape": "hyperbola", "start": (1.2, 0.9)}, 1.05),
        ({"landscape": COUPLED, "start": START, "noise": ONE}, 0.6),
    ):
        outcome = simulate(Experiment(**given, learning_rate=rate, horizon=50 * rate**2, paths=2, frames=3))
        assert outcome.finite is None
        stable = simulate(Experiment(**given, learning_rate=rate / 10, horizon=0.1, paths=2, frames=3))
        assert stable.finite is not None


def test_it_is_known_of_few():
    hyperbola = Experiment(landscape="hyperbola").landscape
    label = noise("label")
    known = {name for name in OPTIMIZERS if optimizer(name).at_finite_rate(hyperbola, label, 1) is not None}
    assert known == {"sgd", "sam", "gauss_newton"}
    assert optimizer("gauss_newton").at_finite_rate(COUPLED, label, 2) is None
    assert SGD.at_finite_rate(hyperbola, noise("label", law="student", freedom=1.5), 1) is None
