"""The page of exact densities, without a browser."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dynamics import Experiment
from dynamics.studies.exact import exact_density
from figures.densities import target_on
from pages.densities import Densities
from tests.pages.test_simulator import button, link, opened, said, scene


def answered(**query: str) -> AppTest:
    """The page once it has an answer, or said why there is none."""
    page = opened(view="densities", **query)
    while not said(page) and not facts_of(page):
        page.run()
    return page


def facts_of(page: AppTest) -> str:
    return " ".join(each.value for each in page.markdown if each.value.startswith("Γ is"))


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
    page = answered(landscape="sphere")
    assert not page.exception
    assert "a manifold of dimension 2" in said(page)


def test_where_gamma_is_no_curve_curves_are_offered() -> None:
    page = answered(landscape="torus")
    assert "a manifold of dimension 2" in said(page)
    offered = [each.label for each in page.button if str(each.key).startswith("curve-")]
    assert {"Hyperbola", "Circle"} <= {label.split(" ")[0] for label in offered} | set(offered)
    page = button(page, "curve-ellipse").click().run()
    assert not page.exception
    assert said(page) == ""
    assert scene(page).experiment.landscape.name == "ellipse"


@pytest.mark.parametrize(
    ("residuals", "variables", "start", "sentence"),
    [
        ("x*y-1;z-x", "x,y,z", "2,0.5,2", "without noise along Γ mass gathers at s"),
        ("(x**2+y**2)**2-(x**2-y**2)", "x,y", "1,0.2", "the Hessian loses rank"),
    ],
)
def test_what_has_no_stationary_density_gets_a_sentence(residuals, variables, start, sentence) -> None:
    page = answered(residuals=residuals, variables=variables, start=start, noise="label", horizon="0.5")
    assert not page.exception
    assert sentence in facts_of(page)


def test_another_page_keeps_the_experiment() -> None:
    page = opened(view="simulator", landscape="circle", learning_rate="0.05")
    page.segmented_control(key="group").set_value("Is it true?").run()
    page.segmented_control(key="page").set_value("densities").run()
    assert not page.exception
    assert link(page)["view"] == "densities"
    assert scene(page).experiment.learning_rate == 0.05
    assert scene(page).experiment.landscape.name == "circle"


def test_the_target_that_suits_a_curve_is_on_its_other_side() -> None:
    """Half-way round a circle; on the valley, where the limit tends to 0, as far beyond as the start is before."""
    circle = next(exact_density(Experiment(landscape="circle", noise="isotropic", start=(1.0, 0.0)), moments=2))
    assert target_on(circle) % circle.chart.length == pytest.approx(np.pi, rel=1e-3)
    assert target_on(circle, 7.0) % circle.chart.length == pytest.approx(7 - 2 * np.pi, rel=1e-3)
    valley = next(exact_density(Experiment(landscape="valley_gaussian", horizon=20.0), moments=2))
    found = target_on(valley)
    assert valley.chart.points(found)[0] == pytest.approx(-valley.chart.points(0.0)[0], rel=0.01)
