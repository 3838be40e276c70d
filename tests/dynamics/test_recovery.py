"""Sparse recovery, run live: who recovers, from which start, and what is refused."""

import numpy as np
import pytest

from dynamics import sparse_problem
from dynamics.models.oracles import minimum_l1
from dynamics.studies.recovery import Recovery, _test_error, recover

SMALL = {"features": 40, "samples": 24, "sparsity": 2, "learning_rate": 4e-3, "horizon": 14.0}


@pytest.mark.parametrize("start", [0.1, 1.0])
def test_label_noise_recovers_from_any_start_and_descent_from_a_small_one(start: float) -> None:
    *_, last = recover(Recovery(**SMALL, initialization=start))
    sgd, gd = last.sgd.measures["test_error"][-1], last.gd.measures["test_error"][-1]
    assert last.done
    assert sgd < 0.05
    assert (gd < 0.05) == (start < 0.5)


def test_descent_from_a_large_start_ends_at_the_least_squares_interpolator() -> None:
    *_, last = recover(Recovery(**SMALL | {"learning_rate": 2e-4, "horizon": 0.05}, initialization=5.0))
    assert last.gd.measures["from_l2"][-1] < 0.01 * np.linalg.norm(last.l2)
    assert last.gd.measures["from_l1"][-1] > 0.3


def test_stages_grow_and_the_flow_goes_to_the_l1_oracle() -> None:
    *before, last = recover(Recovery(**SMALL))
    assert all(len(a.steps) < len(last.steps) for a in before)
    for stage in before:
        assert np.array_equal(stage.sgd.coefficients, last.sgd.coefficients[: len(stage.steps)])
    assert last.flow.measures["from_l1"][-1] < 1e-2
    assert last.times[-1] == pytest.approx(14.0)
    assert (np.diff(last.steps) > 0).all()


def test_cancelled_it_keeps_what_it_has() -> None:
    *_, last = recover(Recovery(**SMALL | {"horizon": 900.0}), cancel=iter([False] * 3 + [True] * 1000).__next__)
    assert not last.done
    assert last.sgd.status == "cancelled"
    assert last.steps[-1] < 900 / 16e-6


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sparsity": 50, "features": 10}, "more than the number of features"),
        ({"learning_rate": 1e-2}, "unstable at the learning rate"),
        ({"features": 10_000, "horizon": 1e3}, "take too long"),
        ({"law": "cauchy"}, "The law of the data is one of"),
        ({"samples": 0}, "The number of samples n must be between 1"),
    ],
)
def test_what_cannot_be_is_a_sentence(settings: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        next(recover(Recovery(**settings)))


def test_the_test_error_of_correlated_data_is_that_of_fresh_samples() -> None:
    error = np.random.default_rng(2).normal(size=(3, 6))
    design, _, _ = sparse_problem(d=6, n=200_000, sparsity=1, law="correlated", seed=5)
    for row, found in zip(error, _test_error(error, "correlated"), strict=True):
        squares = (design @ row) ** 2
        assert found == pytest.approx(squares.mean(), abs=4 * squares.std() / np.sqrt(len(squares)))
    np.testing.assert_allclose(_test_error(error, "boolean"), (error**2).sum(axis=-1))


def test_the_weighted_oracle_is_the_least_weighted_norm() -> None:
    design, targets, _ = sparse_problem(d=12, n=5, sparsity=9, law="gaussian", seed=3)
    weights = np.linspace(0.2, 5.0, 12)
    found = minimum_l1(design, targets, weights)
    rescaled = minimum_l1(design / weights, targets) / weights  # the same program in v = weights * w
    np.testing.assert_allclose(found, rescaled, atol=1e-8)
    assert np.abs(found - minimum_l1(design, targets)).max() > 1e-3


def test_each_distance_is_to_its_own_oracle() -> None:
    *_, last = recover(Recovery(**SMALL | {"horizon": 2.0}))
    for run in (last.sgd, last.gd, last.flow):
        for name, oracle in (("from_l1", last.l1), ("from_l2", last.l2)):
            np.testing.assert_allclose(run.measures[name], np.linalg.norm(run.coefficients - oracle, axis=-1))
    assert np.linalg.norm(last.l1 - last.l2) > 0.3
