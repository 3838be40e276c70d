"""The page of broken assumptions, without a browser."""

import pytest

from dynamics import Experiment
from dynamics.studies.assumptions import BREACHES, measured
from figures.assumptions import disagreement_panel
from pages.assumptions import Broken
from tests.pages.test_simulator import link, opened, said, scene


@pytest.mark.parametrize("case", list(BREACHES))
def test_each_case_says_which_assumption_fails(case: str) -> None:
    page = opened(view="assumptions", case=case, paths="60")
    assert not page.exception
    assert said(page) == ""
    words = " ".join(text.value for text in page.markdown)
    assert BREACHES[case].assumption in words
    assert ("hardly a limit left" if case == "rank" else "disagree") in words


def test_case_and_degree_are_in_the_link() -> None:
    page = opened(view="assumptions")
    page.segmented_control(key="control.case").set_value("memory").run()
    page.select_slider(key="control.degree.memory").set_value(0.6).run()
    assert not page.exception
    assert (link(page)["case"], link(page)["degree"]) == ("memory", "0.6")
    assert scene(page).broken.noise.memory == 0.6
    assert Broken.from_query(link(page)) == (scene(page), [])


@pytest.mark.parametrize(
    "query", [{"case": "luck"}, {"degree": "much"}, {"degree": "-3"}, {"noise": "minibatch", "landscape": "hyperbola"}]
)
def test_what_is_wrong_is_a_sentence(query: dict[str, str]) -> None:
    page = opened(view="assumptions", **query)
    assert not page.exception
    assert said(page)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"case": "rank"}, "landscape “Cross”"),
        ({"case": "steps", "degree": "1"}, "learning rate η = "),
        ({"case": "tails", "degree": "3"}, "ν = 3"),
        ({"case": "memory", "degree": "0.6"}, "ρ = 0.6"),
    ],
)
def test_the_sidebar_says_what_the_case_decides_instead_of_it(query: dict[str, str], words: str) -> None:
    page = opened(view="assumptions", paths="60", **query)
    head = next(text.value for text in page.sidebar.markdown if "instead of what stands below" in text.value)
    assert words in head


def test_the_sidebar_follows_the_slider_at_once() -> None:
    page = opened(view="assumptions", case="memory", paths="60")
    page.select_slider(key="control.degree.memory").set_value(0.3).run()
    head = next(text.value for text in page.sidebar.markdown if "instead of what stands below" in text.value)
    assert "ρ = 0.3" in head


def test_the_caption_of_all_degrees_names_none_of_them() -> None:
    breach = BREACHES["tails"]
    *_, found = measured(Experiment(landscape="circle", paths=60), breach)
    panel = disagreement_panel(breach, found)
    assert "ν as on the axis" in panel.caption
    assert "ν = " not in panel.caption.split(".")[0]
