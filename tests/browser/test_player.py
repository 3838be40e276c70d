"""The player on a page of its own: see tests/browser/player_page.py."""

import base64
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from dynamics import Experiment, simulate
from figures.blob import encode
from figures.landscape_figure import landscape_views
from figures.palette import themes
from figures.simulation import series_panels, simulation_blob
from tests.browser.player_page import clocks, hyperbola, serve

pytestmark = pytest.mark.browser

FRAMES = 40
PLAYER = "#player"
# The picture has its size, and the curves beneath it are there: nothing will move under the pointer.
SETTLED = """() => {
  const { clientWidth, clientHeight, _fullLayout: drawn } = document.querySelector(".azl-picture");
  return drawn?.width === clientWidth && drawn?.height === clientHeight && document.querySelector(".azl-plot .main-svg") !== null;
}"""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, dict[str, bytes]]]:
    """The address of players, and their runs by name: a test adds its own."""
    runs = {"hyperbola": hyperbola(paths=40, frames=60, autoplay=False)}
    server = serve(runs)
    yield f"http://127.0.0.1:{server.server_port}", runs
    server.shutdown()
    server.server_close()


@pytest.fixture
def runs(served: tuple[str, dict[str, bytes]]) -> dict[str, bytes]:
    return served[1]


@pytest.fixture
def opened(browser: Browser, served: tuple[str, dict[str, bytes]]) -> Iterator[Any]:
    """Open a run: `page = opened(blob, color_scheme="dark")`. The page must not complain."""
    address, runs = served
    contexts, complaints, numbers = [], [], count()

    def open_run(blob: bytes, before: str = "", drawn: bool = True, look: str = "", **options: Any) -> Page:
        name = f"run{next(numbers)}"
        runs[name] = blob
        context = browser.new_context(viewport={"width": 1000, "height": 700}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(before)
        page.goto(f"{address}/?run={name}{look}")
        expect(page.locator(PLAYER)).to_have_attribute("data-state", re.compile("playing|paused"))
        if drawn:
            expect(page.locator(PLAYER)).to_have_attribute("data-first-drawn", re.compile(r"\d+"))
        return page

    yield open_run
    for context in contexts:
        context.close()
    assert not complaints


def still(points: np.ndarray, figure: dict[str, Any], **changes: Any) -> bytes:
    """A run of SGD alone in which nothing moves: `points` has shape (N, A)."""
    cloud = np.repeat(np.asarray(points, dtype=float)[None], FRAMES, axis=0)
    cloud = changes.pop("cloud", cloud)
    header = {
        "box": [[-2.0, 2.0]] * cloud.shape[-1],
        "figure": figure,
        "palette": themes(),
        "learning_rate": 0.1,
        "clock": "slow",
        "clocks": {"slow": "kη²", "fast": "kη"},
        "autoplay": False,
    } | changes
    arrays = clocks(np.linspace(0, 1, FRAMES), 0.1) | header.pop("arrays", {})
    return encode(header | {"panels": series_panels()}, {"sgd": cloud}, arrays)


def flat(*points: tuple[float, float]) -> dict[str, Any]:
    marks = {"type": "scatter", "mode": "markers", "marker": {"size": 10, "color": "#00a000"}, "hoverinfo": "skip"}
    x, y = zip(*points, strict=True) if points else ([], [])
    axes = {"xaxis": {"range": [-2, 2]}, "yaxis": {"range": [-2, 2]}}
    return {"data": [marks | {"x": x, "y": y}], "layout": axes}


def spatial(*traces: dict[str, Any]) -> dict[str, Any]:
    axis = {"range": [-2, 2]}
    scene = {"xaxis": axis, "yaxis": axis, "zaxis": axis, "camera": {"eye": {"x": 0.7, "y": 0.9, "z": 1.7}}}
    return {"data": list(traces), "layout": {"scene": scene}}


def centre(page: Page, hide: str) -> np.ndarray:
    """Where the only coloured thing in the picture is, in pixels, when `hide` is hidden."""
    style = page.add_style_tag(content=f"{hide}, .modebar {{ visibility: hidden !important }} * {{ outline: none !important }}")
    png = base64.b64encode(page.locator(".azl-stage").screenshot()).decode()
    style.evaluate("node => node.remove()")
    found = page.evaluate(
        """async (png) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
          const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, image.width, image.height);
          let x = 0, y = 0, n = 0;
          for (let at = 0; at < data.length; at += 4) {
            const channels = data.slice(at, at + 3);
            if (Math.max(...channels) - Math.min(...channels) < 100) continue;
            x += (at / 4) % image.width; y += Math.floor(at / 4 / image.width); n++;
          }
          return [x / n, y / n];
        }""",
        png,
    )
    return np.array(found)


def assert_marks_agree(page: Page, plotlys: str, tolerance: float = 1.0) -> None:
    page.wait_for_timeout(300)  # Plotly draws what a gesture asks for in a frame of its own
    ours = centre(page, hide=plotlys)
    theirs = centre(page, hide=".azl-layer")
    assert np.abs(ours - theirs).max() <= tolerance


def frame(page: Page) -> int:
    return int(page.locator(PLAYER).get_attribute("data-frame"))


def mark_opacity(page: Page) -> float:
    return page.evaluate(
        """() => {
          const canvas = document.querySelectorAll(".azl-layer")[1];
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.reduce((most, value, at) => (at % 4 === 3 ? Math.max(most, value) : most), 0) / 255;
        }"""
    )


def test_a_flat_picture_has_its_particles_where_plotly_has_the_point(opened):
    page = opened(still([(0.7, -1.1)], flat((0.7, -1.1))))
    assert_marks_agree(page, ".scatterlayer")
    page.evaluate("Plotly.relayout(document.querySelector('.azl-picture'), {'xaxis.range': [0, 1], 'yaxis.range': [-1.5, -0.5]})")
    assert_marks_agree(page, ".scatterlayer")


def test_particles_follow_while_the_picture_is_dragged(opened):
    page = opened(still([(0.7, -1.1)], flat((0.7, -1.1))))
    unmoved = centre(page, hide=".scatterlayer")
    box = page.locator(".azl-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 170, steps=4)
    assert_marks_agree(page, ".scatterlayer")
    assert np.abs(centre(page, hide=".scatterlayer") - unmoved - [40, -30]).max() < 2
    page.mouse.up()
    assert_marks_agree(page, ".scatterlayer")


def test_a_spatial_picture_has_its_particles_where_plotly_has_the_point(opened):
    point = {"type": "scatter3d", "mode": "markers", "marker": {"size": 9, "color": "#00a000"}, "hoverinfo": "skip"}
    grey = point | {"marker": {"size": 2, "color": "#808080"}, "x": [-2, 1], "y": [-1, 2], "z": [0, 1]}
    page = opened(still([(0.7, -1.1, 0.4)], spatial(grey, point | {"x": [0.7], "y": [-1.1], "z": [0.4]})))
    assert_marks_agree(page, ".azl-picture")
    page.evaluate("Plotly.relayout(document.querySelector('.azl-picture'), {'scene.camera.eye': {x: -1.5, y: 0.3, z: 1.2}})")
    assert_marks_agree(page, ".azl-picture")
    box = page.locator(".azl-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 230, steps=6)
    page.mouse.up()
    assert_marks_agree(page, ".azl-picture")


@pytest.mark.parametrize(("z", "least", "most"), [(1.0, 0.9, 1.0), (0.0, 0.9, 1.0), (-1.0, 0.2, 0.3)])
@pytest.mark.parametrize("kind", ["surface", "mesh3d"])
def test_what_is_behind_a_surface_is_faint(opened, kind, z, least, most):
    ends = [-2, 2]
    surface = {"type": "surface", "x": ends, "y": ends, "z": [[0, 0], [0, 0]], "showscale": False}
    mesh = {"type": "mesh3d", "x": [-2, 2, -2, 2], "y": [-2, -2, 2, 2], "z": [0] * 4, "i": [0, 1], "j": [1, 3], "k": [2, 2]}
    page = opened(still([(0.2, 0.1, z)], spatial(surface if kind == "surface" else mesh)))
    assert least <= mark_opacity(page) <= most


def test_a_surface_that_is_not_shown_hides_nothing(opened):
    ends = [-2, 2]
    surface = {"type": "surface", "x": ends, "y": ends, "z": [[0, 0], [0, 0]], "showscale": False, "meta": "manifold"}
    page = opened(still([(0.2, 0.1, -1.0)], spatial(surface)))
    assert mark_opacity(page) < 0.3
    page.get_by_role("button", name="Γ").click()
    page.wait_for_timeout(300)
    assert mark_opacity(page) > 0.9
    expect(page.get_by_role("button", name="Γ")).to_be_focused()


def test_trails_are_where_the_paths_have_been(opened):
    cloud = np.zeros((FRAMES, 1, 2))
    cloud[:, 0, 0] = np.linspace(-1.5, 1.5, FRAMES)
    page = opened(still(cloud[0], flat(), cloud=cloud))
    page.keyboard.press("End")
    opacity_at = """(x) => {
      const { xaxis, yaxis } = document.querySelector(".azl-picture")._fullLayout;
      const context = document.querySelector(".azl-layer").getContext("2d");
      return context.getImageData(xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(0), 1, 1).data[3];
    }"""
    expect(page.locator(PLAYER)).to_have_attribute("data-frame", str(FRAMES - 1))
    fresh, old, ahead = (page.evaluate(opacity_at, x) for x in (1.3, -1.0, 1.7))
    assert fresh > old > ahead == 0
    page.get_by_role("button", name="Trails").click()
    page.wait_for_timeout(200)
    assert page.evaluate(opacity_at, 1.3) == 0


def test_keys_and_buttons_move_through_the_run(opened, runs):
    page = opened(runs["hyperbola"])
    player = page.locator(PLAYER)
    end = int(page.locator(".azl-scrub").get_attribute("max"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-frame", "1")
    page.keyboard.press("End")
    expect(player).to_have_attribute("data-frame", str(end))
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-frame", str(end))
    page.keyboard.press("Home")
    expect(player).to_have_attribute("data-frame", "0")
    page.get_by_label("One frame forward").click()
    expect(player).to_have_attribute("data-frame", "1")
    page.keyboard.press("Space")  # a button that was clicked does not keep the key
    expect(player).to_have_attribute("data-state", "playing")
    page.locator(".azl-scrub").fill("7")
    expect(player).to_have_attribute("data-frame", "7")
    expect(player).to_have_attribute("data-state", "paused")


def test_a_run_plays_to_its_end_and_again(opened, runs):
    page = opened(runs["hyperbola"])
    player = page.locator(PLAYER)
    end = int(page.locator(".azl-scrub").get_attribute("max"))
    page.locator(".azl-speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-state", "playing")
    expect(player).to_have_attribute("data-fps", re.compile(r"^\d+\.\d$"))
    expect(player).to_have_attribute("data-state", "paused")
    assert frame(page) == end
    page.locator(".azl-speed").select_option("0.25")
    page.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-frame", re.compile(r"^[1-9]$"))
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "paused")


def test_keys_typed_into_a_field_stay_there(opened, runs):
    page = opened(runs["hyperbola"])
    page.evaluate("document.body.prepend(document.createElement('input'))")
    page.locator("body > input").press_sequentially("a b")
    page.keyboard.press("End")
    expect(page.locator("body > input")).to_have_value("a b")
    expect(page.locator(PLAYER)).to_have_attribute("data-frame", "0")


def test_the_readout_states_the_moment_on_three_clocks(opened, runs):
    page = opened(runs["hyperbola"])
    page.keyboard.press("End")
    expect(page.locator(".azl-readout dd")).to_have_text(["200", "20.0", "2.00"])


@pytest.mark.parametrize("pickable", [True, False])
def test_a_click_places_a_start(opened, pickable):
    page = opened(still([(0.0, 0.0)], flat(), pickable=pickable))
    page.wait_for_function(SETTLED)
    x, y = page.evaluate(
        """() => {
          const node = document.querySelector(".azl-picture");
          const { xaxis, yaxis } = node._fullLayout;
          const { left, top } = node.getBoundingClientRect();
          return [left + xaxis._offset + xaxis.d2p(1.25), top + yaxis._offset + yaxis.d2p(-0.5)];
        }"""
    )
    page.mouse.click(x, y)
    if pickable:
        page.wait_for_function("() => window.sent.length > 0")
    else:
        page.wait_for_timeout(500)  # a second press may make the first no placing; then it is told
    sent = page.evaluate("window.sent")
    assert [name for name, _ in sent] == ["start"] * pickable
    for _, point in sent:
        np.testing.assert_allclose(point, [1.25, -0.5], atol=0.01)


def test_a_click_on_a_surface_places_a_start_where_it_is(opened):
    ends = [-2, 2]
    surface = {"type": "surface", "x": ends, "y": ends, "z": [[-1, -1], [1, 1]], "showscale": False}
    page = opened(still([(0.5, 1.0, 0.5)], spatial(surface), pickable=True))
    x, y = centre(page, hide=".azl-picture")
    box = page.locator(".azl-stage").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_function("() => window.sent.length > 0")
    ((name, point),) = page.evaluate("window.sent")
    assert name == "start"
    np.testing.assert_allclose(point, [0.5, 1.0], atol=0.03)


def test_a_drag_and_a_double_click_place_nothing(opened):
    page = opened(still([(0.0, 0.0)], flat(), pickable=True))
    box = page.locator(".azl-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 170, steps=4)
    page.mouse.up()
    page.mouse.dblclick(box["x"] + 300, box["y"] + 200)
    page.wait_for_timeout(500)
    assert page.evaluate("window.sent") == []


def test_a_frozen_path_stays_as_a_cross(opened):
    cloud = np.zeros((FRAMES, 2, 2))
    cloud[:, 0] = np.linspace(-1, 1, FRAMES)[:, None]
    cloud[10:, 0] = np.nan
    frozen = {"sgd_frozen": np.array([10, -1])}
    status = {"kind": "diverged", "sentence": "One path left for infinity."}
    page = opened(still(cloud[0], flat(), cloud=cloud, arrays=frozen, status=status))
    badge = page.locator(".azl-badge")
    expect(badge).to_have_text("One path left for infinity.")
    page.keyboard.press("End")
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "2")
    expect(badge).to_have_text("One path left for infinity.✕ 1 of 2 SGD paths stopped")
    side, corner = page.evaluate(
        """([x, y]) => {
          const { xaxis, yaxis } = document.querySelector(".azl-picture")._fullLayout;
          const at = [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)].map(Math.round);
          const context = document.querySelectorAll(".azl-layer")[1].getContext("2d");
          const opacity = (dx, dy) => context.getImageData(at[0] + dx, at[1] + dy, 1, 1).data[3];
          return [opacity(0, -4), opacity(3, -3)];
        }""",
        cloud[9, 0].tolist(),
    )
    assert corner > 200 > side


def test_what_is_absent_is_not_drawn(opened):
    cloud = np.zeros((FRAMES, 5, 2))
    cloud[3, 1:3] = np.nan
    page = opened(still(cloud[0], flat(), cloud=cloud))
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "5")
    page.locator(".azl-scrub").fill("3")
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "3")
    page.get_by_role("button", name="SGD").click()
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "0")


def test_new_data_play_from_the_start_in_the_same_picture(opened, runs):
    page = opened(runs["hyperbola"])
    page.evaluate("window.before = document.querySelector('.azl-picture .main-svg')")
    page.keyboard.press("End")
    runs["new"] = hyperbola(paths=30, frames=60, caption="Another run.")
    page.evaluate("show('new')")
    expect(page.locator(PLAYER)).to_have_attribute("data-state", "playing")
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "60")
    expect(page.locator(".azl-caption")).to_have_text("Another run.")
    assert page.evaluate("window.before === document.querySelector('.azl-picture .main-svg')")


