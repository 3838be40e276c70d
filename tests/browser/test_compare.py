"""Two pictures under one clock, and the panels of the densities, in a browser."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import wait_until_still
from tests.browser.test_links import query_of

pytestmark = pytest.mark.browser

MOMENTS = "[...document.querySelectorAll('.player')].map(({ dataset }) => [Number(dataset.frame), dataset.state])"


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    wait_until_still(page)
    return page


def both_drawn(page: Page) -> None:
    page.wait_for_function("() => document.querySelectorAll('.player[data-first-drawn]').length === 2")
    wait_until_still(page)


def test_both_play_together_and_stop_together(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=compare&landscape=circle&learning_rate=0.05&other.learning_rate=0.025&paths=20")
    both_drawn(page)
    expect(page.get_by_text("They differ in: Learning rate.")).to_be_visible()
    left, right = page.locator(".player").all()
    right.get_by_label("Moment").fill("300")
    expect(right).to_have_attribute("data-frame", "300")
    assert [state for _, state in page.evaluate(MOMENTS)] == ["paused", "paused"]
    times = page.evaluate(
        "[...document.querySelectorAll('.azl-readout')].map((each) => Number(each.lastElementChild.lastElementChild.textContent))"
    )
    assert times[0] == pytest.approx(times[1], abs=0.02)
    assert 1 < times[1] < 2
    left.get_by_label("Moment").fill("10")
    left.get_by_role("button", name="Play (space)").click()
    page.wait_for_function(f"() => {MOMENTS}.every(([_, state]) => state === 'playing')")
    page.wait_for_function(f"() => {MOMENTS}.every(([frame]) => frame > 12)")
    right.get_by_role("button", name="Pause (space)").click()
    assert [state for _, state in page.evaluate(MOMENTS)] == ["paused", "paused"]


def test_a_control_belongs_to_one_side(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=compare&landscape=circle&other=same&paths=20")
    both_drawn(page)
    expect(page.get_by_text("Both are the same")).to_be_visible()
    page.get_by_role("spinbutton", name="Standard deviation").fill("0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("They differ in: Gradient noise.")).to_be_visible()
    wait_until_still(page)
    assert query_of(page)["other.noise.scale"] == "0.5"


def test_densities_play_and_a_click_moves_the_target(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=densities&landscape=valley_gaussian&learning_rate=0.05&horizon=1")
    page.wait_for_function("() => document.querySelectorAll('.panel[data-drawn]').length === 3")
    page.wait_for_function("() => document.querySelector('.azl-panel .azl-caption').textContent.includes('total variation')")
    expect(page.locator(".st-key-densities-progress")).to_have_count(
        0, timeout=120_000
    )  # a stage that comes would take a press away
    wait_until_still(page)
    density = page.locator(".azl-panel").first
    density.get_by_label("Moment").fill("3")
    expect(density).to_have_attribute("data-frame", "3")
    density.get_by_role("button", name="Play").click()
    page.wait_for_function("() => Number(document.querySelector('.azl-panel').dataset.frame) > 6")
    passage = page.locator(".azl-panel", has_text="first gets there").locator(".azl-panel-picture")
    size = passage.evaluate("(node) => [node.clientWidth, node.clientHeight]")
    passage.click(position={"x": 0.75 * size[0], "y": 0.5 * size[1]})  # waits until it is there, and still
    page.wait_for_function("() => location.search.includes('target=')")
    target = float(query_of(page)["target"])
    expect(page.get_by_text("first reaches s = " + f"{target:.3g}".replace("-", "−"))).to_be_visible()


def test_the_pages_are_a_click_apart_and_back_returns(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=simulator&landscape=circle&paths=20")
    page.wait_for_selector(".player[data-first-drawn]")
    page.get_by_role("radio", name="Is it true?").click()
    page.wait_for_function("() => location.search.includes('view=convergence')")
    page.get_by_role("radio", name="Exact densities").click()
    page.wait_for_selector(".panel[data-drawn]")
    wait_until_still(page)
    assert query_of(page)["view"] == "densities"
    assert query_of(page)["landscape"] == "circle"
    page.go_back()
    page.wait_for_function("() => location.search.includes('view=convergence')")
    page.go_back()
    page.wait_for_selector(".player[data-first-drawn]")
    assert query_of(page)["view"] == "simulator"
