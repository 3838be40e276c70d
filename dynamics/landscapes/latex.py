"""Typesetting: the validated syntax tree through SymPy, as it was typed."""

from __future__ import annotations

import re
from functools import lru_cache

from dynamics.engine import formula
from dynamics.engine.graph import Definition
from dynamics.engine.language import GREEK, SUBSCRIPTS

LETTERS = {name: letter for letter, name in reversed(GREEK.items())}
LOWERED = str.maketrans({digit: low for low, digit in SUBSCRIPTS.items()})


def formula_latex(text: str, names: tuple[str, ...]) -> str:
    """LaTeX of a formula. Raises formula.FormulaError."""
    import sympy  # imported late: it takes half a second, and only typesetting needs it

    functions = {name: getattr(sympy, name) for name in formula.FUNCTIONS if hasattr(sympy, name)} | {
        "pow": lambda base, exponent: sympy.Pow(base, exponent, evaluate=False),
        "abs": sympy.Abs,
        "min": sympy.Min,
        "max": sympy.Max,
        "softplus": sympy.Function("softplus"),
        "sigmoid": sympy.Function(r"\sigma"),
    }
    symbols = {name: sympy.Symbol(name) for name in names} | {"pi": sympy.pi, "e": sympy.E}

    def number(value: float):
        return sympy.Integer(int(value)) if value == int(value) and abs(value) < 1e15 else sympy.Float(value, 6)

    tree = formula.parse(text, names)
    with sympy.evaluate(False):
        expression = formula.translate(tree, symbols, functions, number)
        expression = _one_sum(expression, sympy.Add)
    return sympy.latex(expression, long_frac_ratio=2)  # a fraction with a long numerator could not be broken into lines


def _one_sum(expression, add):
    """The same with sums of sums as one sum: SymPy's printer goes as deep as they are nested."""
    parts = [_one_sum(part, add) for part in expression.args]
    if isinstance(expression, add):
        parts = [term for part in parts for term in (part.args if isinstance(part, add) else [part])]
    return expression.func(*parts) if parts else expression


@lru_cache(maxsize=128)
def landscape_latex(definition: Definition) -> str:
    names = definition.variables + definition.parameters
    if definition.loss:
        return f"L = {formula_latex(definition.loss, names)}"
    terms = [formula_latex(text, names) for text in definition.residuals]
    n = len(terms)
    shared = r"L = \tfrac{1}{2} f^2" if n == 1 else rf"L = \tfrac{{1}}{{{2 * n}}} \textstyle\sum_{{i=1}}^{{{n}}} f_i^2"
    each = [f"f = {terms[0]}"] if n == 1 else [f"f_{{{i + 1}}} = {term}" for i, term in enumerate(terms)]
    return r"\begin{aligned}" + r" \\ ".join(f"&{line}" for line in [shared, *each]) + r"\end{aligned}"


@lru_cache(maxsize=128)
def covariance_latex(matrix: tuple[tuple[str, ...], ...], names: tuple[str, ...]) -> str:
    """Σ, a matrix of formulas. Raises formula.FormulaError."""
    rows = (" & ".join(formula_latex(entry, names) for entry in row) for row in matrix)
    return r"\Sigma = \begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


def broken(latex: str) -> list[str]:
    """The rows of a landscape's LaTeX, each of which may be set in several lines: brackets that grow with what they hold would keep
    it in one."""
    body = latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    return [row.removeprefix("&").replace(r"\left", "").replace(r"\right", "") for row in body.split(r" \\ ")]


def spelled(name: str) -> str:
    """A variable or parameter in plain text, as it is typeset: “theta1” is θ₁."""
    letters, digits = re.fullmatch(r"(.*?)_?(\d*)", name).groups()  # type: ignore[union-attr]  # always matches
    return LETTERS.get(letters, letters) + digits.translate(LOWERED) if letters else name
