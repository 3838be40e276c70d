"""The front page, the gallery and a lecture, in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from content.lectures import Step, lectures
from content.presets import presets
from content.questions import ON_THE_PICTURE
from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser

PICTURE = ".azl-stage, .azl-anatomy-stage, .azl-panel-picture .main-svg"


def complaints_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_the_front_page_moves_and_leads_on(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    complaints = complaints_of(page)
    page.goto(app)
    wait_for_particles(page)
    expect(page.locator(".player")).to_have_attribute("data-state", "playing")
    before = int(page.locator(".player").get_attribute("data-frame") or 0)
    page.wait_for_timeout(700)
    assert int(page.locator(".player").get_attribute("data-frame") or 0) > before
    assert page.title() == "Welcome · After Zero Loss"
    transport = page.locator(".azl-transport").bounding_box()
    assert transport is not None
    assert transport["y"] + transport["height"] <= 720  # nothing has to be scrolled to
    page.get_by_role("button", name="Browse the gallery").click()
    expect(page.locator(".azl-card")).to_have_count(len(presets()))
    expect(page).to_have_url(re.compile("view=presets"))
    page.get_by_role("link", name="A motor that minimizes nothing").click()
    wait_for_particles(page)
    expect(page).to_have_url(re.compile("landscape=motor"))
    assert complaints == []


def test_every_entry_of_the_gallery_draws(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    complaints = complaints_of(page)
    for entry in presets():
        page.goto(f"{app}/{entry.link}")
        page.locator(PICTURE).first.wait_for(timeout=60_000)
        assert page.locator("[data-testid=stException]").count() == 0, entry.name
        assert page.locator("[data-testid=stAlertContainer]").count() == 0, entry.name
        assert complaints == [], entry.name


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (1920, "light")])
def test_front_page_gallery_and_lecture_fit_the_screen(browser: Browser, app: str, width: int, scheme: str) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        for view in ("home", "presets", "lecture"):
            page.goto(f"{app}/?view={view}")
            page.locator(".azl-card, .azl-stage").first.wait_for(timeout=60_000)
            wait_until_still(page)  # the picture is there before the page
            page.wait_for_timeout(500)
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width, view


FOCUSED = """(() => {
  const { activeElement: node } = document;
  if (!node.matches("button, input, a, summary, [role=slider]")) return "";
  return [node.innerText, node.getAttribute("aria-label"), node.closest("label")?.innerText].filter(Boolean).join(" ");
})()"""


def focus(page: Page, name: str) -> None:
    """By Tab, as somebody without a pointer does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)
        if name in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"Tab does not come to {name}")


def answer(page: Page, kind: str, answers: tuple[str, ...]) -> None:
    """Commit to some answer, by keyboard."""
    if kind in ON_THE_PICTURE:
        focus(page, "or give the place in numbers")
        page.keyboard.press("Enter")
        for value in ("0.5", "0.5"):
            page.keyboard.press("Tab")
            page.keyboard.type(value)
    elif kind == "sketch":
        focus(page, "point 3 of 9")
        page.keyboard.press("ArrowDown")
    elif kind == "order":
        focus(page, f"{answers[0]}: later")
        page.keyboard.press("Enter")
    else:
        focus(page, answers[0])
        page.keyboard.press("Space")
    expect(page.get_by_role("button", name="That is my answer").first).to_be_enabled()
    focus(page, "That is my answer")
    page.keyboard.press("Enter")


def go_through(page: Page, address: str, name: str, answer: Callable[[Step, str], None], onward: Callable[[], None]) -> None:
    """Open a lecture and step to its end. `answer` is given each step that asks something, and what the page says of its place."""
    steps = lectures()[name].steps
    page.goto(f"{address}/?view=lecture&lecture={name}")
    for number, step in enumerate(steps, 1):
        place = f"step {number} of {len(steps)}"
        expect(page.get_by_text(place)).to_be_visible(timeout=30_000)
        if step.query:
            page.locator(".player[data-first-drawn]").wait_for()
        wait_until_still(page)
        if step.question is not None:
            answer(step, place)
        expect(page.get_by_role("button", name="Next")).to_be_enabled(enabled=number < len(steps))
        if number < len(steps):
            onward()


@pytest.mark.parametrize("name", lectures())
def test_a_lecture_is_stepped_to_its_end_by_keyboard_only(desktop: BrowserContext, app: str, name: str) -> None:
    page = desktop.new_page()

    def by_keyboard(step: Step, place: str) -> None:
        page.keyboard.press("PageDown")
        page.wait_for_timeout(300)
        expect(page.get_by_text(place)).to_be_visible()  # not without an answer
        answer(page, step.question.kind, step.question.displayed)

    go_through(page, app, name, by_keyboard, lambda: page.keyboard.press("PageDown"))


