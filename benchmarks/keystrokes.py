"""From a key on the bench to the formula typeset and all checks beside it, in headless Chromium.

Each key makes a formula that the server has not seen. `python -m benchmarks.keystrokes` prints the rows.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter
from urllib.parse import urlencode

from playwright.sync_api import Browser

from tests.browser.serving import chromium, server, wait_for_answer, wait_until_still

DIGITS = "391827364546"
SPHERE = " + ".join(f"x{index}^2" for index in range(1, 13))
FIELDS = {
    "a key on the bench, 2 variables": {"residuals": "1.*(x*y - 1)", "variables": "x,y", "start": "2,1"},
    "a key on the bench, a loss in 12 variables": {
        "loss": f"1.*({SPHERE} - 1)^2", "variables": ",".join(f"x{index}" for index in range(1, 13)), "start": ",".join(["1"] * 12),
    },
}  # fmt: skip


def rows() -> list[tuple[str, str, str]]:
    """(what, the aim, the app), as text."""
    with chromium() as browser, server() as app:
        return [
            (what, "aim 0.50 s", f"{median(times):.2f} s ({min(times):.2f}–{max(times):.2f})")
            for what, times in ((what, _answers(browser, app, query)) for what, query in FIELDS.items())
        ]


def _answers(browser: Browser, app: str, query: dict[str, str]) -> list[float]:
    """Seconds from each of DIGITS, typed one after the other into a factor of the formula, to its answer."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.goto(f"{app}/?{urlencode({'view': 'bench', 'noise': 'isotropic', **query})}")
        page.wait_for_selector(".azl-panel[data-drawn]")
        wait_until_still(page)
        field = page.locator(".azl-editor textarea").first
        field.press("Control+Home")
        for _ in range(len("1.")):
            field.press("ArrowRight")
        times = []
        for digit in DIGITS:
            number = page.locator(".azl-editor").first.get_attribute("data-number")
            started = perf_counter()
            field.press(digit)
            page.wait_for_function("number => document.querySelector('.azl-editor').dataset.number !== number", arg=number)
            wait_for_answer(page)
            times.append(perf_counter() - started)
            wait_until_still(page)
        return times


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
