"""The limit's coefficients against finite differences of Φ, against closed forms, and the derivatives they stand on."""

import mpmath
import numpy as np
import pytest

from dynamics import Landscape, limit_diffusion, limit_drift, limit_map, noise
from dynamics.engine import formula
from dynamics.limit.drift import turning
from dynamics.limit.flow import limit_map_with_outcome

XY = ("x", "y")
FOUR = ("x", "y", "z", "w")


def smooth(random, variables, size):
    """A random formula without a symmetry, 0 at the origin: linear, quadratic and curved terms."""

    def number(scale=size):
        return f"({scale * random.normal():.2f})"

    def some(count):
        return random.choice(variables, count)

    terms = [f"{number(1.0)}*{name}" for name in variables]
    terms += [f"{number()}*{one}*{other}" for one, other in zip(some(4), some(4), strict=True)]
    terms += [f"{number()}*sin({one} + 2*{other})" for one, other in zip(some(2), some(2), strict=True)]
    terms += [f"{number()}*({name}*exp({name}/2))" for name in some(1)]
    return " + ".join(terms)


def random_landscape(seed, variables, codimension, form):
    random = np.random.default_rng(seed)
    functions = [smooth(random, variables, 0.2) for _ in range(codimension)]
    match form:
        case "residuals":
            return Landscape.from_residuals(functions, variables)
        case "dependent residuals":  # more of them than the codimension
            first, last = functions[0], functions[-1]
            more = [f"({first})*(1 + {variables[0]}) + ({last})/2", f"({last})*exp({variables[1]}/3)"]
            return Landscape.from_residuals([*functions, *more], variables)
        case "loss":  # a positive form of the functions that changes from point to point
            squares = " + ".join(f"({f})^2*(1 + {name}^2/2)" for f, name in zip(functions, variables, strict=False))
            return Landscape.from_loss(f"{squares} + ({functions[0]})*({functions[-1]})/3", variables)
    raise AssertionError(form)


def random_covariance(seed, dimension):
    factor = np.random.default_rng(seed).normal(size=(dimension, dimension)) / np.sqrt(dimension)
    return factor @ factor.T


WEIGHTS = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560])  # f'' to O(h⁸)


def drift_by_differences(landscape, covariance, point, rank, step=0.02):
    """½ ∂²Φ[Σ] = ½ Σ_a (d/du)² Φ(y + u σ_a) over the columns of a square root of Σ."""
    values, vectors = np.linalg.eigh(covariance)
    columns = (vectors * np.sqrt(np.maximum(values, 0))).T
    points = point + step * np.arange(-4, 5)[:, None, None] * columns
    limits, outcome = limit_map_with_outcome(landscape, points, rank)
    assert (outcome == 0).all()
    return np.tensordot(WEIGHTS, limits, 1).sum(axis=0) / step**2 / 2


def projector_by_differences(landscape, point, rank, step=0.02):
    weights = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
    points = point + step * np.arange(-4, 5)[:, None, None] * np.eye(len(point))
    return np.tensordot(weights, limit_map_with_outcome(landscape, points, rank)[0], 1).T / step


def check_drift(landscape, rank, seed, accuracy=1e-5):
    dimension = landscape.dimension
    point = limit_map(landscape, np.random.default_rng(seed).normal(size=dimension) * 0.3)
    hessian = landscape.hessian(point)
    assert (np.linalg.eigvalsh(hessian)[::-1] > 1e-6).sum() == rank
    covariance = random_covariance(seed, dimension)
    given = noise("covariance", matrix=covariance.tolist())
    drift, diffusion = limit_drift(landscape, given, point), limit_diffusion(landscape, given, point)
    expected = drift_by_differences(landscape, covariance, point, rank)
    assert np.linalg.norm(drift.total - expected) < accuracy * np.linalg.norm(expected)
    for part in (drift.tangent, drift.mixed, drift.normal):  # each is needed
        assert np.linalg.norm(drift.total - part - expected) > 100 * accuracy * np.linalg.norm(expected)
    p = projector_by_differences(landscape, point, rank)
    np.testing.assert_allclose(diffusion @ diffusion, p @ covariance @ p.T, atol=accuracy * np.linalg.norm(covariance))
    np.testing.assert_allclose(diffusion, diffusion.T, atol=1e-12)
    assert np.linalg.eigvalsh(diffusion).min() > -1e-12
    # The parts are where they belong: H†T[Σ∥] is normal, the other two are tangent.
    tangent = np.linalg.eigh(hessian)[1][:, : dimension - rank]
    p = tangent @ tangent.T
    np.testing.assert_allclose(p @ drift.tangent, 0.0, atol=1e-9)
    np.testing.assert_allclose(p @ drift.mixed, drift.mixed, atol=1e-9)
    np.testing.assert_allclose(p @ drift.normal, drift.normal, atol=1e-9)


