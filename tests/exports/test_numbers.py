"""Numbers that are taken away are those of the run, or of the pictures, and say what they are."""

import csv as reader
import io
import json
import re
from urllib.parse import parse_qsl

import numpy as np
import pyarrow.parquet
import pytest

import dynamics
from dynamics import Experiment, Outcome, simulate, two_clocks
from dynamics.optimizers import OPTIMIZERS
from dynamics.studies.anatomy import anatomy
from dynamics.studies.closed_forms import TABLE
from dynamics.studies.exact import exact_density
from exports import arrays, at_a_point, csv, curves, exact_and_seen, gathered, npz, parquet, points, shown, stacked
from figures.about import about_page
from figures.blob import decode
from figures.clocks import clocks_panel
from figures.densities import density_panel
from figures.landscape_figure import landscape_views
from figures.panel import Panel
from figures.simulation import simulation_blob
from pages.how import seen


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(Experiment(landscape="ellipse", paths=20, frames=30, horizon=0.5, seed=7))


def read_csv(text: str) -> tuple[list[str], list[dict[str, str]]]:
    lines = text.splitlines()
    return [line for line in lines if line.startswith("#")], list(reader.DictReader(line for line in lines if line[0] != "#"))


def test_npz_has_every_point_and_curve(outcome: Outcome) -> None:
    with np.load(io.BytesIO(npz(arrays(outcome)))) as found:
        about = json.loads(str(found["about"]))
        for name in ("steps", "times", "sgd", "limit", "sgd_frozen", "limit_frozen"):
            np.testing.assert_array_equal(found[name], getattr(outcome, name))
        np.testing.assert_array_equal(found["series_loss_sgd_low"], outcome.observables["loss"].sgd.low)
        assert set(about["arrays"]) == set(about["units"]) == set(found.files) - {"about"}
    assert about["seed"] == "7"
    assert about["variables"] == "x, y"
    assert "seed=7" in about["link"]
    assert "η = 0.05" in about["caption"]
    assert about["version"].startswith("After Zero Loss 0.")


def test_csv_reads_back_to_the_last_digit(outcome: Outcome) -> None:
    comments, rows = read_csv(csv(curves(outcome)))
    assert len(rows) == len(outcome.times)
    for name, observable in outcome.observables.items():
        for who in ("sgd", "limit"):
            for part in ("mean", "low", "high"):
                column = f"{name}_{who}_{part}"
                np.testing.assert_array_equal([float(row[column]) for row in rows], getattr(getattr(observable, who), part))
                assert any(line.startswith(f"# column {column}: ") for line in comments)
    np.testing.assert_array_equal([float(row["slow_time"]) for row in rows], outcome.times)
    assert "# column step: steps k of SGD; in steps" in comments


def test_parquet_has_each_path_and_says_what_a_column_means(outcome: Outcome) -> None:
    found = pyarrow.parquet.read_table(io.BytesIO(parquet(points(outcome))))
    frames, paths, dimension = outcome.sgd.shape
    assert found.num_rows == frames * paths
    for axis, variable in enumerate("xy"):
        np.testing.assert_array_equal(found[f"sgd_{variable}"].to_numpy().reshape(frames, paths), outcome.sgd[..., axis])
        np.testing.assert_array_equal(found[f"limit_{variable}"].to_numpy().reshape(frames, paths), outcome.limit[..., axis])
    np.testing.assert_array_equal(found["slow_time"].to_numpy(), np.repeat(outcome.times, paths))
    np.testing.assert_array_equal(found["path"].to_numpy().reshape(frames, paths), [range(paths)] * frames)
    assert dimension == 2
    assert found.schema.field("limit_y").metadata == {b"meaning": b"variable y of a path of the limiting SDE", b"unit": b"1"}
    assert found.schema.field("step").metadata[b"unit"] == b"steps"
    assert found.schema.metadata[b"seed"] == b"7"
    again = pyarrow.parquet.read_table(io.BytesIO(parquet(curves(outcome))))
    np.testing.assert_array_equal(again["loss_sgd_high"].to_numpy(), outcome.observables["loss"].sgd.high)


