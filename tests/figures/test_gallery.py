"""The panel and the table of the gallery say what they show."""

import json

import numpy as np
import pytest

from dynamics.studies.shape_matters import Curve, setting
from figures.gallery import comparison_table, error_panel


@pytest.fixture
def curves() -> list[Curve]:
    steps = np.array([0, 10, 1000])
    return [Curve(run, steps, np.full((3, run.paths), 5.0) / np.arange(1, run.paths + 1)) for run in setting().runs]


def test_every_run_has_a_line_of_its_own_dash(curves: list[Curve]) -> None:
    lines = [trace for trace in error_panel(curves).figure["data"] if trace.get("name")]
    assert {line["name"] for line in lines} == {run.title for run in setting().runs}
    assert len({(line["line"]["dash"], line["line"]["width"]) for line in lines}) == len(lines)


def test_the_table_counts_what_diverged(curves: list[Curve]) -> None:
    several = next(curve for curve in curves if curve.run.paths > 1)
    several.errors[1:, 0] = np.nan
    table = comparison_table(curves, done=True)
    assert "from 0.56 to 2.5; 1 of 9 diverged" in table
    assert "at step" not in table
    assert "Ours, at step 1,000" in comparison_table(curves, done=False)


def test_paths_that_all_diverged_leave_a_picture(curves: list[Curve]) -> None:
    for curve in curves:
        curve.errors[1:] = np.nan
    assert "diverged" in comparison_table(curves, done=True)
    sent = json.loads(error_panel(curves).encode())
    assert sent["alt"]
    assert "9 paths" in sent["caption"]


def test_a_line_is_the_median_and_its_band_the_range(curves: list[Curve]) -> None:
    several = next(curve for curve in curves if curve.run.paths > 1)
    several.errors[:] = [[95.0] * 9, [1, 2, 3, 4, 50, 60, 70, 80, 90], [np.nan, 2, 3, 4, 5, 6, 7, 8, 19]]
    data = error_panel(curves).figure["data"]
    line = next(trace for trace in data if trace.get("name") == several.run.title)
    np.testing.assert_array_equal(line["y"], [95.0, 50.0, 5.5])
    band = next(trace for trace in data if "fill" in trace)
    np.testing.assert_array_equal(band["x"], [1, 10, 1000, 1000, 10, 1])
    np.testing.assert_array_equal(band["y"], [95, 90, 19, 2, 1, 95])
    assert "5.5 (from 2 to 19; 1 of 9 diverged)" in comparison_table(curves, done=True)
