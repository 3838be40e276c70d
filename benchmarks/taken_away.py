"""A page that plays by itself, from a file with the network off: until it moves, and how many frames a second it then draws.

Headless Chromium without a graphics card, medians. `python -m benchmarks.taken_away` prints the rows.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from benchmarks.first_picture import DRAWN, VIEWPORT, first_drawn
from dynamics import Experiment
from exports import standalone_html
from tests.browser.serving import chromium

LANDSCAPES = {"hyperbola": "flat", "torus": "spatial"}
PATHS, FRAMES = 500, 600
OPENINGS = 5
SETTLES = 3000  # milliseconds until the rate of frames is told


def rows() -> list[tuple[str, str, str]]:
    """(what, the aim, the page), as text."""
    found = []
    with TemporaryDirectory() as folder, chromium() as browser:
        for name, kind in LANDSCAPES.items():
            path = Path(folder, f"{name}.html")
            path.write_text(standalone_html(Experiment(landscape=name, paths=PATHS, frames=FRAMES)), encoding="utf-8")
            moving, drawn, rates = zip(*(_opening(browser, path) for _ in range(OPENINGS)), strict=True)
            what = f"a page that plays, {kind}, {PATHS} paths × {FRAMES} frames, {path.stat().st_size / 1e6:.1f} MB"
            found.append((f"{what}: until it moves", "aim 1 s", f"{median(moving):.2f} s, whole {median(drawn):.2f} s"))
            found.append(("… frames a second", "aim 50", f"{median(rates):.0f}"))
    return found


def _opening(browser: Browser, path: Path) -> tuple[float, float, float]:
    """Seconds until it moves, until the picture is whole, and frames a second."""
    with browser.new_context(offline=True, viewport=VIEWPORT) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(path.as_uri(), wait_until="commit")
        moving, drawn = first_drawn(page)
        page.wait_for_timeout(SETTLES)
        return moving, drawn, float(page.locator(DRAWN).get_attribute("data-fps") or 0)


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
