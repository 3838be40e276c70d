"""The page's logic, without a browser."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import sleep
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dynamics import Experiment, simulate
from dynamics.landscapes.landscape import View
from pages.shared.scene import start_at

APP = Path(__file__).parents[2] / "app.py"


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=120)
    for key, value in ({"paths": "8", "frames": "12"} | query).items():
        page.query_params[key] = value
    return page.run()


def settled(page: AppTest, over: Callable[[AppTest], bool]) -> AppTest:
    """Run the page again until what it waits for is over; other tests may keep the machine busy."""
    for _ in range(200):
        if over(page):
            break
        sleep(0.1)
        page.run()
    return page


def said(page: AppTest) -> str:
    return as_read(" ".join(warning.value for warning in page.warning))


def as_read(markdown: str) -> str:
    """What is seen of Markdown whose marks are all escaped."""
    return re.sub(r"\\(.)|\u2060", r"\1", markdown)


def link(page: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in page.query_params.items()}


def scene(page: AppTest):
    return page.session_state.scene


def button(page: AppTest, key: str):
    return page.button(key=key)


def test_a_link_that_is_opened_moves_the_controls_and_stays() -> None:
    page = opened(landscape="ellipse", learning_rate="0.02", **{"noise": "isotropic", "noise.scale": "0.5"})
    assert not page.exception
    assert said(page) == ""
    assert page.selectbox(key="control.landscape").value == "ellipse"
    assert page.select_slider(key="control.learning_rate").value == 0.02
    assert page.number_input(key="control.noise.scale").value == 0.5
    assert link(page) == {
        "paths": "8", "frames": "12", "landscape": "ellipse", "learning_rate": "0.02", "noise": "isotropic", "noise.scale": "0.5",
    }  # fmt: skip


def test_a_run_again_changes_nothing() -> None:
    page = opened()
    before = link(page), scene(page)
    page.run()
    assert not page.exception
    assert (link(page), scene(page)) == before


def test_a_control_is_in_the_link() -> None:
    page = opened()
    page.number_input(key="control.noise.scale").set_value(0.25).run()
    assert link(page)["noise.scale"] == "0.25"
    page.selectbox(key="control.scheme").set_value("projective").run()
    assert link(page)["scheme"] == "projective"
    assert scene(page).experiment.scheme == "projective"


def test_each_kind_of_noise_can_be_chosen() -> None:
    page = opened()
    for kind in ("isotropic", "minibatch", "covariance", "label"):
        page.selectbox(key="control.noise").set_value(kind).run()
        assert not page.exception
        assert said(page) == ""
        assert scene(page).experiment.noise.kind == kind


def test_a_covariance_of_formulas() -> None:
    page = opened(noise="covariance", **{"noise.matrix": "1,0;0,1"})
    page.text_area(key="control.noise.matrix.2").set_value("1 + x**2, 0\n0, atan2(1, 2)").run()
    assert link(page)["noise.matrix"] == "1 + x**2,0;0,atan2(1, 2)"
    page.text_area(key="control.noise.matrix.2").set_value("1, 2\n0, 1").run()
    assert "not symmetric" in said(page)
    assert link(page)["noise.matrix"] == "1 + x**2,0;0,atan2(1, 2)"


def test_halve_keeps_a_ghost_and_drop_removes_it() -> None:
    page = opened(learning_rate="0.2")
    button(page, "halve").click().run()
    assert link(page)["learning_rate"] == "0.1"
    assert link(page)["ghost"] == "0.2"
    assert page.select_slider(key="control.learning_rate").value == 0.1
    button(page, "drop").click().run()
    assert "ghost" not in link(page)


def test_reseed_changes_the_seed_alone_and_reset_everything() -> None:
    page = opened(learning_rate="0.1", seed="4")
    button(page, "reseed").click().run()
    assert link(page)["seed"] == "5"
    assert link(page)["learning_rate"] == "0.1"
    button(page, "reset").click().run()
    assert link(page) == {"v": "1", "landscape": "hyperbola"}


def test_another_landscape_opens_as_its_file_says() -> None:
    page = opened(learning_rate="0.1")
    page.selectbox(key="control.landscape").set_value("valley").run()
    assert link(page) == {"v": "1", "landscape": "valley"}


def test_a_landscape_of_ones_own_shows_its_formula_its_sliders_and_the_way_to_the_bench() -> None:
    page = opened(residuals="x*y - a", variables="x,y", start="1,1", **{"landscape.a": "2", "range.a": "1,3"})
    assert not page.exception
    assert said(page) == ""
    slider = page.slider(key="control.landscape.custom.a")
    assert (slider.value, slider.min, slider.max) == (2, 1, 3)
    slider.set_value(2.5).run()
    assert link(page)["landscape.a"] == "2.5"
    assert link(page)["range.a"] == "1,3"
    button(page, "edit").click().run()
    assert not page.exception
    assert link(page)["view"] == "bench"
    assert link(page)["residuals"] == "x*y - a"


@pytest.mark.parametrize(
    "query",
    [
        {"v": "99"}, {"start": "nan,1"}, {"paths": "-5"}, {"frames": "1e400"}, {"seed": "x"}, {"noise": "pink"},
        {"noise": "covariance", "noise.matrix": "1,2;3"}, {"residuals": "exec('1')"}, {"variables": "x,x", "residuals": "x"},
        {"landscape.a": "1000"}, {"scheme": "magic"}, {"ghost": "-1"},
    ],
)  # fmt: skip
def test_a_malformed_link_is_at_least_one_sentence_and_never_a_traceback(query: dict[str, str]) -> None:
    page = opened(**query)
    assert not page.exception, urlencode(query)
    assert said(page)


def test_a_loss_without_a_floor_ends_with_a_state() -> None:
    page = opened(loss="-1 - x**2", variables="x", start="1")
    assert not page.exception
    assert scene(page).experiment.landscape.definition.loss == "-1 - x**2"


def test_a_page_that_is_not_there() -> None:
    page = opened(view="nowhere")
    assert "no page called “nowhere”" in said(page)
    assert not page.exception


def test_a_click_sets_the_coordinates_that_the_view_shows_in_its_order() -> None:
    motor = Experiment(landscape="motor")
    view = View("z-x", "z and x", "plane", (motor.landscape.variables[2], motor.landscape.variables[0]), ("z", "x"), ())
    start = start_at(motor, view, (0.123456, -2.0))
    assert start == (-2.0, motor.start[1], 0.123, *motor.start[3:])


def test_the_gauge_is_full_where_sgd_is_unstable() -> None:
    from pages.simulator import _stability

    outcome = simulate(Experiment(landscape="circle", paths=2, frames=4, horizon=0.01))
    for value, state, width in ((0.5, "stable", "25.0%"), (1.9, "stable", "95.0%"), (2.1, "unstable", "100.0%")):
        said = _stability(replace(outcome, stability=value))
        assert f'class="gauge {state}"' in said
        assert f"width: {width}" in said
        assert f"<b>{value}</b> of 2" in said
