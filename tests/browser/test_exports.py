"""What is taken away plays without the app and without a network."""

import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dynamics import Experiment, simulate
from exports import notebook, standalone_html
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


def test_what_a_notebook_shows_plays(browser: Browser, tmp_path: Path) -> None:
    shown = simulate(Experiment(landscape="hyperbola", paths=20, frames=30))._repr_html_()
    (tmp_path / "notebook.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>A notebook</title>{shown}", encoding="utf-8"
    )
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto((tmp_path / "notebook.html").as_uri())
        player = page.frame_locator("iframe").locator(".player[data-first-drawn]")
        player.wait_for(timeout=60_000)
        expect(player).to_have_attribute("data-particles", "40")


def taken(page: Page, button: str, folder: Path) -> tuple[str, bytes]:
    """The name and the content of what a button under “Take away” gives."""
    place = page.get_by_role("button", name=button, exact=True)
    if not place.is_visible():
        page.get_by_role("button", name="Take away").click()
    with page.expect_download() as waiting:
        place.click()
    waiting.value.save_as(folder / "file")
    return waiting.value.suggested_filename, (folder / "file").read_bytes()


def test_pages_give_away_what_they_show(desktop: BrowserContext, app: str, tmp_path: Path) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=simulator&landscape=circle&paths=30&frames=40")
    wait_for_particles(page)
    wait_until_still(page)
    name, content = taken(page, "Curves, CSV", tmp_path)
    text = content.decode()
    assert name == "circle.csv"
    assert "# link: ?view=simulator" in text
    assert sum(not line.startswith("#") for line in text.splitlines()) == 41
    name, content = taken(page, "Paths, Parquet", tmp_path)
    assert name == "circle.paths.parquet"
    assert pyarrow.parquet.read_table(io.BytesIO(content)).num_rows == 30 * 40
    name, content = taken(page, "Notebook, Jupyter", tmp_path)
    assert name == "circle.ipynb"
    assert json.loads(content) == notebook(Experiment(landscape="circle", paths=30, frames=40))
    page.goto(f"{app}/?view=compare&landscape=circle&paths=30&frames=40&other.paths=10")
    wait_for_particles(page)
    wait_until_still(page)
    name, content = taken(page, "Curves, CSV", tmp_path)
    lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
    assert (name, [line.split(",")[0] for line in lines]) == ("compare.run.csv", ["run"] + ["left"] * 40 + ["right"] * 40)
    name, content = taken(page, "A page that plays", tmp_path)
    (tmp_path / "both.html").write_bytes(content)
    both = desktop.new_page()
    both.goto((tmp_path / "both.html").as_uri())
    expect(both.locator(".player[data-first-drawn]")).to_have_count(2)
    both.locator(".player").first.press("End")
    assert [player.get_attribute("data-particles") for player in both.locator(".player").all()] == ["60", "20"]
    for player in both.locator(".player").all():
        expect(player).to_have_attribute("data-frame", "39")
    page.goto(f"{app}/?view=anatomy&landscape=circle&paths=30&frames=40")
    page.locator(".anatomy[data-first-drawn]").wait_for()
    wait_until_still(page)
    name, content = taken(page, "At the point, CSV", tmp_path)
    assert name == "anatomy.point.csv"
    assert "# link: ?view=anatomy&v=1&landscape=circle" in content.decode()
    assert [line.split(",")[0] for line in content.decode().splitlines()[-2:]] == ["x", "y"]
    page.goto(f"{app}/?view=phases&diagram=d100&method=flow")
    page.locator(".azl-panel-picture .main-svg").first.wait_for()
    wait_until_still(page)
    name, content = taken(page, "Numbers, CSV", tmp_path)
    rows = [line for line in content.decode().splitlines() if not line.startswith("#")]
    assert name == "phases.csv"
    assert rows[0].startswith("panel,curve,")
    assert len(rows) > 100
