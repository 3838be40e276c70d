"""Γ of a landscape of one's own, drawn: on Γ, all its pieces, in every view."""

from base64 import b64decode

import numpy as np
import pytest

from dynamics import Experiment, Landscape, gradient_flow, manifold_box, simulate
from figures.blob import decode
from figures.landscape_figure import boxed, landscape_figure, landscape_views
from figures.manifold import slices
from figures.simulation import simulation_blob

OWN = {
    "curve": (Landscape.from_residuals(["x*y - 1"], ("x", "y")), (2.0, 0.7)),
    "loss": (Landscape.from_loss("(x^2 + y^2 - 1)^2", ("x", "y")), (1.2, 0.3)),
    "knot": (Landscape.from_residuals(["x^2 + y^2 + z^2 - 4", "x*y - z"], ("x", "y", "z")), (1.0, 1.0, 1.0)),
    "surface": (Landscape.from_residuals(["x^2 + y^2 + z^2 + x*y - 1"], ("x", "y", "z")), (1.0, 0.6, 0.2)),
    "four": (Landscape.from_residuals(["x^2 + y^2 - 1", "z^2 + w^2 - 1"], ("x", "y", "z", "w")), (1.2, 0.5, 0.2, 0.8)),
    "cloud": (Landscape.from_residuals(["x^2 + y^2 + z^2 + w^2 - 1"], ("x", "y", "z", "w")), (1.2, 0.5, 0.2, 0.8)),
    "points": (Landscape.from_residuals(["x^2 - 1", "y"], ("x", "y")), (1.4, 0.3)),
}


def unpacked(array: dict) -> np.ndarray:
    values = np.frombuffer(b64decode(array["bdata"]), dtype="<" + array["dtype"]).astype(float)
    return values.reshape([int(size) for size in array["shape"].split(",")]) if "shape" in array else values


def gamma(name: str, kind: str) -> tuple[Landscape, list[dict]]:
    subject, start = OWN[name]
    flow = gradient_flow(subject, start).points
    region = manifold_box(subject, start)
    view = next(view for view in landscape_views(subject) if view.kind == kind)
    figure = landscape_figure(subject, boxed(subject, view, flow, region), np.array(start), flow, region)
    return subject, [trace for trace in figure["data"] if trace.get("meta") == "manifold"]


def places(traces: list[dict]) -> np.ndarray:
    points = [np.stack([unpacked(trace[axis]).ravel() for axis in "xyz" if axis in trace], axis=-1) for trace in traces]
    joined = np.concatenate(points)
    return joined[np.isfinite(joined).all(axis=-1)]


@pytest.mark.parametrize("name", OWN)
def test_every_view_shows_gamma(name: str) -> None:
    subject, _ = OWN[name]
    for view in landscape_views(subject):
        _, traces = gamma(name, view.kind)
        assert traces
        assert len(places(traces)) > (1 if name == "points" else 100)


@pytest.mark.parametrize(("name", "kind", "pieces"), [("curve", "contour", 2), ("loss", "contour", 1), ("knot", "space", 1)])
def test_curves_are_drawn_piece_by_piece_where_the_loss_is_zero(name: str, kind: str, pieces: int) -> None:
    subject, traces = gamma(name, kind)
    assert len(traces) == pieces
    assert subject.loss(places(traces)).max() < 1e-10
    if name != "curve":
        for trace in traces:  # closed
            points = places([trace])
            np.testing.assert_allclose(points[0], points[-1])


@pytest.mark.parametrize("formula", ["(x^2 + y^2 - 1)^3", "sin(20*x)*sin(20*y)"])
def test_what_cannot_be_followed_is_the_line_where_the_residual_changes_its_sign(formula: str) -> None:
    """Where H vanishes on Γ; and where Γ has more pieces than there is time for."""
    subject, start = Landscape.from_residuals([formula], ("x", "y")), np.array([0.7, 0.4])
    view = boxed(subject, landscape_views(subject)[0], start[None], manifold_box(subject, start))
    (line,) = [trace for trace in landscape_figure(subject, view, start, start[None])["data"] if trace.get("meta") == "manifold"]
    assert (line["type"], line["contours"]["start"]) == ("contour", 0)


