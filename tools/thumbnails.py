"""`python -m tools.thumbnails [name …]`: the gallery's thumbnails, from its experiments as the app shows them, light and dark."""

from __future__ import annotations

import sys
from typing import Literal

from playwright.sync_api import Browser, Page, TimeoutError

from content.presets import FOLDER, presets
from tests.browser.serving import chromium, server

SCHEMES: dict[Literal["light", "dark"], str] = {"light": "", "dark": ".dark"}  # and what the file's name ends with
WIDTH, HEIGHT = 400, 250
SCALE = 0.8  # of the page's pixels
PICTURES = ".azl-stage, .azl-anatomy-stage, .azl-panel-picture"
MOMENT = 0.7  # of a run's frames: when it is photographed
QUALITY = 72


def main(names: list[str]) -> None:
    wanted = [entry for entry in presets() if not names or entry.name in names]
    with server() as address, chromium() as browser:
        for entry in wanted:
            for scheme, ending in SCHEMES.items():
                picture = photograph(browser, f"{address}/{entry.link}", scheme)
                (FOLDER / f"{entry.name}{ending}.jpg").write_bytes(picture)
            print(entry.name, flush=True)


def photograph(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> bytes:
    """The middle of the page's first picture, in the proportions of a card."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme=scheme,
        device_scale_factor=SCALE,
    )
    try:
        page = context.new_page()
        page.goto(address)
        page.locator(PICTURES).first.wait_for(timeout=60_000)
        settle(page)
        box = page.locator(PICTURES).first.bounding_box()
        assert box is not None
        width = min(box["width"], box["height"] * WIDTH / HEIGHT)
        height = width * HEIGHT / WIDTH
        clip = {
            "x": box["x"] + (box["width"] - width) / 2,
            "y": box["y"] + (box["height"] - height) / 2,
            "width": width,
            "height": height,
        }
        return page.screenshot(type="jpeg", quality=QUALITY, clip=clip)  # type: ignore[arg-type]
    finally:
        context.close()


def settle(page: Page) -> None:
    """A run some way along its path, paused, so that its trails are whole; a study at its end."""
    player = page.locator(".player").first
    if player.count():
        page.locator(".player[data-first-drawn]").first.wait_for(timeout=60_000)
        scrub = player.locator(".azl-scrub")
        scrub.fill(str(round(MOMENT * int(scrub.get_attribute("max") or 0))))
    else:
        try:
            page.locator("[class*=-progress]").first.wait_for(state="detached", timeout=60_000)
        except TimeoutError:
            print("  still under way", page.url, file=sys.stderr)
        page.wait_for_timeout(1500)
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)


if __name__ == "__main__":
    main(sys.argv[1:])
