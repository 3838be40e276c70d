"""The pictures of a link before its page: the page's own, and none that are a stage, somebody's own, take long, or cannot be."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response

from dynamics import simulate
from dynamics.status import Status
from figures.simulation import simulation_blob
from pages.shared import pictures
from pages.shared.scene import Picture
from server import blobs, links
from tests.pages.test_simulator import opened, settled


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
        ({"landscape": "torus", "view": "compare"}, True), ({"landscape": "torus", "view": "flatness"}, False),
        ({}, False), ({"landscape": "torus", "view": "lecture"}, False), ({"landscape": "<b>"}, False),
    ],
)  # fmt: skip
def test_a_picture_in_three_dimensions_is_known_by_its_link(query: dict[str, str], spatial: bool) -> None:
    assert pictures.is_spatial(query) is spatial


def test_a_bad_link_has_the_picture_that_the_page_shows_instead() -> None:
    assert pictures.early_bytes({"landscape": "<script>", "paths": "-3", "start": "nan,nan"}) is not None


def asked(query: dict[str, str]) -> Response:
    scope = {"type": "http", "path": "/", "query_string": urlencode(query).encode(), "headers": [(b"host", b"here")]}
    return anyio.run(pictures._new, Request(scope))


def test_a_browser_is_sent_to_them_and_they_are_made_once(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_limiter", None)
    query = {"view": "simulator", "landscape": "circle", "paths": "21", "frames": "30"}
    first = asked(query)
    assert first.status_code == 303
    assert blobs.published(first.headers["location"].removeprefix("./picture/")) == pictures.early_bytes(query)
    monkeypatch.setattr(pictures, "early_bytes", lambda query: pytest.fail("made again"))
    assert asked(query).headers["location"] == first.headers["location"]


def test_what_has_no_early_picture_is_answered_without_one(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_limiter", None)
    assert asked({"view": "convergence"}).status_code == 204


def keys(query: dict[str, str]) -> list[str]:
    return [picture["key"] for picture in pictures.early(query)]


def test_what_a_page_of_panels_has_shown_the_next_visitor_is_shown_at_once() -> None:
    query = {"paths": "8", "frames": "12", "view": "clocks", "landscape": "circle", "horizon": "0.3", "seed": "70"}
    assert pictures.early(query) == []
    page = settled(opened(**query), lambda page: not page.session_state.following["clocks"].under_way)
    page.run()
    assert keys(query) == ["clocks-steps", "clocks-slow"]
    first = pictures.early(query)[0]
    told = json.loads(blobs.published(first["address"].split("/")[-1]) or b"")
    assert told["figure"]["data"]
    assert first["module"] == "panel/panel.js"


def test_players_side_by_side_are_the_links_too() -> None:
    query = {"paths": "8", "frames": "12", "view": "compare", "landscape": "circle", "seed": "71"}
    opened(**query)
    assert [(each["key"], each["group"]) for each in pictures.early(query)] == [
        ("player.Left", "together"), ("player.Right", "together"),
    ]  # fmt: skip


def test_a_prediction_in_a_lecture_is_nobody_elses() -> None:
    query = {"view": "lecture", "lecture": "zero_loss", "step": "4"}
    page = opened(**query)
    assert not page.exception
    assert page.get("bidi_component")
    assert links.pictures({"paths": "8", "frames": "12"} | query) == []


def test_of_a_run_that_was_stopped_the_link_keeps_nothing() -> None:
    outcome = simulate(Picture.from_query({"paths": "8", "frames": "12"})[0].experiment)
    assert pictures.whole(outcome, outcome)
    assert not pictures.whole(outcome, replace(outcome, status=Status("cancelled")))
