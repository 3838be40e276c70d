"""Tapes evaluated at arrays of points: what the public functions of arrays stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import casadi as ca
import numpy as np

from dynamics.drift import limit_coefficients
from dynamics.engine import interpreter
from dynamics.engine.building import built_once
from dynamics.engine.graph import Definition, LandscapeGraph, build, landscape_graph
from dynamics.engine.tape import Tape, compile_tape
from dynamics.frame import normal_frame, symmetric_eigen

WIDTH = 256


def evaluate_tape(tape: Tape, points: np.ndarray, parameters: Sequence[float]) -> np.ndarray:
    """The tape's M outputs at points (..., I): (..., M) float64."""
    points = np.asarray(points, dtype=float)
    if points.shape[-1] != tape.inputs:
        raise ValueError(f"Points must have {tape.inputs} coordinates on their last axis; these have shape {points.shape}.")
    columns = np.ascontiguousarray(points.reshape(-1, tape.inputs).T)
    results = np.empty((len(tape.outputs), columns.shape[1]))
    width = max(1, min(WIDTH, columns.shape[1]))
    work = tape.bind(parameters, width)
    interpreter.evaluate(tape.body, tape.outputs, work, columns, results, width)
    return results.T.reshape(*points.shape[:-1], len(tape.outputs))


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


@built_once(256)
def _factor_tape(definition: Definition, noise) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values = ca.SX.sym("values", len(noise.values))
    factor = noise.factor(landscape, values)
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), [factor.T]), factor.size2()


def noise_factor(landscape, noise, X: np.ndarray) -> np.ndarray:
    """σ(X), (..., D, m), with Σ = σσᵀ."""
    tape, columns = _factor_tape(landscape.definition, noise.canonical)
    flat = evaluate_tape(tape, X, (*landscape.values, *noise.values))
    return flat.reshape(*flat.shape[:-1], landscape.dimension, columns)


@built_once(128)
def _limit_tape(definition: Definition, noise, rank: int) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values = ca.SX.sym("values", len(noise.values))
    frame = normal_frame(landscape, rank)
    parts = limit_coefficients(landscape, frame, noise.factor(landscape, values))
    outputs = [parts.tangent, parts.mixed, parts.normal, parts.tangent_factor.T]
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), outputs, frame.solved), parts.tangent_factor.size2()


def limit_parts(landscape, noise, rank: int, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The drift's tangent, mixed and normal part, each (..., D), and P σ (..., D, m) at points of Γ."""
    tape, columns = _limit_tape(landscape.definition, noise.canonical, rank)
    flat = evaluate_tape(tape, Y, (*landscape.values, *noise.values))
    d = landscape.dimension
    tangent, mixed, normal, factor = np.split(flat, [d, 2 * d, 3 * d], axis=-1)
    return tangent, mixed, normal, factor.reshape(*flat.shape[:-1], d, columns)
