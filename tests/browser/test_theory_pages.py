"""Convergence, the two clocks and the broken assumptions, in a browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import wait_until_still
from tests.browser.test_compare import opened
from tests.browser.test_links import query_of

pytestmark = pytest.mark.browser


def drawn(page: Page, panels: int) -> None:
    page.wait_for_function("count => document.querySelectorAll('.panel[data-drawn]').length >= count", arg=panels)
    wait_until_still(page)


def test_a_verdict_with_its_reason_and_four_panels(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=convergence&learning_rate=0.2&horizon=0.5&landscape=circle")
    expect(page.locator(".st-key-ladder")).to_contain_text("0.2, 0.1, 0.05, 0.025")
    verdict = page.locator(".st-key-verdict")
    expect(verdict.get_by_role("heading")).to_contain_text(re.compile("SGD’s law|paths|learning rates"))
    drawn(page, 4)
    pictures = page.locator(".azl-panel-picture")
    for index in range(4):
        assert pictures.nth(index).get_attribute("aria-label")
        assert len(page.locator(".azl-panel .azl-caption").nth(index).inner_text()) > 80
    page.get_by_text("Richardson extrapolation").click()
    page.wait_for_function("() => location.search.includes('richardson=1')")
    expect(page.get_by_text("extrapolated to η = 0")).to_be_visible()


def test_a_long_ladder_shows_progress_and_can_be_stopped(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=convergence&landscape=sphere&learning_rate=0.01&accuracy=0.02&paths=40")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before it was done.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("slider", name="Learning rate", exact=False).first.wait_for()  # the page answers meanwhile


def test_two_panels_two_clocks(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=clocks&learning_rate=0.1&horizon=1&frames=60&paths=60")
    drawn(page, 2)
    expect(page.get_by_text("16 times as long")).to_be_visible()
    expect(page.get_by_text("In slow time: one curve")).to_be_visible()


def test_each_broken_assumption_says_which_one_fails(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=assumptions&paths=60&frames=60")
    page.wait_for_selector(".player[data-first-drawn]")
    expect(page.get_by_text("The theorem assumes noise of finite variance")).to_be_visible()
    page.get_by_role("radio", name="Noise with memory").click()
    expect(page.get_by_text("is independent of the step before")).to_be_visible()
    drawn(page, 1)
    assert query_of(page)["case"] == "memory"
    expect(page.get_by_text("Energy distance, in units of length")).to_be_visible()
