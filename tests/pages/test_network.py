"""The page of a real network and its panels, without a browser."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dynamics.studies.network import OnDigits, OnNetwork, on_network
from exports import shown
from figures.network import (
    descent_panel,
    error_panel,
    loss_panel,
    outcomes,
    root_panel,
    steps_panel,
    strained,
    summary,
    trace_panel,
)
from pages.network import RealNetwork
from tests.pages.test_simulator import link, opened, said, scene

QUICK = {"n": "12", "units": "5", "alpha": "3", "time": "4", "runs": "2"}


@pytest.fixture(scope="module")
def stages() -> list[OnNetwork]:
    return list(on_network(OnDigits(samples=12, units=5, initialization=3.0, horizon=4.0, paths=2)))


def test_every_stage_has_its_panels_and_its_sentence(stages: list[OnNetwork]) -> None:
    for stage in (stages[0], next(stage for stage in stages if stage.lines), stages[-1]):
        panels = [descent_panel(stage)]
        panels += [trace_panel(stage)] if stage.lines else []
        panels += [root_panel(stage), steps_panel(stage), loss_panel(stage), error_panel(stage)] if stage.runs else []
        for panel in panels:
            assert json.loads(panel.encode())["alt"]
            assert panel.caption.endswith(".")
        assert summary(stage).endswith(".")


def test_the_panel_of_the_trace_holds_what_was_found(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    lines = {trace["name"]: trace for trace in trace_panel(last).figure["data"] if "name" in trace}
    assert lines["limit, η → 0"]["y"] == pytest.approx(last.lines[0].trace)
    assert lines["SGD, η = 0.04"]["y"] == pytest.approx(last.runs[2].trace.mean(axis=1))
    assert lines["SGD, η = 0.04"]["x"][-1] == 4.0
    assert lines["limit at η = 0.08"]["y"] == pytest.approx(last.lines[2].trace)
    assert lines["minibatches of 8"]["y"][-1] == pytest.approx(last.lines[0].trace[0])
    steps = {trace["name"]: trace["x"][-1] for trace in steps_panel(last).figure["data"] if "name" in trace}
    assert (steps["SGD, η = 0.16"], steps["SGD, η = 0.04"]) == (round(4 / 0.16**2), 2500)


def test_its_numbers_are_those_of_the_runs(stages: list[OnNetwork]) -> None:
    """As they are taken away, to the six digits that the pictures have."""
    last = stages[-1]
    panels = [panel(last) for panel in (trace_panel, root_panel, error_panel)]
    table = shown([panel.encode() for panel in panels], {}).columns
    of_sam, of_adam = (next(runs for runs in last.runs if runs.kind == kind) for kind in ("sam", "adam"))
    for panel, curve, values in (
        (panels[0], "SAM", of_sam.trace.mean(axis=1)),
        (panels[0], "limit, η → 0", last.lines[0].trace),
        (panels[1], f"Adam, η = {of_adam.learning_rate}", of_adam.root.mean(axis=1)),
        (panels[2], "SGD, η = 0.04", 100 * last.runs[2].misread.mean(axis=1)),
    ):
        found = (table["panel"].values == panel.title) & np.char.startswith(table["curve"].values.astype(str), curve)
        np.testing.assert_allclose(table["y"].values[found], values[-found.sum() :], rtol=5e-6, err_msg=curve)
        assert found.sum() >= len(values) - 1


def test_sentence_and_table_say_the_numbers(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    text, rows = summary(last), cells(last)
    assert f"in the limit it is **{last.lines[0].trace[-1]:.4g}**" in text
    assert f"**{last.runs[2].trace[-1].mean():.4g}** at the smallest learning rate" in text
    assert rows["SGD, η = 0.16"][:2] == [f"{last.runs[0].trace[-1].mean():#.4g}", f"{last.flow(0.16).trace[-1]:#.4g}"]
    assert rows["minibatches of 8"][0] == rows["minibatches of 8"][1] == rows["where descent ended"][0]
    assert rows["SAM, η = 0.16"][:2] == [f"{last.runs[5].trace[-1, 0]:#.4g}", "–"]
    assert len(rows) == len(last.runs) + 3


def cells(found: OnNetwork) -> dict[str, list[str]]:
    lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in outcomes(found).splitlines()[2:])
    return {name: rest for name, *rest in lines}


def test_what_adam_goes_down_has_a_panel_of_its_own(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    assert last.adam is not None
    lines = {trace["name"]: trace["y"] for trace in root_panel(last).figure["data"] if "name" in trace}
    assert lines["Adam’s limit"] == pytest.approx(last.adam.root)
    assert lines["limit of SGD"] == pytest.approx(last.lines[0].root)
    assert lines["Adam, η = 0.16"] == pytest.approx(last.runs[6].root.mean(axis=1))
    assert lines["SGD, η = 0.04"] == pytest.approx(last.runs[2].root.mean(axis=1))
    _, _, seen, limit, _ = cells(last)["Adam, η = 0.04"]
    assert (seen, limit) == (f"{last.runs[8].root[-1].mean():#.4g}", f"{last.adam.root[-1]:#.4g}")
    beside = {trace["name"]: trace["y"] for trace in trace_panel(last).figure["data"] if "name" in trace}
    assert beside["Adam, η = 0.04"] == pytest.approx(last.runs[8].trace.mean(axis=1))
    assert "Adam, η = 0.08" not in beside


def test_strained_assumptions_are_named_with_what_they_cost(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    momentum, adam = strained(last)
    assert last.arrived is not None
    assert last.adam is not None
    assert f"they are {0.04 * last.arrived.sharpness:.2g} and 0.25" in momentum
    found, limit = last.runs[3].trace[-1].mean(), last.lines[0].trace[-1]
    assert f"tr H = {found:.4g}, {100 * abs(found / limit - 1):.2g} % from its limit’s {limit:.4g}" in momentum
    rate = 0.16 / last.arrived.adam_divides
    assert f"1 − β₂ ≪ its learning rate, and at the largest rate they are {2 * 0.16**2 / 4:.2g} and {rate:.2g}" in adam
    assert f"tr √Diag(H) = {last.runs[6].root[-1].mean():.4g}" in adam
    assert strained(replace(last, arrived=replace(last.arrived, sharpness=0.1, adam_divides=1.0))) == []


def test_lost_paths_are_named_and_nothing_is_drawn_of_them(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    broken = last.runs[0].trace.copy()
    broken[5:, 0] = np.nan
    lost = replace(last, runs=(replace(last.runs[0], trace=broken), *last.runs[1:]))
    assert cells(lost)["SGD, η = 0.16"][0] == "1 of 2 paths are lost"
    drawn = next(trace for trace in trace_panel(lost).figure["data"] if trace.get("name") == "SGD, η = 0.16")
    assert len(drawn["y"]) == 5
    assert np.isfinite(drawn["y"]).all()


def test_it_opens_and_a_setting_is_in_the_link() -> None:
    page = opened(view="network", **QUICK)
    assert not page.exception
    assert said(page) == ""
    assert any("What this does not show" in text.value for text in page.markdown)
    page.number_input(key="control.layers").set_value(2).run()
    assert not page.exception
    assert link(page)["layers"] == "2"
    assert RealNetwork.from_query(link(page)) == (scene(page), [])


def test_what_cannot_be_is_a_sentence() -> None:
    _, notes = RealNetwork.from_query({"time": "1000", "eta": "0.005"})
    assert "takes too long" in notes[0]
    assert "The usual network is shown instead." in notes[0]
