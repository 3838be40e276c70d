"""A room for the class: two hundred phones, two of them real browsers; every kind of question; reloads and restarts."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from content.lectures import lectures
from tests.browser.phones import answer_at_once
from tests.browser.serving import free_port, server, wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def opened_room(page: Page, address: str) -> str:
    """The lecturer opens a lecture's step, and there a room; its code."""
    page.goto(address)
    wait_for_particles(page)
    page.get_by_role("button", name="Open a room").click()
    code = page.locator(".azl-code").first
    code.wait_for()
    wait_until_still(page)
    return code.inner_text()


def joined(browser: Browser, app: str, code: str, **options) -> Page:
    page = browser.new_context(**{**PHONE, **options}).new_page()
    page.goto(f"{app}/join")
    page.get_by_label("The code on the screen").fill(code.lower())
    page.get_by_role("button", name="Join").click()
    return page


def test_two_hundred_phones_mark_the_picture_and_the_lecturer_shows_all(
    browser: Browser, desktop: BrowserContext, app: str
) -> None:
    lecturer = desktop.new_page()
    code = opened_room(lecturer, f"{app}/?view=lecture&step=4")
    phones = [joined(browser, app, code) for _ in range(2)]
    for phone in phones:
        phone.locator(".player[data-first-drawn]").wait_for()
        phone.locator(".azl-picture .nsewdrag").tap(position={"x": 80, "y": 100})
        expect(phone.get_by_text("Your mark is in.")).to_be_visible()
    places = np.random.default_rng(0).uniform([-2, -1], [2, 1], (198, 2)).round(4).tolist()
    kept, _ = answer_at_once(app, code, "zero_loss.4.ask", places)
    assert kept == places
    expect(lecturer.locator(".lecturer")).to_have_attribute("data-answers", "200")
    expect(lecturer.get_by_text("200 answered, of 200 here")).to_be_visible()
    expect(lecturer.locator(".player")).to_have_attribute("data-marks", "0")  # nobody is led by the others
    lecturer.keyboard.press("PageDown")
    expect(lecturer.locator(".player")).to_have_attribute("data-marks", "200")
    for phone in phones:
        expect(phone.get_by_text("Which of the curves beside the picture")).to_be_visible()  # what was seen
    for phone in phones:
        phone.context.close()


def test_every_kind_of_question_is_answered_by_touch_and_comes_to_the_lecturer(
    browser: Browser, desktop: BrowserContext, app: str
) -> None:
    lecturer, steps = desktop.new_page(), lectures()["flat_and_sparse"].steps
    code = opened_room(lecturer, f"{app}/?view=lecture&lecture=flat_and_sparse&step=1")
    phone = joined(browser, app, code, color_scheme="dark")
    kinds = set()
    for number, step in enumerate(steps, 1):
        expect(lecturer.get_by_text(f"step {number} of {len(steps)}")).to_be_visible(timeout=30_000)
        question = step.question
        if question is not None:
            kinds.add(question.kind)
            expect(phone.get_by_text(question.text)).to_be_visible(timeout=30_000)
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            if question.kind in ("mark", "arrow"):
                phone.locator(".player[data-first-drawn]").wait_for()
                wait_until_drawn(phone)
                phone.locator(".azl-picture .nsewdrag").tap(position={"x": 60, "y": 90})
            elif question.kind == "sketch":
                box = phone.locator(".azl-future").bounding_box()
                assert box is not None
                phone.mouse.move(box["x"] + 5, box["y"] + 40)
                phone.mouse.down()
                phone.mouse.move(box["x"] + box["width"] - 5, box["y"] + 90, steps=12)
                phone.mouse.up()
                phone.get_by_role("button", name="That is my answer").tap()
            elif question.kind == "order":
                phone.get_by_role("button", name=f"{question.displayed[0]}: later").tap()
                phone.get_by_role("button", name="That is my answer").tap()
            else:
                phone.get_by_text(question.answers[0], exact=True).tap()
                phone.get_by_role("button", name="That is my answer").tap()
            expect(phone.locator(".azl-ask")).to_have_attribute("data-open", "false")  # the answer is in: the lecturer's 1
            expect(lecturer.locator(".lecturer")).to_have_attribute("data-answers", "1")  # may be of the question before
            wait_until_still(lecturer)
            lecturer.keyboard.press("PageDown")
            if question.kind in ("mark", "arrow"):
                marks = {"mark": "1", "arrow": "2"}[question.kind]  # an arrow and what came of it
                expect(lecturer.locator(".player")).to_have_attribute("data-marks", marks)
            elif question.kind == "sketch":
                expect(lecturer.locator(".azl-other")).to_have_count(1)
            else:
                expect(lecturer.locator(".azl-bar-of").first).to_contain_text("of 1")
        if step.seen is not None:
            expect(phone.get_by_text(step.seen.text)).to_be_visible(timeout=30_000)
            wait_until_still(lecturer)
            lecturer.keyboard.press("PageDown")
        if number < len(steps):
            expect(lecturer.get_by_role("button", name="Next")).to_be_enabled(timeout=30_000)
            wait_until_still(lecturer)
            lecturer.keyboard.press("PageDown")
    assert kinds >= {"ask", "arrow", "order", "mark", "sketch"}
    phone.context.close()


