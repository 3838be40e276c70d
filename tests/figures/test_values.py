"""What panels draw, by value: each line against the numbers that it stands for, computed here."""

import re
from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, two_clocks
from dynamics.limit.coefficients import PARTS
from dynamics.observables import Summary
from dynamics.status import Status
from dynamics.studies.anatomy import anatomy
from dynamics.studies.convergence import stages
from dynamics.studies.exact import exact_density
from dynamics.studies.flatness import Ends, Flatness, Floor
from dynamics.studies.needs import Course, Trials
from dynamics.sweeps.grid import Cell, Settings, Sweep
from dynamics.sweeps.results import Found
from figures.anatomy import formulas
from figures.clocks import clocks_panel, collapse_text
from figures.convergence import density_panel, distance_panel, quantile_panel, weak_panel
from figures.densities import coefficients_panel, passage_panel
from figures.densities import density_panel as exact_panel
from figures.flatness import ends_panel, trace_panel
from figures.needs import along_panel
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
    heat, *lines = panel.figure["data"]
    logarithm = next(line for line in lines if line.get("name") == "n = κ ln d")
    assert heat["z"][0, 0] == 0.5
    assert [(each["x"], each["y"], each["text"]) for each in panel.figure["layout"]["annotations"]] == [(0, 0, "2")]
    assert "role:sgd" not in str(lines)  # theory does not wear SGD's colour
    samples = [5, 10, 20, 40, 80]
    expected = np.interp([kappa * np.log(100) for kappa in (2, 5)], samples, range(5))
    np.testing.assert_allclose(logarithm["y"], expected)
    assert "± 0.25, one standard error" in panel.caption  # ½/√4


@pytest.fixture(scope="module")
def converging():
    experiment = Experiment(landscape="circle", noise="isotropic", start=(1.0, 0.0), learning_rate=0.2, horizon=1.0)
    return next(stages(experiment, (0.2, 0.1, 0.05)))


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


def test_an_axis_of_less_than_a_power_of_ten_has_its_numbers(converging) -> None:
    rung = converging.rungs[0]
    close = replace(converging, rungs=(rung, replace(rung, learning_rate=0.19)), scale=abs(rung.gap[0]) / 0.07)
    axis = weak_panel(close, extrapolated=False).figure["layout"]["yaxis"]
    named = dict(zip(axis["ticktext"], axis["tickvals"], strict=True))
    assert named["0.05"] == pytest.approx(0.05)
    assert named["0.1"] == pytest.approx(0.1)


def test_what_is_rounding_is_said_and_not_drawn(converging) -> None:
    panel = weak_panel(replace(converging, scale=1e12), extrapolated=False)
    assert [trace["name"] for trace in panel.figure["data"]] == ["slope 1"]
    assert "the mean is the limit’s, to rounding; the variance is the limit’s, to rounding." in panel.caption


def test_the_weak_error_is_in_units_of_the_scale_with_its_errors_and_a_line_of_slope_one(converging) -> None:
    """A mean is in units of the scale, a variance of its square; of two rates η and η/2 the combination is 2 b(η/2) − b(η)."""
    found, rates = replace(converging, scale=1.7), np.array([0.2, 0.1, 0.05])
    data = {trace["name"]: trace for trace in weak_panel(found, extrapolated=True).figure["data"]}
    for column, name in enumerate(("|mean|", "|variance|")):
        unit = 1.7 ** (column + 1)
        gaps = np.array([rung.gap[column] for rung in found.rungs]) / unit
        errors = np.array([rung.gap_errors[column] for rung in found.rungs]) / unit
        np.testing.assert_allclose(data[name]["y"], np.abs(gaps))
        np.testing.assert_allclose(data[name]["error_y"]["array"], errors)
        better = data[f"{name}, extrapolated"]
        np.testing.assert_allclose(better["x"], rates[1:])
        np.testing.assert_allclose(better["y"], np.abs(2 * gaps[1:] - gaps[:-1]))
        np.testing.assert_allclose(better["error_y"]["array"], np.sqrt(4 * errors[1:] ** 2 + errors[:-1] ** 2))
    line = data["slope 1"]
    np.testing.assert_allclose(np.array(line["y"]) / line["y"][0], rates / rates[0])


def test_floors_and_errors_belong_to_their_distances(converging) -> None:
    data = distance_panel(converging).figure["data"]
    for name, measured, floor in zip(("wasserstein", "kolmogorov", "energy"), data[0:6:2], data[1:6:2], strict=True):
        np.testing.assert_allclose(measured["y"], [getattr(rung.distances, name) for rung in converging.rungs])
        np.testing.assert_allclose(measured["error_y"]["array"], [getattr(rung.standard_errors, name) for rung in converging.rungs])
        np.testing.assert_allclose(floor["y"], [getattr(rung.floor, name) for rung in converging.rungs])


