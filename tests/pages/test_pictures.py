"""The bytes of a link's picture: the page's own, and none for what is not one picture, takes long, or cannot be."""

import gzip
from urllib.parse import urlencode

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response

from dynamics import simulate
from figures.simulation import simulation_blob
from pages.shared import pictures
from pages.shared.scene import Picture


def test_the_bytes_are_those_of_the_page() -> None:
    query = {"view": "simulator", "landscape": "circle", "paths": "20", "frames": "30"}
    scene, _ = Picture.from_query(query)
    assert pictures.early_bytes(query) == simulation_blob(simulate(scene.experiment), scene.view, scene.clock)


def test_an_earlier_run_is_in_them() -> None:
    query = {"landscape": "circle", "paths": "20", "frames": "30", "ghost": "0.1", "learning_rate": "0.05"}
    found = pictures.early_bytes(query)
    assert found is not None
    assert found != pictures.early_bytes({**query, "ghost": "0.08"})


@pytest.mark.parametrize(
    "query",
    [
        {"view": "convergence"},
        {"view": "lecture"},
        {"view": "nowhere"},
        {"view": "simulator", "paths": "10000", "horizon": "50", "learning_rate": "0.002"},  # takes long
    ],
)
def test_what_has_no_early_picture(query: dict[str, str]) -> None:
    assert pictures.early_bytes(query) is None


@pytest.mark.parametrize(
    ("query", "spatial"),
    [
        ({"landscape": "torus"}, True), ({"landscape": "circle"}, False), ({"landscape": "circle", "projection": "surface"}, True),
        ({}, False), ({"landscape": "torus", "view": "lecture"}, False), ({"landscape": "<b>"}, False),
    ],
)  # fmt: skip
def test_a_picture_in_three_dimensions_is_known_by_its_link(query: dict[str, str], spatial: bool) -> None:
    assert pictures.is_spatial(query) is spatial


def test_a_bad_link_has_the_picture_that_the_page_shows_instead() -> None:
    assert pictures.early_bytes({"landscape": "<script>", "paths": "-3", "start": "nan,nan"}) is not None


def asked(query: dict[str, str], accepted: str) -> Response:
    headers = [(b"host", b"here"), (b"accept-encoding", accepted.encode())]
    scope = {"type": "http", "path": "/", "query_string": urlencode(query).encode(), "headers": headers}
    return anyio.run(pictures._early, Request(scope))


def test_a_browser_gets_them_compressed_once_and_others_as_they_are(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_limiter", None)
    query = {"view": "simulator", "landscape": "circle", "paths": "21", "frames": "30"}
    first = asked(query, "gzip, br")
    assert first.headers["content-encoding"] == "gzip"
    assert gzip.decompress(first.body) == pictures.early_bytes(query)
    monkeypatch.setattr(pictures, "_bytes", lambda query: pytest.fail("made again"))
    assert asked(query, "gzip, br").body == first.body
    plain = asked(query, "identity")
    assert "content-encoding" not in plain.headers
    assert plain.body == gzip.decompress(first.body)


def test_what_has_no_early_picture_is_answered_without_one(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_limiter", None)
    assert asked({"view": "convergence"}, "gzip").status_code == 204
