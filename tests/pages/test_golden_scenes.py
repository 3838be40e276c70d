"""Released links of the pages keep their meaning."""

import tomllib
from functools import reduce
from pathlib import Path

import pytest

from pages.assumptions import Broken
from pages.clocks import Clocks
from pages.compare import Pair
from pages.convergence import Question
from pages.densities import Densities
from pages.links import Picture

LINKS = tomllib.loads((Path(__file__).parent.parent / "golden_scenes.toml").read_text(encoding="utf-8"))["link"]
SCENES = {
    "simulator": Picture, "compare": Pair, "convergence": Question, "clocks": Clocks, "densities": Densities, "assumptions": Broken,
}  # fmt: skip


@pytest.mark.parametrize("link", LINKS, ids=[f"{index} {link['query']['view']}" for index, link in enumerate(LINKS)])
def test_a_released_link_shows_what_it_showed(link) -> None:
    scene, notes = SCENES[link["query"]["view"]].from_query(link["query"])
    assert notes == []
    for name, value in link["shows"].items():
        assert reduce(getattr, name.split("."), scene) == value, name
    assert type(scene).from_query(scene.to_query()) == (scene, [])
