"""The still picture: what is drawn is the landscape, Γ and gradient flow, in the view's coordinates and in roles of the palette."""

import itertools
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dynamics import Landscape, gradient_flow, landscape, landscape_names
from dynamics.landscapes.landscape import View
from figures.landscape_figure import boxed, landscape_figure, landscape_views
from figures.palette import palette

OWN = Landscape.from_residuals(["x*y - 1", "z - x"], ("x", "y", "z"))


def unpacked(array: dict[str, Any]) -> np.ndarray:
    values = np.frombuffer(b64decode(array["bdata"]), array["dtype"])
    return values.reshape([int(side) for side in array["shape"].split(",")]) if "shape" in array else values


def shown(subject: Landscape, view: View, start: Any) -> dict[str, Any]:
    start = np.array(start)
    flow = gradient_flow(subject, start).points
    return landscape_figure(subject, boxed(subject, view, flow), start, flow)


def strings(value: Any):
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", landscape_names())
def test_every_view_of_every_landscape_is_drawn_in_roles_of_the_palette(name: str) -> None:
    subject = landscape(name)
    for view in landscape_views(subject):
        figure = shown(subject, view, subject.start)
        roles = {text.removeprefix("role:").split("@")[0] for text in strings(figure) if text.startswith("role:")}
        assert roles <= set(palette()["light"])
        assert {trace.get("meta") for trace in figure["data"]} >= {"manifold", "flow"}


@pytest.mark.parametrize("name", landscape_names())
def test_gamma_is_drawn_where_the_loss_is_zero(name: str) -> None:
    subject = landscape(name)
    for view in landscape_views(subject):
        for trace in shown(subject, view, subject.start)["data"]:
            if trace.get("meta") != "manifold" or trace["type"] == "contour" or not set(view.axes) <= set(subject.variables):
                continue
            if len(view.axes) != subject.dimension:
                continue
            points = np.stack([unpacked(trace[axis]).ravel() for axis in "xyz"[: len(view.axes)]], axis=-1)
            points = points[np.isfinite(points).all(axis=-1)].astype(float)
            where = [view.axes.index(variable) for variable in subject.variables]
            lifted = 0.006 * max(high - low for low, high in view.box)  # a mesh lies a little off the surface
            steep = np.linalg.norm(subject.gradient(points[:, where]), axis=-1).max()
            assert subject.loss(points[:, where]).max() <= 1e-9 + steep * lifted


def test_contours_show_the_loss_that_they_name() -> None:
    subject = landscape("hyperbola")
    trace = shown(subject, subject.views[0], (3.0, 1.2))["data"][0]
    x, y, z, loss = (unpacked(trace[name]) for name in ("x", "y", "z", "customdata"))
    np.testing.assert_allclose(loss, (x * y[:, None] - 1) ** 2 / 2, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(z, np.sqrt(loss), rtol=1e-5)


def test_the_line_of_zero_residual_is_gamma_of_a_plane_landscape() -> None:
    subject = landscape("hyperbola", a=2.0)
    line = shown(subject, subject.views[0], (3.0, 1.2))["data"][1]
    assert (line["contours"]["start"], line["contours"]["end"]) == (0, 0)
    x, y, residual = (unpacked(line[name]) for name in "xyz")
    np.testing.assert_allclose(residual, x * y[:, None] - 2, rtol=1e-5, atol=1e-5)


def test_flow_starts_at_the_start_and_ends_on_gamma() -> None:
    subject = landscape("hyperbola")
    path = next(trace for trace in shown(subject, subject.views[0], (3.0, 1.2))["data"] if trace.get("meta") == "flow")
    x, y = unpacked(path["x"]), unpacked(path["y"])
    assert (x[0], y[0]) == pytest.approx((3.0, 1.2))
    assert x[-1] * y[-1] == pytest.approx(1.0, abs=1e-5)


def test_a_surface_is_cut_at_the_top_of_its_box() -> None:
    subject = landscape("hyperbola")
    surface = next(view for view in subject.views if view.kind == "surface")
    surface = replace(surface, box=(*surface.box[:2], (0.0, 2.0)))
    height = unpacked(landscape_figure(subject, surface, np.ones(2), np.ones((1, 2)))["data"][0]["z"])
    assert np.nanmax(height) <= surface.box[2][1]
    assert np.isnan(height).any()


def test_the_box_grows_to_hold_the_start() -> None:
    subject = landscape("hyperbola")
    view = boxed(subject, subject.views[0], np.array([[9.0, -7.0], [1.0, 1.0]]))
    assert view.box == ((-3.5, 9.0), (-7.0, 3.5))


def test_a_landscape_of_ones_own_has_views_and_boxes() -> None:
    points = np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 1.0]])
    for view in landscape_views(OWN):
        for (low, high), values in zip(boxed(OWN, view, points).box, OWN.evaluate(view.axes, points).T, strict=True):
            assert low < values.min() <= values.max() < high


def test_a_mesh_lies_close_to_the_surface_on_both_sides() -> None:
    subject = landscape("sphere")
    view = next(view for view in subject.views if view.kind == "space")
    mesh = next(trace for trace in shown(subject, view, subject.start)["data"] if trace["type"] == "scatter3d")
    radius = np.linalg.norm(np.stack([unpacked(mesh[axis]) for axis in "xyz"]), axis=0)
    radius = radius[np.isfinite(radius)]
    assert radius.min() > 0.97
    assert radius.max() < 1.03
    assert (radius > 1.001).any()
    assert (radius < 0.999).any()


def test_gamma_of_a_landscape_of_ones_own_is_the_curve_on_which_flow_arrives() -> None:
    for view in landscape_views(OWN):
        traces = [trace for trace in shown(OWN, view, (1.0, 2.0, 0.0))["data"] if trace.get("meta") == "manifold"]
        assert len(traces) == 1
    x, y, z = (unpacked(traces[0][name]) if name in traces[0] else None for name in "xyz")
    assert z is None  # the last view is of z and x, which are equal on Γ
    np.testing.assert_allclose(x, y, atol=1e-5)


@pytest.mark.parametrize("name", ["product", "torus", "sphere", "trefoil", "hyperbola"])
def test_the_whole_box_is_in_the_camera_and_points_of_it_are_named(name: str) -> None:
    place = landscape(name)
    view = next(view for view in landscape_views(place) if view.kind in ("space", "surface"))
    figure = landscape_figure(place, view, np.array(place.start), np.array([place.start]))
    scene = figure["layout"]["scene"]
    eye, centre = (np.array([scene["camera"][part][axis] for axis in "xyz"]) for part in ("eye", "center"))
    forward = (centre - eye) / np.linalg.norm(centre - eye)
    right = np.cross(forward, [0, 0, 1]) / np.linalg.norm(np.cross(forward, [0, 0, 1]))
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3))) * [scene["aspectratio"][axis] for axis in "xyz"]
    seen = (corners - eye) @ np.array([right, np.cross(right, forward), forward]).T
    half = np.tan(np.radians(22.5)) * seen[:, 2]  # Plotly looks 45 degrees up and down together
    assert (np.abs(seen[:, 1]) <= half).all()
    assert (np.abs(seen[:, 0]) <= 1.3 * half).all()
    assert np.abs(seen[:, :2] / half[:, None]).max() > 0.75  # and no farther off than it need be
    named = [trace for trace in figure["data"] if "hovertemplate" in trace]
    assert named or name == "trefoil"  # whose Γ is a line
    assert all(f"{view.labels[0]} = %{{x:.3f}}, {view.labels[1]} = %{{y:.3f}}" in trace["hovertemplate"] for trace in named)
