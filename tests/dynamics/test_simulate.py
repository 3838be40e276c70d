"""What `simulate` promises: the same arrays from the same experiment, frames, progress, cancellation, and failures as states."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, limit_map, noise, simulate
from dynamics.limit import flow
from dynamics.status import STATUSES, Status
from tests.truth.statistics import assert_mean

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
SMALL = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2.0, 0.5), learning_rate=0.05, horizon=0.5, frames=50)
NOISES = {
    "isotropic": noise("isotropic", scale=0.5),
    "rademacher": noise("isotropic", law="rademacher"),
    "label": noise("label"),
    "full label": noise("label", batch="full", law="gaussian"),
    "minibatch": noise("minibatch", batch=1),
    "minibatch of 3": noise("minibatch", batch=3),
    "student with memory": noise("label", law="student", freedom=1.5, scale=0.1, memory=0.3),
    "covariance": noise("covariance", matrix=[["1+x*x", "x"], ["x", "1"]]),
}


def arrays(outcome):
    yield from (outcome.sgd, outcome.limit, outcome.sgd_frozen, outcome.limit_frozen, outcome.times, outcome.flow.points)
    for observable in outcome.observables.values():
        for summary in (observable.sgd, observable.limit):
            yield from (summary.mean, summary.low, summary.high)


def identical(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(arrays(one), arrays(other), strict=True))


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("scheme", ["explicit", "projective"])
def test_bit_identical_for_any_number_of_threads(kind, scheme):
    landscape = Landscape.from_residuals(["x*y - 1", "(x*y - 1)*sin(x)"], XY)
    experiment = replace(SMALL, landscape=landscape, noise=NOISES[kind], scheme=scheme, paths=400, frames=12, horizon=0.1)
    first = simulate(experiment, workers=1)
    assert identical(first, simulate(experiment, workers=2))
    assert identical(first, simulate(experiment, workers=8))
    assert identical(first, simulate(experiment, workers=2))


def test_another_seed_is_another_run():
    assert not identical(simulate(SMALL), simulate(replace(SMALL, seed=1)))


def test_a_path_does_not_depend_on_how_many_there_are_besides():
    few, many = simulate(replace(SMALL, paths=90)), simulate(replace(SMALL, paths=500))
    assert few.sgd.tobytes() == many.sgd[:, :90].copy().tobytes()
    assert few.limit.tobytes() == many.limit[:, :90].copy().tobytes()


def test_shapes_and_times():
    outcome = simulate(SMALL)
    assert outcome.sgd.shape == outcome.limit.shape == (50, 300, 2)
    assert outcome.sgd.dtype == outcome.limit.dtype == np.float32
    assert outcome.status == "ok"
    assert outcome.steps[0] == 0
    assert outcome.steps[-1] == SMALL.steps == 200
    np.testing.assert_allclose(outcome.times, outcome.steps * SMALL.learning_rate**2)
    np.testing.assert_array_equal(outcome.sgd[0], np.broadcast_to(np.float32(SMALL.start), (300, 2)))
    np.testing.assert_allclose(np.prod(outcome.limit, axis=-1), 1.0, atol=1e-5)
    for observable in outcome.observables.values():
        for summary in (observable.sgd, observable.limit):
            assert summary.mean.shape == summary.low.shape == summary.high.shape == (50,)
            assert (summary.low <= summary.high).all()


@pytest.mark.parametrize("schedule", ["two-phase", "uniform", "logarithmic"])
@pytest.mark.parametrize(("learning_rate", "frames"), [(0.3, 400), (0.05, 400), (0.05, 2), (0.03, 399), (0.005, 7)])
def test_frames_are_increasing_steps_from_first_to_last(schedule, learning_rate, frames):
    experiment = replace(SMALL, schedule=schedule, learning_rate=learning_rate, frames=frames, paths=2)
    outcome = simulate(experiment)
    assert outcome.steps[0] == 0
    assert outcome.steps[-1] == experiment.steps
    assert (np.diff(outcome.steps) > 0).all()
    assert len(outcome.steps) == min(frames, experiment.steps + 1)


def test_the_same_law_whatever_the_frames():
    """Frames only look: SGD's last points do not depend on them."""
    one, other = simulate(SMALL), simulate(replace(SMALL, frames=3, schedule="uniform"))
    np.testing.assert_array_equal(one.sgd[-1], other.sgd[-1])


def test_progress_rises_to_one_in_the_callers_thread():
    heard = []
    simulate(SMALL, progress=lambda fraction: heard.append((fraction, threading.current_thread())))
    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0, abs=1e-6)
    assert {thread for _, thread in heard} == {threading.current_thread()}


def test_cancel_returns_what_there_is():
    heard = [0.0]
    slow = replace(SMALL, learning_rate=0.001, horizon=10.0)
    outcome = simulate(slow, progress=heard.append, cancel=lambda: heard[-1] > 1e-3)
    assert outcome.status == "cancelled"
    assert outcome.status.sentence
    absent = np.isnan(outcome.sgd).any(axis=(1, 2))
    assert absent.any()
    assert not absent[0]
    assert (np.diff(absent.astype(int)) >= 0).all()


