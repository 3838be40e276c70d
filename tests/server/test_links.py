"""What links show: pages and browsers tell it, whatever they say is bounded, and it is the next visitor's."""

import gzip
import json
from itertools import count
from urllib.parse import urlencode

import anyio
import pytest
from starlette.applications import Starlette

from server import blobs, links
from server.routes import routes

numbers = count()


@pytest.fixture
def query() -> dict[str, str]:
    """A link that nobody has opened."""
    query = {"view": "flatness", "seed": f"9{next(numbers)}"}
    assert links.pictures(query) == []
    return query


def ask(method: str, path: str, query: dict[str, str] | None = None, body: bytes = b"") -> tuple[int, dict[bytes, bytes], bytes]:
    """What the server answers to a browser: status, headers, body."""
    app = Starlette(routes=routes(lambda query: None, links.pictures, lambda query: False, lambda query: None, lambda request: ""))
    scope = {
        "type": "http", "method": method, "path": path, "query_string": urlencode(query or {}).encode(),
        "headers": [(b"accept-encoding", b"gzip")],
    }  # fmt: skip
    answered = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answered.append(message)

    anyio.run(app, scope, receive, send)
    return answered[0]["status"], dict(answered[0]["headers"]), b"".join(each.get("body", b"") for each in answered)


def panel(key: str, blob: bytes = b"{}") -> links.Picture:
    return links.Picture(key, "panel/panel.js", "panel", False, "", f"./lab/picture/{blobs.publish(blob)}")


def test_who_opens_a_link_is_told_of_its_pictures_and_of_their_places(query: dict[str, str]) -> None:
    links.note(query, panel("left"))
    links.note(query, panel("right"))
    links.settle(query, 1280, {"left": [352, 394, 200], "right": [900, 24, 200], "other": [0, 0, 0]})
    links.settle(query, 390, {"left": [12, 12, 450]})
    left, right = links.pictures(dict(reversed(query.items())))
    assert (left["key"], left["places"]) == ("left", {1280: (352, 394, 200), 390: (12, 12, 450)})
    assert (right["key"], right["places"]) == ("right", {1280: (900, 24, 200)})
    assert links.pictures(query | {"seed": "8"}) == []


def test_what_a_page_shows_later_takes_the_place_of_what_it_showed(query: dict[str, str]) -> None:
    links.note(query, panel("left", b"{}"))
    links.note(query, panel("left", b'{"later": 1}'))
    (left,) = links.pictures(query)
    assert blobs.published(left["address"].split("/")[-1]) == b'{"later": 1}'


def test_of_an_unknown_link_no_places_are_kept(query: dict[str, str]) -> None:
    assert not links.settle(query, 1280, {"left": [0, 0, 0]})
    links.note(query, panel("left"))
    (left,) = links.pictures(query)
    assert left["places"] == {}
    assert not links.settle(query, 1280, {"left": [0, 0, 0], "later": [0, 0, 0]})
    assert links.settle(query, 1280, {"left": [0, 0, 0]})


def test_a_link_keeps_the_places_of_so_many_widths(query: dict[str, str]) -> None:
    links.note(query, panel("left"))
    for width in range(400, 400 + 2 * links.MAX_WIDTHS):
        links.settle(query, width, {"left": [0, 0, width]})
    (left,) = links.pictures(query)
    assert list(left["places"]) == list(range(400 + links.MAX_WIDTHS, 400 + 2 * links.MAX_WIDTHS))


@pytest.mark.parametrize(
    "said",
    [
        b"", b"[]", b"[" * 5000, b'{"width": 1280}', b'{"width": 1280, "places": []}', b'{"width": 1e999, "places": {}}',
        b'{"width": "wide", "places": {}}', b'{"width": 0, "places": {}}', b'{"width": 1280, "places": {"left": [1, 2]}}',
        b'{"width": 1280, "places": {"left": [1, 2, NaN]}}', b'{"width": 1280, "places": {"left": [1, 2, -3]}}',
        b'{"width": 1280, "places": {"left": "123"}, "x": "\xff"}', b"x" * 20_000,
    ],
)  # fmt: skip
def test_what_no_browser_says_changes_nothing(query: dict[str, str], said: bytes) -> None:
    links.note(query, panel("left"))
    assert ask("POST", "/lab/places", query, said)[0] in (400, 413)
    (left,) = links.pictures(query)
    assert left["places"] == {}


def test_the_first_page_names_the_pictures_and_a_link_becomes_no_markup(query: dict[str, str]) -> None:
    query["seed"] = "</script><b>"
    links.note(query, panel("</script>"))
    said = json.dumps({"width": 1280, "places": {"</script>": [1, 2, 3]}}).encode()
    assert ask("POST", "/lab/places", query, said)[0] == 204
    page = ask("GET", "/", query)[2].decode()
    (left,) = links.pictures(query)
    assert f'href="{left["address"]}"' in page
    assert '"places": {"1280": [1.0, 2.0, 3.0]}' in page
    assert "<b>" not in page
    assert '"</script>' not in page


def test_a_pictures_bytes_may_be_kept_by_the_browser_and_are_compressed() -> None:
    blob = b'{"title": "' + b"x" * 4000 + b'"}'
    status, headers, body = ask("GET", panel("left", blob).address.removeprefix("."))
    assert status == 200
    assert gzip.decompress(body) == blob
    assert b"immutable" in headers[b"cache-control"]
    assert ask("GET", "/lab/picture/nothing")[0] == 404
