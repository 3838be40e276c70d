"""The panels of the convergence page say what they show."""

import json

import numpy as np
import pytest

from dynamics import Experiment
from dynamics.studies.convergence import stages
from figures.convergence import density_panel, distance_panel, quantile_panel, verdict_text, weak_panel


@pytest.fixture(scope="module")
def on_a_curve():
    *_, last = stages(Experiment(landscape="circle", noise="isotropic", learning_rate=0.2, horizon=1.0))  # type: ignore[arg-type]
    return last


@pytest.fixture(scope="module")
def on_a_surface():
    return next(stages(Experiment(landscape="sphere", noise="isotropic", learning_rate=0.2, horizon=0.5)))  # type: ignore[arg-type]


def test_each_learning_rate_and_the_limit_have_a_density(on_a_curve) -> None:
    panel = density_panel(on_a_curve, extrapolated=True)
    names = [trace["name"] for trace in panel.figure["data"]]
    assert names == ["SGD, η = 0.2", "SGD, η = 0.1", "SGD, η = 0.05", "SGD, η = 0.025", "extrapolated to η = 0", "limit, exact"]
    x = panel.figure["data"][0]["x"]
    width = x[1] - x[0]
    for trace in panel.figure["data"]:
        assert np.sum(trace["y"]) * width == pytest.approx(1.0, abs=0.02)
    assert f"Paths: {on_a_curve.rungs[0].paths:,} each, for η = 0.2, " in panel.caption


def test_line_and_marker_tell_them_apart_without_colour(on_a_curve) -> None:
    looks = [(trace["line"]["dash"], trace["line"]["width"]) for trace in density_panel(on_a_curve, False).figure["data"][:-1]]
    assert len(set(looks)) == len(looks)
    marked = [trace["marker"]["symbol"] for trace in distance_panel(on_a_curve).figure["data"] if "marker" in trace]
    assert len(set(marked)) == len(marked)


def test_extrapolation_is_twice_the_finest_less_the_next(on_a_curve) -> None:
    data = density_panel(on_a_curve, extrapolated=True).figure["data"]
    assert data[4]["y"] == pytest.approx(2 * data[3]["y"] - data[2]["y"])


def test_distances_have_their_errors_and_slopes(on_a_curve) -> None:
    panel = distance_panel(on_a_curve)
    first = panel.figure["data"][0]
    assert first["y"] == pytest.approx(on_a_curve.distances)
    assert first["error_y"]["array"] == pytest.approx(on_a_curve.standard_errors)
    assert "bootstrap standard error" in panel.caption
    assert "Fitted slopes" in panel.caption


def test_a_surface_has_a_distance_in_space_too(on_a_surface) -> None:
    assert all(rung.space is not None and rung.space.energy > 0 for rung in on_a_surface.rungs)
    names = [trace["name"] for trace in distance_panel(on_a_surface).figure["data"]]
    assert "energy, in space" in names


@pytest.fixture(scope="module")
def of_one_learning_rate():
    """The others diverge."""
    experiment = Experiment(landscape="hyperbola", noise="label", start=(4.0, 0.25), learning_rate=0.1, horizon=4.0)  # type: ignore[arg-type]
    found = next(stages(experiment, (0.8, 0.4, 0.05)))
    assert len(found.rungs) == 1
    return found


def test_everything_can_be_sent(on_a_curve, on_a_surface, of_one_learning_rate) -> None:
    for found in (on_a_curve, on_a_surface, of_one_learning_rate):
        for panel in (density_panel(found, True), quantile_panel(found), distance_panel(found), weak_panel(found, True)):
            assert json.loads(panel.encode())["alt"]
        headline, reason = verdict_text(found)
        assert headline
        assert reason
