"""The still picture of a link: of the size that readers of links expect, and of this run."""

import io

import numpy as np
import pytest
from PIL import Image

from dynamics import Experiment, simulate
from figures.card import BAND, EDGE, SIZE, SMALL, _letters, _width, card, card_of, lines_of
from figures.landscape_figure import landscape_views
from figures.palette import themes
from figures.simulation import simulation_blob

COLOURS = themes()["light"]


def drawn(experiment: Experiment, view: int = 0) -> np.ndarray:
    outcome = simulate(experiment)
    image = Image.open(io.BytesIO(card(simulation_blob(outcome, landscape_views(outcome.experiment.landscape)[view]), "A title")))
    assert (image.format, image.size) == ("PNG", SIZE)
    return np.asarray(image.convert("RGB"), dtype=int)


def near(picture: np.ndarray, colour: str) -> np.ndarray:
    """Where the picture has a colour: rows and columns."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.argwhere(np.abs(picture[: SIZE[1] - BAND] - rgb).max(axis=-1) < 40)


@pytest.mark.parametrize(("name", "view"), [("hyperbola", 0), ("hyperbola", 1), ("torus", 0), ("torus", 1), ("trefoil", 0)])
def test_each_kind_of_view_shows_its_paths_and_where_the_loss_is_zero(name: str, view: int) -> None:
    picture = drawn(Experiment(landscape=name, paths=40, frames=20), view)
    for role in ("sgd", "manifold"):
        assert len(near(picture, COLOURS[role])) > 100, role
    assert (picture[SIZE[1] - BAND :].min(axis=-1) < 100).sum() > 1000  # words


def test_the_paths_are_where_they_ended() -> None:
    """SGD ends where its start says, on either branch of the hyperbola, which are opposite."""
    right, left = (
        near(drawn(Experiment(landscape="hyperbola", start=(a, a), paths=40, frames=20)), COLOURS["sgd"]).mean(axis=0)
        for a in (1.5, -1.5)
    )
    middle = np.array([(SIZE[1] - BAND) / 2, SIZE[0] / 2])
    np.testing.assert_allclose(left - middle, middle - right, atol=8)
    assert right[0] < middle[0] - 30
    assert right[1] > middle[1] + 30


def test_the_words_are_those_that_it_is_given_in_lines_that_fit() -> None:
    text = "Label noise slides along Γ to where tr H is least, and the limit follows it closely. " * 4
    lines = lines_of(text, SMALL, SIZE[0] - 2 * EDGE, 2)
    assert len(lines) == 2
    assert all(_width(line, SMALL) <= SIZE[0] - 2 * EDGE for line in lines)
    assert lines[1].endswith(" …")
    whole = " ".join(lines).removesuffix(" …")
    assert text.startswith(whole)
    assert len(whole) > 150
    assert lines_of("few words", SMALL, 500, 2) == ["few words"]


def test_every_letter_is_one_that_a_font_has() -> None:
    """What no font has stands as what it means, not as an empty box."""
    told = "".join(letter for letter, _ in _letters("β₁ = 0, η·λ, ‖w‖, ℓ1, Γ: 5–95 %, 10⁻⁴", SMALL))
    assert told.startswith("β1 = 0, η·λ, ")
    assert "l1, Γ: 5–95 %" in told
    boxes = {bytes(font.getmask("\uffff")) for _, font in _letters("aβ", SMALL)}
    assert not [
        letter for letter, font in _letters("SGD δ₀ η ℓ φ β₁", SMALL) if bytes(font.getmask(letter)) in boxes and letter != " "
    ]


def test_a_picture_that_there_is_stands_in_the_middle_over_its_words(tmp_path) -> None:
    Image.new("RGB", (600, 300), (200, 30, 60)).save(tmp_path / "red.png")
    made = {
        title: np.asarray(Image.open(io.BytesIO(card_of(tmp_path / "red.png", title, "Words"))), dtype=int)
        for title in ("One", "Two")
    }
    for picture in made.values():
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        red = np.argwhere(np.abs(picture - [200, 30, 60]).max(axis=-1) < 10)
        assert red.min(axis=0) + red.max(axis=0) == pytest.approx([SIZE[1] - BAND - 1, SIZE[0] - 1], abs=2)
        assert len(red) == pytest.approx(2 * (SIZE[1] - BAND) ** 2, rel=0.02)
    changed = np.argwhere((made["One"] != made["Two"]).any(axis=-1))
    assert changed[:, 0].min() > SIZE[1] - BAND


def test_a_card_shows_the_words_and_not_the_title_again(tmp_path) -> None:
    Image.new("RGB", (60, 30)).save(tmp_path / "black.png")
    made = [
        np.asarray(Image.open(io.BytesIO(card_of(tmp_path / "black.png", "Title", words))), dtype=int) for words in ("", "Words")
    ]
    changed = np.argwhere((made[0] != made[1]).any(axis=-1))
    assert len(changed) > 50
    assert changed[:, 0].min() > SIZE[1] - BAND + 40
    assert changed[:, 1].min() >= EDGE
    assert changed[:, 1].max() < EDGE + _width("Words", SMALL) + 2