def test_new_data_on_the_same_axes_keep_the_view(opened, runs):
    page = opened(runs["hyperbola"])
    box = page.locator(".azl-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 170, steps=4)
    page.mouse.up()
    ranges = "['xaxis', 'yaxis'].map((name) => document.querySelector('.azl-picture')._fullLayout[name].range)"
    moved = page.evaluate(ranges)
    assert not np.allclose(moved[0], [-0.5, 3.0])
    runs["moved"] = hyperbola(paths=30, frames=60, caption="Another run.")
    page.evaluate("show('moved')")
    expect(page.locator(".azl-caption")).to_have_text("Another run.")
    np.testing.assert_allclose(page.evaluate(ranges), moved)


def test_the_same_data_with_another_caption_go_on(opened, runs):
    page = opened(runs["hyperbola"])
    page.locator(".azl-scrub").fill("9")
    runs["same"] = hyperbola(paths=40, frames=60, caption="Other words.")
    page.evaluate("show('same')")
    expect(page.locator(".azl-caption")).to_have_text("Other words.")
    expect(page.locator(PLAYER)).to_have_attribute("data-frame", "9")
    expect(page.locator(PLAYER)).to_have_attribute("data-state", "paused")


def test_bytes_that_are_no_run_leave_the_old_one(opened, runs):
    page = opened(runs["hyperbola"])
    runs["nonsense"] = b"nonsense"
    page.evaluate("show('nonsense')")
    expect(page.locator(".azl-badge")).to_have_text("This run could not be read; the one before stays.")
    page.keyboard.press("End")
    expect(page.locator(PLAYER)).to_have_attribute("data-particles", "80")


def test_a_clock_relays_the_series_and_is_told(opened, runs):
    page = opened(runs["hyperbola"])
    title = page.locator(".azl-series .x4title")
    expect(title).to_have_text("slow time t = kη²")
    page.get_by_role("button", name="log k").click()
    expect(title).to_have_text("steps k, logarithmic")
    assert page.evaluate("window.sent") == [["clock", "logarithmic"]]


def series(name: str, **means: np.ndarray) -> dict[str, np.ndarray]:
    return {f"series.{name}.{who}.mean": mean.astype(np.float32) for who, mean in means.items()}


def axis_of(page: Page, name: str) -> Any:
    page.wait_for_function(f"() => document.querySelector('.azl-plot')._fullLayout?.{name}")
    return page.evaluate(
        f"(({{ type, range }}) => ({{ type, range: [...range] }}))(document.querySelector('.azl-plot')._fullLayout.{name})"
    )


def test_a_few_diverging_paths_do_not_flatten_a_series(opened):
    sharpness = np.full(FRAMES, 2.0)
    sharpness[10:13] = 1e12
    page = opened(still([(0, 0)], flat(), arrays=series("sharpness", sgd=sharpness)))
    axis = axis_of(page, "yaxis4")
    assert axis["type"] == "linear"
    assert axis["range"][1] < 20


def test_the_loss_has_a_logarithmic_axis_that_the_limit_does_not_stretch(opened):
    lines = series("loss", sgd=np.geomspace(1, 1e-3, FRAMES), limit=np.full(FRAMES, 1e-30))
    page = opened(still([(0, 0)], flat(), arrays=lines))
    axis = axis_of(page, "yaxis")
    assert axis["type"] == "log"
    np.testing.assert_allclose(axis["range"], [-3, 0], atol=0.2)


def test_fast_time_shows_the_fall(opened):
    distance = np.where(np.arange(FRAMES) < 4, 1.0, 0.1)
    page = opened(still([(0, 0)], flat(), arrays=series("distance", sgd=distance), clock="fast"))
    times = np.linspace(0, 1, FRAMES) / 0.1
    np.testing.assert_allclose(axis_of(page, "xaxis2")["range"], [0, 4 * times[4]], rtol=1e-5)


def test_the_cursors_are_at_the_moment(opened, runs):
    page = opened(runs["hyperbola"])
    for key, side in (("Home", "left"), ("End", "right")):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
        cursors = [box["x"] for box in (each.bounding_box() for each in page.locator(".azl-cursor").all())]
        plots = page.evaluate(
            """(side) => ["xy", "x2y2", "x3y3", "x4y4"].map((name) =>
              document.querySelector(`.azl-series .draglayer .${name} .nsewdrag`).getBoundingClientRect()[side])""",
            side,
        )
        np.testing.assert_allclose(cursors, plots, atol=1.5)


def test_a_press_on_a_series_moves_there(opened, runs):
    page = opened(runs["hyperbola"])
    box = page.locator(".azl-series .draglayer .xy .nsewdrag").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    expect(page.locator(".azl-readout dd").last).to_have_text(re.compile(r"^(0\.9[6-9]|1\.0[0-4])$"))


def test_colours_follow_the_theme_without_the_server(opened, runs):
    page = opened(runs["hyperbola"])
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator(PLAYER)).to_have_attribute("data-theme", theme)
        line = page.locator(".azl-picture .scatterlayer .js-line").first
        expect(line).to_have_css("stroke", re.compile(rgb(themes()[theme]["manifold"])))
    assert asked == []


