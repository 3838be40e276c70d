"""The gallery's entries, and the front page, without a browser."""

import tomllib
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import PAGES
from content import presets as module
from content.catalogue import GROUPS, TITLES, group_of
from content.presets import FOLDER, Preset, meant, preset, presets
from pages.shared.scene import Scene
from pages.shared.sharing import entry_of
from server.routes import has
from tests.pages.test_simulator import APP, opened
from tools.fingerprints import VIEWS, fingerprint

ENTRIES = presets()


def scene_class(view: str) -> type[Scene]:
    """The scene that a page's module defines, or else the one that it takes."""
    own = [each for each in vars(PAGES[view]).values() if isinstance(each, type) and issubclass(each, Scene)]
    return next((each for each in own if each.__module__ == PAGES[view].__name__), own[0])


def test_every_file_is_an_entry_and_there_are_enough() -> None:
    assert {entry.name for entry in ENTRIES} == {path.stem for path in FOLDER.glob("*.toml")}
    assert len(ENTRIES) >= 20
    assert len({entry.link for entry in ENTRIES}) == len(ENTRIES)
    assert len({entry.title for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_link_says_what_it_means_and_nothing_more(entry: Preset) -> None:
    query = dict(parse_qsl(entry.link.removeprefix("?")))
    assert query.pop("view") == entry.view
    scene, notes = scene_class(entry.view).from_query(query)
    assert notes == []
    kept = scene.to_query()
    again, _ = scene_class(entry.view).from_query(kept)
    assert again == scene
    assert not set(query) - set(kept) - {"landscape"} or entry.view in ("assumptions", "compare", "recovery", "phases")


def test_a_short_link_means_the_entry_and_what_stands_beside_it_overrides_it() -> None:
    assert meant({"preset": "minibatch"}) == {"view": "simulator", "landscape": "hyperbola", "noise": "minibatch"}
    changed = meant({"preset": "minibatch", "noise": "label", "embed": "true"})
    assert changed == {"view": "simulator", "landscape": "hyperbola", "noise": "label", "embed": "true"}
    assert meant({}) is meant({"view": "simulator", "landscape": "circle"}) is None
    assert meant({"preset": "nowhere", "noise": "label"}) == {"view": "presets", "preset": "nowhere"}
    assert meant({"view": "presets", "preset": "nowhere"}) is None  # or the browser would be sent round and round


def test_a_page_knows_which_entry_it_shows() -> None:
    for entry in ENTRIES:
        scene, _ = scene_class(entry.view).from_query(dict(entry.query))
        shown = preset(entry_of(entry.view, scene))
        assert shown.view == entry.view
        assert scene_class(entry.view).from_query(dict(shown.query))[0] == scene
    other, _ = scene_class("simulator").from_query({"landscape": "hyperbola", "seed": "3"})
    assert entry_of("simulator", other) == ""


def test_an_entry_that_there_is_not_leads_to_the_gallery() -> None:
    page = opened(view="presets", preset="nowhere*")
    assert not page.exception
    assert "The gallery has no entry “nowhere" in page.warning[0].value


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_it_has_its_pictures(entry: Preset) -> None:
    assert has(f"gallery/{entry.name}.jpg")
    assert has(f"gallery/{entry.name}.dark.jpg")


GOLDEN = tomllib.loads(Path(__file__).parent.parent.joinpath("golden_gallery.toml").read_text("utf-8"))


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.view in VIEWS], ids=lambda entry: entry.name)
def test_a_run_of_the_gallery_comes_to_what_it_came_to(entry: Preset) -> None:
    found, expected = fingerprint(entry), GOLDEN[entry.name]
    assert found["status"] == expected["status"]
    assert found["status"] == "ok" or entry.section == "Where the theory ends"
    for name in ("trace_hessian", "sgd", "limit"):
        np.testing.assert_allclose(found[name], expected[name], rtol=0.01, atol=0.01)  # type: ignore[arg-type]


