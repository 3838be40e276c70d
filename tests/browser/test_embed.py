"""A picture in a frame of somebody's page, how it gets there, and what a pasted link shows."""

import io
import re
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.serving import wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(800, 450), (853, 480), (390, 500), (1280, 720)])
def test_a_frame_holds_the_player_whole(browser: Browser, app: str, width: int, height: int) -> None:
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.goto(f"{app}/?landscape=circle&paths=20&frames=30&embed=true")
        wait_for_particles(page)
        assert page.locator(".stApp").count() == 0
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [width, height]
        for part in (".azl-legend", ".azl-stage", ".azl-play", ".azl-scrub", "footer a"):
            box = page.locator(part).bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height


def test_the_chosen_controls_change_the_run_and_its_link(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?landscape=hyperbola&paths=20&frames=30&embed=true&controls=learning_rate,parameters,seed")
    wait_for_particles(page)
    player = page.locator(".player")
    expect(page.get_by_role("slider", name="Learning rate")).to_be_visible()
    key = player.get_attribute("data-key")
    page.get_by_role("button", name="Other randomness").click()
    expect(player).not_to_have_attribute("data-key", key)
    key = player.get_attribute("data-key")
    slider = page.get_by_role("slider", name="a", exact=False).last
    slider.focus()
    slider.press("Home")
    expect(player).not_to_have_attribute("data-key", key)
    link = page.get_by_role("link", name="Open in After Zero Loss").get_attribute("href")
    assert re.search(r"landscape\.a=[\d.]+&seed=1|seed=1&landscape\.a=[\d.]+", link)
    assert "embed" not in link


def test_another_page_in_a_frame_has_no_navigation(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=glossary&embed=true")
    wait_until_still(page)
    expect(page.locator(".st-key-intro")).to_be_visible()
    assert page.locator(".st-key-pages").count() == 0


def test_share_gives_link_frame_and_citation(desktop: BrowserContext, app: str) -> None:
    page = desktop.new_page()
    page.goto(f"{app}/?view=simulator&landscape=circle&paths=20&frames=30")
    wait_for_particles(page)
    wait_until_still(page)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("textbox", name="Link", exact=True)).to_have_value(page.url.replace("view=simulator&", ""))
    frame = page.get_by_role("textbox", name="HTML of the frame")
    expect(frame).to_have_value(re.compile('src="[^"]+&amp;embed=true"'))
    page.get_by_role("radio", name="With controls").check(force=True)
    page.get_by_role("checkbox", name="randomness").uncheck()
    expect(frame).to_have_value(re.compile('controls=learning_rate,parameters"'))
    expect(page.get_by_role("textbox", name="Citation")).to_have_value(re.compile(r"ICLR 2022.*After Zero Loss \d.*=circle"))
    page.keyboard.press("Escape")
    expect(page.locator(".azl-sharing")).to_have_count(0)


def test_a_pasted_link_shows_its_title_and_its_picture(app: str) -> None:
    head = urlopen(f"{app}/?view=convergence&landscape=torus&paths=20&frames=30").read().decode()
    said = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', head))
    assert said["og:title"] == "Convergence: Torus · After Zero Loss"
    assert said["og:image"] == f"{app}/card.png?view=convergence&amp;landscape=torus&amp;paths=20&amp;frames=30"
    answer = urlopen(said["og:image"].replace("&amp;", "&"))
    assert "public" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(answer.read())).size == (1200, 630)
    unknown = urlopen(f"{app}/card.png?landscape=nowhere&learning_rate=%3Cscript%3E")
    assert unknown.headers["Content-Type"] == "image/png"


def test_a_link_cannot_put_anything_into_a_page(app: str) -> None:
    attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for query in (f"view=simulator&landscape={attack}", f"landscape=circle&seed={attack}&embed=true", f"{attack}=1&embed=true"):
        assert "<script>alert" not in urlopen(f"{app}/?{query}").read().decode()
