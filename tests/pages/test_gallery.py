"""The gallery, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.gallery import Gallery
from tests.pages.test_simulator import link, opened, said, scene, settled


def words(page: AppTest) -> str:
    return " ".join(text.value for text in page.markdown)


def test_the_table_has_theirs_beside_ours() -> None:
    page = opened(view="gallery")
    assert not page.exception
    assert said(page) == ""
    settled(page, lambda page: "| Gradient descent" in words(page))
    assert "| Gradient descent | ≈ 75 |" in words(page)
    assert "arXiv 2006.08680" in words(page)
    assert "300,000 steps of 12 paths with 100 weights." in [caption.value for caption in page.caption]


def test_the_seed_of_the_noise_is_in_the_link() -> None:
    page = opened(view="gallery", landscape="torus")
    page.number_input(key="control.draws").set_value(3).run()
    assert not page.exception
    assert (link(page)["draws"], link(page)["landscape"]) == ("3", "torus")
    assert Gallery.from_query(link(page)) == (scene(page), [])


@pytest.mark.parametrize(("draws", "taken"), [("much", 0), ("-1", 0), ("2.5", 2), ("100000", 9_999)])
def test_what_is_wrong_is_a_sentence(draws: str, taken: int) -> None:
    page = opened(view="gallery", draws=draws)
    assert not page.exception
    assert said(page)
    assert scene(page).draws == taken
