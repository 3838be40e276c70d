"""What is taken away plays without the app and without a network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from dynamics import Experiment
from exports import standalone_html
from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["hyperbola", "torus"])
def test_a_page_plays_from_a_file_with_the_network_off(browser: Browser, tmp_path: Path, name: str) -> None:
    path = tmp_path / "run.html"
    path.write_text(standalone_html(Experiment(landscape=name, paths=50, frames=60)), encoding="utf-8")
    with browser.new_context(offline=True, viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
        page.goto(path.as_uri())
        player = page.locator(".player")
        page.locator(".player[data-first-drawn]").wait_for(timeout=60_000)
        expect(player).to_have_attribute("data-particles", "100")
        page.keyboard.press("End")
        expect(player).to_have_attribute("data-frame", "59")
        assert page.evaluate("document.fonts.check('16px \"IBM Plex Sans\"')")
        assert (complaints, asked) == ([], [])


def test_the_simulator_gives_its_run_away(desktop: BrowserContext, app: str, tmp_path: Path) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=simulator&landscape=circle&paths=30&frames=40")
    wait_for_particles(page)
    wait_until_still(page)
    page.get_by_role("button", name="Take away").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Curves, CSV").click()
    found = waiting.value
    assert found.suggested_filename == "circle.csv"
    found.save_as(tmp_path / "circle.csv")
    text = (tmp_path / "circle.csv").read_text(encoding="utf-8")
    assert "# link: ?view=simulator" in text
    assert sum(not line.startswith("#") for line in text.splitlines()) == 41
