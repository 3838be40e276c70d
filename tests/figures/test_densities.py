"""The panels of exact densities say what they show."""

import json

import numpy as np
import pytest

from dynamics import Experiment
from dynamics.exact import exact_density
from figures.densities import coefficients_panel, density_panel, facts, passage_panel


@pytest.fixture(scope="module")
def found() -> list:
    return list(exact_density(Experiment(landscape="valley_gaussian"), moments=5))  # type: ignore[arg-type]


def test_before_sgd_has_run_the_line_is_there(found) -> None:
    panel = density_panel(found[0])
    assert [trace["name"] for trace in panel.figure["data"]] == ["limit, exact", "stationary density", "Φ(x₀)"]
    assert "SGD is on its way" in panel.caption


def test_the_frames_are_the_moments(found) -> None:
    panel = density_panel(found[-1])
    assert panel.frames is not None
    assert len(panel.frames.values) == 5
    bars, errors, line = panel.frames.updates
    assert np.array_equal(panel.figure["data"][bars["trace"]]["y"], bars["values"][-1])
    assert errors["key"] == "error_y.array"
    assert len(line["values"][0]) == len(panel.figure["data"][line["trace"]]["x"])
    assert f"{found[-1].paths:,} paths of SGD" in panel.caption
    assert "± one standard error" in panel.caption
    assert "η = 0.015" in panel.caption


def test_nothing_that_is_not_finite_is_sent(found) -> None:
    for panel in (density_panel(found[-1]), coefficients_panel(found[0]), passage_panel(found[0], 0.5)):
        assert panel is not None
        sent = json.loads(panel.encode())
        assert sent["alt"]
        assert "light" in sent["palette"]


def test_first_passage_is_zero_at_the_target(found) -> None:
    panel = passage_panel(found[0], 0.5)
    assert panel is not None
    line, *_ = panel.figure["data"]
    assert np.interp(0.5, line["x"], line["y"]) < 0.05 * max(line["y"])


def test_the_motor_is_said_to_turn() -> None:
    motor = next(exact_density(Experiment(landscape="motor"), moments=4))  # type: ignore[arg-type]
    words = " ".join(facts(motor))
    assert "closed curve" in words
    assert "0.059683 turns per slow time" in words
    assert passage_panel(motor, 1.0) is None
    spike = density_panel(motor).frames
    assert spike is not None
    assert all(update["key"] == "x" for update in spike.updates)
