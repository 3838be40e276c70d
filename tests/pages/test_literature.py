"""Landscapes from the literature, typed as formulas, on every page that takes a landscape."""

import pytest

from tests.literature import LITERATURE, Typed
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
