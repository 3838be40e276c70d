"""The energy distance between SGD and its limit: nothing where the theorem holds, something where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance as of_scipy

from dynamics import Experiment, Landscape, limit_map, simulate
from dynamics.studies.disagreement import disagreement
from figures.assumptions import verdict


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
    mapped = limit_map(outcome.experiment.landscape, outcome.sgd[-1].astype(float))[:, 0]
    assert found.distance == pytest.approx(of_scipy(mapped, outcome.limit[-1, :, 0]), rel=1e-6)


def lose(outcome, count, who="sgd"):
    frozen = getattr(outcome, f"{who}_frozen").copy()
    frozen[:count] = 5
    return replace(outcome, **{f"{who}_frozen": frozen})


def test_who_is_lost_is_counted_and_no_verdict_is_given_on_the_others() -> None:
    outcome = simulate(circle(learning_rate=0.05, paths=50))
    assert disagreement(outcome).seen is False
    for who, counts in {"sgd": (4, 0), "limit": (0, 4)}.items():
        found = disagreement(lose(outcome, 4, who))
        assert (found.lost, found.limit_lost) == counts
        assert found.seen is None
        assert "Nothing can be said" in verdict(found)
        assert f"4 of 50 paths of {'SGD' if who == 'sgd' else 'the limit'}" in verdict(found)
    nobody = disagreement(lose(outcome, 50))
    assert np.isnan(nobody.distance)
    assert nobody.seen
    assert "50 of 50 paths of SGD" in verdict(nobody)


def test_a_few_that_are_lost_do_not_hide_a_disagreement() -> None:
    found = disagreement(lose(simulate(circle(learning_rate=0.5, paths=400)), 4))
    assert found.seen
    assert 0 < found.shift < found.distance


def test_sgd_that_diverges_where_the_limit_does_not_is_a_disagreement() -> None:
    outcome = simulate(circle(learning_rate=0.05, paths=50))
    found = disagreement(lose(outcome, 10))
    assert found.thrown_off
    assert found.seen
    assert "disagree" in verdict(found)
    assert "10 of 50 paths of SGD" in verdict(found)
    both = disagreement(lose(lose(outcome, 10), 10, "limit"))
    assert not both.thrown_off
    assert both.seen is None


def test_where_there_is_no_limit_nothing_is_said_of_it() -> None:
    nowhere = Landscape.from_residuals(["x*x + y*y + 1"], ("x", "y"))
    outcome = simulate(Experiment(landscape=nowhere, start=(1.0, 0.5), learning_rate=0.05, horizon=0.1, paths=20))
    for found in (disagreement(outcome), disagreement(lose(outcome, 20))):
        assert not found.has_limit
        assert not found.thrown_off
        assert found.seen is None
        assert "there is no limit" in verdict(found)


def test_chance_shows_as_much_in_one_of_a_hundred_deals() -> None:
    outcome = simulate(circle(learning_rate=0.02, paths=60))
    found = disagreement(outcome)
    pooled = np.concatenate([limit_map(outcome.experiment.landscape, outcome.sgd[-1].astype(float)), outcome.limit[-1]])
    random = np.random.default_rng(9)
    deals = []
    for _ in range(2000):
        order = random.permutation(120)
        apart = cdist(pooled[order], pooled[order])
        deals.append(2 * apart[:60, 60:].mean() - apart[:60, :60].mean() - apart[60:, 60:].mean())
    assert found.by_chance == pytest.approx(np.sqrt(np.quantile(deals, 0.99)), rel=0.15)
