"""The page of a real network, in a browser."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.test_compare import opened

pytestmark = pytest.mark.browser


def test_descent_streams_and_a_long_run_can_be_stopped_and_goes_on(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=network&n=20&units=16&alpha=3&eta=0.1&time=200&runs=6")
    page.wait_for_selector(".panel[data-drawn]")
    expect(page.get_by_text("in the limit it is")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before it was done.")).to_be_visible()
    assert page.locator(".panel[data-drawn]").count() >= 1
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
