"""Phase diagrams: the page, its panel and the files that it ships."""

import json

import numpy as np
import pytest

from dynamics.models.oracles import weak_threshold
from dynamics.sweeps.grid import Cell
from dynamics.sweeps.results import Found, finished, shipped
from figures.phases import phase_panel
from pages import phases
from pages.phases import SHIPPED, Phases
from tests.pages.test_simulator import link, opened, said


@pytest.mark.parametrize("name", list(SHIPPED))
def test_a_shipped_diagram_is_whole(name: str) -> None:
    sweep = Phases.from_query({"diagram": name})[0].sweep
    found = shipped(name)[1]
    assert set(found) == set(sweep.cells)
    assert all(len(one.errors) == sweep.settings.seeds for one in found.values())


def test_what_is_shipped_is_what_the_program_computes() -> None:
    from dynamics.sweeps.cell import recovery_error

    sweep = Phases.from_query({"diagram": "d100"})[0].sweep
    found = shipped("d100")[1]
    for cell in (Cell("flow", 100, 3, 20), Cell("l1", 100, 8, 30), Cell("gd", 100, 2, 15)):
        assert recovery_error(cell, sweep.settings, 1) == pytest.approx(found[cell].errors[1], rel=2e-3, abs=1e-6)


def test_the_transition_is_where_the_theory_says() -> None:
    """The shipped shares cross ½ within a grid step of the weak threshold; gradient descent's do not before n = d."""
    found = shipped("d100")[1]
    samples = sorted({cell.samples for cell in found})
    for kappa in (3, 6, 10, 17):
        share = [found[Cell("flow", 100, kappa, n)].recovered / 10 for n in samples]
        crossing = samples[int(np.argmax(np.array(share) >= 0.5))]
        assert abs(samples.index(crossing) - np.interp(weak_threshold(kappa, 100), samples, range(12))) < 1.5
        assert all(found[Cell("gd", 100, kappa, n)].recovered == 0 for n in samples if n <= 75)
        assert found[Cell("gd", 100, kappa, 110)].recovered == 10


def test_the_weak_threshold_has_its_known_values() -> None:
    assert weak_threshold(100, 100) == pytest.approx(100, rel=1e-6)
    assert weak_threshold(1930, 10_000) == pytest.approx(5000, rel=0.01)  # Donoho and Tanner: ρ(½) = 0.3856


def test_cells_that_are_not_there_stay_empty() -> None:
    sweep = Phases.from_query({})[0].sweep
    found = shipped("d100")[1]
    few = {cell: one for cell, one in found.items() if cell.samples < 20}
    panel = phase_panel(sweep, few, "flow")
    heat = panel.figure["data"][0]
    assert np.isnan(heat["z"][-1]).all()
    assert np.isfinite(heat["z"][0]).all()
    assert "36 of 144 cells" in panel.caption
    assert json.loads(panel.encode())["alt"]


def test_it_opens_at_once_with_a_shipped_diagram_and_computes_others() -> None:
    page = opened(view="phases")
    assert not page.exception
    assert said(page) == ""
    page.selectbox(key="control.diagram").set_value("own").run()
    page.number_input(key="control.dimension").set_value(20).run()
    assert not page.exception
    assert (link(page)["diagram"], link(page)["dimension"]) == ("own", "20")
    cells = len({max(2, round(share * 20)) for share in phases.SHARES}) * sum(kappa <= 20 for kappa in phases.SPARSITIES)
    costs = [caption.value for caption in page.caption]
    assert any(cost.startswith(f"{cells:,} cells of ") and cost.endswith("at most 20 features.") for cost in costs)
    page.selectbox(key="control.diagram").set_value("own-dimensions").run()
    page.number_input(key="control.sparsity").set_value(2).run()
    assert not page.exception
    assert link(page)["sparsity"] == "2"


def test_a_link_is_read_and_written_back_and_what_is_wrong_is_a_sentence() -> None:
    query = {"diagram": "own-dimensions", "method": "l1", "sparsity": "2", "seeds": "3"}
    phases, notes = Phases.from_query(query)
    assert notes == []
    assert query.items() <= phases.to_query().items()
    assert Phases.from_query(phases.to_query()) == (phases, [])
    _, notes = Phases.from_query({"diagram": "moon", "method": "luck", "dimension": "5", "seeds": "x"})
    assert len(notes) == 4


def test_a_disk_that_takes_nothing_costs_what_was_to_be_kept_alone(monkeypatch, tmp_path, caplog) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(phases, "KEPT", blocked / "sweeps")
    found = [Found(Cell("flow", 10, 2, samples), (0.5,), 0, 0.1) for samples in (4, 5)]
    assert list(phases._saved(blocked / "sweeps" / "cells.jsonl", iter(found))) == found
    assert len(caplog.messages) == 1
    monkeypatch.setattr(phases, "KEPT", tmp_path)
    assert list(phases._saved(tmp_path / "cells.jsonl", iter(found))) == found
    assert list(finished(tmp_path / "cells.jsonl").values()) == found


def test_a_damaged_results_file_costs_its_damaged_lines(tmp_path) -> None:
    path = tmp_path / "cells.jsonl"
    good = Found(Cell("flow", 10, 2, 4), (0.5,), 0, 0.1)
    path.write_bytes(b"\xff\xfe\x00{\n" + good.to_line().encode() + b"\n[1, 2]\n" + good.to_line().encode()[:20])
    assert list(finished(path).values()) == [good]
