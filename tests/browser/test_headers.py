"""What every answer of the server refuses, and that the app lives with it: no browser has anything to complain of."""

from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser
ADDRESSES = ("", "?view=bench", "notes", "join", "_stcore/health", "qr.svg?of=http://x.y", "nowhere", "lab/0/player/player.js")


def answered(address: str):
    try:
        return urlopen(Request(address, headers={"Accept-Encoding": "identity"}), timeout=20)
    except HTTPError as error:
        return error


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_says_what_is_refused(app: str, path: str) -> None:
    headers = answered(f"{app}/{path}").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "frame-ancestors" not in policy  # may be embedded anywhere
    assert headers["X-Frame-Options"] is None


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//app.py",
        "/etc/passwd",
        "player/../../app.py",
        "gallery/hyperbola.toml",
        "a\x00b.js",
    ],
)
def test_no_file_can_be_read_that_is_not_for_the_browser(app: str, path: str) -> None:
    for place in ("lab/0/", "", "static/", "media/", "component/x/", "_stcore/bidi-components/x/"):
        reply = answered(f"{app}/{place}{quote(path, safe='/%.')}")
        body = reply.read()
        assert b"root:" not in body
        assert b"import_module" not in body
        assert b"learning_rate =" not in body
        if place == "lab/0/":
            assert reply.status in (400, 404)


def complaints(context: BrowserContext, address: str) -> list[str]:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.goto(address)
    return said


@pytest.mark.parametrize("query", ["?view=simulator&landscape=torus", "?view=bench"])
def test_no_browser_complains(app: str, desktop: BrowserContext, query: str) -> None:
    said = complaints(desktop, f"{app}/{query}")
    page = desktop.pages[-1]
    if "bench" in query:
        page.wait_for_selector(".panel[data-state=ready], .js-plotly-plot", timeout=60_000)
        wait_until_still(page)
    else:
        wait_for_particles(page)
    assert not said


def test_a_script_that_is_slipped_in_does_not_run(app: str, desktop: BrowserContext) -> None:
    said = complaints(desktop, f"{app}/join")
    page = desktop.pages[-1]
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.evaluate("{ const s = document.createElement('script'); s.textContent = 'window.ran = 2'; document.body.append(s); }")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert said


def test_the_app_may_be_embedded(app: str, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(f'<iframe src="{app}/?landscape=circle" width="900" height="700"></iframe>')
        page.frame_locator("iframe").locator(".player[data-first-drawn]").wait_for(timeout=60_000)
