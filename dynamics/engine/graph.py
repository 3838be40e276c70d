"""Syntax tree -> CasADi graph, and the exact derivatives of a landscape as graphs.

Every quantity of the theory that the program computes in bulk is a graph; `tape` turns graphs into what the interpreter runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import casadi as ca

from dynamics.engine import formula
from dynamics.engine.building import built_once

MAX_TENSOR = 6  # up to this dimension all third derivatives, which every T[M] shares, are fewer than those of each M anew


def _power(base: ca.SX | float, exponent: ca.SX | float) -> ca.SX:
    base, exponent = ca.SX(base), ca.SX(exponent)
    if exponent.is_constant():
        value = float(exponent)
        if value == 0.5:
            return ca.sqrt(base)
        if not math.isfinite(value):
            return ca.exp(exponent * ca.log(base))
        if value == int(value) and abs(value) <= formula.MAX_INTEGER_POWER:
            power = _integer_power(base, abs(int(value)))
            return power if value >= 0 else 1 / power
    return ca.power(base, exponent)


def _integer_power(base: ca.SX, exponent: int) -> ca.SX:
    """Repeated squaring: exact for negative bases, and far cheaper than `pow`."""
    if exponent == 0:
        return ca.SX(1)
    half = _integer_power(base, exponent // 2)
    return half * half * base if exponent % 2 else half * half


def _softplus(u: ca.SX) -> ca.SX:
    return ca.fmax(u, 0) + ca.log1p(ca.exp(-ca.fabs(u)))


FUNCTIONS: dict[str, Any] = {
    "pow": _power,
    "sqrt": ca.sqrt,
    "exp": ca.exp,
    "log": ca.log,
    "sin": ca.sin,
    "cos": ca.cos,
    "tan": ca.tan,
    "asin": ca.asin,
    "acos": ca.acos,
    "atan": ca.atan,
    "atan2": ca.atan2,
    "sinh": ca.sinh,
    "cosh": ca.cosh,
    "tanh": ca.tanh,
    "abs": ca.fabs,
    "sign": ca.sign,
    "floor": ca.floor,
    "min": ca.fmin,
    "max": ca.fmax,
    "softplus": _softplus,
    "sigmoid": lambda u: (1 + ca.tanh(u / 2)) / 2,
}
CONSTANTS = {"pi": ca.SX(math.pi), "e": ca.SX(math.e)}


def build(text: str, symbols: Mapping[str, ca.SX]) -> ca.SX:
    """The graph of a formula over the given symbols. Raises formula.FormulaError."""
    tree = formula.parse(text, tuple(symbols))
    return ca.SX(formula.translate(tree, {**CONSTANTS, **symbols}, FUNCTIONS, lambda value: ca.SX(float(value))))


@dataclass(frozen=True)
class Definition:
    """The structure of a landscape: what does not change when a slider moves.

    Exactly one of `residuals` (L = (1/2n) Σ f_i²) and `loss` is given.
    """

    variables: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    residuals: tuple[str, ...] = ()
    loss: str = ""


class LandscapeGraph:
    """A definition's loss and derivatives over the symbols `x` (D) and `p` (parameters)."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.x = ca.SX.sym("x", len(definition.variables))
        self.p = ca.SX.sym("p", len(definition.parameters))
        self.symbols = dict(zip(definition.variables, ca.vertsplit(self.x), strict=True)) | dict(
            zip(definition.parameters, ca.vertsplit(self.p), strict=True)
        )
        if definition.residuals:
            self.residuals: Any = ca.vertcat(*(build(text, self.symbols) for text in definition.residuals))
            self.loss = ca.sumsqr(self.residuals) / (2 * self.residuals.numel())
        else:
            self.residuals = None
            self.loss = build(definition.loss, self.symbols)

    @property
    def dimension(self) -> int:
        return self.x.numel()

    @cached_property
    def jacobian(self) -> ca.SX:
        """J = ∂f, (n, D)."""
        return ca.cse(ca.densify(ca.jacobian(self.residuals, self.x)))

    @cached_property
    def gradient(self) -> ca.SX:
        """∇L, (D,). In residual form Jᵀf/n, which shares the work of J."""
        if self.residuals is not None:
            return self.jacobian.T @ self.residuals / self.residuals.numel()
        return ca.cse(ca.densify(ca.gradient(self.loss, self.x)))

    @cached_property
    def hessian(self) -> ca.SX:
        """∇²L, (D, D)."""
        return ca.cse(ca.densify(ca.jacobian(self.gradient, self.x)))

    def third_derivative(self, matrix: ca.SX) -> ca.SX:
        """T[M]_i = Σ_jk ∂_i∂_j∂_k L M_jk (theory section 3), (D,), for a graph M (D, D) that may depend on x."""
        if self.dimension > MAX_TENSOR:
            return self._contraction(self.x, self.p, matrix)
        index = range(self.dimension)
        pairs = [(j, k, matrix[j, k] + matrix[k, j] if j < k else matrix[j, j]) for j in index for k in index[j:]]
        return ca.vertcat(*(sum(self._third[tuple(sorted((i, j, k)))] * weight for j, k, weight in pairs) for i in index))

    @cached_property
    def _third(self) -> dict[tuple[int, ...], ca.SX]:
        """∂_i∂_j∂_k L for i ≤ j ≤ k."""
        index = range(self.dimension)
        pairs = [(i, j) for i in index for j in index[i:]]
        rows = ca.densify(ca.jacobian(ca.vertcat(*(self.hessian[i, j] for i, j in pairs)), self.x))
        return {(i, j, k): rows[row, k] for row, (i, j) in enumerate(pairs) for k in index[j:]}

    @cached_property
    def _contraction(self) -> ca.Function:
        fixed = ca.SX.sym("M", self.dimension, self.dimension)
        contraction = ca.sum1(ca.sum2(self.hessian * fixed))
        return ca.Function("T", [self.x, self.p, fixed], [ca.gradient(contraction, self.x)], {"cse": True})

    def at(self, quantity: ca.SX, point: ca.SX) -> ca.SX:
        """A graph over `x`, moved to another point."""
        return ca.substitute(quantity, self.x, point)


@built_once(128)
def landscape_graph(definition: Definition) -> LandscapeGraph:
    """The one graph of a definition. Raises formula.FormulaError where a formula is not one."""
    return LandscapeGraph(definition)
