"""A run as one page: whole, the same each time, and asking nobody for anything."""

import gzip
import json
import re
from base64 import b64decode
from html import unescape

import numpy as np
import pytest

from dynamics import Experiment, simulate
from exports import panels_html, standalone_html
from figures.about import about_page
from figures.panel import Panel

SMALL = Experiment(landscape="hyperbola", paths=20, frames=30, seed=3)


def held(page: str, name: str) -> str:
    """What a page holds packed."""
    found = re.search(rf'<script type="text/plain" id="{name}">(.*?)</script>', page)
    assert found
    return gzip.decompress(b64decode(found[1])).decode()


def test_the_same_run_is_the_same_page_and_it_is_small_enough() -> None:
    page = standalone_html(SMALL)
    assert page == standalone_html(simulate(SMALL))
    assert len(standalone_html(Experiment(landscape="hyperbola")).encode()) < 2e6
    assert len(standalone_html(Experiment(landscape="torus", paths=500, frames=600)).encode()) < 8e6


def test_it_asks_nobody_for_anything_and_says_what_it_is() -> None:
    page = standalone_html(SMALL)
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert not re.findall(r'url\((?!"?data:)', page)
    assert "seed=3" in page
    assert "After Zero Loss 0." in page
    assert "arXiv 2110.06914" in page
    assert "learning rate η = 0.05" in page


def test_its_modules_find_each_other() -> None:
    modules = json.loads(held(standalone_html(SMALL), "modules"))
    assert {"azl/player/player.js", "azl/save/save.js", "azl/save/gifenc/gifenc.js"} <= modules.keys()
    for source in modules.values():
        named = re.findall(r'(?:from|import)\s*\(?\s*"([^"]+)"', source)
        assert set(named) <= modules.keys()


def test_an_address_makes_its_link_one_into_the_app() -> None:
    link = 'href="https://lab.example/?view=simulator&amp;v=1&amp;landscape=hyperbola&amp;paths=20&amp;frames=30&amp;seed=3"'
    page = standalone_html(SMALL, address="https://lab.example/")
    assert f'<link rel="canonical" {link}>' in page
    assert f"<a {link}>" in page


def test_panels_are_a_page_with_the_libraries_that_draw_them() -> None:
    flat = {"data": [{"type": "scatter", "x": [0, 1], "y": np.array([2.0, 3.0])}], "layout": {}}
    spatial = {"data": [{"type": "scatter3d", "x": [0], "y": [0], "z": [0]}], "layout": {"scene": {}}}
    said = about_page("densities", {"landscape": "circle"}, 5)

    def page(*figures: dict) -> str:
        return panels_html("Densities <&>", [Panel(each, "A title", "A caption", "Words").encode() for each in figures], said)

    assert "Densities &lt;&amp;&gt; · After Zero Loss" in page(flat)
    assert "seed 5" in page(flat)
    assert "?view=densities&landscape=circle" in unescape(page(flat))
    for figures, flat_too, spatial_too in (((flat,), True, False), ((spatial,), False, True), ((flat, spatial), True, True)):
        found = page(*figures)
        assert ('id="cartesian"' in found, 'id="gl3d"' in found) == (flat_too, spatial_too)
    assert page(flat, spatial) == page(flat, spatial)


def test_a_view_is_one_of_the_landscapes() -> None:
    assert 'id="gl3d"' in standalone_html(SMALL, "surface")
    assert 'id="gl3d"' not in standalone_html(SMALL, "plane")
    with pytest.raises(ValueError, match="no view “behind”"):
        standalone_html(SMALL, "behind")