def test_a_fingerprint_tells_runs_apart() -> None:
    assert set(GOLDEN) == {entry.name for entry in ENTRIES if entry.view in VIEWS}
    assert not np.allclose(GOLDEN["balance"]["sgd"], GOLDEN["minibatch"]["sgd"], rtol=0.01, atol=0.01)


def test_an_heir_differs_from_its_parent_in_what_it_says() -> None:
    parent, heir = preset("balance"), preset("minibatch")
    assert heir.view == parent.view
    assert dict(heir.query) == dict(parent.query) | {"noise": "minibatch"}


def test_what_an_heir_says_holds_against_its_parent(tmp_path, monkeypatch) -> None:
    entry = 'title = "x"\nclaim = "y"\nsection = "z"\norder = 1\n'
    (tmp_path / "parent.toml").write_text(entry + 'view = "simulator"\n[link]\nlearning_rate = "0.1"\nseed = "3"')
    (tmp_path / "heir.toml").write_text(entry + 'parent = "parent"\nview = "clocks"\n[link]\nlearning_rate = "0.2"')
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    heir = preset("heir")
    assert (heir.view, dict(heir.query)) == ("clocks", {"learning_rate": "0.2", "seed": "3"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title = ", "cannot be read"),
        ('title = "x"\nclaim = "y"\nsection = "z"\norder = 1\nview = "nowhere"', "no page called"),
        ('title = "x"\nclaim = "y"\nsection = "z"\norder = 1\nview = "simulator"\ncolour = "red"', "no “colour”"),
        ('title = "x"\nclaim = "y"\nsection = "z"\norder = 1\nview = "simulator"\n[link]\nseed = 3', "table of texts"),
        ('title = "x"\nclaim = "y"\nsection = "z"\norder = 1\nparent = "wrong"', "its own parent"),
        ('title = "x"\nclaim = "y"\nsection = "z"\nview = "simulator"', "whole number"),
        ('claim = "y"\nsection = "z"\norder = 1\nview = "simulator"', "“title” is a text"),
        (f'title = "{"x" * 99}"\nclaim = "y"\nsection = "z"\norder = 1\nview = "simulator"', "at most 60"),
    ],
)
def test_a_wrong_file_costs_its_own_entry_and_a_line_of_the_log(tmp_path, monkeypatch, caplog, text: str, sentence: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    (tmp_path / "right.toml").write_text((FOLDER / "motor.toml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    presets.cache_clear()
    try:
        assert [entry.name for entry in presets()] == ["right"]
    finally:
        presets.cache_clear()
    assert sentence in caplog.text


def test_the_gallery_shows_every_entry_with_its_link() -> None:
    page = opened(view="presets")
    assert not page.exception
    shown = "".join(block.proto.body for block in page.get("html"))
    for entry in ENTRIES:
        assert entry.title in shown
        assert entry.link.replace("&", "&amp;") in shown


def front_page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=120).run()


def test_an_address_that_says_nothing_is_the_front_page_and_a_link_without_a_page_the_simulator() -> None:
    page = front_page()
    assert not page.exception
    assert {button.key for button in page.button} >= {"to.presets", "to.simulator"}
    assert page.session_state.page == "home"
    assert opened(landscape="circle").session_state.page == "simulator"


def test_from_the_front_page_to_the_laboratory() -> None:
    page = front_page()
    page.button(key="to.simulator").click().run()
    assert not page.exception
    assert page.session_state.page == "simulator"


def test_a_group_opens_its_first_page_with_the_same_experiment() -> None:
    page = opened(view="simulator", landscape="ellipse")
    page.segmented_control(key="group").set_value("Take it apart").run()
    assert not page.exception
    assert page.session_state.page == "anatomy"
    assert page.session_state.scene.experiment.landscape.name == "ellipse"
    assert [group_of(view) for view in TITLES] == [group for group, pages in GROUPS.items() for _ in pages]
