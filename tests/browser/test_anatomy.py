"""The anatomy in a browser: what is dragged there has the numbers that the engine has."""

import io
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dynamics import landscape, limit_drift, noise
from dynamics.limit.coefficients import PARTS
from tests.browser.serving import wait_until_still
from tests.browser.test_links import query_of
from tests.browser.test_save import apart, pixels

pytestmark = pytest.mark.browser

TILTED = "noise=covariance&noise.matrix=1,0.4;0.4,0.5&paths=20"


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector(".azl-anatomy[data-drawn]")
    wait_until_still(page)
    return page


@pytest.fixture
def tilted(desktop: BrowserContext, app: str) -> Page:
    return opened(desktop, f"{app}/?view=anatomy&landscape=ellipse&{TILTED}")


STATE = """() => {
  const { point, covariance, updates } = document.querySelector(".azl-anatomy").dataset;
  const shown = { point: JSON.parse(point), covariance: JSON.parse(covariance), updates: Number(updates), parts: {} };
  const vectors = document.querySelectorAll(".azl-vector[data-part]");
  for (const { dataset } of vectors) shown.parts[dataset.part] = JSON.parse(dataset.value);
  return shown;
}"""


def state(page: Page) -> dict[str, Any]:
    """What the browser shows, all of one moment."""
    return page.evaluate(STATE)


def middle(target: Locator) -> tuple[float, float]:
    box = target.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def expect_the_engines_numbers(page: Page, name: str) -> None:
    """The browser's parts of the drift, at its point and with its covariance, are those of limit_drift."""
    shown = state(page)
    covariance = noise("covariance", matrix=[[repr(entry) for entry in row] for row in shown["covariance"]])
    expected = limit_drift(landscape(name), covariance, shown["point"])
    for part in PARTS:
        np.testing.assert_allclose(shown["parts"][part], getattr(expected, part), rtol=0, atol=1e-12)


def test_the_covariance_is_dragged_by_an_axis(tilted: Page) -> None:
    expect_the_engines_numbers(tilted, "ellipse")
    before, link = state(tilted)["covariance"], tilted.url
    x, y = middle(tilted.locator("[data-grip=axis][data-axis='0']"))
    tilted.mouse.move(x, y)
    tilted.mouse.down()
    for step in range(1, 9):
        tilted.mouse.move(x + 4 * step, y - 3 * step)
        expect_the_engines_numbers(tilted, "ellipse")
    assert state(tilted)["updates"] >= 1
    grip = middle(tilted.locator("[data-grip=axis][data-axis='0']"))
    np.testing.assert_allclose(grip, (x + 32, y - 24), atol=20)  # under the hand, or near where the axis snaps to
    assert tilted.url == link  # the server has heard nothing
    dragged = np.array(state(tilted)["covariance"])
    assert np.trace(dragged) > 1.1 * np.trace(before)
    tilted.mouse.up()
    tilted.wait_for_function("link => location.href !== link", arg=link)
    rows = query_of(tilted)["noise.matrix"].split(";")
    written = np.array([[float(entry) for entry in row.split(",")] for row in rows])
    np.testing.assert_allclose(written, dragged, atol=2e-3)


def test_the_point_is_dragged_along_the_manifold_and_stepped_by_keys(tilted: Page) -> None:
    x, y = middle(tilted.locator("[data-grip=point]"))
    tilted.mouse.move(x, y)
    tilted.mouse.down()
    tilted.mouse.move(x + 70, y - 30, steps=6)  # beside the curve: the point stays on it
    there = np.array(state(tilted)["point"])
    assert there[0] ** 2 / 4 + there[1] ** 2 == pytest.approx(1, abs=1e-8)
    expect_the_engines_numbers(tilted, "ellipse")
    tilted.mouse.up()
    tilted.wait_for_function("() => location.search.includes('point=')")
    linked = [float(value) for value in query_of(tilted)["point"].split(",")]
    np.testing.assert_allclose(linked, there, atol=1e-4)
    wait_until_still(tilted)
    tilted.locator(".azl-anatomy-stage").focus()
    tilted.keyboard.press("ArrowRight")
    assert 0.01 < np.linalg.norm(np.array(state(tilted)["point"]) - there) < 0.2
    expect_the_engines_numbers(tilted, "ellipse")


def test_sliders_and_snaps_change_the_covariance(tilted: Page) -> None:
    slider = tilted.get_by_label("correlation of n and t")
    slider.fill("0")
    np.testing.assert_allclose(state(tilted)["parts"]["mixed"], 0, atol=1e-12)
    expect_the_engines_numbers(tilted, "ellipse")
    for snap, kind in {"isotropic": "isotropic", "label": "label", "normal": "covariance"}.items():
        tilted.locator(f"[data-snap={snap}]").click()
        expect_the_engines_numbers(tilted, "ellipse")
        tilted.wait_for_function("kind => new URLSearchParams(location.search).get('noise') === kind", arg=kind)
        wait_until_still(tilted)
        expect_the_engines_numbers(tilted, "ellipse")
    np.testing.assert_allclose(state(tilted)["parts"]["tangent"], 0, atol=1e-6)  # as many digits as the link has


