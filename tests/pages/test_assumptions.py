"""The page of broken assumptions, without a browser."""

import pytest

from dynamics.studies.assumptions import BREACHES
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
