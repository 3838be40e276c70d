"""Pictures before the page: they are drawn while Streamlit is still starting, and the page takes them over where they are."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser

EARLY = ".azl-early [data-first-drawn]"
RECT = """(() => {
  const { left, top, width, height } = document.querySelector("[data-first-drawn]").getBoundingClientRect();
  return [left, top, width, height];
})()"""


def hold_streamlit(page: Page) -> Callable[[], None]:
    """The page's own script comes when what is returned is called."""
    held: list[Route] = []
    page.route("**/static/js/index.*", lambda route: held.append(route))

    def go_on() -> None:
        for route in held:
            route.continue_()

    return go_on


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
        go_on = hold_streamlit(page)
        page.goto(f"{app}/{query}", wait_until="commit")
        page.locator(EARLY).wait_for()
        page.evaluate("document.querySelector('[data-first-drawn]').known = true")
        early, frame = page.evaluate(RECT), page.evaluate("Number(document.querySelector('[data-first-drawn]').dataset.frame)")
        go_on()
        wait_for_particles(page)
        wait_until_still(page)
        assert page.evaluate("document.querySelector('.player').known") is True
        assert page.locator(".azl-early").count() == 0
        assert page.evaluate("Number(document.querySelector('.player').dataset.frame)") >= frame  # it did not begin anew
        assert page.evaluate(RECT) == pytest.approx(early, abs=1.0)


def test_what_was_clicked_before_the_page_is_heard_by_it(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        go_on = hold_streamlit(page)
        page.goto(f"{app}/?view=simulator", wait_until="commit")
        page.locator(EARLY).wait_for()
        page.locator(f"{EARLY} .nsewdrag").first.click(position={"x": 100, "y": 80})
        page.wait_for_timeout(600)
        go_on()
        wait_for_particles(page)
        expect(page).to_have_url(re.compile("start="))


def test_where_there_is_no_early_picture_the_page_brings_its_own(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.route("**/lab/new-picture*", lambda route: route.abort())
        page.goto(f"{app}/?view=simulator&seed=41")
        wait_for_particles(page)
        assert page.locator(".azl-early").count() == 0


LEARNT = [  # a link that somebody has opened in a window as wide, what draws its pictures, and how many are drawn early
    ("?view=clocks&landscape=circle&horizon=0.3&paths=40", ".panel", 2, 1280),
    ("?view=compare&landscape=circle&paths=40", ".player", 2, 1100),
    ("?view=simulator&landscape=circle&paths=40", ".player", 1, 700),
    ("?view=anatomy&landscape=circle&paths=40", ".anatomy", 1, 1280),
]
STAND = """([which, early]) => early.every(([left, top, width, height], i) => {
  const now = document.querySelectorAll(which)[i].getBoundingClientRect();
  return [now.left - left, now.top - top, now.width - width, now.height - height].every((by) => Math.abs(by) <= 1);
})"""
BOXES = """(which) => [...document.querySelectorAll(which)].map((node) => {
  const { left, top, width, height } = node.getBoundingClientRect();
  return [left, top, width, height];
})"""


@pytest.mark.parametrize(("query", "picture", "count", "width"), LEARNT)
def test_a_link_that_was_opened_has_its_pictures_before_its_page(
    browser: Browser, app: str, query: str, picture: str, count: int, width: int
) -> None:
    viewport = {"width": width, "height": 720}
    with browser.new_context(viewport=viewport) as context:  # type: ignore[arg-type]
        page = context.new_page()
        with page.expect_response("**/lab/places*", timeout=60_000):
            page.goto(f"{app}/{query}")
    with browser.new_context(viewport=viewport) as context:  # type: ignore[arg-type]
        page, asked, sizes, wrong = context.new_page(), [], [], []
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))))
        go_on = hold_streamlit(page)
        page.goto(f"{app}/{query}", wait_until="commit")
        expect(page.locator(EARLY)).to_have_count(count)
        page.evaluate(f"document.querySelectorAll('{EARLY}').forEach((node) => (node.known = true))")
        early = page.evaluate(BOXES, EARLY)
        go_on()
        page.wait_for_function(
            f"() => document.querySelectorAll('{picture}').length >= {count} && !document.querySelector('.azl-early')"
        )
        wait_until_still(page)
        page.wait_for_function(STAND, arg=[picture, early])
        assert page.evaluate(f"[...document.querySelectorAll('{picture}')].slice(0, {count}).every((node) => node.known)")
        pictures = [address for address in asked if "/lab/picture/" in address]
        assert len(pictures) == len(set(pictures))  # none came twice
        assert sizes
        assert max(sizes) < 30_000  # nor by the socket
        assert wrong == []


def test_no_early_picture_stays_over_another_page(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        hold_streamlit(page)
        page.goto(f"{app}/?view=simulator", wait_until="commit")
        page.locator(EARLY).wait_for()
        page.evaluate("history.replaceState(null, '', '?view=how')")
        expect(page.locator(".azl-early")).to_have_count(0)


def test_a_picture_that_cannot_be_fetched_comes_with_the_page(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.route("**/lab/*picture*", lambda route: route.fulfill(status=404))
        page.route("**/lab/picture/*", lambda route: route.fulfill(status=404))
        page.goto(f"{app}/?view=simulator&seed=42")
        wait_for_particles(page)
        page.wait_for_function("() => Number(document.querySelector('.player').dataset.frame) > 3")
