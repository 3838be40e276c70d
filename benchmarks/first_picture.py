"""From opening a link to the first drawn particles, against a bare page of Streamlit; and from a changed control to its picture.

Headless Chromium, medians, all in one run on one machine. `python -m benchmarks.first_picture` prints the rows.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, Page

from tests.browser.serving import chromium, server, wait_for_particles, wait_until_still

OPENINGS = 7
CHANGES = 9
BARE = "import streamlit as st\nst.write('bare')\n"
VIEWPORT = {"width": 1280, "height": 720}


def rows() -> list[tuple[str, str, str]]:
    """(what, the bare page or the aim, the app), as text."""
    with TemporaryDirectory() as folder, chromium() as browser:
        bare_app = Path(folder, "bare.py")
        bare_app.write_text(BARE)
        with server(bare_app) as bare, server() as app:
            _open(browser.new_page(), app, ".player[data-first-drawn]")  # the server is warm from here on
            measured = []
            for title, cached in (("browser cache warm", True), ("browser cache cold", False)):
                first = median(_openings(browser, bare, "text=bare", cached))
                picture = median(_openings(browser, app, ".player[data-first-drawn]", cached))
                measured.append((f"first picture, {title}", f"{first:.2f} s bare", f"{picture:.2f} s: {picture - first:+.2f} s"))
            measured.append(("changed control to new picture", "aim 0.70 s", f"{median(_changes(browser, app)):.2f} s"))
    return measured


def _openings(browser: Browser, address: str, seen: str, cached: bool) -> list[float]:
    seconds = []
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    if cached:
        _open(context.new_page(), address, seen)
    for _ in range(OPENINGS):
        if not cached:
            context.close()
            context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        page = context.new_page()
        seconds.append(_open(page, address, seen))
        page.close()
    context.close()
    return seconds


def _open(page: Page, address: str, seen: str) -> float:
    started = perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(seen, timeout=60_000)
    return perf_counter() - started


def _changes(browser: Browser, address: str) -> list[float]:
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
    return seconds


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
