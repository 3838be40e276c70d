"""One Chromium for all browser tests, and one server of the real app."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.serving import chromium, server

expect.set_options(timeout=30_000)  # a new machine compiles first: what is expected may come late, not never


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """The address of the app, on a server that the tests of a session share."""
    with server() as address:
        yield address


@pytest.fixture
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window of its own, as large as a small projector's picture."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        yield context