def rgb(colour: str) -> str:
    return r"rgb\({}, {}, {}\)".format(*bytes.fromhex(colour[1:]))


def test_a_browser_without_webgl_says_so(opened):
    flags = "HTMLCanvasElement.prototype.getContext = (get => function (kind, ...rest) "
    flags += "{ return kind.includes('webgl') ? null : get.call(this, kind, ...rest) })(HTMLCanvasElement.prototype.getContext)"
    point = {"type": "scatter3d", "x": [0], "y": [0], "z": [0]}
    page = opened(still([(0, 0, 0)], spatial(point)), before=flags, drawn=False)
    expect(page.locator(".azl-badge")).to_have_text("This browser does not draw in three dimensions: its WebGL is off.")


def test_who_asks_for_less_motion_gets_the_end(opened):
    page = opened(hyperbola(paths=10, frames=30), reduced_motion="reduce")
    expect(page.locator(PLAYER)).to_have_attribute("data-state", "paused")
    assert frame(page) == int(page.locator(".azl-scrub").get_attribute("max"))


@pytest.mark.parametrize(("width", "arrangement"), [(390, "stack"), (760, "grid"), (1300, "column")])
def test_nothing_is_wider_than_the_screen(opened, runs, width, arrangement):
    page = opened(runs["hyperbola"])
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(PLAYER)).to_have_attribute("data-arrangement", arrangement)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_fits = "() => document.querySelector('.azl-picture .main-svg').getBoundingClientRect().width"
    assert abs(page.evaluate(assert_fits) - page.locator(".azl-stage").bounding_box()["width"]) < 1


