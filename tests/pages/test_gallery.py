"""The gallery, without a browser."""

from time import sleep

import pytest

from pages.gallery import Gallery
from tests.pages.test_simulator import link, opened, said, scene


def test_the_table_has_theirs_beside_ours() -> None:
    page = opened(view="gallery")
    assert not page.exception
    assert said(page) == ""
    for _ in range(200):  # a run of some seconds where others keep the machine busy
        words = " ".join(text.value for text in page.markdown)
        if "| Gradient descent" in words:
            break
        sleep(0.1)
        page.run()
    assert "| Gradient descent | ≈ 75 |" in words
    assert "arXiv 2006.08680" in words


def test_the_seed_of_the_noise_is_in_the_link() -> None:
    page = opened(view="gallery", landscape="torus")
    page.number_input(key="control.draws").set_value(3).run()
    assert not page.exception
    assert (link(page)["draws"], link(page)["landscape"]) == ("3", "torus")
    assert Gallery.from_query(link(page)) == (scene(page), [])


@pytest.mark.parametrize("draws", ["much", "-1", "2.5", "100000"])
def test_what_is_wrong_is_a_sentence(draws: str) -> None:
    page = opened(view="gallery", draws=draws)
    assert not page.exception
    assert said(page)
    assert scene(page).draws == 0
