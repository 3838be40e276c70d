"""Sparse recovery and the phase diagrams, in a browser."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.serving import wait_until_still
from tests.browser.test_compare import opened
from tests.browser.test_links import query_of

pytestmark = pytest.mark.browser

QUICK = "d=40&n=24&sparsity=2&eta=0.004&time=14.0"


def test_sgd_recovers_while_one_watches_and_the_moments_play(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=recovery&{QUICK}")
    expect(page.get_by_text("SGD has recovered the sparse truth; gradient descent has not")).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('.panel[data-drawn]').length === 7")
    wait_until_still(page)
    stems = page.locator(".azl-panel").first
    stems.get_by_label("Moment").fill("2")
    expect(stems).to_have_attribute("data-frame", "2")
    stems.get_by_role("button", name="Play").click()
    page.wait_for_function("() => Number(document.querySelector('.azl-panel').dataset.frame) > 10")


def test_a_long_run_streams_and_can_be_stopped(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=recovery&eta=0.0003")
    page.wait_for_selector(".panel[data-drawn]")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before it was done.")).to_be_visible()
    page.get_by_role("button", name="Small start, rich regime").click()
    page.wait_for_function("() => location.search.includes('alpha=0.01')")
    assert query_of(page).get("eta", "0.001") == "0.001"


def test_a_shipped_diagram_is_there_at_once_and_another_fills_up(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=phases")
    page.wait_for_selector(".panel[data-drawn]")
    expect(page.get_by_text("144 of 144 cells are there")).to_be_visible()
    page.goto(f"{app}/?view=phases&diagram=own&dimension=12&seeds=1&method=l1")
    page.wait_for_selector(".panel[data-drawn]")
    expect(page.get_by_text("cells are there")).to_contain_text("seeded problems")
