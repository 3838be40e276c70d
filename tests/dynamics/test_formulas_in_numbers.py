"""Formulas as numbers: the tape against arbitrary precision, and the limit of one landscape written in two ways."""

import ast
from functools import partial

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dynamics import Landscape, limit_drift, noise
from dynamics.engine import formula
from dynamics.engine.formula import FormulaError, translate
from tests.dynamics.test_formula import FUNCTIONS, NAMES, node

DIGITS = 50
TOLERANCE = 1e-9  # relative to the value and to what its error is worth: see `precise`


def clipped(function, low, high):
    return lambda u: function(u) if low <= u <= high else mpmath.nan


PRECISE = {
    "pow": lambda base, exponent: mpmath.nan if mpmath.im(value := mpmath.power(base, exponent)) else mpmath.re(value),
    "sqrt": clipped(mpmath.sqrt, 0, mpmath.inf), "exp": mpmath.exp, "log": clipped(mpmath.log, 0, mpmath.inf),
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "asin": clipped(mpmath.asin, -1, 1),
    "acos": clipped(mpmath.acos, -1, 1), "atan": mpmath.atan, "atan2": mpmath.atan2, "sinh": mpmath.sinh, "cosh": mpmath.cosh,
    "tanh": mpmath.tanh, "abs": abs, "sign": mpmath.sign, "floor": mpmath.floor, "min": min, "max": max,
    "softplus": lambda u: mpmath.log(1 + mpmath.exp(u)), "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
}  # fmt: skip
SMOOTH = sorted(set(FUNCTIONS) - {"sign", "floor"})  # of those that jump the value at a jump is a matter of rounding

leaves = st.sampled_from([*NAMES, 2, 3, 0.5, 1.25, "pi"]).map(
    lambda leaf: ast.Name(leaf, ast.Load()) if isinstance(leaf, str) else ast.Constant(leaf)
)
operators = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
trees = st.recursive(
    leaves,
    lambda inner: st.tuples(st.sampled_from([*operators * 3, ast.USub, *SMOOTH]), inner, inner).map(
        lambda drawn: ast.UnaryOp(ast.USub(), drawn[1]) if drawn[0] is ast.USub else planted_node(*drawn)
    ),
    max_leaves=12,
)


def planted_node(kind, one, other):
    return ast.BinOp(one, kind(), other) if kind in operators else node(kind, one, other)


def precise(tree, x, y):
    """The value in 50 digits, and how far it moves when x and y move by a rounding error: what a double cannot know."""
    with mpmath.workdps(DIGITS):
        values = []
        for shift in (0, 1, -1):
            at = {"x": mpmath.mpf(x) * (1 + shift * mpmath.mpf(2) ** -50), "y": mpmath.mpf(y) * (1 - shift * mpmath.mpf(2) ** -50)}
            try:
                value = translate(tree, at | {"pi": mpmath.pi, "e": mpmath.e}, PRECISE, mpmath.mpf)
            except (ZeroDivisionError, ValueError, OverflowError, TypeError):
                value = mpmath.nan
            values.append(value if mpmath.isfinite(value) else mpmath.nan)
        spread = abs(values[1] - values[0]) + abs(values[2] - values[0])
        return float(values[0]), float(spread)


def disagrees(tree):
    """Whether tape and arbitrary precision differ somewhere by more than rounding explains; None where neither is a number."""
    text = formula.text(tree)
    compared = 0
    for x, y in ((0.3, 0.7), (-1.2, 0.4), (2.0, -3.0), (0.55, 1.6)):
        exact, spread = precise(tree, x, y)
        if not (np.isfinite(exact) and spread < 1e-6 * (1 + abs(exact)) and abs(exact) < 1e12):
            continue
        got = Landscape.from_loss("x*y", NAMES).evaluate([text], np.array([x, y]))[0]
        if np.isfinite(got):  # on the way to a number a double may overflow
            compared += 1
            if abs(got - exact) > TOLERANCE * (1 + abs(exact)) + 1e4 * spread:
                return True
    return False if compared else None


@settings(max_examples=120, deadline=None)
@given(trees)
def test_the_tape_is_arbitrary_precision_rounded(tree):
    try:
        found = disagrees(tree)
    except FormulaError:
        assume(False)
    assume(found is not None)
    assert not found


def test_a_function_that_is_wrong_by_a_millionth_is_seen(monkeypatch):
    tree = formula.parse("tanh(x)*y + 1", NAMES)
    assert disagrees(tree) is False
    monkeypatch.setitem(PRECISE, "tanh", lambda u: mpmath.tanh(u) * (1 + mpmath.mpf(10) ** -6))
    assert disagrees(tree) is True


