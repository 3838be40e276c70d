"""Two clocks: the curves of all learning rates become one in slow time, and in steps they do not."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, noise, simulate
from dynamics.studies.clocks import MOST_PATH_STEPS, learning_rates_for, two_clocks
from figures.clocks import collapse_text

XY = ("x", "y")
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
IMBALANCE = Experiment(
    landscape=HYPERBOLA, noise=noise("label"), start=(2.0, 0.5), learning_rate=0.1, horizon=1, paths=400, frames=120, substeps=16
)
TURNING = Experiment(
    landscape=CIRCLE, noise=noise("isotropic"), start=(1.8, 0.0), learning_rate=0.1, horizon=1, paths=2_000, frames=60, substeps=16
)


def test_the_curves_collapse_in_slow_time_by_the_order_of_the_learning_rate():
    clocks = two_clocks(IMBALANCE, observable="x^2 - y^2")
    times = np.array([0.25, 0.5, 0.75, 1.0])
    exact = 3.75 * np.exp(-times)
    coarse, middle, fine = (curve.at(times)[0] - exact for curve in clocks.curves)
    np.testing.assert_allclose(coarse / middle, 2.0, rtol=0.2)
    np.testing.assert_allclose(middle / fine, 2.0, rtol=0.2)
    assert (np.abs(fine) < 0.05 * exact).all()
    np.testing.assert_allclose(clocks.limit.at(times)[0], exact, rtol=2e-3)
    # By the steps' clock they are as far apart as their slow times are.
    first, _, last = clocks.curves
    assert np.interp(100, last.steps, last.mean) - np.interp(100, first.steps, first.mean) > 1.0


def test_marks_are_powers_of_the_learning_rate_on_both_clocks():
    for curve in two_clocks(IMBALANCE, [0.1, 0.05]).curves:
        eta = curve.learning_rate
        assert [mark.steps for mark in curve.marks] == pytest.approx([1 / eta, eta**-1.6, eta**-2])
        assert [mark.time for mark in curve.marks] == pytest.approx([eta, eta**0.4, 1.0])
        np.testing.assert_allclose(curve.times, curve.steps * eta**2)


def test_both_phases_are_seen():
    """The displacement falls along gradient flow within a few 1/η steps, then rises as the chord 2 sin(θ/2) does on average."""
    for curve in two_clocks(TURNING).curves:
        fallen = np.searchsorted(curve.steps, 4 * curve.marks[0].steps)
        assert curve.steps[1] == 1
        assert fallen > len(curve.steps) // 3
        assert curve.mean[0] == pytest.approx(0.8)
        assert curve.mean[: fallen + 1].min() < 0.35
        assert curve.mean[-1] > 0.6


def test_errors_are_standard_errors():
    """At t = 1 the angle on the circle is normal of variance 1."""
    limit = two_clocks(TURNING, [0.1], observable="x").limit
    spread = np.sqrt((1 + np.exp(-2)) / 2 - np.exp(-1))
    assert limit.error[-1] == pytest.approx(spread / np.sqrt(2_000), rel=0.1)
    assert abs(limit.mean[-1] - np.exp(-0.5)) < 5 * limit.error[-1]
    assert limit.error[0] == 0


def test_learning_rates_are_halved_unless_that_is_costly():
    assert learning_rates_for(IMBALANCE) == (0.1, 0.05, 0.025)
    costly = Experiment(landscape="hyperbola", learning_rate=0.002, horizon=4.0, paths=300)
    rates = learning_rates_for(costly)
    assert rates[0] > costly.learning_rate
    assert sum(4.0 / rate**2 for rate in rates) * 300 <= MOST_PATH_STEPS


def test_progress_rises_over_all_runs_and_cancel_keeps_what_there_is():
    heard = [0.0]
    two_clocks(IMBALANCE, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)
    slow = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2.0, 0.5), learning_rate=0.001, horizon=5.0)
    heard = [0.0]
    clocks = two_clocks(slow, [0.1, 0.001], progress=heard.append, cancel=lambda: heard[-1] > 0.05)
    assert clocks.cancelled
    assert np.isfinite(clocks.curves[0].mean).all()
    assert np.isnan(clocks.curves[-1].mean[-1])


def test_paths_that_diverge_are_left_out():
    clocks = two_clocks(Experiment(landscape=landscape("hyperbola"), learning_rate=0.7, horizon=20.0, paths=100), [0.7, 0.1])
    assert clocks.curves[0].status == "diverged"
    assert clocks.curves[1].status == "ok"
    assert np.isfinite(clocks.curves[1].mean).all()


@pytest.mark.parametrize("who", ["sgd", "limit"])
def test_no_mean_is_taken_of_survivors_and_who_is_lost_is_named(monkeypatch, who):
    def losing(run, **heard):
        outcome = simulate(run, **heard)
        frozen = getattr(outcome, f"{who}_frozen").copy()
        frozen[:7] = 40
        return replace(outcome, **{f"{who}_frozen": frozen})

    monkeypatch.setattr("dynamics.studies.clocks.simulate", losing)
    clocks = two_clocks(replace(IMBALANCE, paths=20), [0.1, 0.05])
    lost, whole = (clocks.curves[0], clocks.limit) if who == "sgd" else (clocks.limit, clocks.curves[0])
    assert (lost.lost, lost.paths, whole.lost) == (7, 20, 0)
    assert np.isfinite(lost.mean[:40]).all()
    assert np.isnan(lost.mean[40:]).all()
    assert np.isfinite(whole.mean).all()
    assert f"7 of 20 paths of {'SGD' if who == 'sgd' else 'the limit'} are lost" in collapse_text(clocks)


def test_what_cannot_be_gets_a_sentence():
    with pytest.raises(ValueError, match="“z” is unknown"):
        two_clocks(IMBALANCE, observable="x*z")
    with pytest.raises(ValueError, match="learning rate must be between"):
        two_clocks(IMBALANCE, [0.1, -1.0])
    nowhere = Experiment(landscape=Landscape.from_loss("x^2 + y^2 + 1", XY), start=(1.0, 1.0))
    with pytest.raises(ValueError, match="not zero"):
        two_clocks(nowhere, [0.1])
    assert two_clocks(nowhere, [0.1], observable="loss").limit is None
