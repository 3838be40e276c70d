"""A run as one page: whole, the same each time, and asking nobody for anything."""

import re

import pytest

from dynamics import Experiment, simulate
from exports import standalone_html
from exports.page import IMPORT

SMALL = Experiment(landscape="hyperbola", paths=20, frames=30, seed=3)


def test_the_same_run_is_the_same_page_and_it_is_small_enough() -> None:
    page = standalone_html(SMALL)
    assert page == standalone_html(simulate(SMALL))
    assert len(page.encode()) < 3e6
    assert len(standalone_html(Experiment(landscape="torus", paths=500, frames=600)).encode()) < 8e6


def test_it_asks_nobody_for_anything_and_says_what_it_is() -> None:
    page = standalone_html(SMALL)
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.S)  # plotly's own has addresses in its comments
    assert not re.findall(r'(?:src|href)="(?!data:)', own)
    assert not re.findall(r'url\((?!"?data:)', own)
    assert not IMPORT.search(own)
    assert "seed=3" in own
    assert "After Zero Loss 0." in own
    assert "arXiv 2110.06914" in own


def test_a_view_is_one_of_the_landscapes() -> None:
    assert "gl3d" not in standalone_html(SMALL)[:200]
    assert len(standalone_html(SMALL, "surface")) != len(standalone_html(SMALL, "plane"))
    with pytest.raises(ValueError, match="no view “behind”"):
        standalone_html(SMALL, "behind")
