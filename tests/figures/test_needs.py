"""The panels of the trials, and the verdict."""

from dataclasses import replace

import pytest

from dynamics import Experiment, manifold_chart
from dynamics.studies.needs import trials
from figures.needs import along_panel, distance_panel, verdict


@pytest.fixture(scope="module")
def stages():
    experiment = Experiment(landscape="hyperbola", start=(2, 0.5), horizon=1.0)  # type: ignore[arg-type]
    return list(trials(experiment, manifold_chart(experiment.landscape, experiment.start)))


def test_the_verdict_waits_and_then_has_numbers(stages) -> None:
    assert verdict(stages[0]).endswith("…")
    said = verdict(stages[-1])
    assert "Without the **normal** part the limit goes 0 along Γ, SGD " in said
    assert "Leaving out the tangent or the mixed part makes no difference that shows here." in said


def test_each_left_out_part_has_a_line(stages) -> None:
    names = [trace["name"] for trace in along_panel(stages[-1]).figure["data"] if "name" in trace]
    assert names == [
        "limit without tangent",
        "limit without mixed",
        "limit without normal",
        "limit, all parts",
        "SGD",
        "limit at this η",
    ]
    dashes = {trace["line"]["dash"] for trace in distance_panel(stages[-1]).figure["data"]}
    assert len(dashes) == 5  # told apart without colour


def test_the_caption_has_paths_learning_rate_and_error_bars(stages) -> None:
    caption = along_panel(stages[-1]).caption
    assert "1,000 paths each from (2, 0.5), η = 0.05, label noise δ = 1" in caption
    assert "two standard errors" in caption


def test_with_parts_off_the_whole_limit_is_there_too(stages) -> None:
    found = replace(stages[-1], experiment=replace(stages[-1].experiment, parts=("mixed", "normal")))
    names = [trace["name"] for trace in distance_panel(found).figure["data"]]
    assert names == ["limit without mixed", "limit without normal", "limit, all parts", "limit, mixed and normal only", "SGD"]