@pytest.mark.parametrize("form", ["residuals", "dependent residuals", "loss"])
@pytest.mark.parametrize("codimension", [1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_drift_in_four_dimensions_against_differences_of_phi(seed, codimension, form):
    check_drift(random_landscape(seed, FOUR, codimension, form), codimension, seed)


@pytest.mark.parametrize(
    ("dimension", "codimension", "form"),
    [(5, 3, "residuals"), (5, 3, "loss"), (7, 4, "residuals"), (8, 2, "loss"), (12, 3, "residuals"), (9, 2, "dependent residuals")],
)
def test_drift_in_more_dimensions(dimension, codimension, form):
    variables = tuple(f"x{i}" for i in range(dimension))
    check_drift(random_landscape(dimension, variables, codimension, form), codimension, dimension)


def test_drift_with_more_residuals_than_variables():
    functions = [smooth(np.random.default_rng(4), ("x", "y", "z"), 0.2) for _ in range(2)]
    functions[1] = functions[1].replace("sin", "tanh") + " + x - y"
    residuals = [f"({functions[0]})*{a} + ({functions[1]})*({b} + z/4)" for a, b in [(1, 0), (0, 1), (1, 1), (1, -2), (2, 1)]]
    check_drift(Landscape.from_residuals(residuals, ("x", "y", "z")), 2, 5)


@pytest.mark.parametrize("name", ["tangent", "mixed", "normal"])
def test_the_comparison_with_phi_sees_a_wrong_coefficient(name, monkeypatch):
    from dynamics.limit import drift

    def wrong(*arguments, right=drift.limit_parts):
        parts = dict(zip(("tangent", "mixed", "normal", "factor"), right(*arguments), strict=True))
        return tuple((parts | {name: 1.001 * parts[name]}).values())

    monkeypatch.setattr(drift, "limit_parts", wrong)
    with pytest.raises(AssertionError):
        check_drift(random_landscape(1, FOUR, 2, "residuals"), 2, 1)


def test_points_in_bulk_are_points_one_by_one():
    landscape = random_landscape(3, FOUR, 2, "residuals")
    points = limit_map(landscape, np.random.default_rng(0).normal(size=(3, 5, 4)) * 0.2)
    given = noise("covariance", matrix=random_covariance(0, 4).tolist())
    drift, diffusion = limit_drift(landscape, given, points).total, limit_diffusion(landscape, given, points)
    assert drift.shape == (3, 5, 4)
    assert diffusion.shape == (3, 5, 4, 4)
    for index in np.ndindex(3, 5):
        np.testing.assert_allclose(drift[index], limit_drift(landscape, given, points[index]).total, atol=1e-13)
        np.testing.assert_allclose(diffusion[index], limit_diffusion(landscape, given, points[index]), atol=1e-9)


# Closed forms


@pytest.mark.parametrize("dimension", [2, 3, 4, 9])
def test_sphere(dimension):
    """dY = s P dW − ½ s² (D − 1) Y dt."""
    variables = tuple(f"x{i}" for i in range(dimension))
    landscape = Landscape.from_residuals(["(" + "+".join(f"{v}*{v}" for v in variables) + "-1)/2"], variables)
    y = np.random.default_rng(0).normal(size=(50, dimension))
    y /= np.linalg.norm(y, axis=-1, keepdims=True)
    given = noise("isotropic", scale=0.7)
    drift = limit_drift(landscape, given, y)
    np.testing.assert_allclose(drift.tangent, -0.49 * (dimension - 1) / 2 * y, atol=1e-12)
    np.testing.assert_allclose(drift.mixed, 0.0, atol=1e-12)
    np.testing.assert_allclose(drift.normal, 0.0, atol=1e-12)
    p = np.eye(dimension) - y[:, :, None] * y[:, None, :]
    np.testing.assert_allclose(limit_diffusion(landscape, given, y), 0.7 * p, atol=1e-7)


@pytest.mark.parametrize(
    ("root", "log_slope", "slope"),
    [
        ("exp(x*x/2)", lambda x: 2 * x, lambda x: 2 * x * np.exp(x * x)),
        ("(1 + x*x)**2", lambda x: 8 * x / (1 + x * x), lambda x: 8 * x * (1 + x * x) ** 3),
        ("sqrt(2 + sin(x))", lambda x: np.cos(x) / (2 + np.sin(x)), np.cos),
    ],
)
def test_valley(root, log_slope, slope):
    """−(s²/4)(ln h)' under isotropic noise, −(c/4) h' under label noise, from f = √h y."""
    landscape = Landscape.from_residuals([f"{root}*y"], XY)
    x = np.linspace(-1.5, 1.5, 7)
    points = np.stack([x, 0 * x], -1)
    isotropic, label = (limit_drift(landscape, noise(kind, scale=0.7), points) for kind in ("isotropic", "label"))
    np.testing.assert_allclose(isotropic.total, np.stack([-0.49 / 4 * log_slope(x), 0 * x], -1), atol=1e-12)
    np.testing.assert_allclose(label.total, np.stack([-0.49 / 4 * slope(x), 0 * x], -1), rtol=1e-12, atol=1e-12)


def points_of(landscape, count=4):
    return limit_map(landscape, np.random.default_rng(8).normal(size=(count, landscape.dimension)) * 0.3)


def along_the_manifold(landscape, quantity, point, step=1e-3):
    """P ∇ of a quantity of the Hessian, by differences."""
    weights = np.array([-1 / 60, 3 / 20, -3 / 4, 0, 3 / 4, -3 / 20, 1 / 60])[::-1] * -1
    points = point + step * np.arange(-3, 4)[:, None, None] * np.eye(len(point))
    slope = weights @ quantity(landscape.hessian(points)) / step
    values, vectors = np.linalg.eigh(landscape.hessian(point))
    tangent = vectors[:, values < 1e-8 * values[-1]]
    return tangent @ (tangent.T @ slope)


@pytest.mark.parametrize("form", ["residuals", "loss"])
@pytest.mark.parametrize("codimension", [1, 2])
def test_isotropic_noise(codimension, form):
    """−(s²/2) H† T[P] − (s²/4) P ∇ ln |H|₊: the second is half of P∇ of the sum of the logarithms of the positive eigenvalues."""
    landscape = random_landscape(6, FOUR, codimension, form)

    def logarithm(hessians):
        # Off Γ the tangent eigenvalues are not 0, but they move at first order in the normal direction only.
        return np.log(np.linalg.eigvalsh(hessians)[..., -codimension:]).sum(axis=-1)

    scale = 0.8
    for point in points_of(landscape):
        drift = limit_drift(landscape, noise("isotropic", scale=scale), point)
        values, vectors = np.linalg.eigh(landscape.hessian(point))
        normal, tangent = vectors[:, -codimension:], vectors[:, :-codimension]
        third = landscape.third_derivative(point, tangent @ tangent.T)
        expected = -(scale**2) / 2 * normal @ ((normal.T @ third) / values[-codimension:])
        np.testing.assert_allclose(drift.tangent, expected, atol=1e-10)
        np.testing.assert_allclose(drift.mixed, 0.0, atol=1e-12)
        np.testing.assert_allclose(drift.normal, -(scale**2) / 4 * along_the_manifold(landscape, logarithm, point), atol=1e-8)


@pytest.mark.parametrize("form", ["residuals", "dependent residuals"])
@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
@pytest.mark.parametrize("batch", [1, "full"])
def test_label_noise_goes_down_the_trace(form, law, batch):
    """−(c/4) P ∇ tr H, and no diffusion."""
    landscape, scale = random_landscape(7, FOUR, 2, form), 0.8
    given = noise("label", scale=scale, law=law, batch=batch)
    for point in points_of(landscape):
        expected = -(scale**2) / 4 * along_the_manifold(landscape, lambda h: np.trace(h, axis1=-2, axis2=-1), point)
        np.testing.assert_allclose(limit_drift(landscape, given, point).total, expected, atol=1e-9)
        np.testing.assert_allclose(limit_diffusion(landscape, given, point), 0.0, atol=1e-10)


@pytest.mark.parametrize("batch", [1, 3])
def test_minibatch_noise_stands_still(batch):
    landscape = random_landscape(7, FOUR, 2, "residuals")
    points = points_of(landscape)
    np.testing.assert_allclose(limit_drift(landscape, noise("minibatch", batch=batch), points).total, 0.0, atol=1e-15)
    np.testing.assert_allclose(limit_diffusion(landscape, noise("minibatch", batch=batch), points), 0.0, atol=1e-9)


def test_a_covariance_that_changes_from_point_to_point_enters_by_its_value_only():
    landscape = random_landscape(9, FOUR, 2, "residuals")
    point = points_of(landscape, 1)[0]
    changing = [[f"{1 + (i == 0)} + {name}^2" if i == j else f"x*y*{0.1:.1f}" for j in range(4)] for i, name in enumerate(FOUR)]
    given = noise("covariance", matrix=changing)
    fixed = noise("covariance", matrix=given.covariance(landscape, point).tolist())
    np.testing.assert_allclose(limit_drift(landscape, given, point).total, limit_drift(landscape, fixed, point).total, atol=1e-12)


def test_repeated_eigenvalues():
    """A helix of equal normal stiffness in two directions: 𝓛⁻¹ needs sums of eigenvalues, never differences."""
    landscape = Landscape.from_residuals(["x - cos(z)", "y - sin(z)"], ("x", "y", "z"))
    for z in (0.0, 0.3, 2.0):
        point = np.array([np.cos(z), np.sin(z), z])
        covariance = random_covariance(3, 3)
        drift = limit_drift(landscape, noise("covariance", matrix=covariance.tolist()), point).total
        np.testing.assert_allclose(drift, drift_by_differences(landscape, covariance, point, 2), atol=1e-6)
    line = Landscape.from_residuals(["x*exp(z)", "y*exp(z)"], ("x", "y", "z"))
    drift = limit_drift(line, noise("isotropic"), (0.0, 0.0, 0.5))
    np.testing.assert_allclose(drift.total, [0.0, 0.0, -1.0], atol=1e-12)  # ln |H|₊ = 4z + const


# Refusals


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ((1.0, 2.0), "not on it"),
        ((1.0, 0.0, 0.0), "2 coordinates"),
        ((float("nan"), 1.0), "not a number"),
        (((1.0, 0.0), (3.0, 0.1)), r"\[3.0, 0.1\] is not on it"),
    ],
)
def test_points_that_are_not_on_the_manifold(points, sentence):
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
    for ask in (limit_drift, limit_diffusion):
        with pytest.raises(ValueError, match=sentence):
            ask(circle, noise("isotropic"), points)


