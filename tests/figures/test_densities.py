"""The panels of exact densities say what they show."""

import itertools
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, noise, optimizer
from dynamics.studies.exact import exact_density
from dynamics.studies.projected import DIVERGED
from figures.densities import coefficients_panel, density_panel, facts, passage_panel
from tests.dynamics.test_exact import lemniscate


@pytest.fixture(scope="module")
def found() -> list:
    return list(exact_density(Experiment(landscape="valley_gaussian"), moments=5))  # type: ignore[arg-type]


def test_before_sgd_has_run_the_line_is_there(found) -> None:
    panel = density_panel(found[0])
    assert [trace["name"] for trace in panel.figure["data"]] == ["limit, exact", "stationary density", "Φ(x₀)"]
    assert "are on their way" in panel.caption


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
    assert line["y"][list(line["x"]).index(0.5)] == pytest.approx(0.0, abs=1e-9)


def test_the_motor_is_said_to_turn() -> None:
    motor = next(exact_density(Experiment(landscape="motor"), moments=4))  # type: ignore[arg-type]
    words = " ".join(facts(motor))
    assert "closed curve" in words
    assert "0.059683 turns per slow time" in words
    assert passage_panel(motor, 1.0) is None
    spike = density_panel(motor).frames
    assert spike is not None
    assert all(update["key"] == "x" for update in spike.updates)


def test_what_the_settings_strain_is_said() -> None:
    asked = Experiment(landscape="ellipse", noise="isotropic", optimizer=optimizer("momentum", beta=0.9), learning_rate=0.05)
    rings = "so across Γ"
    assert rings in facts(next(exact_density(asked, moments=4)))[-1]  # type: ignore[arg-type]
    assert rings not in " ".join(facts(next(exact_density(replace(asked, optimizer=optimizer("sgd")), moments=4))))  # type: ignore[arg-type]


def test_an_end_of_the_theory_is_said() -> None:
    *_, last = itertools.islice(exact_density(lemniscate(), moments=4), 2)
    words = " ".join(facts(last))
    assert "the Hessian loses rank, as where Γ crosses itself" in words
    assert "has got to such an end with probability 0.6" in words
    assert "There is no stationary density" in words
    panel = density_panel(last)
    assert "is on another piece of Γ" in panel.caption
    assert "total variation" not in panel.caption  # SGD goes on where the theory has ended
    names = [trace["name"] for trace in panel.figure["data"]]
    assert "stationary density" not in names
    passage = passage_panel(last, 0.5)
    assert passage is not None
    assert "or an end where the theory ends" in passage.caption


def test_paths_that_are_all_lost_leave_no_bars_but_their_number() -> None:
    found = next(exact_density(lemniscate(), moments=4))
    nowhere = replace(
        found, sgd=np.full((4, 512), np.nan), elsewhere=np.zeros((4, 512), dtype=bool), causes=Counter({DIVERGED: 512})
    )
    panel = density_panel(nowhere)
    assert "512 of 512 paths diverged: the bars are of the others" in panel.caption
    json.loads(panel.encode())


def test_of_a_long_closed_curve_what_there_is_to_see_is_shown() -> None:
    from dynamics import Landscape

    circle = Landscape.from_residuals(["(x*x + (y - 50)**2 - 2500)/100"], variables=("x", "y"))
    found = next(exact_density(Experiment(landscape=circle, start=(0.0, 0.0), noise="isotropic"), moments=4))  # type: ignore[arg-type]
    low, high = density_panel(found).figure["layout"]["xaxis"]["range"]
    assert -15 < low < -2
    assert 2 < high < 15
    assert found.chart.length == pytest.approx(100 * np.pi)


def test_of_a_limit_with_slow_variables_the_line_is_that_of_settled_ones_and_its_own_law_an_outline() -> None:
    wanted = Experiment(
        landscape="valley_gaussian", noise=noise("covariance", matrix=[["1+x^2", "0"], ["0", "4"]]), start=(1.0, 0.0),
        optimizer=optimizer("adam", kappa=0.5), horizon=0.5, learning_rate=0.05,
    )  # fmt: skip
    stages = exact_density(wanted)
    next(stages)
    found = next(stages)
    drawn = density_panel(found)
    lines = {trace["name"]: trace for trace in drawn.figure["data"]}
    assert "limit, κ → ∞, exact" in lines
    outline = lines["limit at κ = 0.5, simulated"]
    width = np.diff(outline["x"])
    inside = (found.simulated[-1] >= outline["x"][0]) & (found.simulated[-1] <= outline["x"][-1])
    assert (outline["y"][:-1] * width).sum() == pytest.approx(inside.mean())
    assert outline["y"][10] == pytest.approx(
        ((found.simulated[-1] >= outline["x"][10]) & (found.simulated[-1] < outline["x"][11])).mean() / width[10]
    )
    assert "of the limit for κ → ∞, where v = diag Σ at all times" in drawn.caption
    assert f"its own κ = 0.5, {found.simulated.shape[1]:,} paths of it, simulated" in drawn.caption
    assert "For κ → ∞" in coefficients_panel(found).caption
