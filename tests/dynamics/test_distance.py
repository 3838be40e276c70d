"""The distance to Γ is that to its nearest point, near and far."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from dynamics import Landscape
from dynamics.distance import distance_to_manifold

random = np.random.default_rng(5)
ANGLES = np.linspace(0, 2 * np.pi, 200)


def test_circle_in_closed_form():
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
    points = random.normal(size=(500, 2)) * 2
    known = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    found = distance_to_manifold(circle, 1, points, cKDTree(known))
    np.testing.assert_allclose(found, np.abs(np.linalg.norm(points, axis=-1) - 1), rtol=5e-6, atol=1e-9)


def test_a_loss_without_residuals():
    circle = Landscape.from_loss("(x*x + y*y - 1)**2/8", ("x", "y"))
    points = random.normal(size=(200, 2)) * 0.2 + [1.0, 0.0]
    known = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    found = distance_to_manifold(circle, 1, points, cKDTree(known))
    np.testing.assert_allclose(found, np.abs(np.linalg.norm(points, axis=-1) - 1), rtol=5e-6, atol=1e-9)


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
    np.testing.assert_allclose(distance_to_manifold(landscape, 2, points, cKDTree(known)), exact, rtol=1e-5, atol=1e-8)


def test_absent_points_have_no_distance():
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
    found = distance_to_manifold(circle, 1, np.array([[np.nan, 0.0], [2.0, 0.0]]), cKDTree(np.array([[1.0, 0.0]])))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1.0)
