"""Training: the same whatever the slices, told frame by frame, and what is refused."""

import numpy as np
import pytest

from dynamics import noise, overparametrized_linear, sparse_problem, train
from dynamics.models import training as module
from dynamics.models.base import StepDraws
from dynamics.models.training import frames_of


@pytest.fixture(scope="module")
def model():
    design, targets, _ = sparse_problem(d=12, n=6, sparsity=2, seed=1)
    return overparametrized_linear(design, targets)


NOISES = {
    "none": None,
    "label": noise("label", scale=0.5),
    "label on the full gradient": noise("label", scale=0.5, batch="full", law="gaussian"),
    "one sample": noise("minibatch"),
    "three samples": noise("minibatch", batch=3),
    "isotropic": noise("isotropic", scale=0.1),
}


@pytest.mark.parametrize("kind", list(NOISES))
def test_slices_do_not_matter(model, kind: str, monkeypatch) -> None:
    def ends(slice_seconds: float) -> np.ndarray:
        monkeypatch.setattr(module, "SLICE_SECONDS", slice_seconds)
        return train(model, np.ones(24), learning_rate=0.01, steps=5_000, noise=NOISES[kind], seed=3, frames=7).points

    assert np.array_equal(ends(1e-7), ends(0.05))


@pytest.mark.parametrize("kind", list(NOISES))
def test_the_kernels_do_what_the_general_stepper_does(model, kind: str) -> None:
    """The compiled steps against the model's face in plain NumPy, with the same random numbers."""
    from dynamics.models.base import Model

    one, other = np.ones(24), np.ones(24)
    assert model.stepper(NOISES[kind], 5)(one, 0.01, 200, 1e12) == 200
    assert Model.stepper(model, NOISES[kind], 5)(other, 0.01, 200, 1e12) == 200
    assert one == pytest.approx(other, rel=1e-9)
    assert not np.allclose(one, np.ones(24))


def test_frames_are_told_as_they_are_trained(model) -> None:
    settings = {"learning_rate": 0.01, "steps": 1000, "noise": noise("label"), "seed": 1, "frames": 11}
    trained = train(model, np.ones(24), **settings)
    told = list(frames_of(model, np.ones(24), **settings))
    assert np.array_equal([frame.point for frame in told], trained.points)
    assert list(trained.steps) == list(range(0, 1001, 100))
    assert trained.times == pytest.approx(trained.steps * 1e-4)


def test_a_frame_a_step_is_no_less_than_any_other_number_of_frames(model) -> None:
    each = train(model, np.ones(24), learning_rate=0.01, steps=1_000, frames=1_001)
    np.testing.assert_array_equal(each.steps, np.arange(1_001))
    np.testing.assert_array_equal(each.points[::250], train(model, np.ones(24), learning_rate=0.01, steps=1_000, frames=5).points)


def test_learning_rates_by_pieces(model) -> None:
    trained = train(model, np.ones(24), learning_rate=[(0, 0.01), (600, 0.001)], steps=1000, frames=11)
    assert trained.times[-1] == pytest.approx(600e-4 + 400e-6)
    whole = train(model, np.ones(24), learning_rate=0.01, steps=600, frames=7)
    assert np.array_equal(trained.points[6], whole.points[-1])


def test_divergence_is_a_status_and_nothing_is_not_finite(model) -> None:
    trained = train(model, np.ones(24), learning_rate=2.0, steps=10_000, noise=noise("label"), frames=50)
    assert trained.status == "diverged"
    assert "learning rate 2 is too large" in trained.status.sentence
    assert np.isfinite(trained.points).all()


def test_cancelled_it_keeps_what_it_reached(model) -> None:
    asked = iter([False] * 5 + [True] * 100)
    trained = train(model, np.ones(24), learning_rate=1e-4, steps=10**9, frames=5, cancel=lambda: next(asked))
    assert trained.status == "cancelled"
    assert 0 < trained.steps[-1] < 10**9


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"steps": 0}, "between 1 and"),
        ({"learning_rate": -1.0}, "between 0 and 10"),
        ({"learning_rate": [(5, 0.1)]}, "the first from step 0"),
        ({"frames": 1}, "must be at least 2"),
        ({"noise": noise("covariance", matrix=[["1"]])}, "label, minibatch or isotropic"),
        ({"noise": noise("label", law="student")}, "Gaussian noise or ±1"),
    ],
)
def test_what_cannot_be_trained_is_a_sentence(model, settings: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        train(model, np.ones(24), **{"learning_rate": 0.01, "steps": 10} | settings)
    with pytest.raises(ValueError, match="24 finite numbers"):
        train(model, np.ones(3), learning_rate=0.01, steps=10)


def test_data_that_nothing_fits_are_refused() -> None:
    design, targets, _ = sparse_problem(d=5, n=9, sparsity=2, seed=0)
    overparametrized_linear(design, targets)  # too many samples, but they agree
    targets[0] += 0.5
    with pytest.raises(ValueError, match="nowhere zero"):
        overparametrized_linear(design, targets)
    with pytest.raises(ValueError, match="non-negative"):
        overparametrized_linear(np.ones((1, 3)), np.array([-1.0]), signs=1)
    with pytest.raises(ValueError, match="do not fit into memory"):
        sparse_problem(d=10_000, n=20_000, sparsity=3)


def test_problems_grow_and_are_as_asked() -> None:
    design, targets, truth = sparse_problem(d=50, n=20, sparsity=4, seed=7)
    more, _, same = sparse_problem(d=50, n=30, sparsity=4, seed=7)
    assert np.array_equal(more[:20], design)
    assert np.array_equal(same, truth)
    assert set(np.unique(design)) == {-1.0, 1.0}
    assert truth.sum() == 4
    assert targets == pytest.approx(design @ truth)
    correlated, _, _ = sparse_problem(d=3, n=40_000, sparsity=1, law="correlated", seed=0)
    assert np.corrcoef(correlated.T)[0] == pytest.approx([1.0, 0.5, 0.25], abs=0.02)


def test_a_models_batches_are_drawn_with_replacement_and_each_sample_as_often() -> None:
    drawn = StepDraws(noise("minibatch", batch=3), 4, 24, 1).batches(40_000, 3)
    again = (np.diff(np.sort(drawn, axis=1), axis=1) == 0).any(axis=1).mean()
    assert abs(again - (1 - 3 / 4 * 2 / 4)) < 5 * 0.5 / 200
    np.testing.assert_allclose(np.bincount(drawn.ravel(), minlength=4) / drawn.size, 0.25, atol=5 * 0.43 / np.sqrt(drawn.size))


def test_the_kicks_of_label_noise_are_plus_or_minus_its_scale() -> None:
    kicks = StepDraws(noise("label", scale=0.3), 4, 24, 1).kicks(40_000)
    assert set(np.unique(kicks)) == {-0.3, 0.3}
    assert abs(kicks.mean()) < 5 * 0.3 / 200
    normal = StepDraws(noise("label", scale=0.3, law="gaussian"), 4, 24, 1).kicks(40_000)
    assert normal.std() == pytest.approx(0.3, rel=0.02)
