"""Landscapes from the literature, typed as formulas, on every page that takes a landscape."""

import pytest

from tests.literature import GUNASEKAR, LITERATURE, Typed
from tests.pages.test_simulator import opened

VIEWS = ["simulator", "bench", "compare", "convergence", "clocks", "densities", "anatomy", "assumptions", "flatness"]


@pytest.mark.parametrize("paper", LITERATURE, ids=lambda paper: paper.source)
def test_every_page_takes_it(paper: Typed) -> None:
    definition = paper.landscape.definition
    query = {
        "residuals": ";".join(definition.residuals), "variables": ",".join(paper.variables), "noise": paper.noise,
        "start": ",".join(f"{value:g}" for value in paper.start), "horizon": "0.2", "paths": "40", "frames": "40",
    }  # fmt: skip
    for view in VIEWS:
        page = opened(view=view, **query)
        assert not page.exception, view


@pytest.mark.parametrize("view", ["recovery", "phases", "gallery"])
def test_pages_with_a_model_of_their_own_let_a_landscape_pass(view: str) -> None:
    residuals = ";".join(GUNASEKAR.landscape.definition.residuals)
    page = opened(view=view, residuals=residuals, variables=",".join(GUNASEKAR.variables), start="1,0.3,0.9,-1")
    assert not page.exception