def test_a_rank_that_changes_along_the_points():
    cross = Landscape.from_residuals(["x*y", "x*z"], ("x", "y", "z"))  # a plane and a line
    with pytest.raises(ValueError, match="rank goes from 1 to 2"):
        limit_drift(cross, noise("isotropic"), [(0.0, 1.0, 1.0), (1.0, 0.0, 0.0)])


def test_residual_noise_needs_residuals():
    with pytest.raises(ValueError, match="samples residuals"):
        limit_drift(Landscape.from_loss("(x*y - 1)^2", XY), noise("label"), (1.0, 1.0))


# Derivatives, against differences of 50 digits

mpmath.mp.dps = 50
ORACLES = {
    "pow": lambda u, v: u**v, "sqrt": mpmath.sqrt, "exp": mpmath.exp, "log": mpmath.log, "sin": mpmath.sin, "cos": mpmath.cos,
    "tan": mpmath.tan, "asin": mpmath.asin, "acos": mpmath.acos, "atan": mpmath.atan, "atan2": mpmath.atan2, "sinh": mpmath.sinh,
    "cosh": mpmath.cosh, "tanh": mpmath.tanh, "abs": abs, "sign": mpmath.sign, "floor": mpmath.floor, "min": min, "max": max,
    "softplus": lambda u: mpmath.log1p(mpmath.exp(u)), "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
}  # fmt: skip
THREE = ("x", "y", "z")
POINT = (0.4, 0.7, -0.3)
ARGUMENTS = {1: "(0.3 + x*y/2 + 0.1*z^2)", 2: "(0.3 + x*y/2 + 0.1*z^2), (1.2 + z*x + y)"}
LOSSES = {name: f"{name}({ARGUMENTS[count]})*(1 + x*z) + x*y*z*y" for name, count in formula.FUNCTIONS.items()}
LOSSES |= {
    "power": "(0.3 + x*y)^(1.5 + z)*y",
    "integer powers": "(x - z)^5*y^3 + (x*y)^(-2) + z^0",
    "half": "(1 + x*y*z)^0.5/(2 + z - x)",
    "constants": "e^(x*z)*pi - y^(-1)*x^3",
    "negative base": "(z - x)^3*(z - 1)^(-3)*y",
}


