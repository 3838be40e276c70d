"""Γ found without a parametrization: on Γ, whole, in the box, with its topology."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from dynamics import Landscape, landscape, manifold_samples
from dynamics.manifold.sampling import Manifold, manifold_box, sample_manifold
from dynamics.manifold.triangulation import Surface, edges, euler_characteristic, oriented, restricted_delaunay

TURNS = np.linspace(0, 2 * np.pi, 2001)
GENUS_2 = "(x*(x - 1)^2*(x - 2) + y^2)^2 + z^2 - 0.02"


def residuals(formulas: str, variables: str) -> Landscape:
    return Landscape.from_residuals(formulas.split(";"), variables.split())


def distances(exact: np.ndarray, found: Manifold) -> float:
    """From points of Γ to the nearest that was found, at most."""
    return float(cKDTree(found.points).query(exact)[0].max())


def whole(surface: Surface) -> bool:
    """Whether every edge has two triangles: no hole, no end."""
    return bool((edges(surface.triangles)[1] == 2).all())


CURVES = {
    "circle": (residuals("x^2 + y^2 - 1", "x y"), (1.3, 0.4), [True]),
    "circle by its loss": (Landscape.from_loss("(x^2 + y^2 - 1)^2", ("x", "y")), (1.3, 0.4), [True]),
    "thin ellipse": (residuals("x^2 + 400*y^2 - 1", "x y"), (0.5, 0.1), [True]),
    "hyperbola": (residuals("x*y - 1", "x y"), (2.0, 0.5), [False, False]),
    "two circles": (residuals("(x^2 + y^2 - 1)*((x - 3)^2 + y^2 - 1)", "x y"), (1.3, 0.4), [True, True]),
    "lemniscate": (residuals("(x^2 + y^2)^2 - x^2 + y^2", "x y"), (1.2, 0.3), [False, False]),
    "cross by its loss": (Landscape.from_loss("x^2*y^2", ("x", "y")), (1.4, 0.8), [False] * 4),
    "cusp": (residuals("y^2 - x^3", "x y"), (1.0, 1.2), [False, False]),
    "waves": (residuals("y - sin(3*x)", "x y"), (1.2, 0.3), [False]),
    "intersection": (residuals("x^2 + y^2 + z^2 - 4;x*y - z", "x y z"), (1.0, 1.0, 1.0), [True]),
    "knot": (landscape("trefoil"), landscape("trefoil").start, [True]),
    "line in five dimensions": (residuals("x - y;y - z;z - v;v - w^3", "x y z v w"), (1.0, 1.0, 1.0, 1.0, 1.0), [False]),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_on_gamma_in_their_box_and_in_as_many_pieces_as_there_are(name: str) -> None:
    subject, start, closed = CURVES[name]
    found = sample_manifold(subject, start)
    assert (found.dimension, found.complete) == (1, True)
    assert sorted(curve.closed for curve in found.curves) == closed
    assert np.sqrt(subject.loss(found.points)).max() < 1e-8
    assert ((found.points >= found.box[:, 0]) & (found.points <= found.box[:, 1])).all()
    for curve in found.curves:
        steps = np.linalg.norm(np.diff(curve.points, axis=0), axis=-1)
        assert steps.min() > 0
        assert steps.max() < np.linalg.norm(np.ptp(found.box, axis=1)) / 200


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("circle", np.stack([np.cos(TURNS), np.sin(TURNS)], -1)),
        ("circle by its loss", np.stack([np.cos(TURNS), np.sin(TURNS)], -1)),
        ("thin ellipse", np.stack([np.cos(TURNS), np.sin(TURNS) / 20], -1)),
        ("two circles", np.concatenate([np.stack([np.cos(TURNS) + at, np.sin(TURNS)], -1) for at in (0, 3)])),
        ("lemniscate", np.stack([np.cos(TURNS), np.sin(TURNS) * np.cos(TURNS)], -1) / (1 + np.sin(TURNS)[:, None] ** 2)),
        ("knot", manifold_samples(landscape("trefoil"))[0]),
    ],
)
def test_every_point_of_a_curve_is_near_one_that_was_found(name: str, exact: np.ndarray) -> None:
    subject, start, _ = CURVES[name]
    found = sample_manifold(subject, start)
    assert distances(exact, found) < np.linalg.norm(np.ptp(found.box, axis=1)) / 200


@pytest.mark.parametrize(("name", "ways"), [("lemniscate", 4), ("cross by its loss", 4), ("cusp", 2)])
def test_curves_stop_short_of_where_the_rank_drops(name: str, ways: int) -> None:
    subject, start, _ = CURVES[name]
    found = sample_manifold(subject, start)
    near = 0.02 * np.ptp(found.box)
    assert len(found.singular) == 1
    assert np.linalg.norm(found.singular[0]) < near
    ends = np.concatenate([curve.points[[0, -1]] for curve in found.curves])
    assert (np.linalg.norm(ends, axis=-1) < near).sum() == ways
    for curve in found.curves:
        assert np.argmin(np.linalg.norm(curve.points, axis=-1)) in (0, len(curve.points) - 1)  # none runs through


def test_open_curves_end_on_the_faces_of_the_box() -> None:
    subject, start, _ = CURVES["hyperbola"]
    box = np.array([[-3.0, 2.5], [-4.0, 3.5]])
    found = sample_manifold(subject, start, box)
    for curve in found.curves:
        for end in curve.points[[0, -1]]:
            assert np.abs(end[:, None] - box).min() == 0
            assert end.prod() == pytest.approx(1, abs=1e-12)


SURFACES = {
    "sphere": (landscape("sphere"), landscape("sphere").start, 2),
    "sphere by its loss": (Landscape.from_loss("(x^2 + y^2 + z^2 - 1)^2", ("x", "y", "z")), (1.0, 0.6, 0.2), 2),
    "ellipsoid": (residuals("x^2 + y^2 + z^2 + x*y - 1", "x y z"), (1.0, 0.6, 0.2), 2),
    "torus": (landscape("torus"), landscape("torus").start, 0),
    "genus 2": (residuals(GENUS_2, "x y z"), (0.2, 0.6, 0.2), -2),
    "two spheres": (residuals("(x^2 + y^2 + z^2 - 1)*((x - 3)^2 + y^2 + z^2 - 1)", "x y z"), (1.0, 0.6, 0.2), 4),
    "torus in four dimensions": (residuals("x^2 + y^2 - 1;z^2 + w^2 - 1", "x y z w"), (1.2, 0.5, 0.2, 0.8), 0),
    "the same by its loss": (
        Landscape.from_loss("(x^2 + y^2 - 1)^2 + (z^2 + w^2 - 1)^2", ("x", "y", "z", "w")), (1.2, 0.5, 0.2, 0.8), 0,
    ),
    "torus in five dimensions": (residuals("x^2 + y^2 - 1;z^2 + w^2 - 1;v - x*z", "x y z w v"), (1.2, 0.5, 0.2, 0.8, 0.3), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SURFACES)
def test_surfaces_have_the_topology_of_gamma(name: str) -> None:
    subject, start, characteristic = SURFACES[name]
    found = sample_manifold(subject, start)
    (surface,) = found.surfaces
    assert found.complete
    assert whole(surface)
    assert euler_characteristic(surface) == characteristic
    assert np.sqrt(subject.loss(surface.vertices)).max() < 1e-8


@pytest.mark.parametrize("name", ["sphere", "torus"])
def test_every_point_of_a_surface_is_near_one_that_was_found(name: str) -> None:
    subject, start, _ = SURFACES[name]
    found = sample_manifold(subject, start)
    corners = found.surfaces[0].vertices[found.surfaces[0].triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1).max()
    assert distances(manifold_samples(subject)[0].reshape(-1, 3), found) < longest
    assert longest < np.linalg.norm(np.ptp(found.box, axis=1)) / 15


def test_a_torn_surface_would_be_seen() -> None:
    """The tests above can fail: a triangle less, a sample too coarse for the neck, and topology is wrong."""
    subject, start, characteristic = SURFACES["genus 2"]
    (surface,) = sample_manifold(subject, start).surfaces
    torn = Surface(surface.vertices, surface.triangles[1:])
    assert not whole(torn)
    assert euler_characteristic(torn) != characteristic
    coarse = surface.vertices[::40]
    triangles = restricted_delaunay(subject, 1, coarse, 0.45)
    assert not (len(triangles) and whole(Surface(coarse, triangles)) and euler_characteristic(Surface(coarse, triangles)) == -2)


def test_surfaces_without_bounds_are_cut_on_the_faces_of_the_box() -> None:
    """Four sheets of xyz = 1, each a disc, cut at 2.5."""
    subject = residuals("x*y*z - 1", "x y z")
    box = np.array([[-2.5, 2.5]] * 3)
    (surface,) = sample_manifold(subject, (2.0, 1.0, 0.9), box).surfaces
    assert euler_characteristic(surface) == 4
    np.testing.assert_allclose(surface.vertices.prod(axis=-1), 1, atol=1e-8)
    assert np.abs(surface.vertices).max() <= 2.5
    pairs, count = edges(surface.triangles)
    assert count.max() == 2
    rim = surface.vertices[np.unique(pairs[count == 1])]
    assert (np.abs(rim).max(axis=-1) == 2.5).all()
    signs = np.unique(np.sign(surface.vertices), axis=0)
    assert len(signs) == 4


def test_triangles_are_turned_alike() -> None:
    (surface,) = sample_manifold(*SURFACES["sphere"][:2]).surfaces
    rng = np.random.default_rng(4)
    shuffled = np.where(rng.random(len(surface.triangles))[:, None] < 0.5, surface.triangles, surface.triangles[:, ::-1])
    for triangles in (surface.triangles, oriented(shuffled)):
        a, b, c = surface.vertices[triangles].swapaxes(0, 1)
        volume = np.einsum("ti,ti->t", a, np.cross(b, c)) / 6
        assert abs(np.sign(volume).sum()) == len(volume)
        assert abs(volume.sum()) == pytest.approx(4 * np.pi / 3, rel=0.01)


def test_beyond_two_dimensions_there_are_points_all_over_gamma() -> None:
    subject = residuals("x^2 + y^2 + z^2 + w^2 - 1", "x y z w")
    found = sample_manifold(subject, (1.2, 0.5, 0.2, 0.8))
    assert found.dimension == 3
    np.testing.assert_allclose(np.linalg.norm(found.points, axis=-1), 1, atol=1e-8)
    drawn = np.random.default_rng(2).normal(size=(2000, 4))
    assert distances(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True), found) < 0.5


@pytest.mark.parametrize(
    ("subject", "dimension", "count"),
    [
        (residuals("x - 1;y - 2", "x y"), 0, 1),
        (residuals("x^2 - 1", "x"), 0, 2),
        (Landscape.from_loss("x^2 + y^2 + 1", ("x", "y")), -1, 0),
        (Landscape.from_loss("(x^2 + y^2 - 1)^4", ("x", "y")), -1, 0),
        (residuals("sqrt(x) + 5 + y^2", "x y"), -1, 0),
    ],
)
def test_where_there_is_no_curve_or_surface(subject: Landscape, dimension: int, count: int) -> None:
    found = sample_manifold(subject, np.full(subject.dimension, 1.3))
    assert (found.dimension, len(found.points)) == (dimension, count)


def test_a_start_that_leads_nowhere_does_not_hide_gamma() -> None:
    found = sample_manifold(CURVES["circle"][0], (0.0, 0.0))
    assert [curve.closed for curve in found.curves] == [True]


def test_it_is_the_same_each_time() -> None:
    subject, start, _ = SURFACES["torus in four dimensions"]
    first, second = (sample_manifold(subject, start, cancel=lambda: False) for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.surfaces[0].triangles, second.surfaces[0].triangles)


def test_it_can_be_cut_short() -> None:
    for subject, start, _ in (CURVES["thin ellipse"], SURFACES["torus"]):
        found = sample_manifold(subject, start, cancel=lambda: True)
        assert not found.complete


def test_the_box_holds_a_bounded_gamma_and_what_is_given() -> None:
    box = manifold_box(CURVES["two circles"][0], [(1.3, 0.4), (0.0, 2.5)])
    assert (box[:, 0] < (-1, -1)).all()
    assert (box[:, 1] > (4, 2.5)).all()
    assert (np.ptp(box, axis=1) < 8).all()
    np.testing.assert_allclose(manifold_box(CURVES["hyperbola"][0], (2.0, 0.5)), [[-3, 3], [-3, 3]], atol=1e-9)
    far = manifold_box(residuals("(x - 100)^2 + (y - 50)^2 - 1", "x y"), (101.5, 50.0))
    assert (np.abs(far.mean(axis=1) - (100, 50)) < 0.5).all()
    assert (np.ptp(far, axis=1) < 4).all()
