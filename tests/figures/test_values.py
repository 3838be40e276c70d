"""What panels draw, by value: each line against the numbers that it stands for, computed here."""

import re

import numpy as np
import pytest

from dynamics import Experiment, two_clocks
from dynamics.studies.convergence import convergence
from dynamics.studies.exact import exact_density
from dynamics.sweeps.grid import Cell, Settings, Sweep
from dynamics.sweeps.results import Found
from figures.clocks import clocks_panel
from figures.convergence import density_panel, quantile_panel
from figures.densities import passage_panel
from figures.phases import phase_panel


@pytest.fixture(scope="module")
def clocks():
    return two_clocks(Experiment(landscape="hyperbola", learning_rate=0.1, horizon=2.0, paths=100, frames=80))


def test_the_clocks_band_is_one_standard_error_on_each_side_of_the_mean(clocks) -> None:
    band, line = clocks_panel(clocks, "slow").figure["data"][:2]
    curve = clocks.curves[0]
    count = len(line["y"])
    np.testing.assert_allclose(line["y"], curve.mean[-count:])
    np.testing.assert_allclose(band["y"][:count] - line["y"], curve.error[-count:], atol=1e-12)
    np.testing.assert_allclose(line["y"] - band["y"][count:][::-1], curve.error[-count:], atol=1e-12)


def test_slow_time_is_steps_times_the_squared_rate_and_a_reach_stands_on_its_curve(clocks) -> None:
    data = clocks_panel(clocks, "slow").figure["data"]
    curve = clocks.curves[0]
    line = next(trace for trace in data if str(trace.get("name", "")).startswith("SGD"))
    np.testing.assert_allclose(line["x"][1:], (curve.steps * curve.learning_rate**2)[1:])
    star = next(trace for trace in data if trace.get("name") == "η<sup>−2</sup>")
    for x, y, each in zip(star["x"], star["y"], clocks.curves, strict=True):
        assert x == pytest.approx(1.0)
        assert y == pytest.approx(np.interp(1.0, each.times, each.mean))


def test_the_passage_is_told_in_steps_of_sgd() -> None:
    experiment = Experiment(landscape="circle", noise="isotropic", start=(1.0, 0.0), learning_rate=0.05, horizon=1.0, paths=50)
    *_, found = exact_density(experiment, moments=2)
    target = found.start + np.pi
    panel = passage_panel(found, target)
    assert panel is not None
    said = re.search(r"it is ([\d.]+), that is ([\d,]+) steps", panel.caption)
    assert said
    assert float(said[1]) == pytest.approx(np.pi**2, rel=1e-3)
    assert float(said[2].replace(",", "")) == pytest.approx(np.pi**2 / 0.05**2, rel=0.01)


def test_the_lines_of_a_phase_diagram_are_at_their_numbers_of_samples() -> None:
    cells = tuple(Cell("flow", 100, kappa, n) for kappa in (2, 5) for n in (5, 10, 20, 40, 80))
    sweep = Sweep("test", Settings(seeds=4), cells)
    panel = phase_panel(sweep, {cells[0]: Found(cells[0], (0.0, 0.0, 1.0, 1.0), 2, 1.0)}, "flow")
    heat, logarithm = panel.figure["data"][:2]
    assert heat["z"][0, 0] == 0.5
    samples = [5, 10, 20, 40, 80]
    expected = np.interp([kappa * np.log(100) for kappa in (2, 5)], samples, range(5))
    np.testing.assert_allclose(logarithm["y"], expected)
    assert "± 0.25, one standard error" in panel.caption  # ½/√4


@pytest.fixture(scope="module")
def converging():
    experiment = Experiment(landscape="circle", noise="isotropic", start=(1.0, 0.0), learning_rate=0.2, horizon=1.0)
    return convergence(experiment, (0.2, 0.1, 0.05), accuracy=0.3)


def test_quantiles_are_of_the_finest_and_the_coarsest_rate(converging) -> None:
    data = quantile_panel(converging).figure["data"]
    for rung in (converging.rungs[-1], converging.rungs[0]):
        name = f"SGD, η = {rung.learning_rate:g}"
        lines = [trace for trace in data if trace.get("name") == name]
        assert len(lines) == 3
        for line, level in zip(lines, (0.05, 0.5, 0.95), strict=True):
            np.testing.assert_allclose(line["y"], [float(law.quantiles(level)) for law in rung.laws])


def test_what_is_extrapolated_is_twice_the_finest_less_the_next(converging) -> None:
    data = density_panel(converging, extrapolated=True).figure["data"]
    coarse, fine, extrapolated = data[1]["y"], data[2]["y"], data[3]["y"]
    np.testing.assert_allclose(extrapolated, 2 * np.asarray(fine) - np.asarray(coarse), atol=1e-12)
