"""Released links of the pages keep their meaning."""

import tomllib
from functools import reduce
from pathlib import Path

import pytest

from pages.anatomy import AnatomyScene
from pages.assumptions import Broken
from pages.clocks import Clocks
from pages.compare import Pair
from pages.convergence import Question
from pages.densities import Densities
from pages.edge import EdgeOfStability
from pages.flatness import FlatnessScene
from pages.gallery import Gallery
from pages.large_steps import LargeSteps
from pages.network import RealNetwork
from pages.optimizers import SideBySide
from pages.phases import Phases
from pages.recovery import Sparse
from pages.shared.scene import Picture

LINKS = tomllib.loads((Path(__file__).parent.parent / "golden_scenes.toml").read_text(encoding="utf-8"))["link"]
SCENES = {
    "simulator": Picture,
    "compare": Pair,
    "optimizers": SideBySide,
    "convergence": Question,
    "clocks": Clocks,
    "densities": Densities,
    "anatomy": AnatomyScene,
    "assumptions": Broken,
    "recovery": Sparse,
    "phases": Phases,
    "network": RealNetwork,
    "flatness": FlatnessScene,
    "edge": EdgeOfStability,
    "gallery": Gallery,
    "large_steps": LargeSteps,
}


@pytest.mark.parametrize("link", LINKS, ids=[f"{index} {link['query']['view']}" for index, link in enumerate(LINKS)])
def test_a_released_link_shows_what_it_showed(link) -> None:
    scene, notes = SCENES[link["query"]["view"]].from_query(link["query"])
    assert notes == []
    for name, value in link["shows"].items():
        shown = reduce(getattr, name.split("."), scene)
        assert (list(shown) if isinstance(shown, tuple) else shown) == value, name
    assert type(scene).from_query(scene.to_query()) == (scene, [])
