"""Φ to 1e-9 against invariants and closed forms of gradient flow, gradient flow itself, and the sentences where there is no Φ."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from dynamics import Landscape, gradient_flow, limit_map
from dynamics.limit import flow
from dynamics.limit.flow import POSITIVE_LOSS, TOO_SLOW, WENT_AWAY, Descent, flow_end, hessian_rank, limit_map_with_outcome

XY, XYZ = ("x", "y"), ("x", "y", "z")
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
PRODUCT = Landscape.from_residuals(["x*y*z - 1"], XYZ)
random = np.random.default_rng(11)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def quadrant(count=400):
    """Points from which flow on xy = 1 ends in the first quadrant: x + y > 0."""
    points = random.uniform(-3, 3, (count, 2))
    return points * np.where(points.sum(axis=-1, keepdims=True) < 0, -1, 1)


def test_hyperbola_keeps_x2_minus_y2():
    points = quadrant()
    limits = limit_map(HYPERBOLA, points)
    q = points[:, 0] ** 2 - points[:, 1] ** 2
    x = np.sqrt((q + np.sqrt(q * q + 4)) / 2)
    np.testing.assert_allclose(limits, np.stack([x, 1 / x], -1), **CLOSE)


@pytest.mark.parametrize("dimension", [2, 3, 6])
def test_sphere_is_radial(dimension):
    variables = tuple(f"x{i}" for i in range(dimension))
    square = "+".join(f"{name}*{name}" for name in variables)
    points = random.normal(size=(300, dimension)) * random.uniform(0.02, 3, (300, 1))
    exact = points / np.linalg.norm(points, axis=-1, keepdims=True)
    for landscape in (
        Landscape.from_residuals([f"({square} - 1)/2"], variables),
        Landscape.from_loss(f"({square} - 1)^2/8", variables),
    ):
        np.testing.assert_allclose(limit_map(landscape, points), exact, **CLOSE)


def test_product_keeps_differences_of_squares():
    points = random.uniform(0.1, 2.5, (300, 3))
    limits = limit_map(PRODUCT, points)
    np.testing.assert_allclose(limits.prod(axis=-1), 1.0, **CLOSE)
    for i, j in ((0, 1), (1, 2)):
        np.testing.assert_allclose(
            limits[:, i] ** 2 - limits[:, j] ** 2, points[:, i] ** 2 - points[:, j] ** 2, rtol=1e-8, atol=1e-8
        )  # fmt: skip


def test_valleys():
    """dx/dy = h'y/2h: x² falls with y², and the nearest point of Γ is (x, 0), elsewhere."""
    points = random.uniform(-1.6, 1.6, (300, 2))
    x, y = points.T
    gaussian = limit_map(Landscape.from_residuals(["exp(x*x/2)*y"], XY), points)
    np.testing.assert_allclose(gaussian, np.stack([x * np.exp(-(y**2) / 2), 0 * y], -1), **CLOSE)
    parabolic = limit_map(Landscape.from_residuals(["sqrt(1 + x*x)*y"], XY), points)
    exact = np.sign(x) * np.sqrt(lambertw(x**2 * np.exp(x**2 - y**2)).real)
    np.testing.assert_allclose(parabolic, np.stack([exact, 0 * y], -1), **CLOSE)


def test_two_residuals_of_different_stiffness():
    """x' = −x/2, z' = −50z and an orbit in the plane: the flow lands along the slow direction."""
    landscape = Landscape.from_residuals(["x*exp(y/2)", "10*z"], XYZ)
    points = random.uniform(-1, 1, (100, 3))
    x, y, _ = points.T
    # x' = −x e^y/2 and y' = −x² e^y/4, so x²/2 − 2·y·... : dy/dx = x/2.
    exact = np.stack([0 * x, y - x**2 / 4, 0 * x], -1)
    np.testing.assert_allclose(limit_map(landscape, points), exact, **CLOSE)


