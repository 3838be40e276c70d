"""Two experiments side by side, without a browser."""

from dataclasses import replace

from dynamics import Experiment, optimizer
from figures.comparison import compared, differences
from pages.compare import Pair
from tests.pages.test_simulator import button, link, opened, said, scene


def test_the_partner_has_another_noise() -> None:
    page = opened(view="compare")
    assert not page.exception
    assert said(page) == ""
    assert scene(page).right.noise.kind == "isotropic"
    assert any("Gradient noise" in text.value for text in page.markdown)


def test_both_are_in_the_link() -> None:
    page = opened(view="compare", landscape="circle", learning_rate="0.1")
    page.select_slider(key="control.learning_rate").set_value(0.02).run()
    assert link(page)["learning_rate"] == "0.1"
    assert link(page)["other.learning_rate"] == "0.02"
    assert scene(page).right.learning_rate == 0.02
    read, notes = Pair.from_query(link(page))
    assert (read, notes) == (scene(page), [])


def test_what_is_the_landscapes_own_on_the_right_is_written_empty() -> None:
    pair, _ = Pair.from_query({"landscape": "circle", "learning_rate": "0.1", "other.learning_rate": ""})
    own = Experiment(landscape="circle").learning_rate  # type: ignore[arg-type]
    assert pair.right.learning_rate == own
    assert pair.to_query()["other.learning_rate"] == ""
    assert Pair.from_query(pair.to_query()) == (pair, [])


def test_two_that_are_the_same_stay_the_same() -> None:
    pair, _ = Pair.from_query({"landscape": "circle", "other": "same"})
    assert pair.right == pair.experiment
    assert Pair.from_query(pair.to_query()) == (pair, [])
    assert differences(pair.experiment, pair.right) == []


def test_the_same_twice_is_shown_twice() -> None:
    page = opened(view="compare", landscape="circle", other="same")
    assert not page.exception
    assert any("Both are the same" in text.value for text in page.markdown)


def test_swap() -> None:
    page = opened(view="compare", **{"other.learning_rate": "0.02"})
    left, right = scene(page).experiment, scene(page).right
    button(page, "swap").click().run()
    assert (scene(page).experiment, scene(page).right) == (right, left)


def test_another_landscape_is_for_both() -> None:
    page = opened(view="compare", **{"other.learning_rate": "0.02"})
    page.selectbox(key="control.landscape").set_value("ellipse").run()
    assert not page.exception
    assert scene(page).experiment.landscape.name == scene(page).right.landscape.name == "ellipse"


def test_wrong_values_of_the_right_one_are_named() -> None:
    page = opened(view="compare", **{"other.learning_rate": "soon", "other.landscape": "torus"})
    assert not page.exception
    assert "Right: The learning rate is a number; not “soon”." in said(page)
    assert "compared on one landscape" in said(page)


def test_differences_are_named_with_their_values() -> None:
    one = Experiment(landscape="ellipse", learning_rate=0.1)  # type: ignore[arg-type]
    other = Experiment(landscape=one.landscape.with_parameters(b=0.7), learning_rate=0.05, seed=3)
    assert differences(one, other) == [
        ("Parameter b", f"b = {one.landscape.parameter_values['b']:g}", "b = 0.7"),
        ("Learning rate", "η = 0.1", "η = 0.05"),
        ("Seed", "seed 0", "seed 3"),
    ]


def test_each_side_has_its_own_values() -> None:
    page = opened(view="compare", landscape="circle", learning_rate="0.1", **{"other.learning_rate": "0.02"})
    sides = [text.value for text in page.markdown if text.value.startswith(("**Left**", "**Right**"))]
    assert sides == ["**Left**: η = 0.1", "**Right**: η = 0.02"]


def test_the_partner_of_isotropic_noise_has_half_the_learning_rate() -> None:
    pair, _ = Pair.from_query({"landscape": "circle", "noise": "isotropic", "learning_rate": "0.1"})
    assert pair.right == replace(pair.experiment, learning_rate=0.05)


def test_a_noise_that_neither_takes_is_said_to_change_nothing() -> None:
    one = Experiment(landscape="hyperbola", optimizer=optimizer("sam"), noise="label")  # type: ignore[arg-type]
    other = replace(one, noise="isotropic")  # type: ignore[arg-type]
    assert "the gradient noise changes nothing" in compared(one, other)
    assert compared(one, replace(other, optimizer=optimizer("sgd"))) == "They differ in: **Gradient noise, Optimizer**."
    assert "change a setting" in compared(one, one)
