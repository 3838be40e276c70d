"""The convergence page's verdict, and the two clocks, for optimizers other than SGD."""

import numpy as np
import pytest

from dynamics import Experiment, convergence, noise, optimizer, two_clocks
from dynamics.optimizers import momentum

HYPERBOLA = {"landscape": "hyperbola", "noise": noise("label"), "start": (2.0, 0.5), "horizon": 0.5}


def ladder(name, rate, **settings):
    return Experiment(**HYPERBOLA, optimizer=optimizer(name, **settings), learning_rate=rate)


@pytest.mark.parametrize(
    "asked",
    [
        ladder("momentum", 0.02, beta=0.5),
        ladder("adam", 0.02, kappa=5),
        ladder("sam", 0.05, radius=0.02),
        ladder("local_sgd", 0.04),
    ],
    ids=lambda asked: asked.optimizer.name,
)
def test_each_tends_to_its_own_limit(asked):
    rates = [asked.learning_rate / 2**k for k in range(3)]
    found = convergence(asked, rates, observable="x*x - y*y")
    assert found.verdict == "agrees", found.reason
    gaps = np.abs([rung.gap[0] for rung in found.rungs])
    assert gaps[-1] < 0.6 * gaps[0] + 4 * found.rungs[-1].gap_errors[0]
    assert [rung.steps for rung in found.rungs] == [asked.at_rate(rate).steps for rate in rates]


def test_a_wrong_clock_disagrees(monkeypatch):
    """t = kη²/(1−β) for kη²/(1−β)²."""
    monkeypatch.setattr(momentum.Momentum, "slow_time", lambda self, rate: rate**2 / (1 - self.beta))
    asked = ladder("momentum", 0.02, beta=0.5)
    assert convergence(asked, [0.02, 0.01, 0.005], observable="x*x - y*y").verdict == "disagrees"


def test_in_slow_time_momentums_curves_are_one():
    asked = ladder("momentum", 0.01, beta=0.8)
    found = two_clocks(asked, [0.01, 0.005], observable="x*x - y*y")
    coarse, fine = (curve.at(np.linspace(0.1, 0.5, 5))[0] for curve in found.curves)
    assert np.abs(coarse - fine).max() < 0.06 * np.ptp(fine)
    assert found.curves[0].step_time == pytest.approx(0.01**2 / 0.2**2)
