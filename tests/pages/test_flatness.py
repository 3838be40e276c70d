"""The flatness page, without a browser."""

from time import sleep

import pytest
from streamlit.testing.v1 import AppTest

from dynamics.studies.flatness import EXAMPLES
from pages.flatness import FlatnessScene
from tests.pages.test_simulator import button, link, opened, said, scene

QUICK = {"linear": ("0.01", "1.0"), "diagonal": ("0.02", "0.2"), "matrix": ("0.01", "0.1"), "network": ("0.05", "2.0")}


def words(page: AppTest, awaited: str) -> str:
    """What the page says, looked at again and again until it says what is awaited."""
    for _ in range(60):
        said = " ".join(text.value for text in page.markdown)
        if awaited in said:
            break
        sleep(0.25)
        page.run()
    return said


def test_a_landscape_comes_down_to_its_floor() -> None:
    page = opened(view="flatness", landscape="hyperbola", horizon="4", paths="60")
    assert not page.exception
    assert said(page) == ""
    assert "the flattest point of Γ that was found has **2**" in words(page, "It is reached")


def test_the_motor_is_said_to_minimize_nothing() -> None:
    page = opened(view="flatness", on="linear", rate="0.01", span="0.1")
    button(page, "motor").click().run()
    assert scene(page).experiment.landscape.name == link(page)["landscape"] == "motor"
    assert not page.exception
    awaited = "nothing says that its limit minimizes tr H"
    assert awaited in words(page, awaited)


def test_another_optimizer_stays_and_its_own_floor_is_shown() -> None:
    page = opened(view="flatness", landscape="hyperbola", optimizer="sqrt_loss", horizon="40")
    assert not page.exception
    assert said(page) == ""
    assert "the least λ₁ on Γ that was found is **2**" in words(page, "It is reached")
    assert link(page)["optimizer"] == "sqrt_loss"
    page.selectbox(key="control.optimizer").set_value("normalized").run()
    assert not page.exception
    assert link(page)["optimizer"] == "normalized"


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_model_is_shown(name: str) -> None:
    rate, span = QUICK[name]
    page = opened(view="flatness", on=name, rate=rate, span=span)
    assert not page.exception
    assert said(page) == ""
    awaited = "Along the limit tr H goes from"
    assert awaited in words(page, awaited)


def test_the_controls_are_in_the_link() -> None:
    page = opened(view="flatness", on="linear", rate="0.01", span="1.0")
    page.number_input(key="control.draws.linear").set_value(3).run()
    assert not page.exception
    assert {name: link(page)[name] for name in ("on", "rate", "span", "draws")} == {
        "on": "linear", "rate": "0.01", "span": "1", "draws": "3",
    }  # fmt: skip
    assert FlatnessScene.from_query(link(page)) == (scene(page), [])
    page.selectbox(key="control.on").set_value("landscape").run()
    assert not page.exception
    assert "on" not in link(page)


@pytest.mark.parametrize(
    "query",
    [
        {"on": "brain"},
        {"on": "linear", "rate": "fast"},
        {"on": "linear", "rate": "-1"},
        {"on": "linear", "draws": "1.5"},
        {"on": "linear", "rate": "0.0001", "span": "1000"},
    ],
)
def test_what_is_wrong_is_a_sentence(query: dict[str, str]) -> None:
    page = opened(view="flatness", **query)
    assert not page.exception
    assert said(page)


def test_a_loss_without_residuals_has_a_floor_too() -> None:
    page = opened(view="flatness", loss="(x*y-1)**2/2", variables="x,y", start="2,0.5", horizon="4", paths="60")
    assert not page.exception
    assert said(page) == ""
    assert "the flattest point of Γ that was found has **2**" in words(page, "It is reached")
