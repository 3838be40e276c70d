"""A page that plays, in a slide of reveal.js: it rests while its slide is not shown, and neither takes the other's keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from dynamics import Experiment
from exports import standalone_html
from tests.browser.serving import ROOT

pytestmark = pytest.mark.browser

REVEAL = (ROOT / "node_modules" / "reveal.js" / "dist").as_uri()
DECK = f"""<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{REVEAL}/reveal.css">
<div class="reveal"><div class="slides">
  <section><h2>Before</h2></section>
  <section><iframe src="run.html" width="600" height="400" allow="fullscreen"></iframe></section>
  <section><h2>After</h2></section>
</div></div>
<script src="{REVEAL}/reveal.js"></script><script>Reveal.initialize({{ transition: "none" }})</script>"""


@pytest.fixture
def deck(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    (tmp_path / "run.html").write_text(standalone_html(Experiment(landscape="circle", paths=5, frames=600)), encoding="utf-8")
    (tmp_path / "deck.html").write_text(DECK, encoding="utf-8")
    with browser.new_context(offline=True, viewport={"width": 960, "height": 700}) as context:
        page = context.new_page()
        page.goto((tmp_path / "deck.html").as_uri())
        page.wait_for_function("() => window.Reveal?.isReady()")
        yield page


def slide(page: Page) -> int:
    return page.evaluate("Reveal.getIndices().h")


def framed(page: Page) -> Frame:
    return next(frame for frame in page.frames if frame.url.endswith("run.html"))


def test_it_plays_on_its_slide_only_and_keys_stay_where_they_are(deck: Page) -> None:
    deck.keyboard.press("ArrowRight")
    run = framed(deck)
    run.wait_for_selector("[data-first-drawn]")
    player = run.locator(".player")
    expect(player).to_have_attribute("data-state", "playing")
    assert slide(deck) == 1

    # The deck's keys are not the player's, of which an arrow would stop it.
    deck.keyboard.press("ArrowLeft")
    deck.keyboard.press("ArrowRight")
    assert slide(deck) == 1
    expect(player).to_have_attribute("data-state", "playing")

    # Another slide: it rests, and goes on when its slide is back.
    deck.keyboard.press("ArrowRight")
    assert slide(deck) == 2
    expect(player).to_have_attribute("data-state", "paused")
    deck.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-state", "playing")

    # Who clicks into the frame has the player's keys, and the deck does not hear them.
    run.locator(".azl-legend").click(position={"x": 2, "y": 2})
    run.locator(".azl-stage").focus()
    deck.keyboard.press("End")
    expect(player).to_have_attribute("data-frame", "599")
    deck.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-frame", "598")
    assert slide(deck) == 1

    # Whose pointer leaves it has the deck's again. What was stopped by hand stays so.
    box = deck.locator("iframe").bounding_box()
    assert box
    deck.mouse.move(box["x"] + 200, box["y"] + 200)
    deck.mouse.move(box["x"] + box["width"] + 60, box["y"] + 200, steps=5)
    deck.wait_for_function("() => document.hasFocus() && document.activeElement.tagName !== 'IFRAME'")
    deck.keyboard.press("ArrowRight")
    assert slide(deck) == 2
    deck.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-frame", "598")
    expect(player).to_have_attribute("data-state", "paused")
