"""The flatness page and the gallery, in a browser."""

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.test_compare import opened
from tests.browser.test_links import query_of

pytestmark = pytest.mark.browser

DRAWN = "() => document.querySelectorAll('.panel[data-drawn]').length === {}"


def test_label_noise_reaches_the_floor_and_a_model_takes_its_place(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=flatness&landscape=hyperbola&horizon=4&paths=60")
    page.wait_for_function(DRAWN.format(2))
    expect(page.get_by_text("It is reached, to 2\u00a0%.")).to_be_visible()
    expect(page.get_by_text("from 12 of 12 starts")).to_be_visible()
    page.get_by_role("combobox", name="On").click()
    page.get_by_role("option", name="Diagonal net").click()
    expect(page.get_by_text("A diagonal net of depth 3")).to_be_visible()
    expect(page.get_by_text("model “Diagonal net, w = u³ − v³”")).to_be_visible()
    page.wait_for_function(DRAWN.format(2))
    assert query_of(page)["on"] == "diagonal"


def test_the_gallery_comes_to_its_end(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=gallery")
    page.wait_for_function(DRAWN.format(1))
    expect(page.get_by_role("columnheader", name="Ours", exact=True)).to_be_visible(timeout=60_000)
    row = page.get_by_role("row").filter(has_text="Gradient descent")
    expect(row).to_contain_text("≈ 75")
    expect(row.get_by_role("cell").last).to_have_text("75")


@pytest.mark.parametrize("view", ["flatness", "gallery"])
def test_a_phone_does_not_scroll_sideways(browser: Browser, app: str, view: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as context:
        page = opened(context, f"{app}/?view={view}&paths=20")
        page.wait_for_function("() => document.querySelectorAll('.panel[data-drawn]').length > 0")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