def test_the_collapse_is_told_in_numbers(clocks) -> None:
    coarse, fine = clocks.curves[0], clocks.curves[-1]
    times = np.linspace(0.2, 2.0, 10)
    one, other = (np.interp(times, curve.times, curve.mean) for curve in (coarse, fine))
    error = np.hypot(*(np.interp(times, curve.times, curve.error) for curve in (coarse, fine))).max()
    number = r"(\d+(?:\.\d+)?)"
    told = rf"is {number} times as long .* at most {number} .* ± {number}, while the curve itself moves by {number}"
    words = re.search(told, collapse_text(clocks))
    assert words
    assert [float(word) for word in words.groups()] == pytest.approx(
        [16.0, np.abs(one - other).max(), error, np.ptp(other)], rel=0.06
    )


def test_the_band_along_gamma_is_two_standard_errors_on_each_side() -> None:
    times, along, error = np.linspace(0, 1, 5), np.array([0.0, 0.5, 0.8, 1.0, 1.1]), np.array([0.0, 0.01, 0.02, 0.04, 0.05])
    sgd, limit = Course(along, error, along, 0, 1.0), Course(along + 0.3, 2 * error, along, 0, 1.0)
    experiment = Experiment(landscape="hyperbola", start=(2, 0.5), horizon=1.0)
    first, second = along_panel(Trials(experiment, times, True, sgd, Status("ok"), {PARTS: limit})).figure["data"][:2]
    for band, course in ((first, sgd), (second, limit)):
        np.testing.assert_allclose(band["y"][:5], course.along + 2 * course.error)
        np.testing.assert_allclose(band["y"][5:][::-1], course.along - 2 * course.error)


@pytest.fixture
def flattening() -> Flatness:
    times, mean = np.linspace(0, 2, 4), np.array([5.0, 4.0, 3.0, 2.5])
    ends = Ends(np.array([5.0, 6.0, 7.0]), np.array([2.6, 2.1, 2.2]), np.array([2.5, 2.2, 2.3]))
    sgd, limit = Summary(mean + 0.1, mean - 0.5, mean + 0.7), Summary(mean, mean - 0.2, mean + 0.3)
    return Flatness(times, limit, sgd, 7, Floor(2.0, np.ones(2)), True, ends)


def test_ends_are_above_their_starts(flattening: Flatness) -> None:
    data = {trace["name"]: trace for trace in ends_panel(flattening, "linear", 2.0).figure["data"]}
    for name, ends in (("SGD, seen on Γ", flattening.ends.sgd), ("limit", flattening.ends.limit)):
        np.testing.assert_array_equal(data[name]["x"], flattening.ends.starts)
        np.testing.assert_array_equal(data[name]["y"], ends)
    assert data["unchanged"]["x"] == data["unchanged"]["y"]
    assert data["flattest point of Γ"]["y"] == [2.0, 2.0]


def test_traces_are_means_with_their_ranges(flattening: Flatness) -> None:
    data = trace_panel(flattening, "on a hyperbola", noise("isotropic"), 0.1).figure["data"]
    for band, line, summary in ((data[0], data[1], flattening.sgd), (data[2], data[3], flattening.limit)):
        np.testing.assert_array_equal(line["y"], summary.mean)
        np.testing.assert_array_equal(band["y"], np.concatenate([summary.high, summary.low[::-1]]))


def test_the_formulas_have_the_projector_where_it_says_p_and_the_pseudo_inverse_where_it_says_h() -> None:
    """On xy = 1: n = (y, x)/√(x² + y²), H = (x² + y²) nnᵀ."""
    hyperbola = Landscape.from_residuals(["x*y - 1"], ("x", "y"))
    found = anatomy(hyperbola, noise("covariance", matrix=[["2", "0.5"], ["0.5", "1"]]), np.array([2.0, 0.5]))
    normal, size = np.array([0.5, 2.0]) / np.sqrt(4.25), 4.25
    expected = {"tangent": np.outer(normal, normal) / size, "mixed": np.eye(2) - np.outer(normal, normal)}
    expected["normal"] = expected["mixed"]
    for part, factor, text in zip(PARTS, (-0.5, -1.0, -0.5), formulas(found), strict=True):
        matrix, vector, result = (
            np.array([[float(entry) for entry in row.split("&")] for row in block.split(r"\\")])
            for block in re.findall(r"begin\{pmatrix\}(.*?)\\end", text)
        )
        np.testing.assert_allclose(matrix, expected[part], rtol=6e-3, atol=1e-9)
        np.testing.assert_allclose(factor * matrix @ vector, result, rtol=0.03, atol=5e-3 * np.abs(vector).max())
        np.testing.assert_allclose(result[:, 0], getattr(found.drift, part), rtol=6e-3, atol=1e-9)


