"""Assumptions broken on purpose: the disagreement is seen where it must be, and not where the theorem holds."""

import pytest

from dynamics import Experiment
from dynamics.studies.assumptions import BREACHES, measured


def circle() -> Experiment:
    return Experiment(landscape="circle", noise="isotropic", learning_rate=0.02, horizon=1.0, seed=2)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "seen"), [("tails", True), ("memory", True), ("steps", True), ("rank", None)])
def test_the_last_degree_disagrees(name: str, seen: bool | None) -> None:
    *_, last = measured(circle(), BREACHES[name])
    assert last.found[-1].seen is seen
    assert len(last.found) == len(BREACHES[name].degrees)


@pytest.mark.parametrize("name", ["memory", "steps"])
def test_the_first_degree_does_not(name: str) -> None:
    assert not next(measured(circle(), BREACHES[name])).found[0].seen


def test_light_tails_of_students_t_keep_the_theorem() -> None:
    breach = BREACHES["tails"]
    assert breach.broken(circle(), 30.0).noise.assumption == ""
    assert "finite variance" in breach.broken(circle(), 1.5).noise.assumption


def test_the_learning_rate_is_set_by_stability() -> None:
    assert BREACHES["steps"].broken(circle(), 0.5).learning_rate == 0.5  # the circle's sharpness is 1


def test_sampling_has_no_tails_to_choose() -> None:
    with pytest.raises(ValueError, match="law of its own"):
        BREACHES["tails"].broken(Experiment(landscape="hyperbola", noise="minibatch"), 2.0)  # type: ignore[arg-type]


def test_cancelling_ends_it() -> None:
    assert list(measured(circle(), BREACHES["tails"], cancel=lambda: True)) == []
