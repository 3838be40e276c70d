"""The page of the experiment with large learning rates, without a browser."""

from dataclasses import replace

import numpy as np

from dynamics.studies.large_steps import large_steps
from figures.large_steps import comparison_table, count_panel, loss_panel
from pages.flatness import FlatnessScene
from pages.gallery import Gallery
from pages.large_steps import LargeSteps
from tests.pages.test_simulator import link, opened, said, scene


def test_it_opens() -> None:
    page = opened(view="large_steps")
    assert not page.exception
    assert said(page) == ""
    assert any("Published are the numbers" in text.value for text in page.markdown)


def test_the_seed_of_the_samples_is_in_the_link_and_in_what_is_taken_away() -> None:
    page = opened(view="large_steps")
    page.number_input(key="control.draws").set_value(3).run()
    assert not page.exception
    assert link(page)["draws"] == "3"
    assert LargeSteps.from_query(link(page)) == (scene(page), [])
    assert scene(page).seed == 3
    assert "other samples of the data" in " ".join(text.value for text in page.markdown)
    assert Gallery.from_query({"draws": "4", "seed": "9"})[0].seed == 4
    assert FlatnessScene.from_query({"on": "network", "draws": "5", "seed": "9"})[0].seed == 5
    assert FlatnessScene.from_query({"seed": "9"})[0].seed == 9


def test_the_table_has_theirs_beside_ours_and_names_what_diverged() -> None:
    curves = next(large_steps(frames=3))
    losses = curves[3].losses.copy()
    losses[-1, 0] = np.nan
    table = comparison_table((*curves[:3], replace(curves[3], losses=losses)), True)
    assert "| 0.00353 |" in table
    assert "| 71 |" in table
    assert "| diverged |" in table
    assert "| Ours, on their samples |" in table
    assert "| Ours, on other samples |" in comparison_table(curves, True, draws=1)
    assert "; 3 diverged)" in table
    for panel in (loss_panel(curves), count_panel(curves)):
        assert len(panel.figure["data"]) == 8
        assert len(panel.figure["layout"]["shapes"]) == 3
