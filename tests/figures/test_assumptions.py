"""The measured disagreement, as it is drawn and told."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, simulate
from dynamics.studies.assumptions import BREACHES, Measured
from dynamics.studies.disagreement import Disagreement
from figures.assumptions import disagreement_panel, verdict

USUAL = Disagreement(0.6, 0.2, 0.0, 50, 0, 0, 0, 50, True, True)


def test_the_panel_has_the_distance_and_what_chance_shows_at_each_degree_so_far() -> None:
    outcome = simulate(Experiment(landscape="circle", noise="isotropic", paths=4, frames=4, horizon=0.1))
    breach = BREACHES["memory"]
    found = tuple(replace(USUAL, distance=0.1 * k, by_chance=0.05 + 0.01 * k) for k in (1, 2, 3))
    distances, chance = disagreement_panel(breach, Measured(breach.degrees[:3], found, (outcome,) * 3)).figure["data"]
    assert distances["x"][:2] == ["ρ = 0", "ρ = 0.3"]
    np.testing.assert_allclose(distances["y"], [0.1, 0.2, 0.3, np.nan, np.nan])
    np.testing.assert_allclose(chance["y"], [0.06, 0.07, 0.08, np.nan, np.nan])


def test_the_sentence_has_its_numbers() -> None:
    assert "their energy distance is 0.6, 3 times what chance would show" in verdict(USUAL)
    assert "energy distance is 0.1, and 50 paths of one law would show up to 0.2" in verdict(replace(USUAL, distance=0.1))
    doubtful = verdict(replace(USUAL, distance=0.21, lost=3, shift=0.3))
    assert "3 of 50 paths of SGD diverged" in doubtful
    assert "is 0.21 and can change by 0.3, and chance would show up to 0.2" in doubtful


@pytest.mark.parametrize("name", BREACHES)
def test_degrees_go_from_mild_to_severe_and_open_with_one_of_them(name: str) -> None:
    breach = BREACHES[name]
    steps = np.diff(breach.degrees)
    assert (steps > 0).all() or (steps < 0).all()
    assert breach.opens in breach.degrees
