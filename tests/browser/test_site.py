"""The site without a server plays from a disk with the network off, asks a lecture's questions, and violates no WCAG rule."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
from playwright.sync_api import Browser, Page, expect

from content.lectures import lectures
from exports.site.__main__ import main
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

# Which pixels of a canvas are dark.
MODULES = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => Number(data[4 * (y * width + x)] < 128)));
}"""
PARTS = ("lectures/flat_and_sparse", "gallery/minibatch", "gallery/phases", "gallery/part_off")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert main([*PARTS, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window with the network off, in which nothing may be complained of or asked for."""
    with browser.new_context(offline=True, viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        yield page
        assert complaints == []


def drawn(page: Page) -> None:
    page.locator(".player[data-first-drawn]").first.wait_for(timeout=60_000)


def key_of(page: Page) -> str | None:
    return page.locator(".player").get_attribute("data-key")


def test_it_plays_and_answers_from_a_disk(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    drawn(page)
    expect(page.locator(".player")).to_have_attribute("data-particles", "200")
    assert page.evaluate("document.fonts.check('16px \"IBM Plex Sans\"')")
    page.get_by_role("link", name="Browse the gallery").click()
    page.get_by_role("link", name="Minibatch noise does nothing").click()
    drawn(page)
    first = key_of(page)
    page.get_by_label("0.025").check()
    page.wait_for_function("first => document.querySelector('.player').dataset.key !== first", arg=first)
    page.get_by_label("Label noise").check()
    page.locator(".azl-caption", has_text="η = 0.025").filter(has_text="label noise δ = 1").wait_for()
    expect(page.locator("#about")).to_contain_text("learning_rate=0.025")
    chosen = key_of(page)
    page.reload()
    page.wait_for_function("chosen => document.querySelector('.player').dataset.key === chosen", arg=chosen)
    expect(page.get_by_label("0.025")).to_be_checked()
    page.goto((site / "gallery" / "part_off.html").as_uri())
    anatomy = page.locator(".azl-anatomy[data-drawn]")
    before = anatomy.get_attribute("data-point")
    page.locator(".azl-anatomy-stage").press("ArrowRight")
    expect(anatomy).not_to_have_attribute("data-point", before or "")
    page.goto((site / "gallery" / "phases.html").as_uri())
    page.locator(".azl-panel-picture .main-svg").first.wait_for()
    page.get_by_label("gradient descent").check()
    for _ in range(2):  # as it was chosen, and as the address has it
        expect(page.locator(".azl-panel-title")).to_contain_text("Gradient descent")
        expect(page.locator("#about")).to_contain_text("method=gd")
        expect(page.locator(".panel")).to_have_attribute("data-link", "?view=phases&diagram=d100&method=gd")
        page.reload()


def test_a_lecture_asks_before_its_pictures_answer(page: Page, site: Path) -> None:
    page.goto((site / "lectures" / "flat_and_sparse.html").as_uri())
    turn = page.get_by_role("button", name="Next")
    step = page.locator(".step:visible")
    drawn(page)

    def answered() -> None:
        expect(turn).to_be_enabled()
        page.keyboard.press("PageDown")

    # An arrow: a click on the picture, which then shows what came of it.
    expect(turn).to_be_disabled()
    expect(step.locator("[data-after]").first).to_be_hidden()
    expect(page.locator(".player")).to_have_attribute("data-marks", "1")
    first = key_of(page)
    page.locator(".azl-stage").click(position={"x": 200, "y": 200})
    expect(page.locator(".player")).to_have_attribute("data-marks", "2")
    assert key_of(page) != first
    expect(step.locator("[data-after]").first).to_be_visible()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="That is my answer").click()
    step.locator(".azl-right").wait_for()
    answered()
    # One of a few answers.
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="That is my answer").click()
    step.locator(".azl-told").first.wait_for()
    answered()
    # An order.
    page.get_by_role("button", name="That is my answer").click()
    answered()
    # A mark, in numbers; what is not on the picture is no answer.
    page.get_by_text("or give the place in numbers").click()
    for value in ("900", "0.5"):
        for field in page.get_by_role("spinbutton").all():
            field.fill(value)
        expect(turn).to_be_disabled()
        page.get_by_role("button", name="That is my answer").click()
    expect(page.locator(".player")).to_have_attribute("data-marks", "1")
    answered()
    # A curve, by keys; then the last step, and back again to what was answered.
    page.get_by_role("slider", name="point 1 of 9").press("ArrowUp")
    page.get_by_role("button", name="That is my answer").click()
    expect(step.locator(".azl-known")).to_have_count(2)
    answered()
    expect(page).to_have_url(re.compile("#step-6$"))
    page.keyboard.press("PageUp")
    expect(step.locator(".azl-known")).to_have_count(2)
    # The notes are in a window of their own, which turns the steps too.
    with page.expect_popup() as opening:
        page.keyboard.press("n")
    notes = opening.value
    lecture = lectures()["flat_and_sparse"]
    expect(notes.locator(".notes")).to_have_text(lecture.steps[4].notes)
    expect(notes.locator(".next")).to_have_text(f"Then: {lecture.steps[5].title}")
    notes.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("#step-6$"))
    expect(notes.locator("h1")).to_have_text(lecture.steps[5].title)
    notes.close()
    page.keyboard.press("p")
    expect(page.locator(".site-head")).to_be_hidden()


def test_q_shows_a_code_of_the_address(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "glossary.html").as_uri())
        page.keyboard.press("q")
        expect(page.get_by_role("dialog")).to_contain_text("These files are on a disk")
        address = "http://site.test/glossary.html#probability"  # fills the code: how the rest is filled is free
        page.route("http://site.test/**", lambda route: route.fulfill(path=site / urlsplit(route.request.url).path[1:]))
        page.goto(address)
        page.keyboard.press("q")
        drawn = page.locator("dialog canvas").evaluate(MODULES)
    masks = (segno.make(address, error="m", mode="byte", mask=mask, boost_error=False) for mask in range(8))
    assert drawn in [[list(row) for row in each.matrix_iter(border=4)] for each in masks]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_violates_wcag(browser: Browser, site: Path, scheme: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        wrong = {}
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            if page.locator(".player").count():
                drawn(page)
            if page.locator(".panel").count():
                page.locator(".azl-panel-picture .main-svg").first.wait_for()
            if found := violations(page):
                wrong[path.name] = found
        assert wrong == {}


def test_words_are_explained_and_a_phone_has_room(browser: Browser, site: Path) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, offline=True) as context:
        page = context.new_page()
        page.goto((site / "lectures" / "flat_and_sparse.html").as_uri())
        drawn(page)
        word = page.get_by_role("link", name="Hessian")
        word.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)  # what comes into view takes its size
        word.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("Hessian")
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
