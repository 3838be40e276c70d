"""The sparse recovery page and its panels, without a browser."""

import json

import pytest

from dynamics.studies.recovery import MEASURES, Recovery, recover
from figures.recovery import measure_panel, stems_panel, summary
from pages.recovery import Sparse
from tests.pages.test_simulator import link, opened, said, scene

QUICK = {"d": "40", "n": "24", "sparsity": "2", "eta": "0.004", "time": "14"}


@pytest.fixture(scope="module")
def found() -> list:
    return list(recover(Recovery(features=40, samples=24, sparsity=2, learning_rate=4e-3, horizon=14.0)))


def test_the_truth_comes_first_and_moments_are_frames(found) -> None:
    panel = stems_panel(found[-1])
    truth, sgd, _, l1, _ = panel.figure["data"]
    assert list(l1["y"][:3]) == pytest.approx([1.0, 1.0, 0.0])
    assert list(truth["y"][:3]) == [1.0, 1.0, 0.0]
    assert sgd["y"][0] == pytest.approx(1.0, abs=0.2)
    assert panel.frames is not None
    assert len(panel.frames.values) == len(found[-1].steps)
    assert "d = 40, n = 24, κ = 2" in panel.caption


@pytest.mark.parametrize("clock", ["logarithmic", "slow"])
def test_every_measure_has_a_panel_with_the_reaches(found, clock: str) -> None:
    for measure in MEASURES:
        panel = measure_panel(found[-1], measure, clock)
        assert len(panel.figure["layout"]["shapes"]) == 3
        assert panel.caption
        assert {line["name"] for line in panel.figure["data"]} >= {"SGD", "descent"}
        assert panel.figure["layout"].get("showlegend", True)
        assert json.loads(panel.encode())["alt"]


def test_the_summary_is_of_the_numbers(found) -> None:
    assert "SGD has recovered the sparse truth; gradient descent has not" in summary(found[-1])
    assert "recovered" not in summary(found[0])


def test_it_opens_and_presets_move_start_rate_and_horizon() -> None:
    page = opened(view="recovery", **QUICK)
    assert not page.exception
    assert said(page) == ""
    page.button[[each.label for each in page.button].index("Large start, kernel regime")].click().run()
    assert not page.exception
    assert (link(page)["alpha"], link(page)["eta"], link(page)["time"]) == ("3", "0.0003", "12")


def test_a_link_is_read_and_written_back() -> None:
    query = QUICK | {"alpha": "0.5", "delta": "0.5", "data": "gaussian", "draws": "7", "clock": "slow"}
    sparse, notes = Sparse.from_query(query)
    assert notes == []
    assert query.items() <= sparse.to_query().items()
    assert Sparse.from_query(sparse.to_query()) == (sparse, [])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"d": "many"}, "The number of features d is a whole number; not “many”."),
        ({"n": "0"}, "The number of samples n must be between 1 and 2,000; not 0."),
        ({"sparsity": "90", "d": "50"}, "The usual problem is shown instead."),
        ({"data": "cauchy"}, "The law of the data is one of boolean, gaussian, correlated; not “cauchy”."),
    ],
)
def test_what_is_wrong_is_replaced_with_a_sentence(query: dict[str, str], sentence: str) -> None:
    sparse, notes = Sparse.from_query(query)
    assert sentence in " ".join(notes)
    assert Sparse.from_query(sparse.to_query()) == (sparse, [])


def test_an_unstable_learning_rate_is_a_sentence() -> None:
    page = opened(view="recovery", eta="0.05", time="1")
    assert not page.exception
    assert "unstable at the learning rate 0.05" in said(page)
    assert scene(page).setting.learning_rate == 0.05
