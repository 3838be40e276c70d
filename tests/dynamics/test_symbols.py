"""The limit in symbols against the limit in numbers, closed forms, and what happens where there is no short formula."""

import csv
import io

import numpy as np
import pytest

from dynamics import Landscape, landscape, limit_diffusion, limit_drift, limit_map, noise
from dynamics.inspection import algebra
from dynamics.inspection.algebra import TooLong, dense_terms, expression, polynomial_terms, shortened
from dynamics.inspection.symbols import MAX_SOLVED, confirmed, limit_in_symbols
from dynamics.inspection.table import limit_table, table_points

XY, XYZ = ("x", "y"), ("x", "y", "z")
ISOTROPIC, LABEL = noise("isotropic", scale=0.7), noise("label", scale=1.3)
ANISOTROPIC = noise("covariance", matrix=[["1 + x^2", "x/2"], ["x/2", "1"]])
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)


@pytest.mark.parametrize("kind", ["isotropic", "label", "covariance"])
@pytest.mark.parametrize(
    "given",
    [
        landscape("circle", r=1.2),
        landscape("ellipse"),
        HYPERBOLA,
        landscape("valley", a=2.0),
        landscape("valley_cauchy"),
        Landscape.from_residuals(["y - x^2"], XY),
        Landscape.from_residuals(["x^2 - y^2 - 1"], XY),
        Landscape.from_residuals(["exp(x^2/2)*y"], XY),
    ],
    ids=lambda given: given.definition.residuals[0],
)
def test_symbols_are_the_limit(given, kind):
    which = {"isotropic": ISOTROPIC, "label": LABEL, "covariance": ANISOTROPIC}[kind]
    symbols = limit_in_symbols(given, which)
    if symbols.equation is None:
        assert kind == "covariance"
        assert "too long" in symbols.reason
        return
    for u in (0.4, 0.9, 1.6):
        point, drift, diffusion = symbols.at(u)
        ahead, behind = (symbols.at(u + sign * 1e-4)[0] for sign in (1, -1))
        slope, bend = (ahead - behind) / 2e-4, (ahead - 2 * point + behind) / 1e-8
        tangent = slope / np.linalg.norm(slope)
        limit = limit_drift(given, which, point)
        along = (slope * drift + bend * diffusion**2 / 2) @ tangent
        np.testing.assert_allclose(along, (limit.mixed + limit.normal) @ tangent, rtol=1e-6, atol=1e-6)
        root = limit_diffusion(given, which, point)
        np.testing.assert_allclose(tangent @ root @ tangent, diffusion * np.linalg.norm(slope), rtol=1e-6, atol=1e-9)


def test_hyperbola_by_its_invariant():
    """q = x² − y²: dq/dt = −c q under label noise, and dq = 2s (q² + 4)^¼ dB, a martingale, under isotropic noise."""
    label, isotropic = limit_in_symbols(HYPERBOLA, LABEL), limit_in_symbols(HYPERBOLA, ISOTROPIC)
    for x in (0.5, 1.3, 2.0):
        q, slope, bend = x**2 - x**-2, 2 * x + 2 * x**-3, 2 - 6 * x**-4
        (point, drift, diffusion) = label.at(x)
        np.testing.assert_allclose(point, [x, 1 / x], rtol=1e-12)
        np.testing.assert_allclose(slope * drift, -(1.3**2) * q, rtol=1e-9)
        assert diffusion == 0
        _, drift, diffusion = isotropic.at(x)
        np.testing.assert_allclose(slope * drift + bend * diffusion**2 / 2, 0, atol=1e-9)
        np.testing.assert_allclose(slope * diffusion, 2 * 0.7 * (q * q + 4) ** 0.25, rtol=1e-9)


def test_closed_forms():
    cauchy = limit_in_symbols(landscape("valley_cauchy"), ISOTROPIC)
    assert cauchy.equation == r"dx = - \frac{p s^{2} x}{2 x^{2} + 2}\, dt + s\, dW"
    assert limit_in_symbols(landscape("circle"), ISOTROPIC).equation == r"du = \frac{s}{r}\, dW"
    assert limit_in_symbols(landscape("circle"), LABEL).equation == "du = 0"
    assert limit_in_symbols(landscape("circle"), noise("minibatch")).equation == "du = 0"
    assert limit_in_symbols(landscape("valley"), LABEL).equation == r"dx = - \frac{a \delta^{2} x}{2}\, dt"
    ellipse = limit_in_symbols(landscape("ellipse", a=2.0, b=1.0), LABEL)  # tr H = 4 cos²u/a² + 4 sin²u/b²
    for u in (0.3, 1.0, 2.2):
        g2 = 4 * np.sin(u) ** 2 + np.cos(u) ** 2
        np.testing.assert_allclose(ellipse.at(u)[1], -(1.3**2) / 4 * 4 * np.sin(2 * u) * (1 - 1 / 4) / g2, rtol=1e-9)


