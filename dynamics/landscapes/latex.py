"""Typesetting: the validated syntax tree through SymPy, as it was typed."""

from __future__ import annotations

from functools import lru_cache

from dynamics.engine import formula
from dynamics.engine.graph import Definition


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
    return sympy.latex(expression)


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
