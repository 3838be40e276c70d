"""The page of the experiment with large learning rates, without a browser."""

from dataclasses import replace

import numpy as np

from dynamics.studies.large_steps import large_steps
from figures.large_steps import comparison_table, count_panel, loss_panel
from tests.pages.test_simulator import opened, said


def test_it_opens() -> None:
    page = opened(view="large_steps")
    assert not page.exception
    assert said(page) == ""
    assert any("Published are the numbers" in text.value for text in page.markdown)


def test_the_table_has_theirs_beside_ours_and_names_what_diverged() -> None:
    curves = next(large_steps(frames=3))
    losses = curves[3].losses.copy()
    losses[-1, 0] = np.nan
    table = comparison_table((*curves[:3], replace(curves[3], losses=losses)), True)
    assert "| 0.00353 |" in table
    assert "| 71 |" in table
    assert "| diverged |" in table
    assert "; 3 diverged)" in table
    for panel in (loss_panel(curves), count_panel(curves)):
        assert len(panel.figure["data"]) == 8
        assert len(panel.figure["layout"]["shapes"]) == 3
