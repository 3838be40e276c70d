"""Adam's limit on networks: against the laws of the hyperbola, and the limit that optimizers have on typed landscapes."""

import numpy as np
import pytest

from dynamics import network, noise, optimizer
from dynamics.models.adaptive_flow import adaptive_flow, noise_moments
from dynamics.models.rescaled import Rescaled
from tests.dynamics.test_network import HYPERBOLA, small


@pytest.mark.parametrize(("kappa", "balance"), [(5.0, 0.93914), (300.0, 1.5 * np.exp(-0.5))])
def test_a_network_that_is_the_hyperbola_has_adams_law(kappa: float, balance: float) -> None:
    """(b, c, a) with f = ac − 1 does not depend on b, whose S = 1/ε moves nothing. c − a is known for κ = 5, and for κ → ∞."""
    *_, (point, moments) = adaptive_flow(HYPERBOLA, np.array([0.3, 2.0, 0.5]), np.array([0.0, 1.0]), 1.0, kappa)
    unused, c, a = point
    assert unused == pytest.approx(0.3, abs=1e-15)
    assert moments[0] == 0
    assert c * a == pytest.approx(1, abs=1e-10)
    assert c - a == pytest.approx(balance, abs=1e-5 if kappa < 10 else 0.5 / kappa)


def test_its_drift_is_that_of_the_typed_landscape() -> None:
    """By n × n algebra, and by the formulas of `optimizers.adaptive` in eigenvectors of S^½HS^½."""
    net, typed, point = small()
    here = point.copy()
    *_, (there, _) = adaptive_flow(net, here, np.array([0.0, 1e-6]), 0.7, 3.0)
    drift = optimizer("adam", kappa=3.0).limit_drift(typed, noise("label", scale=0.7), here).total
    assert (there - here) / 1e-6 == pytest.approx(drift, rel=1e-4, abs=1e-4)
    assert np.abs(drift).max() > 1e-2


def test_a_rescaled_model_is_the_model_in_other_coordinates() -> None:
    net, _, point = small()
    scaled = Rescaled(net, noise_moments(net, point, 1.0))
    z = scaled.of(point)
    along = np.random.default_rng(2).normal(size=8)
    for value, gradient in ((scaled.loss, scaled.gradient), (scaled.trace_hessian, scaled.trace_hessian_gradient)):
        slope = (value(z + 1e-5 * along) - value(z - 1e-5 * along)) / 2e-5
        assert gradient(z) @ along == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_the_network_takes_adams_steps_across_calls() -> None:
    net = network(np.array([[1.0, -0.5], [0.3, 1.2], [-0.8, 0.4]]), np.array([0.5, -0.3, 0.2]), (2, 4, 3, 1))
    start, rate, kappa, beta = net.random_start(1.0, 1), 0.02, 30.0, 0.6
    found, squares = start.copy(), np.full(net.dimension, 1e-3)
    stepper = net.stepper(None, 0, beta, squares, kappa)
    assert stepper(found, rate, 7, 1e8) + stepper(found, rate, 5, 1e8) == 12
    x, m, v = start.copy(), np.zeros(net.dimension), np.full(net.dimension, 1e-3)
    for _ in range(12):
        gradient = net.gradient(x)
        v += kappa * rate**2 * (gradient**2 - v)
        m = beta * m + (1 - beta) * gradient
        x -= rate * m / (np.sqrt(v) + 1e-8)
    assert found == pytest.approx(x, abs=1e-13)
    assert squares == pytest.approx(v, rel=1e-12)