def test_cancel_is_heard_in_gradient_flow(monkeypatch):
    monkeypatch.setattr("dynamics.limit.flow.POLL_SECONDS", 0.0)
    outcome = simulate(replace(SMALL, start=(2.0, 1.0)), cancel=lambda: True)
    assert outcome.status == "cancelled"
    assert outcome.status.step == 0
    assert len(outcome.flow.times) == 1
    np.testing.assert_array_equal(outcome.sgd[0, 0], [2.0, 1.0])


def test_gradient_flow_is_integrated_once(monkeypatch):
    made = []

    def counted(*arguments, right=flow.LSODA, **settings):
        made.append(1)
        return right(*arguments, **settings)

    monkeypatch.setattr(flow, "LSODA", counted)
    simulate(replace(SMALL, start=(2.0, 1.0)))
    assert len(made) == 1


def test_long_horizons_keep_the_limit_on_a_curved_manifold():
    experiment = Experiment(
        landscape=CIRCLE, noise=noise("isotropic"), start=(1, 0), learning_rate=0.1, horizon=50, paths=500, frames=100, substeps=4
    )
    outcome = simulate(experiment)
    assert outcome.status == "ok"
    np.testing.assert_allclose(np.linalg.norm(outcome.limit, axis=-1), 1.0, atol=1e-4)


def test_divergence_is_frozen_counted_and_drawn_without_nan():
    outcome = simulate(replace(SMALL, learning_rate=0.5, horizon=20.0))
    frozen = outcome.sgd_frozen >= 0
    assert outcome.status == "diverged"
    assert outcome.status.paths == frozen.sum() > 0
    assert outcome.status.sentence
    assert outcome.status.hint
    assert np.isfinite(outcome.sgd).all()
    for path in np.flatnonzero(frozen)[:20]:
        held = outcome.sgd[outcome.sgd_frozen[path] :, path]
        np.testing.assert_array_equal(held, np.broadcast_to(held[0], held.shape))
    assert outcome.steps[outcome.sgd_frozen[frozen].min()] >= outcome.status.step
    # What is plotted is the mean over the others: finite as long as there are any.
    alive = (outcome.sgd_frozen[None] < 0) | (np.arange(len(outcome.times))[:, None] < outcome.sgd_frozen)
    loss = outcome.observables["loss"].sgd.mean
    np.testing.assert_array_equal(np.isfinite(loss), alive.any(axis=1))


def test_leaving_the_domain_says_so():
    landscape = Landscape.from_residuals(["log(x)*y"], XY)
    outcome = simulate(Experiment(landscape=landscape, start=(0.5, 1.0), learning_rate=0.1, horizon=2.0))
    assert outcome.status == "diverged"
    assert "domain" in outcome.status.sentence
    assert np.isfinite(outcome.sgd).all()


def test_overflow_is_not_the_domains_edge():
    outcome = simulate(Experiment(landscape=Landscape.from_residuals(["exp(x*x/2)*y"], XY), start=(3.0, 0.1), learning_rate=0.3))
    assert outcome.status == "diverged"
    assert "domain" not in outcome.status.sentence
    assert "sharpness" in outcome.status.sentence


def test_heavy_tails_are_named_where_the_learning_rate_is_not_to_blame():
    heavy = noise("isotropic", scale=0.3, law="student", freedom=1.0)
    experiment = Experiment(landscape=CIRCLE, noise=heavy, start=(1.5, 0.3), learning_rate=0.05, horizon=1.0)
    assert "Student's t" in simulate(experiment).status.sentence
    assert "sharpness" in simulate(replace(experiment, learning_rate=0.9, horizon=50.0)).status.sentence


def test_a_covariance_that_is_not_one_everywhere():
    given = noise("covariance", matrix=[["1", "0"], ["0", "x"]])
    outcome = simulate(Experiment(landscape=CIRCLE, noise=given, start=(2.0, 0.6), horizon=1.0))
    assert outcome.status == "diverged"
    assert "covariance" in outcome.status.sentence


def test_no_zero_loss_point():
    landscape = Landscape.from_loss("x**2 + y**2 + 1", XY)
    outcome = simulate(Experiment(landscape=landscape, start=(1.0, 1.0)))
    assert outcome.status == "left_manifold"
    assert "not zero" in outcome.status.sentence
    assert outcome.status.told.count("another start") == 1
    assert np.isnan(outcome.limit).all()
    assert np.isfinite(outcome.sgd).all()
    assert np.isfinite(outcome.observables["loss"].sgd.mean).all()
    assert np.isnan(outcome.observables["distance"].sgd.mean).all()
    assert outcome.rank is None


def test_a_loss_without_a_floor():
    outcome = simulate(Experiment(landscape=Landscape.from_loss("-1 - x**2", ("x",)), start=(1.0,)))
    assert outcome.status == "diverged"
    assert "no Φ" in outcome.status.sentence
    assert np.isfinite(outcome.sgd).all()


