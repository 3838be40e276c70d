"""What the player saves: decoded by programs that know nothing of it, and held against what it shows."""

import base64
import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.player_page import hyperbola, serve
from tests.browser.serving import wait_until_still

pytestmark = pytest.mark.browser

LAST = 11
WIDTH, HEIGHT, RATE = 640, 360, 12
SHOWN = [0, 4, 4, 8, LAST]
SAID = "Seed 0, η = 0.1"
LOOK = {
    "width": WIDTH, "height": HEIGHT, "density": 1, "theme": "light", "clock": "slow", "curves": True, "words": True, "link": "?",
    "hidden": [],
}  # fmt: skip
# The run of the page, drawn by the modules alone; `make` is a function's body, which finds `drawing` and `look`.
DRAWN = """async ({ name, look, make }) => {
  const names = ["player/blob", "player/clock", "save/drawing", "save/film", "save/gif", "save/png"];
  const modules = await Promise.all(names.map((each) => import(`/${each}.js`)));
  const [{ decode }, { makeClock }, { makeDrawing }, { film }, { gif }, { png }] = modules;
  const { header, arrays } = await decode(new Uint8Array(await (await fetch(`${name}.azl`)).arrayBuffer()));
  const run = { header, arrays, clock: makeClock(arrays, header.clocks), ensembles: [] };
  const player = document.getElementById("player");
  const drawing = await makeDrawing(run, window.Plotly, player, { ...look, hidden: new Set(look.hidden) });
  const made = new Function("drawing", "film", "gif", "png", `return (async () => { ${make} })()`);
  const file = await made(drawing, film, gif, png);
  drawing.destroy();
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(bytes.reduce((letters, byte) => letters + String.fromCharCode(byte), ""));
}"""
ALL = f"const progress = async () => true; const shown = {SHOWN}, rate = {RATE};"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    runs = {
        "flat": hyperbola(paths=40, frames=LAST + 1, autoplay=False),
        "spatial": hyperbola(paths=40, frames=LAST + 1, axes=3, autoplay=False),
    }
    server = serve(runs)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(browser: Browser, address: str, name: str = "flat", before: str = "", **options: Any) -> Page:
    page = browser.new_context(viewport={"width": 1000, "height": 700}, **options).new_page()
    page.add_init_script(before)
    page.goto(f"{address}/?run={name}")
    expect(page.locator("#player")).to_have_attribute("data-first-drawn", re.compile(r"\d+"))
    return page


def drawn(page: Page, make: str, name: str = "flat", **look: Any) -> bytes:
    return base64.b64decode(page.evaluate(DRAWN, {"name": name, "look": LOOK | look, "make": ALL + make}))


def still(page: Page, frame: int, name: str = "flat", **look: Any) -> np.ndarray:
    return pixels(
        Image.open(io.BytesIO(drawn(page, f"return png(drawing.draw({frame}), {{ texts: {{}}, resolution: 300 }})", name, **look)))
    )


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=float)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """The mean difference of two pictures, of 255."""
    assert a.shape == b.shape
    return float(np.abs(a - b).mean())


def assert_same(ours: np.ndarray, theirs: np.ndarray, other: np.ndarray, share: float = 0.3) -> None:
    """The same picture as theirs: where another moment differs, ours differs by no more than a share of that."""
    moved = np.abs(theirs - other).max(axis=-1) > 40
    assert moved.sum() > 200
    assert apart(ours[moved], theirs[moved]) < share * apart(other[moved], theirs[moved])
    assert apart(ours, theirs) < 2.5


@pytest.mark.parametrize(("name", "theme"), [("flat", "light"), ("flat", "dark"), ("spatial", "light")])
def test_the_first_and_the_last_frame_are_the_players_own(browser: Browser, address: str, name: str, theme: Any) -> None:
    page = opened(browser, address, name, color_scheme=theme)
    stage = page.locator(".azl-stage")
    size = page.evaluate(
        "(({ clientWidth: width, clientHeight: height }) => ({ width, height }))(document.querySelector('.azl-stage'))"
    )
    page.add_style_tag(content=".modebar { visibility: hidden !important } * { outline: none !important }")
    page.locator("[data-key-of=trails]").click()  # thin lines come out otherwise on a graphics card, of which the page has one
    shown, ours = {}, {}
    for key, frame in (("Home", 0), ("End", LAST)):
        page.keyboard.press(key)
        expect(page.locator("#player")).to_have_attribute("data-frame", str(frame))
        page.wait_for_timeout(150)
        shown[frame] = pixels(Image.open(io.BytesIO(stage.screenshot())))[: size["height"], : size["width"]]
        ours[frame] = still(page, frame, name, theme=theme, curves=False, words=False, hidden=["trails"], **size)
    assert_same(ours[0], shown[0], shown[LAST])
    assert_same(ours[LAST], shown[LAST], shown[0])
    page.context.close()