def test_a_pages_numbers_are_those_of_its_panels() -> None:
    experiment = Experiment(landscape="valley_gaussian", paths=200, frames=60, horizon=0.5)
    *_, found = exact_density(experiment)
    panels = [density_panel(found).encode(), clocks_panel(two_clocks(experiment), "slow").encode()]
    table = shown(panels, about_page("densities", experiment.to_query(), 0))
    comments, rows = read_csv(csv(table))
    assert {row["panel"] for row in rows} == {"Where the limit is, exactly, and where SGD is", "In slow time: one curve"}
    moments = [row["moment"] for row in rows if row["curve"] == "limit, exact"]
    assert len(set(moments)) == len(found.times)
    last = [row for row in rows if row["curve"] == "limit, exact" and row["moment"] == moments[-1]]
    where, density = ([float(row[axis]) for row in last] for axis in "xy")
    cells = np.abs(found.chart.grid - np.array(where)[:, None]).argmin(axis=1)
    np.testing.assert_allclose(where, found.chart.grid[cells], rtol=5e-6)
    np.testing.assert_allclose(density, found.density[-1, cells], rtol=5e-6)
    bars = [row for row in rows if row["curve"].startswith("SGD, 200")]
    assert all(np.isfinite(float(row["error"])) for row in bars)
    assert any("arc length s along Γ" in line for line in comments)
    assert any("precision: six significant digits" in line for line in comments)
    assert any(line.startswith("# link: ?view=densities&v=1&landscape=valley_gaussian") for line in comments)
    read = pyarrow.parquet.read_table(io.BytesIO(parquet(table)))
    assert read.column_names == list(rows[0])
    assert read["curve"].to_pylist() == [row["curve"] for row in rows]
    with np.load(io.BytesIO(npz(table))) as file:
        np.testing.assert_array_equal(file["y"], [float(row["y"]) for row in rows])


def test_grids_and_words_on_an_axis_become_rows() -> None:
    grid = {"type": "heatmap", "name": "share", "x": [0, 1], "y": [0, 1, 2], "z": [[0.0, 0.1], [0.2, None], [0.4, 0.5]]}
    words = {"type": "scatter", "name": "tails", "x": ["light", "heavy"], "y": np.array([1.0, 2.0])}
    axis = {"title": {"text": "sparsity κ"}, "tickvals": [0, 1], "ticktext": ["1", "1,000"]}
    panels = [Panel({"data": [grid], "layout": {"xaxis": axis}}, "A", "", ""), Panel({"data": [words], "layout": {}}, "B", "", "")]
    _, rows = read_csv(csv(shown([panel.encode() for panel in panels], {})))
    assert [(row["x_label"], row["y"], row["z"]) for row in rows[:4]] == [
        ("1", "0.0", "0.0"), ("1,000", "0.0", "0.1"), ("1", "1.0", "0.2"), ("1,000", "1.0", "nan"),
    ]  # fmt: skip
    assert [(row["x"], row["x_label"], row["y"]) for row in rows[6:]] == [("0.0", "light", "1.0"), ("1.0", "heavy", "2.0")]


def test_each_column_says_whose_it_is_and_what_quantile(outcome: Outcome) -> None:
    said = dict(re.findall(r"^# column (\w+): (.*)$", csv(curves(outcome)), re.M))
    assert said["loss_sgd_low"] == "Loss: 5 % quantile over the paths of SGD that are on their way; dimensionless"
    assert said["sharpness_limit_high"].startswith("Sharpness: 95 % quantile over the paths of the limiting SDE")
    assert said["distance_sgd_mean"].startswith("Distance to Γ: mean over the paths of SGD")
    assert said["slow_time"] == "slow time t = kη²; dimensionless"


def test_the_link_opens_the_very_run(outcome: Outcome) -> None:
    link = re.search(r"^# link: \?(.*)$", csv(curves(outcome)), re.M)
    assert link
    query = dict(parse_qsl(link[1]))
    assert query.pop("view") == "simulator"
    assert Experiment.from_query(query) == outcome.experiment


def test_the_limit_at_a_finite_learning_rate_is_among_the_numbers() -> None:
    corrected = simulate(Experiment(landscape="hyperbola", paths=5, frames=10, horizon=0.5))
    assert corrected.finite is not None
    observable = corrected.observables["trace_hessian"].finite
    assert observable is not None
    np.testing.assert_array_equal(curves(corrected).columns["trace_hessian_finite_mean"].values, observable.mean)
    np.testing.assert_array_equal(arrays(corrected).columns["finite"].values, corrected.finite)


def test_several_runs_are_one_table_in_which_each_row_says_whose_it_is(outcome: Outcome) -> None:
    other = simulate(Experiment(landscape="ellipse", optimizer="momentum", paths=20, frames=12, horizon=0.5, seed=8))
    pair = {"left": outcome, "right": other}
    table = stacked({name: curves(each) for name, each in pair.items()}, about_page("compare", {"landscape": "ellipse"}, 7))
    comments, rows = read_csv(csv(table))
    for name, each in pair.items():
        own = [row for row in rows if row["run"] == name]
        np.testing.assert_array_equal([float(row["loss_sgd_mean"]) for row in own], each.observables["loss"].sgd.mean)
        np.testing.assert_array_equal([int(row["step"]) for row in own], each.steps)
        assert f"# {name}.seed: {each.experiment.seed}" in comments
        assert any(line.startswith(f"# {name}.caption: ") for line in comments)
    assert "# link: ?view=compare&landscape=ellipse" in comments
    assert sum(line.startswith("# theory:") for line in comments) == 1
    assert "# column step: left: steps k of SGD; right: steps k of momentum; in steps" in comments
    read = pyarrow.parquet.read_table(io.BytesIO(parquet(table)))
    assert read["run"].to_pylist() == [row["run"] for row in rows]
    both = gathered({name: arrays(each) for name, each in pair.items()}, {})
    np.testing.assert_array_equal(both.columns["right_sgd"].values, other.sgd)


