"""The published experiment comes out as it is known to."""

import numpy as np
import pytest

from dynamics.studies.shape_matters import NOISES, Curve, _seed, problem, setting, shape_matters


@pytest.fixture(scope="module")
def curves() -> dict[str, Curve]:
    *_, last = shape_matters(frames=12)
    return {curve.run.name: curve for curve in last}


def test_only_label_noise_finds_the_truth_and_the_errors_are_the_published_ones(curves: dict[str, Curve]) -> None:
    assert curves["gd"].final == pytest.approx([75.0], rel=0.01)  # no chance in it: the data are theirs
    assert curves["isotropic"].final == pytest.approx([74.0], rel=0.1)
    assert 1e-3 / 4 < curves["label"].final[0] < 4e-3
    low, high = curves["minibatch"].run.published
    assert low / 3 < curves["minibatch"].median[-1] < 3 * high


def test_all_begin_at_the_same_point_and_end_after_the_same_steps(curves: dict[str, Curve]) -> None:
    assert {float(error) for curve in curves.values() for error in curve.errors[0]} == {95.0}  # 95 coefficients of 1 too many
    assert {int(curve.steps[-1]) for curve in curves.values()} == {setting().steps}


def test_a_step_of_minibatch_noise_is_the_full_gradient_and_a_difference_of_two_samples() -> None:
    model, _ = problem()
    point = np.linspace(0.5, 1.0, model.dimension)
    moves = []
    for seed in range(30):
        x = point.copy()
        model.stepper(NOISES["minibatch"], seed)(x, 1.0, 1, 1e12)
        moves.append(point - x - model.gradient(point))
    each = model.residuals(point)[:, None] * model.jacobian(point) / 2
    differences = (each[:, None] - each[None, :]).reshape(-1, model.dimension)
    for move in moves:
        assert np.abs(differences - move).max(axis=-1).min() < 1e-9


def test_a_path_that_diverges_is_counted_and_the_others_go_on() -> None:
    *_, last = shape_matters(frames=12, seed=24)
    curve = next(curve for curve in last if curve.run.name == "minibatch")
    assert curve.diverged > 0
    assert len(curve.final) == curve.run.paths - curve.diverged
    assert np.isfinite(curve.median[-1])


def test_it_can_be_cancelled() -> None:
    asked = iter([False] * 40)
    stages = list(shape_matters(cancel=lambda: next(asked, True)))
    assert len(stages) < 150


def test_no_two_seeds_share_a_path():
    runs, paths = len(setting().runs), max(run.paths for run in setting().runs)
    seeds = [_seed(seed, run, path) for seed in range(20) for run in range(runs) for path in range(paths)]
    assert len(set(seeds)) == len(seeds)


def test_a_curve_is_the_median_of_its_paths() -> None:
    errors = np.array([[95.0, 95.0, 95.0, 95.0], [1.0, 2.0, 40.0, np.nan]])
    curve = Curve(setting().runs[1], np.array([0, 100]), errors)
    assert curve.median.tolist() == [95.0, 2.0]
    assert curve.final.tolist() == [1.0, 2.0, 40.0]
    assert curve.diverged == 1
