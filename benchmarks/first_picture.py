"""From opening a link to the first drawn particles, against a bare page of Streamlit; and from a changed control to its picture.

Headless Chromium, medians, all in one run on one machine. `python -m benchmarks.first_picture` prints the rows.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.serving import chromium, server, visited, wait_for_particles, wait_until_still

OPENINGS = 7
WARMING = 3  # openings after which a browser keeps compiled scripts too
CHANGES = 9
TEXT = "[data-testid=stMarkdown] p"
DRAWN = "[data-first-drawn]"  # the page's player, or the one before it
MOVING = "[data-drafted], [data-first-drawn]"  # a player draws its first particles over a draft
VERDICTS = 5
LADDERS = (
    (".st-key-ladder strong", "convergence page: the ladder", "aim 0.5 s and a bare page"),
    (".st-key-verdict h2", "convergence page: the first verdict", "aim 5 s"),
)
BARE = "import streamlit as st\nst.write('bare')\n"
VIEWPORT = {"width": 1280, "height": 720}


def rows() -> list[tuple[str, str, str]]:
    """(what, the bare page or the aim, the app), as text."""
    with TemporaryDirectory() as folder, chromium() as browser:
        bare_app = Path(folder, "bare.py")
        bare_app.write_text(BARE)
        with server(bare_app) as bare, server() as app:
            _open(browser.new_page(), app, DRAWN)  # the server is warm from here on
            opened = {"cold": _cold_openings(browser, bare, app)}
            with visited(browser, Path(folder, "profile")) as context:
                opened["warm"] = _warm_openings(context, bare, app)
            measured = [
                (f"first picture, browser cache {state}", f"{first:.2f} s bare", f"{picture:.2f} s: {picture - first:+.2f} s")
                for state, (first, picture) in opened.items()
            ]
            measured.append(("changed control to new picture", "aim 0.70 s", f"{_changes(browser, app):.2f} s"))
            for seen, what, aim in LADDERS:
                seeds = (len(measured) * VERDICTS + opening for opening in range(VERDICTS))  # runs that the server has not seen
                seconds = [first_seen(browser, f"{app}/?view=convergence&seed={seed}", seen) for seed in seeds]
                measured.append((what, aim, f"{median(seconds):.2f} s"))
    return measured


def _cold_openings(browser: Browser, bare: str, app: str) -> tuple[float, float]:
    """Bare and app by turns, so that whatever else the machine does slows both."""
    seconds: dict[str, list[float]] = {bare: [], app: []}
    for _ in range(OPENINGS):
        for address, seen in ((bare, TEXT), (app, MOVING)):
            with browser.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
                seconds[address].append(_open(context.new_page(), address, seen))
    return median(seconds[bare]), median(seconds[app])


def _warm_openings(browser: BrowserContext, bare: str, app: str) -> tuple[float, float]:
    seconds: dict[str, list[float]] = {bare: [], app: []}
    for _ in range(OPENINGS + WARMING):
        for address, seen in ((bare, TEXT), (app, MOVING)):
            with browser.new_page() as page:
                page.set_viewport_size(VIEWPORT)  # type: ignore[arg-type]
                seconds[address].append(_open(page, address, seen))
    return median(seconds[bare][WARMING:]), median(seconds[app][WARMING:])


def _open(page: Page, address: str, seen: str) -> float:
    """Seconds from navigation until `seen` is there, by the page's own clock."""
    page.add_init_script(
        """{
          const look = () => {
            if (!document.querySelector(SEEN)) return;
            window.seenAt = performance.now();
            watch.disconnect();
          };
          const watch = new MutationObserver(look);
          const attributeFilter = ["data-drafted", "data-first-drawn"];
          watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter });
        }""".replace("SEEN", json.dumps(seen))
    )
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.seenAt !== undefined", timeout=60_000)
    return page.evaluate("window.seenAt") / 1000


def first_drawn(page: Page) -> tuple[float, float]:
    """Seconds from the navigation's start, as browsers count, to the first drawn particles, and to those in the whole picture."""
    picture = page.locator(DRAWN).first
    picture.wait_for(timeout=60_000)
    drafted, drawn = (float(picture.get_attribute(f"data-{name}") or "nan") / 1000 for name in ("drafted", "first-drawn"))
    return float(np.fmin(drafted, drawn)), drawn


def first_seen(browser: Browser, address: str, seen: str) -> float:
    """Seconds from opening an address in a new window until `seen` is there."""
    with browser.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
        return _open(context.new_page(), address, seen)


def _changes(browser: Browser, address: str) -> float:
    """Each reseed is a run that the server has not seen."""
    page = browser.new_page(viewport=VIEWPORT)  # type: ignore[arg-type]
    page.goto(f"{address}/?seed=1000")
    wait_for_particles(page)
    wait_until_still(page)
    seconds = []
    for _ in range(CHANGES):
        before = page.get_attribute(".player", "data-key")
        started = perf_counter()
        page.get_by_role("button", name="Reseed").click()
        page.wait_for_function("before => document.querySelector('.player').dataset.key !== before", arg=before)
        seconds.append(perf_counter() - started)
        wait_until_still(page)
    page.close()
    return median(seconds)


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
