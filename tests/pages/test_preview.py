"""What a pasted link shows, of each kind of page."""

import re
from html import unescape

import pytest
from starlette.requests import Request

from content.catalogue import TITLES
from content.lectures import lectures
from content.presets import presets
from pages.shared.preview import preview
from server.routes import address

HERE = "https://lab.example/"


def shown(query: str) -> dict[str, str]:
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": query.encode(), "headers": []}
    head = preview(Request(scope | {"scheme": "https", "server": ("lab.example", 443)}))
    return {name: unescape(value) for name, value in re.findall(r'<meta property="([^"]+)" content="([^"]*)">', head)}


@pytest.mark.parametrize(
    ("query", "title", "picture"),
    [
        ("", "After Zero Loss", "card.png"),
        ("landscape=torus&seed=3", "Simulator: Torus · After Zero Loss", "card.png?landscape=torus&seed=3"),
        ("view=compare&landscape=circle&seed=3", "Compare: Circle · After Zero Loss", "card.png?landscape=circle&seed=3"),
        ("view=convergence", "Convergence · After Zero Loss", "card.png?landscape=circle&learning_rate=0.1&horizon=1"),
        ("view=bench&residuals=x*y-1", "Bench · After Zero Loss", "card.png?residuals=x*y-1"),
        ("view=edge", "Edge of stability · After Zero Loss", "card.png"),
        ("view=glossary&term=trace", "Glossary · After Zero Loss", "card.png"),
        ("view=lecture&lecture=nowhere", "Lecture · After Zero Loss", "card.png"),
        ("view=lecture&lecture=zero_loss&step=x", "Lecture · After Zero Loss", "card.png"),
        ("view=nowhere", "After Zero Loss", "card.png"),
    ],
)
def test_a_page_has_its_title_and_its_picture(query: str, title: str, picture: str) -> None:
    said = shown(query)
    assert (said["og:title"], said["og:image"]) == (title, HERE + picture)
    assert said["og:url"] == HERE + (f"?{query}" if "view=" in query else f"?view=simulator&{query}" if query else "")


def test_an_entry_of_the_gallery_shows_its_claim() -> None:
    for entry in presets():
        said = shown(entry.link.removeprefix("?"))
        assert said["og:title"] == f"{entry.title} · After Zero Loss"
        assert said["og:description"] == entry.claim
    assert shown("view=network")["og:image"] == f"{HERE}{address('gallery/digits.jpg')}"
    assert shown("view=network&draws=3")["og:title"] == "A real network · After Zero Loss"


def test_a_step_of_a_lecture_shows_what_it_is_about() -> None:
    for name, lecture in lectures().items():
        for number, step in enumerate(lecture.steps, 1):
            said = shown(f"view=lecture&lecture={name}&step={number}")
            assert said["og:title"] == f"{step.title} · After Zero Loss"
            assert lecture.title in said["og:description"]
            assert ("?" in said["og:image"]) == bool(step.query)


def test_every_page_has_a_sentence_and_a_picture() -> None:
    for view in TITLES:
        said = shown(f"view={view}")
        assert len(said["og:description"]) > 20
        assert said["og:image"].startswith(HERE)
