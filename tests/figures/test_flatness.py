"""The panels of flatness say what they show."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dynamics import noise
from dynamics.observables import Summary
from dynamics.studies.flatness import Ends, Flatness, Floor
from figures.flatness import ends_panel, trace_panel, verdict

LABEL, MOTOR = noise("label"), noise("isotropic")


@pytest.fixture
def found() -> Flatness:
    times, along = np.linspace(0, 2, 5), np.array([5.0, 4.0, 3.0, 2.2, 2.01])
    ends = Ends(np.array([5.0, 6.0, 7.0]), np.array([2.0, 2.1, np.nan]), np.array([2.01, 2.2, np.nan]))
    return Flatness(times, Summary(along, along, along), None, 7, Floor(2.0, np.ones(2)), True, ends)


def test_before_sgd_has_run_limit_and_floor_are_there(found: Flatness) -> None:
    panel = trace_panel(found, "“Hyperbola”", LABEL, 0.1)
    assert [trace["name"] for trace in panel.figure["data"]] == ["limit", "flattest point of Γ"]
    assert "η = 0.1" in panel.caption
    assert "7 paths" in panel.caption
    assert "floor 2" in panel.alt


def test_the_starts_that_are_done_are_counted(found: Flatness) -> None:
    panel = ends_panel(found, "linear", 2.0)
    assert "from 2 of 3 starts" in panel.caption
    assert "starts drawn anew" in panel.caption
    sent = json.loads(panel.encode())
    assert sent["alt"] == "tr H at the end against tr H at the start: lower from 2 of 2 starts."


def test_the_verdict_is_what_was_seen(found: Flatness) -> None:
    assert "It is reached" in verdict(found, LABEL)
    assert "not label noise" in verdict(found, MOTOR)
    above = Flatness(found.times, found.limit, None, 7, Floor(1.0, np.ones(2)), True, found.ends)
    assert "downhill on Γ" in verdict(above, LABEL)
    nowhere = Flatness(found.times, found.limit, None, 7, None, True, found.ends)
    assert "did not come to an end" in verdict(nowhere, LABEL)


@pytest.mark.parametrize(("above", "reached"), [(0.015, True), (0.03, False)])
def test_a_floor_is_reached_to_two_percent(found: Flatness, above: float, reached: bool) -> None:
    near = replace(found, floor=Floor(2.01 / (1 + above), np.ones(2)))
    assert ("It is reached, to 2%" in verdict(near, LABEL)) == reached


def test_a_limit_that_does_not_exist_leaves_a_panel(found: Flatness) -> None:
    nothing = np.full(5, np.nan)
    absent = Flatness(
        found.times, Summary(nothing, nothing, nothing), None, 7, None, True, Ends(np.array([]), np.array([]), np.array([]))
    )  # fmt: skip
    assert json.loads(trace_panel(absent, "on a landscape", MOTOR, 0.1).encode())["alt"]
    assert json.loads(ends_panel(absent, "on a landscape", 1.0).encode())["alt"]


def test_values_that_are_close_together_are_seen_apart(found: Flatness) -> None:
    near = Summary(*(4.8 + 0.1 * np.sin(found.times + shift) for shift in (0, 1, 2)))
    turning = Flatness(found.times, near, near, 7, Floor(4.6, np.ones(2)), True, found.ends)
    low, high = trace_panel(turning, "on a motor", MOTOR, 0.1).figure["layout"]["yaxis"]["range"]
    assert 4.5 < low < 4.6
    assert high < 5
    assert trace_panel(found, "on a hyperbola", LABEL, 0.1).figure["layout"]["yaxis"]["range"][0] == 0
