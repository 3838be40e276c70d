"""The energy distance between SGD and its limit: nothing where the theorem holds, something where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import energy_distance as of_scipy

from dynamics import Experiment, simulate
from dynamics.disagreement import disagreement


def circle(**settings) -> Experiment:
    return Experiment(landscape="circle", noise="isotropic", horizon=0.5, frames=20, **settings)  # type: ignore[arg-type]


def test_a_small_learning_rate_is_not_told_from_the_limit() -> None:
    found = [disagreement(simulate(circle(learning_rate=0.01, seed=seed))).seen for seed in range(5)]
    assert sum(found) <= 1


def test_a_large_one_is() -> None:
    found = disagreement(simulate(circle(learning_rate=0.5, paths=400)))
    assert found.seen
    assert found.projected


def test_its_distance_is_scipys_on_a_line() -> None:
    outcome = simulate(Experiment(landscape="valley", noise="isotropic", learning_rate=0.1, paths=200, frames=10))  # type: ignore[arg-type]
    found = disagreement(outcome)
    from dynamics import limit_map

    mapped = limit_map(outcome.experiment.landscape, outcome.sgd[-1].astype(float))[:, 0]
    assert found.distance == pytest.approx(of_scipy(mapped, outcome.limit[-1, :, 0]), rel=1e-6)


def test_who_is_lost_is_counted() -> None:
    outcome = simulate(circle(learning_rate=0.05, paths=50))
    frozen = outcome.sgd_frozen.copy()
    frozen[:10] = 5
    assert disagreement(replace(outcome, sgd_frozen=frozen)).lost == 10
    nobody = disagreement(replace(outcome, sgd_frozen=np.zeros_like(frozen)))
    assert np.isnan(nobody.distance)
    assert not nobody.seen
