"""The panels of flatness say what they show."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dynamics import noise, optimizer
from dynamics.observables import Summary
from dynamics.optimizers.measures import MEASURES
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
    assert "the limit of SGD flows downhill in tr H on Γ: to the least there" in verdict(above, LABEL)
    nowhere = Flatness(found.times, found.limit, None, 7, None, True, found.ends)
    assert "did not come to an end" in verdict(nowhere, LABEL)


@pytest.mark.parametrize(("above", "reached"), [(0.015, True), (0.03, False)])
def test_a_floor_is_reached_to_two_percent(found: Flatness, above: float, reached: bool) -> None:
    near = replace(found, floor=Floor(2.01 / (1 + above), np.ones(2)))
    assert ("It is reached, to 2\u00a0%" in verdict(near, LABEL)) == reached


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


def test_another_optimizer_is_spoken_of_with_its_own_measure_and_clock(found: Flatness) -> None:
    of_sam = replace(found, optimizer=optimizer("sam"), measure=MEASURES["λ₁"], sgd=found.limit, paths=1)
    panel = trace_panel(of_sam, "“Hyperbola”", LABEL, 0.1)
    assert [trace["name"] for trace in panel.figure["data"]] == ["SAM, seen on Γ", "limit", "least λ₁ on Γ"]
    assert panel.figure["layout"]["xaxis"]["title"]["text"] == "slow time t = kηρ²"
    assert panel.figure["layout"]["yaxis"]["title"]["text"] == "λ₁"
    assert "without gradient noise" in panel.caption
    assert "label noise" not in panel.caption
    said = verdict(replace(of_sam, floor=Floor(1.0, np.ones(2))), LABEL)
    assert "the least λ₁ on Γ that was found is **1**. The limit of SAM flows downhill in λ₁ on Γ" in said
    of_adam = replace(found, optimizer=optimizer("adam"), floor=Floor(1.0, np.ones(2)))
    assert "nothing says that the limit of Adam minimizes" in verdict(of_adam, MOTOR)
    assert "for κ → ∞" in verdict(replace(of_adam, measure=optimizer("adam").measure(LABEL, 0.1)), LABEL)


@pytest.mark.parametrize(("floor", "reached"), [(-0.41, True), (-0.43, False)])
def test_a_logarithm_is_near_by_its_difference(found: Flatness, floor: float, reached: bool) -> None:
    along = np.array([0.5, 0.2, 0.0, -0.2, -0.4])
    of_normalized = replace(
        found, optimizer=optimizer("normalized"), measure=MEASURES["ln λ₁"], limit=Summary(along, along, along),
        floor=Floor(floor, np.ones(2)),
    )  # fmt: skip
    assert ("It is reached" in verdict(of_normalized, LABEL)) == reached
    low, high = trace_panel(of_normalized, "“Hyperbola”", LABEL, 0.1).figure["layout"]["yaxis"]["range"]
    assert low < floor
    assert high > 0.5
