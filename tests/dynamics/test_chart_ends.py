"""Where Γ ends, where it only seems to, and how close its arms may be."""

import numpy as np
import pytest
from scipy.special import ellipe

from dynamics import Landscape, manifold_chart, noise
from dynamics.limit.arc_length import ends_of_the_theory

XY, XYZ = ("x", "y"), ("x", "y", "z")
LEMNISCATE = "(x**2 + y**2)**2 - (x**2 - y**2)"
LEMNISCATE_LENGTH = 5.244115108584239  # Γ(1/4)²/√(2π)


def curve(*residuals: str, variables=XY) -> Landscape:
    return Landscape.from_residuals(residuals, variables)


@pytest.mark.parametrize("form", ["residuals", "loss"])
def test_a_lemniscate_ends_where_it_crosses_itself(form):
    lobe = curve(LEMNISCATE) if form == "residuals" else Landscape.from_loss(f"({LEMNISCATE})**2/2", XY)
    chart = manifold_chart(lobe, (1.0, 0.2))
    assert not chart.closed
    assert chart.ends == ("singular", "singular")
    assert chart.length == pytest.approx(LEMNISCATE_LENGTH / 2, rel=1e-5)
    assert (chart.points(chart.grid)[:, 0] > 0).all()
    assert np.linalg.norm(chart.points([-9.0, 9.0]), axis=-1).max() < 1e-5


@pytest.mark.parametrize(("gap", "length"), [(1e-8, LEMNISCATE_LENGTH), (-1e-8, LEMNISCATE_LENGTH / 2)])
def test_a_curve_that_nearly_crosses_itself_does_not(gap, length):
    chart = manifold_chart(curve(f"{LEMNISCATE} - {gap!r}"), (1.0, 0.2))
    assert chart.closed
    assert chart.length == pytest.approx(length, rel=1e-4)
    assert np.abs(chart.landscape.residuals(chart.points(chart.grid))).max() < 1e-9


@pytest.mark.parametrize(
    ("residuals", "variables", "start", "ends"),
    [
        (("x*y",), XY, (0.3, 1.1), {"singular", "reach"}),
        (("x*y", "z"), XYZ, (0.3, 1.1, 0.2), {"singular", "reach"}),
        (("y**2 - x**3",), XY, (1.0, 0.9), {"singular", "reach"}),  # a cusp
        (("y**2 - x**2*(x + 1)",), XY, (1.0, 1.1), {"singular", "reach"}),  # a node
        (("y*sqrt(3 - x)",), XY, (1.0, 0.3), {"singular", "reach"}),
        (("x*x + y*y + z*z - 4", "(x - 1)**2 + y*y - 1"), XYZ, (1.0, 1.0, 1.4), {"singular"}),  # Viviani's curve
        (("sqrt(x) - y",), XY, (1.0, 1.1), {"edge", "reach"}),  # the loss is not defined beyond
        (("y/(x - 3)",), XY, (1.0, 0.5), {"edge", "reach"}),
        (("x*y - 1",), XY, (2.0, 0.5), {"reach"}),
        (("(x**2 + y**2 - 1)*(x - 2)",), XY, (0.8, 0.8), {"closed"}),
    ],
)
def test_what_the_ends_are(residuals, variables, start, ends):
    chart = manifold_chart(curve(*residuals, variables=variables), start)
    assert set(chart.ends) == ends
    assert chart.closed == (ends == {"closed"})
    np.testing.assert_allclose(chart.landscape.residuals(chart.points(chart.grid)), 0, atol=1e-8)


def test_vivianis_curve_is_half_as_long_as_it_is():
    viviani = curve("x*x + y*y + z*z - 4", "(x - 1)**2 + y*y - 1", variables=XYZ)
    assert manifold_chart(viviani, (1.0, 1.0, 1.4)).length == pytest.approx(4 * 2**0.5 * ellipe(0.5), abs=1e-3)


@pytest.mark.parametrize(
    ("residual", "start", "length"),
    [
        ("(x*x/400 + y*y - 1)/2", (20.0, 0.0), 80 * ellipe(1 - 1 / 400)),
        ("(x*x + 400*y*y - 1)/2", (1.0, 0.0), 4 * ellipe(1 - 1 / 400)),
        ("(x*x + y*y - 1e-6)/2", (1e-3, 0.0), 2e-3 * np.pi),
        ("(x*x + (y - 50)**2 - 2500)/100", (0.0, 0.0), 100 * np.pi),  # 20 times the reach
        ("(x*x + y*y - 1)*(x*x + y*y - 1.00001)", (1.0, 0.0), 2 * np.pi),  # another one 5e-6 away
    ],
)
def test_closed_curves_of_any_length_and_shape(residual, start, length):
    chart = manifold_chart(curve(residual), start)
    assert chart.ends == ("closed", "closed")
    assert chart.length == pytest.approx(length, rel=1e-8)
    assert chart.cell < 0.1  # a longer curve has more cells


def test_the_arms_of_a_spiral_are_told_apart():
    """r = θ/60: arms a tenth apart, and an end at the origin, where the angle is not defined."""
    chart = manifold_chart(curve("sin(atan2(y, x) - 60*sqrt(x*x + y*y))"), (0.5, 0.01))
    radius = np.linalg.norm(chart.points(chart.grid), axis=-1)
    assert (np.diff(radius) > 0).all() or (np.diff(radius) < 0).all()
    np.testing.assert_allclose(chart.arc_length(chart.points(chart.grid)), chart.grid, atol=1e-7)


def test_a_corner_is_said_not_to_be_smooth():
    with pytest.raises(ValueError, match="not smooth"):
        manifold_chart(curve("max(x, y) - 1"), (1.0, 1.1))


@pytest.mark.parametrize(("power", "reached"), [(0.5, True), (0.8, True), (1.2, False), (1.5, False)])
def test_an_end_is_reached_where_a_bessel_process_gets_to_zero(power, reached):
    """f = y/x^k: along y = 0 the limit is dX = k/(2X) dt + dW, a Bessel process of dimension 1 + k, which reaches 0 below 2."""
    landscape = Landscape.from_residuals([f"y/x^{power}"], ("x", "y"))
    chart = manifold_chart(landscape, (1.0, 0.0), reach=3.0)
    lower, upper = chart.points(np.array([chart.origin, chart.origin + chart.length]))[:, 0]
    found = dict(zip((lower, upper), ends_of_the_theory(landscape, noise("isotropic"), chart), strict=True))
    assert found == {min(found): reached, max(found): False}
