"""Numbers that are taken away are those of the run, and say what they are."""

import csv as reader
import io
import json

import numpy as np
import pytest

from dynamics import Experiment, Outcome, simulate
from exports import csv, npz


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(Experiment(landscape="ellipse", paths=20, frames=30, horizon=0.5, seed=7))


def test_npz_has_every_point_and_curve(outcome: Outcome) -> None:
    with np.load(io.BytesIO(npz(outcome))) as found:
        about = json.loads(str(found["about"]))
        for name in ("steps", "times", "sgd", "limit", "sgd_frozen", "limit_frozen"):
            np.testing.assert_array_equal(found[name], getattr(outcome, name))
        np.testing.assert_array_equal(found["series_loss_sgd_low"], outcome.observables["loss"].sgd.low)
        assert set(about["arrays"]) == set(found.files) - {"about"}
    assert about["seed"] == "7"
    assert about["variables"] == "x, y"
    assert "seed=7" in about["link"]
    assert "η = 0.05" in about["caption"]


def test_csv_reads_back_to_the_last_digit(outcome: Outcome) -> None:
    lines = csv(outcome).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    rows = list(reader.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == len(outcome.times)
    for name, observable in outcome.observables.items():
        for who in ("sgd", "limit"):
            for part in ("mean", "low", "high"):
                column = f"{name}_{who}_{part}"
                np.testing.assert_array_equal([float(row[column]) for row in rows], getattr(getattr(observable, who), part))
                assert any(line.startswith(f"# column {column}: ") for line in comments)
    np.testing.assert_array_equal([float(row["slow_time"]) for row in rows], outcome.times)