def wait_until_drawn(phone: Page) -> None:
    """Until the picture is that of the question: a phone has one player for all."""
    phone.wait_for_function(
        "() => document.querySelector('.picture').dataset.name === document.querySelector('.azl-ask').dataset.name"
    )


def test_a_room_outlives_reloads_and_the_server(browser: Browser, desktop: BrowserContext, tmp_path: Path) -> None:
    port, rooms = free_port(), tmp_path / "rooms.sqlite"
    lecturer = desktop.new_page()
    with server(port=port, rooms=rooms) as app:
        code = opened_room(lecturer, f"{app}/?view=lecture&step=5")
        phone = joined(browser, app, code)
        phone.get_by_text("Yes, as with label noise").tap()
        phone.get_by_role("button", name="That is my answer").tap()
        expect(phone.get_by_text("Your answer: Yes, as with label noise.")).to_be_visible()
        lecturer.reload()
        expect(lecturer.locator(".azl-code").first).to_have_text(code)
        expect(lecturer.locator(".lecturer")).to_have_attribute("data-answers", "1")
    with server(port=port, rooms=rooms):
        expect(lecturer.locator(".lecturer")).to_have_attribute("data-answers", "1")
        lecturer.reload()
        expect(lecturer.locator(".azl-code").first).to_have_text(code)
        wait_for_particles(lecturer)
        wait_until_still(lecturer)
        lecturer.keyboard.press("PageDown")
        expect(lecturer.get_by_text("1 of 1")).to_be_visible()
        expect(phone.get_by_text("right:")).to_be_attached(timeout=30_000)
        phone.reload()
        expect(phone.get_by_text("Yes, as with label noise (your answer)")).to_be_visible()
        late = joined(browser, app, code)
        expect(late.get_by_text("right:")).to_be_attached()  # a late joiner sees what is shown now, and cannot answer it
        expect(late.get_by_role("button", name="That is my answer")).to_have_count(0)
        lecturer.get_by_role("button", name="Close the room").click()
        expect(late.get_by_text("There is no room with this code.")).to_be_visible(timeout=30_000)
        late.context.close()
    phone.context.close()


def test_bad_codes_and_bad_answers_get_a_sentence(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/join?room=%3Cscript%3Ealert(1)%3C/script%3EBBBBB")
    assert "<script>alert" not in page.content()
    page.goto(f"{app}/join?room=BBBBB")
    expect(page.get_by_text("There is no room with this code.")).to_be_visible()
    for body in ("", "{", "[]", "{}", '{"phone": 1, "name": 2, "answer": 3}', "[" * 3000, '"' + "x" * 5000 + '"'):
        reply = page.request.post(f"{app}/room/BBBBB/answer", data=body)
        assert reply.status in (400, 409, 413)
        assert set(reply.json()) == {"sentence"}
    assert page.request.get(f"{app}/room/..%2F..%2Fetc").status in (400, 404)
    assert page.request.get(f"{app}/qr.svg?of=javascript:alert(1)").status == 400
    assert page.request.get(f"{app}/qr.svg?of=https://example.org/{'x' * 1900}").status in (200, 400)
