"""A server that is started anew under open pages: they come back to the scene that they showed."""

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.serving import free_port, server, wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser

ANOTHER = "key => document.querySelector('.player').dataset.key !== key"  # run than the one of this key


def test_an_open_page_comes_back_to_its_scene(desktop: BrowserContext) -> None:
    port = free_port()
    page = desktop.new_page()
    with server(port=port) as app:
        page.goto(f"{app}/?landscape=circle&seed=7")
        wait_for_particles(page)
        wait_until_still(page)
        first = page.get_attribute(".player", "data-key")
        page.get_by_role("button", name="Reseed").click()
        page.wait_for_url("**seed=8**")
        page.wait_for_function(ANOTHER, arg=first)
        wait_until_still(page)
        key = page.get_attribute(".player", "data-key")
    with server(port=port):
        page.wait_for_selector('[data-test-connection-state="CONNECTED"]', timeout=60_000)
        wait_until_still(page)
        assert page.get_attribute(".player", "data-key") == key
        page.get_by_role("button", name="Reseed").click()  # begins the new session, where the old one was
        page.wait_for_timeout(500)
        wait_until_still(page)
        assert "seed=8" in page.url
        page.get_by_role("button", name="Reseed").click()
        page.wait_for_url("**seed=9**", timeout=60_000)
        page.wait_for_function(ANOTHER, arg=key, timeout=60_000)
        assert page.locator("[data-testid=stException]").count() == 0
