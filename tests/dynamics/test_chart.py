"""Γ as a curve in arc length, against curves whose length is known."""

import numpy as np
import pytest
from scipy.special import ellipe

from dynamics import Landscape, landscape, manifold_chart

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)


def test_circle():
    chart = manifold_chart(CIRCLE, (1.3, 0.4))
    assert chart.closed
    assert chart.length == pytest.approx(2 * np.pi, abs=1e-9)
    np.testing.assert_allclose(chart.points(0.0), np.array([1.3, 0.4]) / np.hypot(1.3, 0.4), atol=1e-9)
    s = np.linspace(-20, 20, 1001)
    np.testing.assert_allclose(np.linalg.norm(chart.points(s), axis=-1), 1, atol=1e-10)
    np.testing.assert_allclose((chart.tangents(s) * chart.points(s)).sum(-1), 0, atol=1e-8)
    np.testing.assert_allclose(chart.points(s), chart.points(s + chart.length), atol=1e-10)
    # Unit speed: neighbours are as far apart as their arc lengths say.
    step = np.linalg.norm(chart.points(s + 1e-4) - chart.points(s), axis=-1)
    np.testing.assert_allclose(step, 1e-4, rtol=1e-7)


def test_ellipse():
    chart = manifold_chart(Landscape.from_residuals(["(x*x/4 + y*y - 1)/2"], XY), (1.0, 1.0))
    assert chart.closed
    assert chart.length == pytest.approx(8 * ellipe(3 / 4), abs=1e-8)


def test_an_open_curve_ends_where_it_is_told_to():
    chart = manifold_chart(Landscape.from_residuals(["x*y - 1"], XY), (2.0, 0.5), reach=3.0)
    assert not chart.closed
    assert chart.length == pytest.approx(6.0, rel=0.02)
    points = chart.points(chart.grid)
    np.testing.assert_allclose(points.prod(-1), 1, atol=1e-10)
    np.testing.assert_allclose(chart.points(99.0), chart.points(chart.origin + chart.length))


def test_helix_in_three_dimensions():
    helix = Landscape.from_residuals(["x - cos(2*z)", "y - sin(2*z)"], ("x", "y", "z"))
    chart = manifold_chart(helix, (1.0, 0.1, 0.0), reach=5.0)
    points = chart.points(chart.grid)
    np.testing.assert_allclose(np.diff(points[:, 2]), np.sign(points[-1, 2] - points[0, 2]) * chart.cell / 5**0.5, rtol=1e-6)


@pytest.mark.parametrize("point", [(1.0, 0.0), (0.3, -1.7), (-2.0, 0.1)])
def test_arc_length_is_the_inverse_of_points(point):
    chart = manifold_chart(CIRCLE, point)
    s = np.linspace(chart.origin, chart.origin + chart.length, 300, endpoint=False)
    for scale in (1.0, 1.3, 0.5):
        apart = np.mod(chart.arc_length(scale * chart.points(s)) - s + 1, chart.length) - 1
        np.testing.assert_allclose(apart, 0, atol=1e-7)
    assert np.isnan(chart.arc_length([np.nan, 0.0]))


def test_what_is_not_a_curve_is_refused():
    with pytest.raises(ValueError, match="dimension 2"):
        manifold_chart(Landscape.from_residuals(["(x*x + y*y + z*z - 1)/2"], ("x", "y", "z")), (1.0, 0.0, 0.2))
    with pytest.raises(ValueError, match="not zero"):
        manifold_chart(Landscape.from_loss("x*x + y*y + 1", XY), (1.0, 1.0))


def test_a_closed_curve_longer_than_the_arms_is_closed():
    knot = landscape("trefoil")
    chart = manifold_chart(knot, knot.start)
    assert chart.closed
    assert chart.length == pytest.approx(manifold_chart(knot, knot.start, reach=40.0).length, rel=1e-9)
    assert manifold_chart(knot, knot.start, reach=12.0).closed