@pytest.fixture(scope="module")
def exact():
    experiment = Experiment(landscape="valley_gaussian", horizon=0.5, learning_rate=0.05, noise="isotropic")
    return list(exact_density(experiment, moments=4))[1]


def test_bars_are_shares_of_all_paths_over_the_width_of_their_bin(exact) -> None:
    bars, line = exact_panel(exact).figure["data"][:2]
    half = bars["width"] / 2
    last = exact.sgd[-1]
    for middle, wide, height, error in zip(bars["x"], half, bars["y"], bars["error_y"]["array"], strict=True):
        share = ((last >= middle - wide) & (last < middle + wide)).mean()
        assert height == pytest.approx(share / (2 * wide), abs=1.01 / exact.paths / (2 * wide))
        assert error == pytest.approx(np.sqrt(share * (1 - share) / exact.paths) / (2 * wide), rel=0.5, abs=1e-2)
    np.testing.assert_allclose(np.interp(line["x"], exact.chart.grid, exact.density[-1]), line["y"])


def test_drift_and_squared_diffusion_have_their_own_lines(exact) -> None:
    """On the Gaussian valley the limit is dX = −X/2 dt + dW."""
    drift, variance = coefficients_panel(exact).figure["data"]
    assert (drift["name"], variance["name"]) == ("drift b(s)", "squared diffusion a(s)²")
    along = exact.chart.points(drift["x"])[:, 0] * exact.chart.tangents(drift["x"])[:, 0]
    np.testing.assert_allclose(drift["y"], -along / 2, atol=1e-4)
    np.testing.assert_allclose(variance["y"], 1.0, atol=1e-4)


def test_the_passage_is_from_every_point_to_the_target(exact) -> None:
    panel = passage_panel(exact, 0.7)
    assert panel is not None
    line, here, target = panel.figure["data"]
    passage = exact.first_passage(0.7)
    np.testing.assert_allclose(line["y"], passage(line["x"]), rtol=1e-9)
    assert (here["x"], here["y"]) == ([exact.start], [pytest.approx(float(passage(exact.start)))])
    assert (target["x"], target["y"]) == ([0.7], [0.0])


def test_sgd_and_the_limit_have_their_own_colours_in_every_panel(converging, clocks, exact, flattening: Flatness) -> None:
    panels = [
        density_panel(converging, extrapolated=False), quantile_panel(converging), clocks_panel(clocks, "slow"), exact_panel(exact),
        trace_panel(flattening, "on a hyperbola", noise("isotropic"), 0.1), ends_panel(flattening, "linear", 2.0),
    ]  # fmt: skip
    for panel in panels:
        seen = set()
        for trace in panel.figure["data"]:
            who = next((who for who in ("SGD", "limit") if str(trace.get("name", "")).startswith(who)), None)
            if who is not None:
                colours = {trace[part]["color"].split("@")[0] for part in ("line", "marker") if "color" in trace.get(part, {})}
                assert colours == {f"role:{who.lower()}"}, (panel.title, trace["name"])
                seen.add(who)
        assert seen == {"SGD", "limit"}, panel.title


def test_the_total_variation_in_the_caption_is_that_of_the_bars_from_the_line(exact) -> None:
    panel = exact_panel(exact)
    bars = panel.figure["data"][0]
    edges = np.concatenate([[bars["x"][0] - bars["width"][0] / 2], bars["x"] + bars["width"] / 2])
    cumulative = np.concatenate([[0.0], np.cumsum(exact.density[-1]) * exact.chart.cell])
    ends = exact.chart.origin + exact.chart.cell * np.arange(len(cumulative))
    expected = np.diff(np.interp(edges, ends, cumulative)) / bars["width"]
    distance = (np.abs(bars["y"] - expected) @ bars["width"]) / 2
    told = re.search(r"total variation distance from the line, over the bins, is ([\d.]+);.* about ([\d.]+)\.", panel.caption)
    assert told
    assert float(told[1]) == pytest.approx(distance, rel=0.06)
    assert float(told[2]) == pytest.approx(np.sqrt(2 / np.pi) * (bars["error_y"]["array"] @ bars["width"]) / 2, rel=0.06)