# One landscape in two ways.

ANGLE = 0.6
COSINE, SINE = float(np.cos(ANGLE)), float(np.sin(ANGLE))
TURNED = {"x": f"({COSINE!r}*u + {SINE!r}*v)", "y": f"({COSINE!r}*v - {SINE!r}*u)"}
TURN = np.array([[COSINE, -SINE, 0.0], [SINE, COSINE, 0.0], [0.0, 0.0, 1.0]])  # (u, v, z) = TURN (x, y, z)
SURFACES = [
    (["x*y - 1"], [[2.0, 0.5, 0.3], [-1.0, -1.0, 0.0]]),
    (["(x^2 + 4*y^2 + z^2 - 1)/4"], [[0.6, 0.0, 0.8], [0.0, 0.3, 0.8]]),
    (["exp(x*z)*y", "z - sin(x)"], [[0.5, 0.0, float(np.sin(0.5))], [-1.0, 0.0, float(np.sin(-1.0))]]),
]
MATRIX = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, -0.2], [0.0, -0.2, 0.8]])


def substituted(text, names, replacements):
    """The formula with formulas for names."""
    pieces = {name: formula.parse(replacement, names) for name, replacement in replacements.items()}

    class Substitute(ast.NodeTransformer):
        def visit_Name(self, name):
            return pieces.get(name.id, name)

    return formula.text(Substitute().visit(ast.parse(text.replace("^", "**"), mode="eval").body))


def drifts(residuals, names, points, kind, matrix):
    landscape = Landscape.from_residuals(residuals, names)
    chosen = noise("covariance", matrix=matrix.tolist()) if kind == "covariance" else noise(kind)
    return limit_drift(landscape, chosen, points)


@pytest.mark.parametrize("kind", ["isotropic", "label", "covariance"])
@pytest.mark.parametrize(("residuals", "points"), SURFACES, ids=lambda given: str(given)[:20])
def test_a_rotated_landscape_has_a_rotated_drift(residuals, points, kind):
    points = np.array(points)
    straight = drifts(residuals, ("x", "y", "z"), points, kind, MATRIX)
    turned = [substituted(text, ("u", "v", "z"), TURNED) for text in residuals]
    rotated = drifts(turned, ("u", "v", "z"), points @ TURN.T, kind, TURN @ MATRIX @ TURN.T)
    for part in ("tangent", "mixed", "normal", "total"):
        np.testing.assert_allclose(getattr(rotated, part), getattr(straight, part) @ TURN.T, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("residuals", "points"), SURFACES, ids=lambda given: str(given)[:20])
@pytest.mark.parametrize("expanded", [False, True])
def test_residuals_and_the_loss_written_out_have_one_drift(residuals, points, expanded):
    import sympy

    names = ("x", "y", "z")
    loss = " + ".join(f"({text})^2" for text in residuals)
    loss = f"({loss})/{2 * len(residuals)}"
    if expanded:
        symbols = {name: sympy.Symbol(name) for name in names}
        functions = {"pow": sympy.Pow, "exp": sympy.exp, "sin": sympy.sin}
        loss = str(sympy.expand(translate(formula.parse(loss, names), symbols, functions, partial(sympy.nsimplify))))
    written = Landscape.from_loss(loss.replace("**", "^"), names)
    one = drifts(residuals, names, np.array(points), "covariance", MATRIX)
    other = limit_drift(written, noise("covariance", matrix=MATRIX.tolist()), np.array(points))
    for part in ("tangent", "mixed", "normal", "total"):
        np.testing.assert_allclose(getattr(other, part), getattr(one, part), rtol=1e-7, atol=1e-8)


def test_a_drift_that_does_not_turn_is_seen():
    residuals, points = SURFACES[1]
    points = np.array(points)
    straight = drifts(residuals, ("x", "y", "z"), points, "covariance", MATRIX)
    turned = [substituted(text, ("u", "v", "z"), TURNED) for text in residuals]
    rotated = drifts(turned, ("u", "v", "z"), points @ TURN.T, "covariance", MATRIX)  # the noise is not turned with it
    assert not np.allclose(rotated.total, straight.total @ TURN.T, rtol=1e-3, atol=1e-3)


def test_a_loss_that_is_another_is_seen():
    (residual,), points = SURFACES[1]
    other = Landscape.from_loss(f"({residual})^2*(1 + x^2/10)/2", ("x", "y", "z"))
    one = drifts([residual], ("x", "y", "z"), np.array(points), "covariance", MATRIX)
    two = limit_drift(other, noise("covariance", matrix=MATRIX.tolist()), np.array(points))
    assert not np.allclose(one.total, two.total, rtol=1e-3, atol=1e-3)
