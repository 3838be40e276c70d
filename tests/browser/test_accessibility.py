"""WCAG 2.2 AA, as far as axe can tell, on every page: light and dark, and in the presenter's view; and headings in their order."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from content.catalogue import TITLES
from tests.browser.serving import settled

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8") + ";0")
    found = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}})")
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_violates_wcag(browser: Browser, app: str, scheme: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        wrong = {}
        for view in TITLES:
            settled(page, f"{app}/?view={view}")
            if found := violations(page):
                wrong[view] = found
        assert wrong == {}


def test_the_presenters_view_the_keys_and_the_windows_beside_violate_nothing(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        settled(page, f"{app}/?view=lecture&step=5")
        page.keyboard.press("p")
        page.wait_for_function("() => document.documentElement.dataset.presenter === 'on'")
        assert violations(page) == []
        page.keyboard.press("?")
        page.locator(".azl-keys[open]").wait_for()
        assert violations(page) == []
        page.keyboard.press("?")
        page.keyboard.press("q")
        page.locator(".azl-large[open] img").wait_for()
        assert violations(page) == []
        for beside in ("join", "notes"):
            page.goto(f"{app}/{beside}")
            page.get_by_role("button").first.wait_for()
            assert violations(page) == []


def test_a_planted_violation_is_found(browser: Browser, app: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{app}/join")
        page.get_by_role("button").first.wait_for()
        page.evaluate("document.querySelector('label').remove()")
        assert any(each.startswith("label") for each in violations(page))
