"""The distance to Γ is that to its nearest point, near and far."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.spatial import cKDTree

from dynamics import Landscape, manifold_samples
from dynamics import landscape as catalogue_landscape
from dynamics.limit.distance import distance_to_manifold

random = np.random.default_rng(5)
ANGLES = np.linspace(0, 2 * np.pi, 200)


def test_circle_in_closed_form():
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
    points = np.concatenate([random.normal(size=(500, 2)) * 2, [[1 + 1e-6, 0.0], [0.6, 0.8 - 1e-4], [1.0, 1e-9]]])
    known = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    found = distance_to_manifold(circle, 1, points, cKDTree(known.astype(np.float32)))
    np.testing.assert_allclose(found, np.abs(np.linalg.norm(points, axis=-1) - 1), rtol=1e-8, atol=1e-15)


def test_a_loss_without_residuals():
    circle = Landscape.from_loss("(x*x + y*y - 1)**2/8", ("x", "y"))
    points = random.normal(size=(200, 2)) * 0.2 + [1.0, 0.0]
    known = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    found = distance_to_manifold(circle, 1, points, cKDTree(known))
    np.testing.assert_allclose(found, np.abs(np.linalg.norm(points, axis=-1) - 1), rtol=1e-8, atol=1e-12)


def test_ellipse_against_a_fine_grid_of_its_points():
    ellipse = Landscape.from_residuals(["(x*x/4 + y*y - 1)/2"], ("x", "y"))
    fine = np.stack([2 * np.cos(np.linspace(0, 2 * np.pi, 200_001)), np.sin(np.linspace(0, 2 * np.pi, 200_001))], -1)
    points = random.uniform(-2.5, 2.5, (40, 2))
    expected = [np.linalg.norm(fine - point, axis=-1).min() for point in points]
    found = distance_to_manifold(ellipse, 1, points, cKDTree(fine[::1000]))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dimension", [3, 5])
def test_codimension_two(dimension):
    """A unit sphere S^{D-2} in the hyperplane x0 = 0."""
    names = [f"x{i}" for i in range(dimension)]
    square = " + ".join(f"{name}**2" for name in names[1:])
    landscape = Landscape.from_residuals(["2*x0", f"({square} - 1)/2"], names)
    points = random.normal(size=(300, dimension)) * 0.3
    points[:, 1] += 1
    known = random.normal(size=(2000, dimension))
    known[:, 0] = 0
    known /= np.linalg.norm(known, axis=-1, keepdims=True)
    exact = np.hypot(points[:, 0], np.linalg.norm(points[:, 1:], axis=-1) - 1)
    np.testing.assert_allclose(distance_to_manifold(landscape, 2, points, cKDTree(known)), exact, rtol=1e-8, atol=1e-12)


def nearest(curve, points, samples=4000):
    """The distance (N,) of points to a closed curve u ↦ (..., D), 0 ≤ u < 2π: by brute force, and from the best few refined."""
    u = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    known = curve(u)
    found = []
    for x in points:
        lengths = np.linalg.norm(known - x, axis=-1)
        lowest = np.flatnonzero((lengths <= np.roll(lengths, 1)) & (lengths <= np.roll(lengths, -1)))
        step = u[1]
        refined = (
            minimize_scalar(
                lambda at, x=x: float(((curve(np.array(at)) - x) ** 2).sum()), bounds=(u[i] - step, u[i] + step), method="bounded",
                options={"xatol": 1e-12},
            ).fun
            for i in lowest[np.argsort(lengths[lowest])][:3]
        )  # fmt: skip
        found.append(np.sqrt(min(refined)))
    return np.array(found), cKDTree(known[::8].astype(np.float32))  # as the limit's recorded points are


def ellipse(u):
    return np.stack([2 * np.cos(u), np.sin(u)], axis=-1)


def trefoil(u):
    return np.stack([np.cos(2 * u), np.sin(2 * u), np.cos(3 * u)], axis=-1) / (np.sqrt(2) - np.sin(3 * u))[..., None]


ELLIPSE = "(x*x/4 + y*y - 1)/2"


@pytest.mark.parametrize("form", ["residuals", "loss", "twice"])
def test_the_ellipse_to_nine_digits(form):
    landscape = {
        "residuals": Landscape.from_residuals([ELLIPSE], ("x", "y")),
        "loss": Landscape.from_loss(f"({ELLIPSE})**2/2", ("x", "y")),
        "twice": Landscape.from_residuals([ELLIPSE, f"3*({ELLIPSE})"], ("x", "y")),  # more residuals than normals
    }[form]
    angles = random.uniform(0, 2 * np.pi, 60)
    spread = np.repeat([0.03, 0.2, 0.6], 20)[:, None]  # a tenth of the least radius of curvature, and beyond it
    points = np.concatenate([ellipse(angles) + spread * random.normal(size=(60, 2)), random.uniform(-3, 3, (30, 2))])
    exact, known = nearest(ellipse, points)
    np.testing.assert_allclose(distance_to_manifold(landscape, 1, points, known), exact, rtol=1e-8, atol=1e-10)


def test_a_foot_that_is_near_but_not_the_nearest_is_not_trusted():
    """Beside the long axis the iteration leads to (0, 1); on it, beyond the centres of curvature, to a vertex."""
    landscape = Landscape.from_residuals([ELLIPSE], ("x", "y"))
    points = np.array([[0.0015, -0.0429], [0.0, 1e-3], [1.2, 1e-4], [-0.9, -1e-3], [1e-4, -0.5]])
    exact, known = nearest(ellipse, points)
    assert exact[0] == pytest.approx(0.957, abs=1e-3)
    np.testing.assert_allclose(distance_to_manifold(landscape, 1, points, known), exact, rtol=1e-8)


def test_a_knot_in_space_by_brute_force():
    """Codimension 2, with arms that pass close to one another."""
    knot = catalogue_landscape("trefoil")
    angles = random.uniform(0, 2 * np.pi, 80)
    points = trefoil(angles) + np.repeat([0.05, 0.3], 40)[:, None] * random.normal(size=(80, 3))
    exact, known = nearest(trefoil, points)
    np.testing.assert_allclose(distance_to_manifold(knot, 2, points, known), exact, rtol=1e-7, atol=1e-9)


def test_a_circle_in_five_dimensions_in_closed_form():
    """Codimension 4, in loss form too: x0, x1 on the unit circle, the others 0, with stiffnesses 1 to 9."""
    names = [f"x{i}" for i in range(5)]
    residuals = ["(x0*x0 + x1*x1 - 1)/2", "x2 + x0*x3", "2*x3", "3*x4"]
    points = 0.3 * random.normal(size=(200, 5))
    points[:, :2] += 1
    exact = np.sqrt((np.linalg.norm(points[:, :2], axis=-1) - 1) ** 2 + (points[:, 2:] ** 2).sum(axis=-1))
    known = np.zeros((200, 5))
    known[:, 0], known[:, 1] = np.cos(ANGLES), np.sin(ANGLES)
    loss = "(" + " + ".join(f"({residual})**2" for residual in residuals) + ")/8"
    for landscape in (Landscape.from_residuals(residuals, names), Landscape.from_loss(loss, names)):
        np.testing.assert_allclose(distance_to_manifold(landscape, 4, points, cKDTree(known)), exact, rtol=1e-8)


def test_a_torus_in_closed_form():
    torus = catalogue_landscape("torus")
    known = np.concatenate([piece.reshape(-1, 3) for piece in manifold_samples(torus)])
    big, small = torus.parameter_values["R"], torus.parameter_values["r"]
    points = known[random.integers(0, len(known), 300)] + 0.3 * random.normal(size=(300, 3))
    exact = np.abs(np.hypot(np.hypot(points[:, 0], points[:, 1]) - big, points[:, 2]) - small)
    np.testing.assert_allclose(distance_to_manifold(torus, 1, points, cKDTree(known)), exact, rtol=1e-8, atol=1e-10)


def test_absent_points_have_no_distance():
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
    found = distance_to_manifold(circle, 1, np.array([[np.nan, 0.0], [2.0, 0.0]]), cKDTree(np.array([[1.0, 0.0]])))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1.0)