def oracle(text, orders):
    tree = formula.parse(text, THREE)

    def value(*point):
        symbols = dict(zip(THREE, point, strict=True)) | {"pi": mpmath.pi, "e": mpmath.e}
        return formula.translate(tree, symbols, ORACLES, mpmath.mpf)

    return float(mpmath.diff(value, tuple(map(mpmath.mpf, POINT)), orders) if any(orders) else value(*map(mpmath.mpf, POINT)))


def orders(*axes):
    return tuple(axes.count(axis) for axis in range(3))


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_of_every_function(name):
    landscape = Landscape.from_loss(LOSSES[name], THREE)
    axes = range(3)
    known = {}

    def derivative(*along):
        key = orders(*along)
        if key not in known:
            known[key] = oracle(LOSSES[name], key)
        return known[key]

    close = {"rtol": 1e-11, "atol": 1e-12}
    np.testing.assert_allclose(landscape.loss(POINT), derivative(), **close)
    np.testing.assert_allclose(landscape.gradient(POINT), [derivative(i) for i in axes], **close)
    np.testing.assert_allclose(landscape.hessian(POINT), [[derivative(i, j) for j in axes] for i in axes], **close)
    tensor = np.array([[[derivative(i, j, k) for k in axes] for j in axes] for i in axes])
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    np.testing.assert_allclose(landscape.third_derivative(POINT, matrix), np.einsum("ijk,jk", tensor, matrix), **close)