def test_the_motor_turns_at_its_rate():
    motor = landscape("motor")
    symbols = limit_in_symbols(motor, noise(**dict(dict(motor.suggestions)["noise"])))
    assert symbols.equation == r"du = \frac{3 a b c}{8}\, dt"
    assert "z_{3} = 0" in symbols.chart


def test_loss_form_gives_the_same():
    for loss, residual in (("(x^2 + y^2 - 1)^2/2", "x^2 + y^2 - 1"), ("(1 + x^2)*y^2/2", "sqrt(1 + x^2)*y")):
        one = limit_in_symbols(Landscape.from_loss(loss, XY), ANISOTROPIC)
        other = limit_in_symbols(Landscape.from_residuals([residual], XY), ANISOTROPIC)
        assert one.equation is not None
        np.testing.assert_allclose(one.at(0.6)[1:], other.at(0.6)[1:], rtol=1e-10)


def test_an_error_is_not_confirmed():
    symbols = limit_in_symbols(HYPERBOLA, ISOTROPIC)
    drift, diffusion = symbols.coefficients
    values = dict(symbols.values)
    assert confirmed(HYPERBOLA, ISOTROPIC, symbols.curve, drift, diffusion, values)
    for wrong in ((-drift, diffusion), (drift * 1.001, diffusion), (drift, diffusion * 1.001), (drift + 1e-3, diffusion)):
        assert not confirmed(HYPERBOLA, ISOTROPIC, symbols.curve, *wrong, values)


