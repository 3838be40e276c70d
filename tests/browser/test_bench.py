"""The bench in a browser: a formula is typed, marked where it is wrong, mended by a button, and run."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.serving import wait_for_answer, wait_until_still
from tests.browser.test_links import query_of

pytestmark = pytest.mark.browser


def opened(context: BrowserContext, app: str, query: str = "") -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{app}/?view=bench&paths=30{query}")
    page.wait_for_selector(".azl-panel[data-drawn]")
    wait_until_still(page)
    return page


def field(page: Page, name: str = "Residuals") -> Locator:
    return page.get_by_role("textbox", name=name)


def test_what_is_wrong_is_marked_and_mended_by_a_button(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app)
    link = page.url
    field(page).press("Control+Home")
    field(page).press_sequentially("1/2x + ", delay=20)
    wait_for_answer(page)
    expect(page.locator(".azl-editor mark")).to_have_text("x")
    expect(page.get_by_text("may mean two things")).to_be_visible()
    expect(page.get_by_text("the last formula that could be read")).to_be_visible()
    expect(field(page)).to_have_attribute("aria-invalid", "true")
    assert page.url == link
    page.get_by_role("button", name="Write 1/(2*x)").click()
    expect(field(page)).to_have_value("1/(2*x) + x*y - a\na = 1 in [0.25, 4]")
    expect(page.locator(".azl-editor mark")).to_have_count(0)
    page.wait_for_url("**residuals=1**")
    expect(field(page)).to_be_focused()
    field(page).press("Control+z")
    expect(field(page)).to_have_value("1/2x + x*y - a\na = 1 in [0.25, 4]")


def test_cursor_and_focus_stay_while_answers_come(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app)
    field(page).press("Control+Home")
    for letters in ("2*", "x + ", "0*x + "):
        field(page).press_sequentially(letters, delay=60)
        wait_for_answer(page)
    expect(field(page)).to_have_value("2*x + 0*x + x*y - a\na = 1 in [0.25, 4]")
    assert field(page).evaluate("area => area.selectionStart") == 12
    expect(field(page)).to_be_focused()


def test_a_matrix_is_pasted(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app, "&landscape=circle&noise=covariance&noise.matrix=1,0;0,1")
    field(page, "Covariance Σ").fill("[[1, 0], [0, 1 + x^2]]")
    page.wait_for_url("**1+%2B+x%5E2**")
    assert query_of(page)["noise.matrix"] == "1,0;0,1 + x^2"
    field(page, "Covariance Σ").fill("[[1, 0], [0, q]]")
    expect(page.get_by_text("“q” is unknown here")).to_be_visible()
    assert query_of(page)["noise.matrix"] == "1,0;0,1 + x^2"


def test_a_file_is_saved_and_opened(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app, "&landscape=circle&seed=7")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as TOML").click()
    saved = download.value.path().read_text(encoding="utf-8")
    assert "seed = 7" in saved
    page.get_by_role("button", name="Open a file").click()
    page.set_input_files("input[type=file]", {"name": "mine.toml", "mimeType": "application/toml", "buffer": saved.replace(
        "seed = 7", "seed = 8").encode()})  # fmt: skip
    page.wait_for_url("**seed=8**")


def test_a_phone_need_not_scroll_sideways_and_checks_follow_the_formula(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, color_scheme="dark") as phone:
        page = opened(phone, app)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        tops = [page.locator(f".st-key-bench-{part}").first.evaluate("node => node.getBoundingClientRect().top")
                for part in ("typeset", "checks", "picture", "start", "noise")]  # fmt: skip
        assert tops == sorted(tops)


def test_a_parameter_is_slid_and_stands_in_the_text_and_the_link(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app, "&landscape=hyperbola&noise=isotropic")
    slider = page.locator(".st-key-bench-parameters input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**landscape.a=1.0**")
    value = query_of(page)["landscape.a"]
    assert float(value) > 1
    expect(field(page)).to_have_value(f"x*y - a\na = {value} in [0.25, 4]")
    expect(page.get_by_text(f"Now a = {float(value):g}, s = 1.")).to_be_visible()


def test_the_limit_is_typeset_and_follows_what_is_typed(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, app, "&residuals=x*y-1&variables=x,y&noise=isotropic&start=2,1")
    expect(page.locator(".st-key-bench-limit .katex-display").last).to_contain_text("dW")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the limit").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    header, *rows = [line for line in lines if not line.startswith("#")]
    assert any(line.startswith("# link: ?view=bench&v=1&residuals=x*y") for line in lines)
    assert header.startswith("x,y,lambda_1 [loss per length^2],")
    assert len(rows) == 41
    field(page).fill("x*y*z - 1")
    expect(page.get_by_text("Γ has more than one dimension")).to_be_visible()
    expect(page.locator(".st-key-bench-table tbody tr")).to_have_count(8)
    expect(field(page)).to_be_focused()