def test_rank_change_along_the_manifold():
    """On the cross x² is a squared Bessel process of dimension 0: it reaches the crossing by T with probability e^{−x²/2T}."""
    landscape = Landscape.from_residuals(["x*y"], XY)
    outcome = simulate(Experiment(landscape=landscape, noise=noise("isotropic"), start=(0.0, 1.5), horizon=4.0, paths=2_000))
    ended = outcome.limit_frozen >= 0
    assert outcome.status == "rank_changed"
    assert outcome.status.paths == ended.sum()
    assert_mean(ended, np.exp(-(1.5**2) / 8), bias=0.003)
    assert np.isfinite(outcome.limit).all()
    np.testing.assert_allclose(outcome.limit[-1, ended], 0.0, atol=1e-3)


def test_a_manifold_of_dimension_zero_is_a_point():
    landscape = Landscape.from_residuals(["x", "y - 1"], XY)
    outcome = simulate(Experiment(landscape=landscape, start=(1.5, 0.0)))
    assert outcome.status == "ok"
    assert outcome.rank == 2
    np.testing.assert_allclose(outcome.limit, np.broadcast_to([0.0, 1.0], outcome.limit.shape), atol=1e-6)


def test_status_is_a_string_that_knows_more():
    status = Status("diverged", step=7, paths=3, sentence="s", hint="h")
    assert status == "diverged"
    assert (status.step, status.paths, status.sentence, status.hint) == (7, 3, "s", "h")
    assert "ok" in STATUSES
    with pytest.raises(ValueError, match="unknown"):
        Status("fine")


def test_a_learning_rate_that_is_too_large_only_farther_along_the_manifold_is_named():
    hyperbola = Landscape.from_residuals(["x*y - 1"], XY)
    experiment = Experiment(landscape=hyperbola, start=(1.2, 0.9), learning_rate=0.25, horizon=3.0)
    status = simulate(experiment).status
    assert status == "diverged"
    at_start = 0.25 * float(hyperbola.sharpness(experiment.start))
    on_gamma = 0.25 * float(hyperbola.sharpness(limit_map(hyperbola, experiment.start)))
    assert f"the start the learning rate times the sharpness is {at_start:.2g} (at Φ(x₀), on Γ, {on_gamma:.2g})" in status.sentence
    assert "and farther along Γ" in status.sentence
    assert "Take a learning rate of at most" in status.hint
    too_large = simulate(replace(experiment, start=(4.0, 2.0), learning_rate=0.3, horizon=1.0)).status
    assert "At the start the learning rate times the sharpness is 7.8" in too_large.sentence
    assert too_large.sentence.endswith("More than 2 is unstable.")


def test_where_there_is_no_limit_nothing_is_said_of_its_start():
    """The Hessian of y⁴ vanishes on Γ, and squares are never negative."""
    flat = Landscape.from_loss("y^4", XY)
    asked = Experiment(landscape=flat, noise=noise("isotropic", scale=0.0), start=(0.0, 3.0), learning_rate=0.1, horizon=1.0)
    status = simulate(asked).status
    assert status == "diverged"
    assert "Φ(x₀)" not in status.sentence
    assert "times the sharpness is 11." in status.sentence
    assert status.hint == "Take a learning rate of at most 0.0093."
    below = simulate(replace(asked, landscape=Landscape.from_loss("y^2 - x^4", XY), start=(1.0, 0.5))).status
    assert below.hint == "Choose a loss that is never negative, or another start."


def test_a_path_is_frozen_from_the_frame_at_which_it_is_first_past_its_bound():
    """Without noise |x| is multiplied by 1 − ηλ = −2 at each step: the frame is that of the first step beyond the bound."""
    steep = Landscape.from_residuals(["x"], variables=["x", "y"])
    steps = 60
    run = Experiment(
        landscape=steep, noise=noise("isotropic", scale=0.0), start=(1.0, 0.0), learning_rate=1.0, horizon=float(steps), paths=1,
        frames=steps + 1, schedule="uniform",
    )  # fmt: skip
    stiff = replace(run, landscape=Landscape.from_residuals(["sqrt(3)*x"], variables=["x", "y"]))
    assert simulate(run).sgd_frozen.tolist() == [-1]
    outcome = simulate(stiff)
    (frame,) = outcome.sgd_frozen.tolist()
    assert 0 < frame < steps
    held = outcome.sgd[frame:, 0, 0]
    assert (held == held[0]).all()
    moving = np.abs(outcome.sgd[:frame, 0, 0])
    np.testing.assert_allclose(moving, 2.0 ** outcome.steps[:frame], rtol=1e-6)
    assert outcome.sgd[frame, 0, 0] != outcome.sgd[frame - 1, 0, 0] or np.abs(held[0]) == moving[-1]


def test_stability_is_that_of_where_gradient_flow_ends():
    """On xy = 1, λ_max = x² + y²; flow keeps x² − y², so from (3, 2) it ends where x² + y² = √(5² + 4)."""
    outcome = simulate(replace(SMALL, start=(3.0, 2.0)))
    assert outcome.stability == pytest.approx(0.05 * np.sqrt(29), rel=1e-6)