def test_a_part_is_switched_off_and_the_run_says_whether_it_is_needed(tilted: Page) -> None:
    tilted.locator(".azl-chip[data-part=tangent]").click()
    tilted.wait_for_function("() => location.search.includes('parts=mixed%2Cnormal')")
    total = np.array(json.loads(tilted.locator(".azl-total .azl-vector").get_attribute("data-value") or ""))
    parts = {part: np.array(value) for part, value in state(tilted)["parts"].items()}
    np.testing.assert_allclose(total, parts["mixed"] + parts["normal"], atol=1e-15)
    expect(tilted.get_by_text("Without the tangent part the limit leaves Γ: it ends")).to_be_visible(timeout=60_000)
    wait_until_still(tilted)
    expect(tilted.locator(".azl-chip[data-part=tangent]")).to_have_attribute("aria-pressed", "false")


def test_in_space_a_click_places_the_point(desktop: BrowserContext, app: str) -> None:
    page = opened(desktop, f"{app}/?view=anatomy&landscape=sphere&paths=20")
    expect_the_engines_numbers(page, "sphere")
    before = state(page)["point"]
    x, y = middle(page.locator("[data-grip=point]"))
    page.mouse.click(x - 60, y + 30)
    page.wait_for_function("() => location.search.includes('point=')")
    page.wait_for_function(
        "before => document.querySelector('.azl-anatomy').dataset.point !== before", arg=json.dumps(before, separators=(",", ":"))
    )
    expect_the_engines_numbers(page, "sphere")
    assert np.linalg.norm(state(page)["point"]) == pytest.approx(1, abs=1e-9)
    shifted = middle(page.locator("[data-grip=point]"))
    np.testing.assert_allclose(shifted, (x - 60, y + 30), atol=8)


def test_a_click_places_the_point_on_a_surface_of_ones_own(desktop: BrowserContext, app: str) -> None:
    formula = "residuals=x**2%2By**2%2Bz**2%2Bx*y-1&variables=x,y,z&start=1,0.6,0.2"
    page = opened(desktop, f"{app}/?view=anatomy&{formula}&paths=20")
    before = state(page)["point"]
    x, y = middle(page.locator("[data-grip=point]"))
    page.mouse.click(x + 60, y - 60)
    page.wait_for_function(
        "before => document.querySelector('.azl-anatomy').dataset.point !== before", arg=json.dumps(before, separators=(",", ":"))
    )
    a, b, c = state(page)["point"]
    assert a * a + b * b + c * c + a * b == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(middle(page.locator("[data-grip=point]")), (x + 60, y - 60), atol=12)


def test_a_phone_need_not_scroll_sideways(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True) as phone:
        page = opened(phone, f"{app}/?view=anatomy&landscape=motor&paths=20")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = page.evaluate("document.querySelector('.azl-anatomy-numbers').scrollWidth")
        assert wide <= 390


def test_the_picture_saves_itself_with_what_lies_over_it(tilted: Page) -> None:
    found: dict[str, bytes] = {}
    for kind, size in (("PNG", "full"), ("SVG", "hd")):
        tilted.get_by_role("button", name="Save this picture").first.click()
        tilted.get_by_role("radio", name=kind).check(force=True)
        tilted.get_by_label("Size").select_option(size)
        with tilted.expect_download() as waiting:
            tilted.get_by_role("button", name="Save", exact=True).click()
        found[kind] = Path(waiting.value.path()).read_bytes()
        tilted.get_by_role("button", name="Close").click()
    png = Image.open(io.BytesIO(found["PNG"]))
    assert png.text["Title"] == "Ellipse: the drift at a point of Γ"
    assert "drift × " in png.text["Description"]
    svg = found["SVG"].decode()
    words = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"drift", "t", "n"} <= set(words)
    assert "view=anatomy" in svg
    other = tilted.context.new_page()
    other.set_viewport_size({"width": 1280, "height": 720})
    other.set_content(
        f"<style>body {{ margin: 0 }}</style><img src='data:image/svg+xml;base64,{b64encode(found['SVG']).decode()}'>"
    )
    other.wait_for_function("() => document.images[0].complete")
    drawn = pixels(Image.open(io.BytesIO(other.screenshot())))
    assert apart(drawn, pixels(png.resize((1280, 720), Image.Resampling.BOX))) < 3