@pytest.mark.parametrize("formula", ["exp(exp(x)) - y", "exp(40*x)*y - 1", "log(x) - y", "1/(x*y) - 1"])
def test_losses_without_bounds_are_drawn_where_they_are_finite(formula: str) -> None:
    subject, start = Landscape.from_residuals([formula], ("x", "y")), np.array([0.7, 0.4])
    view = boxed(subject, landscape_views(subject)[0], start[None], manifold_box(subject, start))
    shading = landscape_figure(subject, view, start, start[None])["data"][0]
    assert not np.isinf(unpacked(shading["z"])).any()
    assert np.isfinite(unpacked(shading["z"])).any()


def test_the_box_does_not_follow_paths_that_diverge() -> None:
    run = Experiment(landscape=Landscape.from_residuals(["x^2 + 400*y^2 - 1"], ("x", "y")), start=(0.5, 0.1), horizon=0.2, paths=20)
    outcome = simulate(run)
    assert outcome.status == "diverged"
    header = decode(simulation_blob(outcome, landscape_views(run.landscape)[0]))[0]
    assert np.ptp(header["box"], axis=1).max() < 12


def test_curves_reach_as_far_as_the_contours() -> None:
    subject, start = OWN["curve"]
    flow = gradient_flow(subject, start).points
    view = boxed(subject, landscape_views(subject)[0], flow, manifold_box(subject, start))
    figure = landscape_figure(subject, view, np.array(start), flow)
    contour = next(trace for trace in figure["data"] if trace["type"] == "contour")
    points = places([trace for trace in figure["data"] if trace.get("meta") == "manifold"])
    assert points[:, 0].max() == pytest.approx(unpacked(contour["x"]).max(), abs=1e-5)


def test_a_surface_is_filled_and_has_lines_on_both_sides() -> None:
    subject, (skin, mesh) = gamma("surface", "space")
    assert skin["type"] == "mesh3d"
    corners = np.stack([unpacked(skin[axis]) for axis in "ijk"], axis=-1).astype(int)
    assert corners.max() < len(unpacked(skin["x"]))
    assert subject.loss(places([skin])).max() < 1e-10
    residual = subject.residuals(places([mesh]))[..., 0]
    assert np.abs(residual).max() < 0.1
    assert (residual > 1e-4).any()
    assert (residual < -1e-4).any()


def test_a_surface_on_a_plane_is_a_map_with_its_outline() -> None:
    _, traces = gamma("four", "plane")
    np.testing.assert_allclose(np.abs(places(traces)).max(axis=0), 1, atol=0.02)
    _, (lines, outline) = gamma("surface", "plane")
    rim = places([outline])
    # Where z = −z: of x² + y² + xy + z² = 1 the outline is z = 0.
    np.testing.assert_allclose(rim[:, 0] ** 2 + rim[:, 1] ** 2 + rim.prod(axis=-1), 1, atol=0.06)
    assert lines["opacity"] < 1


def test_slices_are_where_the_height_is_zero() -> None:
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    (cut,) = slices(triangles, square[:, 1] - 0.25)
    points = cut(square)
    np.testing.assert_allclose(points[:, 1], 0.25)
    assert sorted(points[:, 0]) == pytest.approx([0, 0.25, 1])
    assert slices(triangles, square[:, 1] - 2) == []


def test_views_of_many_variables_begin_with_what_extends_farthest() -> None:
    subject = Landscape.from_residuals(["x^2 + w^2/16 - 1", "y", "z"], ("x", "y", "z", "w"))
    space, plane, *others = landscape_views(subject)
    assert space.axes[:2] == ("w", "x")
    assert set(plane.axes) <= {"x", "y", "z", "w"}
    assert {view.name for view in (plane, *others)} >= {"x-y", "y-z", "z-w", "w-x"}  # those of released links
