"""Dropout: noise that multiplies, the parameters or the outputs of units."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar, Self

import casadi as ca
import numpy as np

from dynamics.engine import formula
from dynamics.engine.building import built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, LandscapeGraph, build, landscape_graph
from dynamics.engine.randomness import Draw
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site, flow_coefficients
from dynamics.noise import Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.measures import WEIGHTED_DIAGONAL, Measure
from dynamics.optimizers.terms import Term, own
from dynamics.settings import Number, in_words

STRENGTH = Number(
    name="strength", title="strength of dropout", heading="Strength", symbol="σ", minimum=1e-4, maximum=1.0, default=0.1,
    meaning=(
        "What is hit is multiplied by 1 + σζ. The limit is for small σ, its clock is kησ²; dropping with probability p is "
        "σ² = p/(1 − p). Try half as much."
    ),
)  # fmt: skip
STRONG = 0.5  # of σ, which is to be small
OUTPUTS = "Σ hᵤ²"


@dataclass(frozen=True, kw_only=True)
class Multiplicative(Optimizer):
    """What those share whose noise multiplies: a noisy loss L̂ with E L̂ = L + ½σ²R, to leading order, and a new one each step.

    So dY/dt = −½ P∇R at t = kησ² (Shalova, Schlichting, Peletier 2404.12293). ζ is normal: inverted dropout, which keeps a unit
    with probability 1 − p and divides by it, has another law with this mean and variance, and for a small σ the same limit.
    """

    settings: ClassVar = (STRENGTH,)
    slides: ClassVar = ("strength",)
    clock: ClassVar[str] = "kησ²"
    diffuses: ClassVar[bool] = False
    uses_noise: ClassVar[bool] = False
    own_terms: ClassVar[tuple[Term, ...]] = (own("Descent of R", "−½ P∇R", r"-\tfrac12 P\,\nabla R"),)

    strength: float = STRENGTH.default

    def slow_time(self, learning_rate: float) -> float:
        return learning_rate * self.strength**2

    def finer(self, ratio: float) -> Self:
        """σ² goes to 0 as η does: both make an error of first order."""
        return replace(self, strength=min(max(self.strength * sqrt(ratio), STRENGTH.minimum), STRENGTH.maximum))

    def warning(self, landscape: Landscape, point: np.ndarray, learning_rate: float) -> str:
        if self.strength <= STRONG:
            return ""
        return f"The limit assumes that σ is small, and here it is {in_words(self.strength, 2)}: take a smaller σ."


@dataclass(frozen=True, kw_only=True)
class DropConnect(Multiplicative):
    """x ← x − η ∇ₓL(m∘x), m = 1 + σζ for each parameter: R = Σ_j x_j² H_jj (derived here)."""

    name: ClassVar[str] = "dropconnect"
    title: ClassVar[str] = "DropConnect (dropout of parameters)"
    short: ClassVar[str] = "DropConnect"
    descends: ClassVar[str] = WEIGHTED_DIAGONAL.name

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("normal", landscape.dimension),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        mask = 1 + at.own[0] * at.kicks
        return at.x - at.learning_rate * mask * at.gradient(mask * at.x), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        x, land = site.landscape.x, site.landscape
        slope = 2 * x * ca.diag(land.hessian) + land.third_derivative(ca.diag(x**2))
        return flow_coefficients(-site.frame.tangent(slope) / 2)

    @property
    def assumption(self) -> str:
        return "σ and η go to 0. Each parameter is hit by itself."


@dataclass(frozen=True, kw_only=True)
class Dropout(Multiplicative):
    """Each unit's output is multiplied by its own 1 + σζ, for each residual anew: R = (1/n) Σ_i Σ_u h_iu² (derived here).

    A unit's output h_iu is a term of the residual f_i, one that has a variable in it: f̂_i = f_i + σ Σ_u ζ_iu h_iu, so that
    E f̂_i² = f_i² + σ² Σ_u h_iu² exactly. Where its units are what a residual is a sum of, such as x₁y₁ + x₂y₂, that is dropout of
    hidden units (Mianjy, Arora, Vidal 2018). A residual of one unit has R constant on Γ: it stands still on this clock.
    """

    name: ClassVar[str] = "dropout"
    title: ClassVar[str] = "Dropout of units"
    short: ClassVar[str] = "dropout"
    descends: ClassVar[str] = OUTPUTS
    gradients: ClassVar[float] = 2.0

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        if not landscape.has_residuals:
            raise ValueError(
                "Units are the terms of residuals, and this landscape is given by its loss only: give residuals f_i, or take "
                "DropConnect, which drops parameters."
            )

    def measure(self, noise: Noise, learning_rate: float) -> Measure:
        return UNIT_OUTPUTS

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("normal", sum(map(len, units(landscape.definition)))),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        land, outputs = at.landscape, _outputs(at.landscape)
        hits = ca.vertsplit(at.kicks * ca.vertcat(*outputs), [0, *np.cumsum([each.numel() for each in outputs]).tolist()])
        noisy = land.residuals + at.own[0] * ca.vertcat(*map(ca.sum1, hits))
        gradient = ca.cse(ca.densify(ca.gradient(ca.sumsqr(noisy) / (2 * noisy.numel()), land.x)))
        return at.x - at.learning_rate * gradient, NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return flow_coefficients(-site.frame.tangent(ca.gradient(_penalty(site.landscape), site.landscape.x)) / 2)

    @property
    def assumption(self) -> str:
        return "σ and η go to 0. Units hᵤ are the terms of a residual; a residual that is one unit has hᵤ constant on Γ."


@built_once(128)
def units(definition: Definition) -> tuple[tuple[str, ...], ...]:
    """Of each residual the terms that have a variable in them, as formulas; factors without one multiply all that they bracket."""
    names, variables = (*definition.variables, *definition.parameters), set(definition.variables)

    def varies(node: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and part.id in variables for part in ast.walk(node))

    def terms(node: ast.expr) -> list[ast.expr]:
        found: list[ast.expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):  # a long sum is not deep
            right = terms(node.right)
            found += right if isinstance(node.op, ast.Add) else [ast.UnaryOp(ast.USub(), each) for each in right]
            node = node.left
        return [*_split(node), *reversed(found)]

    def _split(node: ast.expr) -> Sequence[ast.expr]:
        match node:
            case ast.UnaryOp(op=sign, operand=inner):
                return [ast.UnaryOp(sign, each) for each in terms(inner)]
            case ast.BinOp(left=inner, op=ast.Mult() | ast.Div() as operator, right=factor) if not varies(factor):
                return [ast.BinOp(each, operator, factor) for each in terms(inner)]
            case ast.BinOp(left=factor, op=ast.Mult(), right=inner) if not varies(factor):
                return [ast.BinOp(factor, ast.Mult(), each) for each in terms(inner)]
        return [node]

    parsed = (formula.parse(text, names) for text in definition.residuals)
    return tuple(tuple(formula.text(term) for term in terms(tree) if varies(term)) for tree in parsed)


def _outputs(landscape: LandscapeGraph) -> list[ca.SX]:
    """h of each residual, (units of it,)."""
    return [ca.vertcat(*(build(text, landscape.symbols) for text in each)) for each in units(landscape.definition)]


def _penalty(landscape: LandscapeGraph) -> ca.SX:
    """R."""
    return ca.sumsqr(ca.vertcat(*_outputs(landscape))) / landscape.residuals.numel()


@built_once(128)
def _penalty_tape(definition: Definition) -> Tape:
    landscape = landscape_graph(definition)
    penalty = _penalty(landscape)
    return compile_tape([landscape.x], landscape.p, [penalty, ca.densify(ca.gradient(penalty, landscape.x))])


def _penalty_value(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    return evaluate_tape(_penalty_tape(landscape.definition), X, landscape.values)[..., 0]


def _penalty_gradient(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    return evaluate_tape(_penalty_tape(landscape.definition), X, landscape.values)[..., 1:]


UNIT_OUTPUTS = Measure(OUTPUTS, _penalty_value, _penalty_gradient, "Units hᵤ are the terms of a residual; over residuals the mean.")