def test_a_mark_is_made_by_touch_and_stays_after_the_reveal(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{app}/?view=lecture&step=4")
        wait_for_particles(page)
        expect(page.get_by_role("button", name="Next")).to_be_disabled()
        first = page.locator(".player").get_attribute("data-key")
        stage = page.locator(".azl-picture .nsewdrag")
        stage.tap(position={"x": 60, "y": 120})
        expect(page.get_by_role("button", name="Next")).to_be_enabled(timeout=30_000)
        expect(page.locator(".player")).not_to_have_attribute("data-key", first or "")
        expect(page.get_by_text("Your mark stays on the picture.")).to_be_visible()
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_space_plays_and_pauses_wherever_the_pointer_was(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=simulator&paths=50")
    wait_for_particles(page)
    player = page.locator(".player")
    first = page.locator(".player[data-key]").get_attribute("data-key") or ""
    page.get_by_role("button", name="Reseed").click()
    expect(page).to_have_url(re.compile("seed=1"))
    expect(player).not_to_have_attribute("data-key", first)
    expect(player).to_have_attribute("data-state", "playing")
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "paused")
    page.wait_for_timeout(500)
    assert "seed=1" in page.url  # the button that was clicked was not pressed again
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "playing")
    assert page.evaluate("document.fullscreenElement !== null")
    page.keyboard.press("Space")
    page.evaluate("document.exitFullscreen()")
    page.locator("input[type=number]").first.click()
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "paused")  # a field for numbers keeps its keys


def touch_answer(page: Page, kind: str, answers: tuple[str, ...]) -> None:
    """Commit to some answer, by touch."""
    if kind in ON_THE_PICTURE:
        page.locator(".azl-picture .nsewdrag").tap(position={"x": 60, "y": 90})
        return
    if kind == "sketch":
        pad = page.locator(".azl-future")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 5, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 60, steps=12)
        page.mouse.up()
    elif kind == "order":
        page.get_by_role("button", name=f"{answers[0]}: later").tap()
    else:
        page.locator("label.azl-answer", has_text=answers[0]).first.tap()
    page.get_by_role("button", name="That is my answer").first.tap()


@pytest.mark.parametrize("name", lectures())
def test_a_lecture_is_stepped_to_its_end_on_a_phone_by_touch(browser: Browser, app: str, name: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()

        def by_touch(step: Step, _: str) -> None:
            expect(page.get_by_role("button", name="Next")).to_be_disabled()
            touch_answer(page, step.question.kind, step.question.displayed)
            if step.question.kind == "mark":
                expect(page.locator(".player")).to_have_attribute("data-marks", "1")  # it stays on the picture

        def fits() -> None:
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390

        def onward() -> None:
            fits()
            page.get_by_role("button", name="Next").tap()

        go_through(page, app, name, by_touch, onward)
        fits()


def test_the_speakers_window_shows_the_notes_and_turns_the_steps(desktop: BrowserContext, app: str) -> None:
    steps = lectures()["zero_loss"].steps
    page, notes = desktop.new_page(), desktop.new_page()
    page.goto(f"{app}/?view=lecture&step=2")
    notes.goto(f"{app}/notes")
    expect(notes.get_by_text(steps[1].notes[:40])).to_be_visible(timeout=30_000)
    expect(notes.get_by_text(f"Then: {steps[2].title}")).to_be_visible()
    notes.keyboard.press("PageUp")
    expect(page.get_by_text(f"step 1 of {len(steps)}")).to_be_visible(timeout=30_000)
    expect(notes.get_by_text("Let them commit before you reveal.")).to_be_visible(timeout=30_000)


def test_the_presenters_view_enlarges_type_and_marks_and_escape_leaves_it(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=simulator")
    wait_for_particles(page)
    wait_until_still(page)
    tick = "parseFloat(getComputedStyle(document.querySelector('.azl-picture .xtick text')).fontSize)"
    before, sidebar = page.evaluate(tick), page.locator("[data-testid=stSidebar]")
    page.keyboard.press("p")
    expect(sidebar).to_be_hidden()
    page.wait_for_function(f"() => {tick} >= {before} * 1.1")
    expect(page.get_by_role("button", name="Halve")).to_be_hidden()
    transport = page.locator(".azl-transport").bounding_box()
    assert transport is not None
    assert transport["y"] + transport["height"] <= 720  # the picture and its controls fit the screen
    page.keyboard.press("p")
    expect(sidebar).to_be_visible()
    page.wait_for_function(f"() => Math.abs({tick} - {before}) < 0.1")
    page.locator("input[type=number]").first.click()
    page.keyboard.press("p")
    expect(sidebar).to_be_visible()  # a field keeps its keys


def test_a_word_is_explained_where_it_stands(browser: Browser, desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=lecture")
    word = page.locator("a[href*='term=label_noise']").first
    word.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("error of ±δ")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        phone = context.new_page()
        phone.goto(f"{app}/?view=lecture")
        phone.locator("a[href*='term=label_noise']").first.tap()
        expect(phone.get_by_role("tooltip")).to_contain_text("error of ±δ")
        assert "view=lecture" in phone.url