def test_curves_in_space():
    spiral = Landscape.from_residuals(["x - z*cos(3*z)", "y - z*sin(3*z)"], XYZ)
    assert limit_in_symbols(spiral, ISOTROPIC).equation is not None
    two = limit_in_symbols(Landscape.from_residuals(["x*y - 1", "z - x"], XYZ), LABEL)
    assert "z = x" in two.chart
    assert two.equation is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (landscape("product"), "surface"),
        (landscape("trefoil"), "too long"),
        (Landscape.from_residuals(["(x^2 + y^2)^2 - 2*(x^2 - y^2)"], XY), "No variable"),
        (Landscape.from_residuals(["abs(x) - y"], XY), "not smooth"),
        (Landscape.from_residuals(["(x + y)^32*(x - y)^31 - 1 + x"], XY), "No variable"),
        (Landscape.from_residuals(["x^40 - y"], XY), "power"),
        (Landscape.from_residuals(["1e13*x - y"], XY), "too large"),
        (Landscape.from_residuals([f"x{i}*x{i + 1} - 1" for i in range(11)], tuple(f"x{i}" for i in range(12))), "determinant"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_not_short_says_so(given, words):
    symbols = limit_in_symbols(given, ISOTROPIC)
    assert symbols.equation is None
    assert words in symbols.reason


def test_gradient_and_hessian_are_typeset():
    symbols = limit_in_symbols(HYPERBOLA, ISOTROPIC)
    assert symbols.gradient == r"\nabla L = \left[\begin{matrix}y \left(x y - 1\right)\\x \left(x y - 1\right)\end{matrix}\right]"
    assert symbols.hessian == r"H = \left[\begin{matrix}\frac{1}{x^{2}} & 1\\1 & x^{2}\end{matrix}\right]"
    assert symbols.eigenvalues == (r"x^{2} + \frac{1}{x^{2}}",)
    assert symbols.chart == r"y = \frac{1}{x}"


def test_simplification_keeps_the_value_and_its_budget():
    import sympy

    x, y = sympy.symbols("x y", real=True)
    exponential = "exp(2*x)*(exp(-x) + exp(x))^2/(1 + exp(2*x))"
    for text in ("sin(2*x)/(1 - cos(x)^2)", exponential, "(sqrt(1 + x^2) + y)/(1 + x^2)", "tan(x)^2 + 1"):
        value = expression(text, {"x": x, "y": y})
        short = shortened(value)
        at = {x: sympy.Float(0.7), y: sympy.Float(1.3)}
        np.testing.assert_allclose(float(short.xreplace(at)), float(value.xreplace(at)), rtol=1e-12)
        assert short.count_ops() <= value.count_ops()
    assert polynomial_terms((x + y + 1) ** 30) > 400
    with pytest.raises(TooLong):
        expression("x^x^50", {"x": x})


def test_the_table_has_what_the_limit_has():
    motor = landscape("motor")
    which = noise(**dict(dict(motor.suggestions)["noise"]))
    points = limit_map(motor, np.array([[1.2, 0.3, 0.4, 0.1, 0.2], [0.1, 1.2, 0.3, 0.2, 0.1]]))
    table = limit_table(motor, which, points)
    header, *rows = csv.reader(io.StringIO(table.csv()))
    assert header[:2] == ["x", "y"]
    assert "lambda_4 [loss per length^2]" in header
    assert "diffusion_z2_z3 [length per sqrt(t)]" in header
    numbers = np.array(rows, dtype=float)
    assert numbers.shape == (2, len(table.columns)) == (2, 5 + 4 + 4 * 5 + 15)
    column = table.columns.index("drift_x")
    np.testing.assert_allclose(numbers[:, column : column + 5], limit_drift(motor, which, points).total, rtol=1e-10, atol=1e-11)
    with pytest.raises(ValueError, match="not on it"):
        limit_table(motor, which, [[2.0, 0, 0, 0, 0]])


def test_points_for_a_table_are_on_one_piece_of_the_manifold_and_of_one_rank():
    hyperbola, product = landscape("hyperbola"), landscape("product")
    along = table_points(hyperbola, (2.0, 1.0))
    assert (along > 0).all()
    np.testing.assert_allclose(along.prod(axis=1), 1.0, rtol=1e-10)
    np.testing.assert_allclose(np.diff(np.linalg.norm(np.diff(along, axis=0), axis=1)), 0, atol=0.05)
    on = table_points(product, (1.5, 1.0, 1.0))
    assert (on > 0).all()
    np.testing.assert_allclose(on.prod(axis=1), 1.0, rtol=1e-10)
    np.testing.assert_allclose(on[0], limit_map(product, [1.5, 1.0, 1.0]), atol=1e-6)
    cross = Landscape.from_residuals(["x*y"], XY)  # its points do not go on through the one where it crosses itself
    assert np.isfinite(limit_table(cross, ISOTROPIC, table_points(cross, (1.4, 0.8))).rows).all()


LONG = {
    "tanh": (["a*tanh(b/5 + c) + d*tanh(p/5 + q) - 1", "a*tanh(b + c) + d*tanh(p + q)", "a*b - p*q", "a - c", "d - q"], "abcdpq"),
    "sines in sines": (["v - u - sin(u)", "w - v - sin(v)", "x - w - sin(w)", "y - x - sin(x)", "z - y - sin(y)"], "uvwxyz"),
    "fractions in a chain": ([f"{v}*(1 + {u}^2) - 1" for u, v in zip("uvwxy", "vwxyz", strict=True)], "uvwxyz"),
    "quadratic": (["+".join(f"{(i * j) % 5 + 1}*{u}*{v}" for j, (u, v) in enumerate(zip("uvwxyz", "vwxyzu", strict=True))) + f"-{i}"
                   for i in range(1, 6)], "uvwxyz"),
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_what_is_long_is_given_up_after_a_bounded_number_of_simplifications(case, monkeypatch):
    residuals, names = LONG[case]
    calls = []

    def counted(value):
        calls.append(value)
        return algebra.shortened(value)

    monkeypatch.setattr("dynamics.inspection.symbols.shortened", counted)
    given = Landscape.from_residuals(residuals, tuple(names))
    rough = noise("covariance", matrix=tuple(tuple(f"1 + {names[0]}^2" if i == j else "0" for j in range(6)) for i in range(6)))
    for which in (ISOTROPIC, rough):
        symbols = limit_in_symbols.__wrapped__(given, which)
        assert symbols.equation is None
        assert symbols.reason
    assert len(calls) < 4 * MAX_SOLVED


def test_greatest_common_divisors_are_bounded_by_degrees():
    import sympy

    x, y, z = sympy.symbols("x y z")
    assert dense_terms((x + y + z) ** 3) == 4**3
    assert dense_terms(x / (1 + y) + z / (1 + x) ** 2) == max(4 * 2 * 2, 3 * 2)
    assert dense_terms(x * y - 1) == 4
