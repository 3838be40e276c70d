"""What can be asked of a landscape at a point, as tapes: its loss and derivatives, its sharpness, formulas in its variables."""

from __future__ import annotations

from collections.abc import Callable

import casadi as ca

from dynamics.engine.building import built_once
from dynamics.engine.graph import Definition, LandscapeGraph, build, landscape_graph
from dynamics.engine.tape import Tape, compile_tape, symmetric_eigen

# What can be asked of a landscape at a point x, with its parameters p.
QUANTITIES: dict[str, Callable[[LandscapeGraph], ca.SX]] = {
    "loss": lambda g: g.loss,
    "gradient": lambda g: g.gradient,
    "hessian": lambda g: g.hessian,
    "residuals": lambda g: g.residuals,
    "jacobian": lambda g: g.jacobian.T,  # so that the flat outputs are row-major
    "trace_hessian": lambda g: ca.trace(g.hessian),
}


@built_once(512)
def quantity_tape(definition: Definition, quantity: str) -> Tape:
    landscape = landscape_graph(definition)
    return compile_tape([landscape.x], landscape.p, [QUANTITIES[quantity](landscape)])


@built_once(512)
def sharpness_tape(definition: Definition) -> Tape:
    landscape = landscape_graph(definition)
    eigenvalues, _, solved = symmetric_eigen(landscape.hessian)
    return compile_tape([landscape.x], landscape.p, [eigenvalues[0]], solved)


@built_once(128)
def third_derivative_tape(definition: Definition) -> Tape:
    """Inputs: x (D), then M (D·D)."""
    landscape = landscape_graph(definition)
    matrix = ca.SX.sym("M", landscape.dimension, landscape.dimension)
    return compile_tape([landscape.x, ca.vec(matrix)], landscape.p, [landscape.third_derivative(matrix)])


@built_once(256)
def formulas_tape(definition: Definition, formulas: tuple[str, ...]) -> Tape:
    """Any formulas in the landscape's variables and parameters; `loss` stands for the loss."""
    landscape = landscape_graph(definition)
    symbols = landscape.symbols | {"loss": landscape.loss}
    return compile_tape([landscape.x], landscape.p, [ca.vertcat(*(build(text, symbols) for text in formulas))])