def test_every_function_of_the_language_is_among_them():
    assert set(formula.FUNCTIONS) <= set(LOSSES)


def test_residual_form_has_the_derivatives_of_its_loss():
    residuals = ["x*sin(y) - z", "exp(x*z/2)*y + 0.3", "(x - y)^3"]
    loss = "(" + " + ".join(f"({f})^2" for f in residuals) + ")/6"
    one, other = Landscape.from_residuals(residuals, THREE), Landscape.from_loss(loss, THREE)
    matrix = np.random.default_rng(1).normal(size=(3, 3))
    for ask in ("loss", "gradient", "hessian", "trace_hessian", "sharpness"):
        np.testing.assert_allclose(getattr(one, ask)(POINT), getattr(other, ask)(POINT), rtol=1e-12)
    np.testing.assert_allclose(one.third_derivative(POINT, matrix), other.third_derivative(POINT, matrix), rtol=1e-12)


def test_third_derivative_in_residual_form_from_second_derivatives_of_the_residuals():
    """On Γ T[M] = (1/n) Σ (2 ∇²f M ∇f + ∇f ⟨∇²f, M⟩) for symmetric M: also in more dimensions than the full tensor is kept for."""
    for dimension in (4, 8):
        variables = tuple(f"x{i}" for i in range(dimension))
        landscape = random_landscape(2, variables, 2, "residuals")
        point = limit_map(landscape, np.full(dimension, 0.1))
        m = random_covariance(5, dimension)
        expected = 0.0
        for text in landscape.definition.residuals:
            f = Landscape.from_loss(text, variables)
            slope, curvature = f.gradient(point), f.hessian(point)
            expected = expected + (2 * curvature @ m @ slope + slope * (curvature * m).sum()) / 2
        np.testing.assert_allclose(landscape.third_derivative(point, m), expected, atol=1e-9)


def test_turning_is_the_curvature_times_the_noise_along_the_manifold():
    ellipse = Landscape.from_residuals(["(x*x/4 + y*y - 1)/2"], ("x", "y"))
    angle = np.linspace(0, 2 * np.pi, 7)
    points = np.stack([2 * np.cos(angle), np.sin(angle)], axis=-1)
    curvature = 2 / (4 * np.sin(angle) ** 2 + np.cos(angle) ** 2) ** 1.5
    np.testing.assert_allclose(turning(ellipse, noise("isotropic", scale=0.6), 1, points), 0.36 * curvature**2, rtol=1e-9)
    sphere = Landscape.from_residuals(["(x*x + y*y + z*z - 4)/2"], ("x", "y", "z"))
    np.testing.assert_allclose(turning(sphere, noise("isotropic"), 1, [0.0, 0.0, 2.0]), 2 / 4, rtol=1e-9)
    np.testing.assert_allclose(turning(ellipse, noise("label"), 1, points), 0.0, atol=1e-25)
