"""The lecture hall: from `make run` to the moving front page, from a gallery's link to its picture, and two hundred phones at once.

Headless Chromium, medians, all in one run on one machine. `python -m benchmarks.hall` prints the rows.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.first_picture import BARE, DRAWN, TEXT, VIEWPORT, first_seen
from content.presets import presets
from tests.browser.phones import answer_at_once
from tests.browser.serving import chromium, server, wait_for_particles, wait_until_still

STARTS = 3
OPENINGS = 3  # of each link of the gallery
CLASS = 200
LESSONS = 5
ELLIPSE = "zero_loss", 4  # the lecture's step where a place is marked


def rows() -> list[tuple[str, str, str]]:
    """(what, the aim, the app), as text."""
    with chromium() as browser, TemporaryDirectory() as folder:
        starts = [_start(browser) for _ in range(STARTS)]
        bare_app = Path(folder, "bare.py")
        bare_app.write_text(BARE)
        with server(bare_app) as bare, server(rooms=Path(folder, "rooms.sqlite")) as app:
            bares, pictures = _gallery(browser, bare, app)
            lessons = [_lesson(browser, app, seed) for seed in range(LESSONS)]
    collected, shown = (median(each) for each in zip(*lessons, strict=True))
    slowest = max(pictures, key=lambda name: pictures[name])
    middle = median(pictures.values())
    return [
        ("`make run` to the moving front page, packages warm", "aim 10 s", f"{median(starts):.1f} s"),
        (
            f"a gallery’s link, {len(pictures)} of them, warm server, cold browser",
            f"aim 1.5 s; a bare page {median(bares):.2f} s",
            f"{middle:.2f} s, {middle / median(bares):.2f} of a bare page; at most {pictures[slowest]:.2f} s ({slowest})",
        ),
        (f"{CLASS} phones mark at once: the lecturer’s page counts all", "aim 1 s", f"{collected:.2f} s"),
        (f"and on “Reveal” shows all {CLASS} marks", "", f"{shown:.2f} s"),
    ]


def _gallery(browser: Browser, bare: str, app: str) -> tuple[list[float], dict[str, float]]:
    """Seconds to the words of a bare page, and by its name to the first picture of each entry that somebody has opened before.

    By turns, so that whatever else the machine does slows both.
    """
    bares: list[float] = []
    pictures: dict[str, float] = {}
    for entry in presets():
        link = f"{app}/{entry.link}"
        with browser.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
            page = context.new_page()
            with page.expect_response(lambda told: "/lab/places" in told.url and told.status == 204, timeout=180_000):
                page.goto(link)  # until its run has ended and all of it stands
        bares.append(first_seen(browser, bare, TEXT))
        pictures[entry.name] = median(first_seen(browser, link, DRAWN) for _ in range(OPENINGS))
    return bares, pictures


def _start(browser: Browser) -> float:
    """From a command to moving particles: what `make run` does once its packages are there."""
    started = perf_counter()
    with server() as app, browser.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(app)
        wait_for_particles(page)
        return perf_counter() - started


def _lesson(browser: Browser, app: str, seed: int) -> tuple[float, float]:
    """Seconds until the lecturer's page counts all phones that answer at once, and from the lecturer's key until all are shown."""
    lecture, step = ELLIPSE
    places = np.random.default_rng(seed).uniform([-2, -1], [2, 1], (CLASS, 2)).round(4).tolist()
    with ExitStack() as stack:
        page: Page = stack.enter_context(browser.new_context(viewport=VIEWPORT)).new_page()  # type: ignore[arg-type]
        page.goto(f"{app}/?view=lecture&lecture={lecture}&step={step}")
        wait_for_particles(page)
        page.get_by_role("button", name="Open a room").click()
        page.locator(".azl-code").first.wait_for()
        wait_until_still(page)
        code = page.locator(".azl-code").first.inner_text()
        page.evaluate(
            """(all) => {
              const desk = document.querySelector(".lecturer");
              const look = () => Number(desk.dataset.answers) === all && (window.countedAt ??= Date.now());
              new MutationObserver(look).observe(desk, { attributes: true });
            }""",
            CLASS,
        )
        _, began = answer_at_once(app, code, f"{lecture}.{step}.ask", places)
        page.wait_for_function("() => window.countedAt !== undefined")
        collected = page.evaluate("window.countedAt") / 1000 - began
        started = perf_counter()
        page.keyboard.press("PageDown")
        page.wait_for_selector(f".player[data-marks='{CLASS}']")
        return collected, perf_counter() - started


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