def test_against_an_integration_of_high_accuracy():
    """Without a closed form: SciPy's DOP853 at 1e-13, until nothing moves."""
    landscape = Landscape.from_residuals(["x*y - 1 + z*w", "z - sin(x)*w/2 + w**2/3"], ("x", "y", "z", "w"))
    for start in ([1.2, 0.9, 0.5, 0.2], [0.6, 1.4, -0.6, 0.9]):
        path = solve_ivp(lambda _, p: -landscape.gradient(p), (0, 300), start, method="DOP853", rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(limit_map(landscape, start), path.y[:, -1], **CLOSE)


def test_phi_is_a_projection_and_does_not_depend_on_company():
    points = quadrant(300)
    limits = limit_map(HYPERBOLA, points)
    np.testing.assert_allclose(limit_map(HYPERBOLA, limits), limits, rtol=1e-13)
    for index in (0, 63, 64, 130, 299):
        np.testing.assert_array_equal(limit_map(HYPERBOLA, points[index]), limits[index])
    assert limit_map(HYPERBOLA, points.reshape(3, 100, 2)).shape == (3, 100, 2)


def test_phi_is_constant_along_gradient_flow():
    path = gradient_flow(PRODUCT, (2.0, -1.5, -0.2))
    limits = limit_map(PRODUCT, path.points)
    np.testing.assert_allclose(limits, np.broadcast_to(limits[0], limits.shape), atol=1e-7)  # the path itself has 1e-9 a step


@pytest.mark.parametrize("landing", [1e-2, 1e-3])
def test_landing_from_farther_errs_by_the_third_power(monkeypatch, landing):
    """At the landing distance d the error is O(d³): at 1e-4 that is beyond what is seen."""
    points = quadrant(100)
    exact = limit_map(HYPERBOLA, points)
    monkeypatch.setattr(flow, "LANDING", landing)
    errors = np.abs(limit_map(HYPERBOLA, points) - exact).max()
    assert errors < 20 * landing**3


def test_a_plain_newton_step_is_not_phi():
    """What the landing's second-order term is there for."""
    points = limit_map(HYPERBOLA, quadrant(50)) + np.array([0.05, 0.02])
    newton = points.copy()
    for _ in range(20):
        gradient = HYPERBOLA.jacobian(newton)[:, 0]
        newton -= gradient * (HYPERBOLA.residuals(newton) / (gradient**2).sum(axis=-1, keepdims=True))
    assert np.abs(newton - limit_map(HYPERBOLA, points)).max() > 1e-4


def test_a_loose_descent_is_nearly_as_good():
    """The tolerance of the projective scheme."""
    points = quadrant(64)
    columns = np.ascontiguousarray(points.T)
    assert (Descent(HYPERBOLA, 1, tolerance=1e-7)(columns) == 0).all()
    np.testing.assert_allclose(columns.T, limit_map(HYPERBOLA, points), atol=1e-6)


# Gradient flow


def test_gradient_flow_of_a_quadratic_in_closed_form():
    landscape = Landscape.from_residuals(["x - y"], XY)
    path = gradient_flow(landscape, (3.0, 1.0))
    exact = np.stack([2 + np.exp(-2 * path.times), 2 - np.exp(-2 * path.times)], -1)
    np.testing.assert_allclose(path.points, exact, atol=1e-7)
    assert path.times[0] == 0
    assert (np.diff(path.times) > 0).all()
    assert len(path.times) == len(path.points) == 200
    assert len(gradient_flow(landscape, (3.0, 1.0), samples=17).times) == 17


def test_gradient_flow_goes_down_and_ends_at_phi():
    for landscape, start in ((HYPERBOLA, (2.5, -0.3)), (PRODUCT, (1.0, 0.2, 2.0))):
        path = gradient_flow(landscape, start)
        loss = landscape.loss(path.points)
        assert (np.diff(loss) <= 1e-9).all()
        np.testing.assert_allclose(path.points[0], start, atol=1e-12)
        np.testing.assert_allclose(path.points[-1], limit_map(landscape, start), atol=1e-6)


def test_gradient_flow_of_a_stiff_landscape():
    landscape = Landscape.from_residuals(["100*(x - y)", "y + z - 1"], XYZ)
    path = gradient_flow(landscape, (1.0, -1.0, 3.0))
    normal = np.array([[1, -1, 0], [0, 1, 1]])
    np.testing.assert_allclose(normal @ path.points[-1], [0, 1], atol=1e-4)
    np.testing.assert_allclose(normal @ limit_map(landscape, (1.0, -1.0, 3.0)), [0, 1], atol=1e-12)


def test_gradient_flow_from_a_point_at_rest_is_that_point():
    path = gradient_flow(HYPERBOLA, (2.0, 0.5))
    assert path.points.tolist() == [[2.0, 0.5]]
    np.testing.assert_array_equal(flow_end(HYPERBOLA, (2.0, 0.5)), [2.0, 0.5])


# No Φ


@pytest.mark.parametrize(
    ("loss", "start", "sentence"),
    [
        ("x^2 + y^2 + 1", (1.0, 1.0), "the loss is not zero .L = 1."),
        ("(x*y - 1)^2", (1.0, -1.0), "the loss is not zero"),  # the saddle at the origin
        ("x - 5", (1.0, 0.0), "leaves every bounded region"),
        ("-x^4 + y^2", (1.0, 0.0), "leaves every bounded region|domain"),
        ("x^4 + y^2", (1.0, 1.0), "slows down"),
        ("x^8 + y^2 - 1", (1.0, 1.0), "slows down"),
        ("x^2 + 3*y^2 - 1", (1.0, 1.0), "not zero .L = -1."),
        ("-exp(x^2)", (1.0, 0.0), "leaves every bounded region|domain"),
        ("exp(-x)*(1 + y^2)", (0.0, 0.0), "slows down|leaves"),
        ("log(x)^2 + y", (-1.0, 0.0), "not defined"),
    ],
)
def test_sentences_where_there_is_no_limit_map(loss, start, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        limit_map(Landscape.from_loss(loss, XY), start)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize("residual", ["x^2*y^2", "(x*x + y*y - 1)^2", "(x - y)^3"])
def test_a_hessian_that_vanishes_on_the_manifold_is_refused(residual):
    for start in ((0.5, 0.6), (1.2, 0.3)):
        with pytest.raises(ValueError, match="slows down"):
            limit_map(Landscape.from_residuals([residual], XY), start)
        with pytest.raises(ValueError, match="slows down"):
            limit_map(Landscape.from_loss(f"({residual})^2", XY), start)


def test_one_bad_point_among_good_ones_is_named():
    points = np.array([[2.0, 1.0], [1.0, 1.0], [1.0, -1.0], [0.5, 0.7]])
    with pytest.raises(ValueError, match=r"There is no Φ at \[1.0, -1.0\]"):
        limit_map(HYPERBOLA, points)
    limits, outcome = limit_map_with_outcome(HYPERBOLA, points, 1)
    assert outcome[2] != 0
    assert np.isnan(limits[2]).all()
    assert (outcome[[0, 1, 3]] == 0).all()
    np.testing.assert_allclose(limits[[0, 1, 3]], limit_map(HYPERBOLA, points[[0, 1, 3]]))


def test_outcomes():
    away = Landscape.from_residuals(["x*y"], XY)
    assert limit_map_with_outcome(away, np.array([0.0, 0.0]), 1)[1] == TOO_SLOW
    hill = Landscape.from_loss("y^2 - x^4", XY)
    assert limit_map_with_outcome(hill, np.array([1.0, 1.0]), 1)[1] in (WENT_AWAY, TOO_SLOW, POSITIVE_LOSS)


def test_hessian_rank():
    scales = np.array([1e3, 1.0, 1e-2])
    for rank in range(4):
        vectors = np.linalg.qr(random.normal(size=(3, 3)))[0]
        hessians = (vectors[:, :rank] * scales[:rank]) @ vectors[:, :rank].T
        assert hessian_rank(hessians) == rank
    assert hessian_rank(np.zeros((5, 2, 2))).tolist() == [0] * 5