def test_a_gif_has_its_frames_its_size_and_its_words(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    file = Image.open(io.BytesIO(drawn(page, f'return gif(drawing, {{ shown, rate, said: "{SAID}", progress }})')))
    assert (file.size, file.n_frames) == ((WIDTH, HEIGHT), len(SHOWN))
    comments, durations, stills = [], [], {frame: still(page, frame) for frame in (0, LAST)}
    for i, frame in enumerate(SHOWN):
        file.seek(i)
        comments.append(file.info.get("comment", b"").decode())
        durations.append(file.info["duration"])
        if frame in stills:
            assert_same(pixels(file), stills[frame], stills[LAST - frame])
    assert SAID in comments
    assert sum(durations[:-1]) == pytest.approx(1000 * (len(SHOWN) - 1) / RATE, abs=10)
    page.context.close()


def test_a_film_has_its_frames_its_size_and_its_words(browser: Browser, address: str, tmp_path: Path) -> None:
    page = opened(browser, address)
    file = tmp_path / "run.mp4"
    file.write_bytes(
        drawn(page, f'return film(drawing, {{ shown, rate, tags: {{ title: "Hyperbola", comment: "{SAID}" }}, progress }})')
    )
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    about = subprocess.run([ffmpeg, "-hide_banner", "-i", file], capture_output=True, check=False).stderr.decode()
    assert f"comment         : {SAID}" in about
    assert re.search(rf"Video: (h264|av1|vp9)\b.* {WIDTH}x{HEIGHT}.* {RATE} fps", about)
    decode = [ffmpeg, "-v", "error", "-i", file, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(decode, capture_output=True, check=True)
    assert raw.stderr == b""
    frames = np.frombuffer(raw.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 3).astype(float)
    assert len(frames) == len(SHOWN)
    first, last = still(page, 0), still(page, LAST)
    assert_same(frames[0], first, last)  # three quarters of the colours' pixels are lost
    assert_same(frames[-1], last, first)
    page.context.close()


def saved(page: Page, kind: str, size: str) -> tuple[str, bytes]:
    page.get_by_role("button", name="Save a picture or a film").click()
    page.get_by_role("radio", name=kind).check(force=True)
    page.get_by_label("Size").select_option(size)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save", exact=True).click()
    content = Path(waiting.value.path()).read_bytes()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    return waiting.value.suggested_filename, content


def test_the_dialog_saves_stills_that_say_what_they_are(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.keyboard.press("End")
    name, content = saved(page, "PNG", "full")
    png = Image.open(io.BytesIO(content))
    assert (name, png.size) == ("after_zero_loss.png", (1920, 1080))
    assert png.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert "learning rate η = 0.1" in png.text["Description"]
    name, content = saved(page, "SVG", "hd")
    svg = content.decode()
    assert "learning rate η = 0.1" in re.search(r"<desc>(.*?)</desc>", svg, re.S)[1]
    assert "font/woff2;base64" in svg
    # Chromium draws it by itself as the other is drawn.
    other = page.context.new_page()
    other.set_viewport_size({"width": 1280, "height": 720})
    image = f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
    other.set_content(f"<style>body {{ margin: 0 }}</style><img src='{image}'>")
    other.wait_for_function("() => document.images[0].complete")
    shot = Image.open(io.BytesIO(other.screenshot()))
    assert apart(pixels(shot), pixels(png.resize((1280, 720), Image.Resampling.BOX))) < 3
    page.context.close()


def test_where_the_browser_encodes_no_film_it_says_so(browser: Browser, address: str) -> None:
    page = opened(browser, address, before="delete window.VideoEncoder")
    page.get_by_role("button", name="Save a picture or a film").click()
    expect(page.locator(".azl-save")).to_contain_text("This browser cannot encode films; a GIF it can.")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_role("radio", name="GIF").check(force=True)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    page.context.close()


def test_a_film_that_is_stopped_leaves_the_page_as_it_was(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.get_by_role("button", name="Save a picture or a film").click()
    page.get_by_role("radio", name="GIF").check(force=True)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status").filter(has_text="Stopped.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".azl-save")).to_have_count(0)
    page.keyboard.press("Home")
    expect(page.locator("#player")).to_have_attribute("data-frame", "0")
    page.context.close()


def test_a_panel_saves_itself(browser: Browser, app: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.goto(f"{app}/?view=densities&landscape=circle&paths=20&frames=20&seed=3")
        page.locator(".panel[data-drawn]").first.wait_for(timeout=60_000)
        wait_until_still(page)
        title = page.locator(".azl-panel-title").first.inner_text()
        for kind, size, opened in (("PNG", "full", True), ("SVG", "hd", False)):
            page.get_by_role("button", name="Save this picture").first.click()
            assert page.get_by_role("radio", name="Film").count() == 0
            page.get_by_role("radio", name=kind).check(force=True)
            page.get_by_label("Size").select_option(size)
            with page.expect_download() as waiting:
                page.get_by_role("button", name="Save", exact=True).click()
            content = Path(waiting.value.path()).read_bytes()
            page.get_by_role("button", name="Close").click()
            if opened:
                png = Image.open(io.BytesIO(content))
                assert png.size == (1920, 1080)
                assert png.text["Title"] == title
                assert "Seed 3. After Zero Loss " in png.text["Description"]
                assert f"{app}/?view=densities" in png.text["Description"]
                assert pixels(png).std() > 5
            else:
                assert title in content.decode()
                assert re.search(r"After Zero Loss \d", content.decode())
