"""Descent at the edge of stability against its central flow, and the flow against its closed form."""

import numpy as np
import pytest

from dynamics import Landscape
from dynamics.studies.edge import AtTheEdge, at_the_edge, central_flow


def angle(points):
    return np.arctan2(points[:, 2], points[:, 0])


def test_the_central_flow_has_its_closed_form():
    found = at_the_edge(AtTheEdge(tilt=0.01, turns=2.0))
    np.testing.assert_allclose(angle(found.flow), found.angle, atol=1e-5)
    np.testing.assert_allclose(found.spread, 0.01 * np.cos(found.angle) / 2, rtol=1e-4)
    np.testing.assert_allclose(np.hypot(found.flow[:, 0], found.flow[:, 2]), 2.0, atol=1e-5)
    assert found.angle[-1] == pytest.approx(0.49312, abs=2e-5)


@pytest.mark.parametrize(("tilt", "seen", "radius"), [(0.01, 0.49289, 2.006), (0.003, 0.49325, 2.003), (0.001, 0.49310, 2.000)])
def test_descent_slides_along_the_edge(tilt, seen, radius):
    found = at_the_edge(AtTheEdge(tilt=tilt, turns=2.0))
    assert found.left_at is None
    assert angle(found.descent)[-1] == pytest.approx(seen, abs=5e-4)
    assert np.hypot(*found.descent[-1, [0, 2]]) == pytest.approx(radius, abs=0.004)
    late = len(found.times) // 2
    assert found.squares[late:].mean() == pytest.approx(found.spread[late:].mean(), rel=0.1)


def test_below_the_edge_it_is_gradient_flow():
    bowl = Landscape.from_loss("(x*x + 3*y*y)/2", ("x", "y"))
    points, spread = central_flow(bowl, (1.0, 1.0), 0.1, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(points, np.exp(-np.outer([0.0, 0.5, 1.0], [1.0, 3.0])), rtol=1e-7)
    assert not spread.any()


def test_on_a_manifold_of_zero_loss_it_stands_still():
    hyperbola = Landscape.from_residuals(["x*y - 1"], ("x", "y"))
    points, _ = central_flow(hyperbola, (2.0, 0.5), 0.4, [0.0, 50.0])
    np.testing.assert_allclose(points[-1], (2.0, 0.5), atol=1e-9)


def test_too_steep_a_tilt_throws_descent_off_and_is_told():
    found = at_the_edge(AtTheEdge(tilt=0.1, angle=0.05, turns=20.0))
    assert found.left_at is None or np.isnan(found.descent[-1]).all()
    assert len(found.descent) == len(found.times) == len(found.squares)


def test_what_takes_too_long_is_refused():
    with pytest.raises(ValueError, match="are more than the"):
        AtTheEdge(tilt=1e-4, learning_rate=0.05, turns=20.0)
