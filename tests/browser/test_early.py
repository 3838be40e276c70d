"""The picture before the page: it plays while Streamlit is still starting, and the page takes it over where it is."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser

EARLY = ".azl-early [data-first-drawn]"
RECT = """(() => {
  const { left, top, width, height } = document.querySelector("[data-first-drawn]").getBoundingClientRect();
  return [left, top, width, height];
})()"""


def without_streamlit(page: Page) -> None:
    """The page's own script never comes."""
    page.route("**/static/js/index.*", lambda route: route.abort())


@pytest.mark.parametrize("query", ["", "?view=simulator&landscape=torus", "?landscape=circle&paths=40"])
def test_the_picture_plays_without_streamlit(browser: Browser, app: str, query: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        without_streamlit(page)
        page.goto(f"{app}/{query}")
        page.locator(EARLY).wait_for()
        page.wait_for_function(f"() => Number(document.querySelector('{EARLY}').dataset.frame) > 3")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("query", ["", "?view=simulator"])
def test_the_page_takes_the_player_over_without_a_jump(browser: Browser, app: str, width: int, height: int, query: str) -> None:
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.goto(f"{app}/{query}")
        page.locator("[data-first-drawn]").wait_for()
        page.evaluate("document.querySelector('[data-first-drawn]').known = true")
        early, frame = page.evaluate(RECT), page.evaluate("Number(document.querySelector('[data-first-drawn]').dataset.frame)")
        wait_for_particles(page)
        wait_until_still(page)
        assert page.evaluate("document.querySelector('.player').known") is True
        assert page.locator(".azl-early").count() == 0
        assert page.evaluate("Number(document.querySelector('.player').dataset.frame)") >= frame  # it did not begin anew
        assert page.evaluate(RECT) == pytest.approx(early, abs=1.0)


def test_what_was_clicked_before_the_page_is_heard_by_it(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        held = []
        page.route("**/static/js/index.*", lambda route: held.append(route))
        page.goto(f"{app}/?view=simulator", wait_until="commit")
        page.locator(EARLY).wait_for()
        page.locator(f"{EARLY} .nsewdrag").first.click(position={"x": 100, "y": 80})
        page.wait_for_timeout(600)
        for route in held:
            route.continue_()
        wait_for_particles(page)
        expect(page).to_have_url(re.compile("start="), timeout=30_000)


def test_where_there_is_no_early_picture_the_page_brings_its_own(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.route("**/lab/picture-*", lambda route: route.abort())
        page.goto(f"{app}/?view=simulator")
        wait_for_particles(page)
        assert page.locator(".azl-early").count() == 0
