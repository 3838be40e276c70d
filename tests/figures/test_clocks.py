"""The panels of the two clocks."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, two_clocks
from figures.clocks import clocks_panel, collapse_text


@pytest.fixture(scope="module")
def found():
    return two_clocks(Experiment(landscape="hyperbola", learning_rate=0.1, horizon=2.0, paths=100, frames=80))  # type: ignore[arg-type]


def test_curves_are_apart_in_steps_and_together_in_slow_time(found) -> None:
    def ends(axis: str) -> list[float]:
        data = clocks_panel(found, axis).figure["data"]
        return [trace["x"][-1] for trace in data if str(trace.get("name", "")).startswith("SGD")]

    assert np.array(ends("steps")) == pytest.approx(np.array([200, 800, 3200]))
    assert np.array(ends("slow")) == pytest.approx(2.0)


def test_the_reaches_are_marked_on_their_curves(found) -> None:
    for axis, exponent in (("steps", 0), ("slow", 2)):
        data = clocks_panel(found, axis).figure["data"]
        fast = next(trace for trace in data if trace.get("name") == "1/η")
        assert np.array(fast["x"]) == pytest.approx(np.array([0.1, 0.05, 0.025]) ** (exponent - 1))
        assert len(fast["y"]) == 3


def test_the_sentence_tells_how_far_apart_they_are(found) -> None:
    words = collapse_text(found)
    assert "16 times as long" in words
    assert "In slow time they differ by at most" in words


def test_curves_that_diverge_are_named_and_not_compared() -> None:
    steep = Experiment(landscape="hyperbola", start=(4.0, 0.25), learning_rate=0.4, horizon=4.0, paths=50, frames=50)  # type: ignore[arg-type]
    words = collapse_text(two_clocks(steep, (0.4, 0.2, 0.1)))
    assert words.startswith("At η = 0.4: ")
    words = collapse_text(two_clocks(replace(steep, start=(9.0, 0.2)), (0.5, 0.4, 0.3)))
    assert "nan" not in words
    assert [f"At η = {rate}: " in words for rate in (0.5, 0.4, 0.3)] == [True] * 3


def test_words_and_numbers_can_be_sent(found) -> None:
    for axis in ("steps", "slow"):
        panel = clocks_panel(found, axis)
        assert json.loads(panel.encode())["alt"]
        assert "100 paths" in panel.caption
        assert "Blanc" in panel.caption
