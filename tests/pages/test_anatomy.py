"""The anatomy page, without a browser."""

import numpy as np
import pytest

from pages.anatomy import AnatomyScene
from tests.pages.test_simulator import link, opened, said, scene


def test_it_opens_where_the_start_leads() -> None:
    page = opened(view="anatomy", landscape="hyperbola")
    assert not page.exception
    assert said(page) == ""
    np.testing.assert_allclose(np.prod(scene(page).on_manifold), 1, atol=1e-9)


@pytest.mark.parametrize(
    "query",
    [
        {"landscape": "hyperbola", "point": "2,0.5"},
        {"landscape": "torus", "projection": "section", "parts": "mixed,normal"},
        {"landscape": "circle", "noise": "covariance", "noise.matrix": "1,0;0,0.25", "point": "0.6,0.8"},
    ],
)
def test_a_link_is_read_and_written_back(query: dict[str, str]) -> None:
    scene, notes = AnatomyScene.from_query(query)
    assert notes == []
    assert query.items() <= scene.to_query().items()
    assert AnatomyScene.from_query(scene.to_query()) == (scene, [])


def test_defaults_are_left_out() -> None:
    scene, _ = AnatomyScene.from_query({"landscape": "circle", "projection": "plane"})
    assert scene.to_query() == {"v": "1", "landscape": "circle"}


def test_the_point_is_put_onto_the_manifold() -> None:
    scene, _ = AnatomyScene.from_query({"landscape": "circle", "point": "3,4"})
    np.testing.assert_allclose(scene.on_manifold, [0.6, 0.8], atol=1e-9)


@pytest.mark.parametrize("bad", ["1", "1,2,3", "here", "nan,1", "0,0"])
def test_a_point_that_leads_nowhere(bad: str) -> None:
    scene, notes = AnatomyScene.from_query({"landscape": "circle", "point": bad})
    assert scene.point is None
    what = "a list of numbers" if bad in ("here", "nan,1") else "2 numbers from which gradient flow leads to Γ"
    assert notes == [f"The point is {what}; not “{bad}”."]


def test_an_unknown_projection_gets_a_sentence() -> None:
    scene, notes = AnatomyScene.from_query({"landscape": "motor", "projection": "surface"})
    assert scene.projection == ""
    assert len(notes) == 1
    assert "has no projection “surface”" in notes[0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"loss": "x^2 + y^2", "variables": "x,y", "start": "1,1"}, "Γ is a single point here"),
        ({"loss": "(x*y - 1)^2 + 1", "variables": "x,y", "start": "1,2"}, "no zero-loss point"),
    ],
)
def test_where_there_is_no_anatomy_a_sentence_says_so(query: dict[str, str], sentence: str) -> None:
    page = opened(view="anatomy", **query)
    assert not page.exception
    assert sentence in said(page)


def test_another_landscape_drops_the_point() -> None:
    page = opened(view="anatomy", landscape="hyperbola", point="2.0,0.5")
    page.selectbox(key="control.landscape").set_value("circle").run()
    assert not page.exception
    assert scene(page).point is None
    assert "point" not in link(page)


@pytest.mark.parametrize(
    "query",
    [
        {"residuals": "(x^2+y^2)^2-x^2+y^2", "variables": "x,y", "start": "1.2,0.3"},
        {"residuals": "(x*(x-1)^2*(x-2)+y^2)^2+z^2-0.02", "variables": "x,y,z", "start": "0.2,0.6,0.2"},
        {"loss": "(x^2+y^2-1)^2+(z^2+w^2-1)^2", "variables": "x,y,z,w", "start": "1.2,0.5,0.2,0.8"},
        {"residuals": "x^2+y^2+z^2+w^2-1", "variables": "x,y,z,w", "start": "1.2,0.5,0.2,0.8"},
    ],
    ids=["curve", "surface", "surface in four dimensions, by its loss", "three dimensions"],
)
def test_it_works_on_landscapes_of_ones_own(query: dict[str, str]) -> None:
    page = opened(view="anatomy", **query)
    assert not page.exception
    assert said(page) == ""
    shown = scene(page)
    assert shown.experiment.landscape.loss(shown.on_manifold) < 1e-16


@pytest.mark.parametrize("name", ["sam", "adam", "local_sgd", "langevin", "momentum"])
def test_another_optimizer_stays_with_its_own_parts(name: str) -> None:
    page = opened(view="anatomy", landscape="ellipse", optimizer=name, horizon="0.05", learning_rate="0.05")
    assert not page.exception
    assert said(page) == ""
    assert link(page)["optimizer"] == name
    shown = " ".join(text.value for text in page.latex)
    assert {"sam": r"\nabla\lambda_1", "adam": r"\tilde H", "local_sgd": r"\Psi"}.get(name, r"\mathcal{L}^{-1}") in shown