LATER = """window.later = new Promise((resolve, reject) => {
  Object.assign(window, { arrive: () => resolve(window.Plotly), fail: reject });
})"""
# Where the marks are: the middle of what is drawn, and its sides, in pixels.
MARKED = """() => {
  const canvas = document.querySelectorAll(".azl-layer:not(.azl-draft)")[1];
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let x = 0, y = 0, n = 0, left = width, right = 0, top = height, bottom = 0;
  for (let at = 3, pixel = 0; at < data.length; at += 4, pixel++) {
    if (!data[at]) continue;
    const [i, j] = [pixel % width, Math.floor(pixel / width)];
    x += i; y += j; n++;
    left = Math.min(left, i); right = Math.max(right, i); top = Math.min(top, j); bottom = Math.max(bottom, j);
  }
  return [x / n, y / n, left, right, top, bottom].map((pixels) => pixels / devicePixelRatio);
}"""
DRAFTED = (
    ("hyperbola", "plane", ""), ("hyperbola", "surface", ""), ("torus", "space", ""), ("torus", "space", "&hide=manifold"),
    ("torus", "section", ""), ("ellipse", "plane", ""),
)  # fmt: skip


@pytest.mark.parametrize(("name", "view", "look"), DRAFTED)
def test_a_run_moves_on_a_draft_until_plotly_is_there_and_is_where_it_was(opened, name: str, view: str, look: str):
    outcome = simulate(Experiment(landscape=name, paths=40, frames=30, horizon=0.3))
    views = {each.name: each for each in landscape_views(outcome.experiment.landscape)}
    page = opened(simulation_blob(outcome, views[view]), LATER, drawn=False, look=look)
    player = page.locator(PLAYER)
    expect(player).to_have_attribute("data-drafted", re.compile(r"\d+"))
    expect(player).to_have_attribute("data-frame", re.compile("[1-9]"))  # it plays
    page.get_by_role("button", name="Pause (space)").click()
    assert page.locator(".main-svg, canvas:not(.azl-layer)").count() == 0
    before = page.evaluate(MARKED)
    inked = page.evaluate(
        """() => {
          const canvas = document.querySelector(".azl-draft");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    assert inked > 20  # colours: lines and surfaces are there
    page.evaluate("window.arrive()")
    expect(player).to_have_attribute("data-first-drawn", re.compile(r"\d+"))
    expect(page.locator(".azl-draft")).to_have_count(0)
    assert page.evaluate(MARKED) == pytest.approx(before, abs=1)


def test_a_run_plays_on_its_draft_where_plotly_never_comes(opened):
    outcome = simulate(Experiment(landscape="circle", paths=5, frames=30, horizon=0.1))
    page = opened(simulation_blob(outcome, landscape_views(outcome.experiment.landscape)[0]), LATER, drawn=False)
    expect(page.locator(PLAYER)).to_have_attribute("data-drafted", re.compile(r"\d+"))
    page.evaluate("window.fail(new Error('plotly.js did not arrive.'))")
    expect(page.locator(".azl-badge")).to_contain_text("What draws the axes did not arrive")
    page.keyboard.press("Tab")
    expect(page.locator(PLAYER)).to_have_attribute("data-frame", "29")  # to its end
