"""The page of exact densities, without a browser."""

import pytest

from pages.densities import Densities
from tests.pages.test_simulator import button, link, opened, said, scene  # noqa: F401


def test_it_opens_with_a_landscape_that_has_a_stationary_density() -> None:
    page = opened(view="densities")
    assert not page.exception
    assert said(page) == ""
    assert scene(page).experiment.landscape.name == "valley_gaussian"


def test_a_link_is_read_and_written_back() -> None:
    scene, notes = Densities.from_query({"landscape": "circle", "noise": "isotropic", "target": "1.5"})
    assert notes == []
    assert scene.target == 1.5
    assert Densities.from_query(scene.to_query()) == (scene, [])


@pytest.mark.parametrize("bad", ["far", "nan", "inf"])
def test_a_target_that_is_no_number(bad: str) -> None:
    scene, notes = Densities.from_query({"target": bad})
    assert scene.target is None
    assert notes == [f"The target is an arc length; not “{bad}”."]


def test_a_surface_gets_a_sentence() -> None:
    page = opened(view="densities", landscape="sphere")
    assert not page.exception
    assert "a manifold of dimension 2" in said(page)


def test_another_page_keeps_the_experiment() -> None:
    page = opened(view="simulator", landscape="circle", learning_rate="0.05")
    page.segmented_control(key="page").set_value("densities").run()
    assert not page.exception
    assert link(page)["view"] == "densities"
    assert scene(page).experiment.learning_rate == 0.05
    assert scene(page).experiment.landscape.name == "circle"
