"""What a pasted link shows, of each kind of page."""

import io
import re
from html import unescape
from unittest.mock import patch
from urllib.parse import parse_qsl

import pytest
from PIL import Image
from starlette.requests import Request

from content.catalogue import OPENS_WITH, TITLES
from content.lectures import lectures
from content.presets import preset, presets
from figures import card
from pages.shared import preview

HERE = "https://lab.example/"


def shown(query: str) -> dict[str, str]:
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": query.encode(), "headers": []}
    head = preview.preview(Request(scope | {"scheme": "https", "server": ("lab.example", 443)}))
    return {name: unescape(value) for name, value in re.findall(r'<meta property="([^"]+)" content="([^"]*)">', head)}


def painted(link: str) -> tuple[Image.Image, tuple[str, str]]:
    """The picture of a link, with the title and the words that it was given."""
    given: list[tuple[str, str]] = []

    def noted(make):
        return lambda shown, title, words="": given.append((title, words)) or make(shown, title, words)

    query = link.removeprefix("?").encode()
    with patch.multiple(preview, card=noted(card.card), card_of=noted(card.card_of)):
        answer = preview._card(
            Request({"type": "http", "method": "GET", "path": "/card.png", "query_string": query, "headers": []})
        )
    return Image.open(io.BytesIO(answer.body)), given[-1]


@pytest.mark.parametrize(
    ("query", "title", "run"),
    [
        ("", "After Zero Loss", {}),
        ("landscape=torus&seed=3", "Simulator: Torus · After Zero Loss", {"landscape": "torus", "seed": "3"}),
        ("view=compare&landscape=circle&seed=3", "Compare: Circle · After Zero Loss", {"landscape": "circle", "seed": "3"}),
        ("view=convergence", "Convergence · After Zero Loss", OPENS_WITH["convergence"]),
        ("view=bench&residuals=x*y-1", "Bench · After Zero Loss", {"residuals": "x*y-1"}),
        ("view=edge", "Edge of stability · After Zero Loss", {}),
        ("view=glossary&term=trace", "Glossary · After Zero Loss", {}),
        ("view=lecture&lecture=nowhere", "Lecture · After Zero Loss", {}),
        ("view=lecture&lecture=zero_loss&step=x", "Lecture · After Zero Loss", {}),
        ("view=nowhere", "After Zero Loss", {}),
    ],
)
def test_a_page_has_its_title_and_its_picture(query: str, title: str, run: dict[str, str]) -> None:
    said = shown(query)
    here = HERE + (f"?{query}" if "view=" in query else f"?view=simulator&{query}" if query else "")
    assert said["og:title"] == title
    assert said["og:url"] == here
    assert said["og:image"] == here.replace(f"{HERE}?", f"{HERE}card.png?") if query else f"{HERE}card.png"
    rest = dict(parse_qsl(query))
    assert preview._run_of(rest.pop("view", "simulator" if query else "home"), rest) == run


def test_an_entry_of_the_gallery_shows_its_claim() -> None:
    for entry in presets():
        said = shown(entry.link.removeprefix("?"))
        assert said["og:title"] == f"{entry.title} · After Zero Loss"
        assert said["og:description"] == entry.claim
    for entry in (preset("digits"), preset("phases"), preset("minibatch")):
        _, (head, told) = painted(entry.link)
        assert head == entry.title
        assert told.startswith(entry.claim)
    assert shown("view=network&draws=3")["og:title"] == "A real network · After Zero Loss"


def test_a_step_of_a_lecture_shows_what_it_is_about() -> None:
    for name, lecture in lectures().items():
        for number, step in enumerate(lecture.steps, 1):
            said = shown(f"view=lecture&lecture={name}&step={number}")
            assert said["og:title"] == f"{step.title} · After Zero Loss"
            assert lecture.title in said["og:description"]
            assert preview._run_of("lecture", {"lecture": name, "step": str(number)}) == dict(step.query)


def test_every_page_has_a_sentence_and_a_picture() -> None:
    for view in TITLES:
        said = shown(f"view={view}")
        assert len(said["og:description"]) > 20
        assert said["og:image"].startswith(HERE)


def test_a_run_that_cannot_be_shown_has_the_first_page_and_its_title() -> None:
    """Ten million path-steps are not waited for."""
    picture, given = painted("?view=simulator&landscape=torus&paths=2000&horizon=20&learning_rate=0.01")
    assert picture.size == card.SIZE
    assert given == ("", preview.INTRO)
