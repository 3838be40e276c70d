"""The simulator in a browser: from a link to a moving picture, and every way to change it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import wait_until_still
from tests.browser.test_links import expect_caption, open_link, query_of

pytestmark = pytest.mark.browser


def state(page: Page, name: str) -> str | None:
    return page.get_attribute(".player", f"data-{name}")


def wait_for_another_run(page: Page, key: str | None) -> None:
    page.wait_for_function("before => document.querySelector('.player').dataset.key !== before", arg=key)
    wait_until_still(page)


def test_particles_play_scrub_and_step(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="40")
    assert int(state(page, "particles") or 0) == 80
    page.wait_for_function("() => Number(document.querySelector('.player').dataset.frame) > 5")
    page.keyboard.press("Space")
    expect(page.locator(".player")).to_have_attribute("data-state", "paused")
    frame = int(state(page, "frame") or 0)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".player")).to_have_attribute("data-frame", str(frame + 1))
    page.keyboard.press("End")
    expect(page.locator(".player")).to_have_attribute("data-frame", "399")
    page.get_by_label("Moment").fill("200")
    expect(page.locator(".player")).to_have_attribute("data-frame", "200")


def test_a_click_on_the_picture_places_the_start(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    key = state(page, "key")
    box = page.locator(".azl-picture .nsewdrag").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    wait_for_another_run(page, key)
    x, y = (float(value) for value in query_of(page)["start"].split(","))
    assert 0 < x < 5
    assert 0 < y < 3.5
    assert float(page.locator(".st-key-control-start-x input").input_value()) == pytest.approx(x, rel=1e-3)
    expect_caption(page, f"from ({x:.3g}, {y:.3g})")


def test_a_slider_changes_the_picture_and_the_link_and_survives_a_reload(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    key = state(page, "key")
    page.get_by_role("slider", name="Learning rate").focus()
    page.keyboard.press("ArrowRight")
    wait_for_another_run(page, key)
    assert query_of(page)["learning_rate"] == "0.063"
    expect_caption(page, "η = 0.063")
    shown = state(page, "key")
    page.reload()
    page.wait_for_function("before => document.querySelector('.player')?.dataset.key === before", arg=shown)
    wait_until_still(page)
    expect(page.get_by_role("slider", name="Learning rate")).to_have_attribute("aria-valuetext", "0.063")


def test_halving_keeps_the_run_before_as_a_ghost(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    key = state(page, "key")
    parts = [page.locator(part) for part in (".azl-stage", ".azl-transport", ".azl-readout")]
    before = [part.bounding_box() for part in parts]
    page.get_by_role("button", name="Halve").click()
    wait_for_another_run(page, key)
    assert query_of(page) == {
        "v": "1", "landscape": "hyperbola", "paths": "30", "learning_rate": "0.025", "ghost": "0.05",
    }  # fmt: skip
    expect(page.get_by_role("button", name="Earlier run")).to_be_visible()
    for part, box in zip(parts[:2], before, strict=False):  # nothing jumps
        assert part.bounding_box() == box
    readout = parts[2].bounding_box()
    assert readout
    assert readout["y"] + readout["height"] < 720
    expect_caption(page, "Squares: SGD with η = 0.05")
    key = state(page, "key")
    page.get_by_role("button", name=re.compile("^Drop")).click()
    wait_for_another_run(page, key)
    assert "ghost" not in query_of(page)


def test_another_landscape_opens_with_its_own_settings_and_reset_returns_to_them(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    key = state(page, "key")
    page.get_by_role("combobox", name="Landscape").click()
    page.get_by_role("option", name="Circle", exact=True).click()
    wait_for_another_run(page, key)
    assert query_of(page) == {"v": "1", "landscape": "circle"}
    key = state(page, "key")
    page.get_by_role("button", name="Reseed").click()
    wait_for_another_run(page, key)
    assert query_of(page)["seed"] == "1"
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function("before => document.querySelector('.player').dataset.key === before", arg=key)
    wait_until_still(page)
    assert query_of(page) == {"v": "1", "landscape": "circle"}


def test_flat_and_spatial_pictures_follow_each_other(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name, scenes in (("Torus", 1), ("Circle", 0), ("Torus", 1)):
        key = state(page, "key")
        page.get_by_role("combobox", name="Landscape").click()
        page.get_by_role("option", name=name, exact=True).click()
        wait_for_another_run(page, key)
        wait_until_still(page)
        assert page.locator(".azl-picture .gl-container canvas").count() == scenes
        assert page.locator(".azl-picture .subplot.xy").count() == 1 - scenes
        assert page.locator(".azl-picture .plot-container").count() == 1
        assert int(state(page, "particles")) > 0
    assert page.locator(".azl-badge").is_hidden()
    assert errors == []


def test_a_long_run_shows_progress_and_stops_at_once(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    page.goto(f"{app}/?paths=3000&learning_rate=0.001&horizon=4")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click()
    expect(page.get_by_text("Cancelled: complete up to step").first).to_be_visible(timeout=30_000)  # 3,000 paths are encoded
    expect(cancel).not_to_be_visible()
    wait_until_still(page)
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()


def test_divergence_is_a_label_on_the_picture(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30", learning_rate="0.5", start="4,3")
    badge = page.locator(".azl-badge")
    expect(badge).to_contain_text("diverged")
    expect(badge).to_contain_text("Take a learning rate of at most")


def test_the_clock_of_the_series_is_in_the_link(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30")
    key = state(page, "key")
    page.locator("[data-clock=logarithmic]").click()
    page.wait_for_url("**clock=logarithmic**")
    assert state(page, "key") == key


def test_nothing_is_fetched_from_elsewhere(desktop: BrowserContext, app: str) -> None:
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    open_link(desktop, app, landscape="sphere", paths="30")
    assert [url for url in asked if not url.startswith((app, "data:", "blob:"))] == []


def test_changes_in_quick_succession_all_count(desktop: BrowserContext, app: str) -> None:
    """Each comes before the address has followed the one before; the address must not pull the controls back."""
    page = open_link(desktop, app, paths="30")
    page.get_by_role("slider", name="Learning rate").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(60)
    page.get_by_role("slider", name="Horizon").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(60)
    page.wait_for_url("**horizon=1&**")
    wait_until_still(page)
    assert query_of(page) == {"v": "1", "landscape": "hyperbola", "paths": "30", "learning_rate": "0.0125", "horizon": "1"}
    expect_caption(page, "η = 0.0125 ")
