"""Nothing is cut off at the side or scrolls sideways: on a phone, at zoom 150 %, on a small projector and on a large one."""

import pytest
from playwright.sync_api import Browser, Page

from content.catalogue import TITLES
from tests.browser.serving import settled

pytestmark = pytest.mark.browser

SIZES = {"phone": (390, 844), "zoom 150 %": (853, 480), "1280": (1280, 720), "1920": (1920, 1080)}
# Words beyond the right edge, in nothing that scrolls by itself; and how far the page scrolls sideways.
BEYOND = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const beyond = [];
  const scrolls = (node) => {
    for (let each = node; each && each !== main; each = each.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth) return true;
    return false;
  };
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const visible = text.parentElement.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!text.data.trim() || !visible) continue;
    if (text.parentElement.closest(".unseen, .katex-mathml, style, script, svg, [data-testid=stIconMaterial]")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const { right, width, height } = range.getBoundingClientRect();
    const out = width > 1 && height > 1 && right > innerWidth + 1;
    if (out && !scrolls(text.parentElement)) beyond.push(text.data.trim().slice(0, 60));
  }
  const sideways = main.scrollWidth - main.clientWidth;
  if (sideways > 1) beyond.push(`the page scrolls sideways by ${sideways} pixels`);
  return beyond;
}"""


def beyond(page: Page) -> list[str]:
    return page.evaluate(BEYOND)


@pytest.mark.parametrize("view", TITLES)
def test_nothing_is_cut_off_at_the_side(browser: Browser, app: str, view: str) -> None:
    wrong = {}
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        settled(page, f"{app}/?view={view}")
        for name, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(700)
            if found := beyond(page):
                wrong[name] = found
    assert wrong == {}


def test_what_is_cut_off_is_found(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        settled(page, f"{app}/?view=glossary")
        page.evaluate("document.querySelector('.st-key-reading p').style.cssText = 'white-space: nowrap'")
        assert beyond(page)


def test_a_phone_says_what_its_folded_sidebar_hides_and_on_its_side_shows_picture_and_controls(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as context:
        page = context.new_page()
        settled(page, f"{app}/?view=simulator&paths=30")
        about = page.locator(".st-key-about")
        assert "A two-layer linear network" in about.inner_text()
        about.locator(".katex").first.wait_for()
        ground = page.get_by_test_id("stExpandSidebarButton").evaluate("node => getComputedStyle(node).backgroundColor")
        assert ground.startswith("rgb(")  # not transparent: the page scrolls under it
        names = page.evaluate("[...document.querySelectorAll('[aria-label]')].map((node) => node.getAttribute('aria-label'))")
        assert not [name for name in names if "*" in name]
        page.set_viewport_size({"width": 844, "height": 390})
        page.wait_for_function(
            """() => {
              document.querySelector(".azl-player").scrollIntoView();
              const box = (part) => document.querySelector(part).getBoundingClientRect();
              return box(".azl-bar").top > -1 && box(".azl-transport").bottom <= innerHeight;
            }"""
        )


def test_a_low_window_shows_the_picture_whole_with_its_controls(browser: Browser, app: str) -> None:
    for width, height in ((800, 450), (853, 480)):  # a frame of a page of slides, 1280 × 720 at 150 %
        with browser.new_context(viewport={"width": width, "height": height}) as context:
            page = context.new_page()
            settled(page, f"{app}/?view=simulator&paths=30")
            page.wait_for_function(
                """() => {
                  const box = (part) => document.querySelector(part).getBoundingClientRect();
                  return box(".azl-stage").height >= 0.4 * innerHeight && box(".azl-transport").bottom <= innerHeight;
                }"""
            )


def test_a_phone_shows_the_picture_before_anything_is_scrolled(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as context:
        page = context.new_page()
        settled(page, f"{app}/?view=simulator&paths=30")
        page.wait_for_function(
            """() => {
              const box = (part) => document.querySelector(part).getBoundingClientRect();
              return box(".azl-stage").top <= innerHeight / 3 && box(".azl-transport").bottom <= innerHeight;
            }"""
        )