def test_at_a_point_of_the_hyperbola_the_drift_is_that_of_the_closed_form() -> None:
    """Label noise: the drift is −(c/4) times the gradient along Γ of tr H = |y|² there, x y = 1."""
    landscape, label = dynamics.landscape("hyperbola"), dynamics.noise("label", scale=1.0)
    point = np.array([2.0, 0.5])
    table = at_a_point(anatomy(landscape, label, point), landscape.variables, {"seed": "0"})
    _, rows = read_csv(csv(table))
    assert [row["variable"] for row in rows] == ["x", "y"]
    found = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "variable"}
    normal, tangent = point[::-1] / np.hypot(*point), np.array([point[0], -point[1]]) / np.hypot(*point)
    gradient = 2 * point
    np.testing.assert_allclose(found["drift_total"], -0.25 * (gradient @ tangent) * tangent, rtol=1e-9)
    np.testing.assert_allclose(found["drift_tangent"] + found["drift_mixed"] + found["drift_normal"], found["drift_total"])
    np.testing.assert_allclose(np.abs(found["normal_1"]), normal)
    sigma = np.stack([found["covariance_x"], found["covariance_y"]], axis=1)
    np.testing.assert_allclose(sigma, np.outer(point[::-1], point[::-1]), rtol=1e-9)
    turned = dynamics.noise("covariance", matrix=((2.0, 0.5), (0.5, 1.0)))
    found = at_a_point(anatomy(landscape, turned, point), landscape.variables, {}).columns
    mixed = np.outer(normal, normal) @ np.array([[2.0, 0.5], [0.5, 1.0]]) @ np.outer(tangent, tangent)
    np.testing.assert_allclose(np.stack([found["mixed_x"].values, found["mixed_y"].values], axis=1), mixed, atol=1e-12)
    assert f"to the eigenvalue {point @ point}" in table.columns["normal_1"].meaning


def test_the_table_of_exact_answers_is_that_of_the_page() -> None:
    found = {row: seen()[row.name] for row in TABLE if row.name in seen()}
    comments, rows = read_csv(csv(exact_and_seen(found, about_page("how", {}, 0))))
    assert len(rows) == len(found) > 5
    for line, (row, each) in zip(rows, found.items(), strict=True):
        assert (line["what"], line["formula"], line["source"]) == (row.title, row.formula, row.source)
        assert (float(line["exact"]), float(line["seen"])) == (row.exact, each.value)
        assert float(line["standard_error"]) == each.standard_error
    assert "# link: ?view=how" in comments
    assert "# column seen: what the engine gives; dimensionless" in comments


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_optimizers_numbers_are_those_that_the_player_shows(name: str) -> None:
    """What is drawn has single precision, and places on the picture a step of their codes."""
    chosen = Experiment(landscape="hyperbola", optimizer=name, paths=4, frames=8, horizon=0.2, learning_rate=0.05)
    outcome = simulate(chosen)
    header, drawn = decode(simulation_blob(outcome, landscape_views(chosen.landscape)[0]))
    comments, rows = read_csv(csv(curves(outcome)))
    columns = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    series = {key.removeprefix("series."): values for key, values in drawn.items() if key.startswith("series.")}
    assert len(series) > 8
    for key, values in series.items():
        np.testing.assert_array_equal(columns[key.replace(".", "_")].astype(np.float32), values, err_msg=key)
    np.testing.assert_allclose(columns["slow_time"], drawn["times"], rtol=1e-6)
    np.testing.assert_array_equal(columns["step"], drawn["steps"])
    read = pyarrow.parquet.read_table(io.BytesIO(parquet(points(outcome))))
    for who in ("sgd", "limit"):
        for axis, variable in enumerate("xy"):
            low, high = header["arrays"][who]["range"][axis]
            there = read[f"{who}_{variable}"].to_numpy().reshape(drawn[who].shape[:2])
            np.testing.assert_allclose(drawn[who][..., axis], there, atol=(high - low) / 2 ** header["arrays"][who]["bits"])
    assert f"# column slow_time: slow time t = {chosen.optimizer.clock}; dimensionless" in comments
    query = dict(parse_qsl(next(line for line in comments if line.startswith("# link: ?"))[len("# link: ?") :]))
    assert query.get("optimizer", "sgd") == name
    assert f"η = {chosen.learning_rate}" in next(line for line in comments if line.startswith("# caption"))
