"""The models' derivatives against automatic differentiation, and their linear algebra against D × D matrices."""

from collections.abc import Callable
from itertools import pairwise

import casadi as ca
import numpy as np
import pytest

from dynamics.models import DiagonalNet, MatrixSensing, Model, network
from dynamics.noise import noise

RANDOM = np.random.default_rng(7)


def diagonal(depth: int, signs: int) -> tuple[Model, Callable]:
    model = DiagonalNet(RANDOM.normal(size=(3, 5)), RANDOM.normal(size=3), depth, signs)

    def residuals(x: ca.SX) -> ca.SX:
        w = x[:5] ** depth - (x[5:] ** depth if signs == 2 else 0)
        return ca.DM(model.design) @ w - ca.DM(model.targets)

    return model, residuals


def sensing(symmetric: bool) -> tuple[Model, Callable]:
    rows, columns, rank = (4, 4, 2) if symmetric else (4, 3, 2)
    model = MatrixSensing(RANDOM.normal(size=(5, rows, columns)), RANDOM.normal(size=5), rank, symmetric)

    def residuals(x: ca.SX) -> ca.SX:
        left = ca.reshape(x[: rows * rank], rank, rows).T
        right = left if symmetric else ca.reshape(x[rows * rank :], rank, columns).T
        product = left @ right.T
        return ca.vertcat(*[ca.sum1(ca.sum2(ca.DM(each) * product)) for each in model.measurements]) - ca.DM(model.targets)

    return model, residuals


SMOOTH = {
    "tanh": ca.tanh,
    "softplus": lambda z: ca.log(1 + ca.exp(z)),
    "sigmoid": lambda z: 1 / (1 + ca.exp(-z)),
    "identity": ca.SX,
}


def fully_connected(widths: tuple[int, ...], activation: str) -> tuple[Model, Callable]:
    model = network(RANDOM.normal(size=(6, widths[0])), RANDOM.normal(size=6), widths, activation)

    def residuals(x: ca.SX) -> ca.SX:
        at, active = 0, ca.SX(ca.DM(model.inputs))
        for before, after in pairwise(widths[:-1]):
            layer = ca.reshape(x[at : at + after * (before + 1)], before + 1, after).T
            active = SMOOTH[activation](ca.horzcat(active, ca.DM.ones(6, 1)) @ layer.T)
            at += after * (before + 1)
        return active @ x[at:] - ca.DM(model.targets)

    return model, residuals


CASES = {
    "depth 2": lambda: diagonal(2, 2),
    "depth 3": lambda: diagonal(3, 2),
    "depth 4, one sign": lambda: diagonal(4, 1),
    "UVᵀ": lambda: sensing(False),
    "UUᵀ": lambda: sensing(True),
    "network": lambda: fully_connected((2, 4, 1), "tanh"),
    "two hidden layers": lambda: fully_connected((2, 4, 3, 1), "softplus"),
    "three hidden layers": lambda: fully_connected((2, 3, 3, 2, 1), "sigmoid"),
    "deep linear": lambda: fully_connected((2, 3, 2, 1), "identity"),
}


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_those_of_automatic_differentiation(case: str) -> None:
    model, formula = CASES[case]()
    x = ca.SX.sym("x", model.dimension)
    residuals = formula(x)
    loss = model.weight * ca.sumsqr(residuals)
    jacobian = ca.jacobian(residuals, x)
    trace = 2 * model.weight * ca.sumsqr(jacobian)
    exact = ca.Function("exact", [x], [residuals, loss, ca.gradient(loss, x), jacobian, trace, ca.gradient(trace, x)])
    points = RANDOM.normal(size=(3, model.dimension))
    ours = (
        model.residuals(points), model.loss(points), model.gradient(points), model.jacobian(points),
        model.trace_hessian(points), model.trace_hessian_gradient(points),
    )  # fmt: skip
    for k, point in enumerate(points):
        for mine, theirs in zip(ours, exact(point), strict=True):
            theirs = np.array(theirs).reshape(np.shape(mine[k]))
            assert np.abs(mine[k] - theirs).max() <= 1e-10 * (1 + np.abs(theirs).max())


@pytest.mark.parametrize("case", CASES)
def test_the_tangent_projection_is_that_onto_the_kernel_of_the_jacobian(case: str) -> None:
    model, _ = CASES[case]()
    point, vector = RANDOM.normal(size=(2, model.dimension))
    jacobian = model.jacobian(point)
    projector = np.eye(model.dimension) - np.linalg.pinv(jacobian) @ jacobian
    assert model.tangent_projection(point, vector) == pytest.approx(projector @ vector, abs=1e-8)


def test_a_step_of_label_noise_has_the_covariance_of_the_theory() -> None:
    """Σ = 2·weight·n·δ² H on Γ, whatever the weight."""
    model, _ = CASES["network"]()
    point = RANDOM.normal(size=model.dimension)
    model.targets = model.targets + model.residuals(point)
    step = model.stepper(noise("label", scale=0.5), 3)
    moves = []
    for _ in range(4000):
        x = point.copy()
        step(x, 1.0, 1, 1e12)
        moves.append(x - point)
    jacobian = model.jacobian(point)
    expected = 2 * model.weight * model.samples * 0.25 * 2 * model.weight * jacobian.T @ jacobian
    assert np.abs(np.cov(np.array(moves).T, bias=True) - expected).max() < 0.08 * np.abs(expected).max()


KINDS = [
    {"kind": "label", "scale": 0.7}, {"kind": "label", "scale": 0.7, "batch": "full"}, {"kind": "minibatch", "batch": 1},
    {"kind": "minibatch", "batch": 3}, {"kind": "isotropic", "scale": 0.1},
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_the_kernels_take_the_steps_of_the_formula(case: str, kind: dict) -> None:
    model, _ = CASES[case]()
    start = 0.4 * RANDOM.normal(size=model.dimension)
    fast, plain = start.copy(), start.copy()
    assert model.stepper(noise(**kind), 5)(fast, 0.003, 40, 1e12) == 40
    assert Model.stepper(model, noise(**kind), 5)(plain, 0.003, 40, 1e12) == 40
    assert fast == pytest.approx(plain, abs=1e-12)
    assert np.abs(fast - start).max() > 1e-4


@pytest.mark.parametrize("case", ["depth 2", "depth 3", "depth 4, one sign", "UVᵀ", "UUᵀ", "deep linear"])
def test_a_kernel_stops_where_a_residual_leaves_the_bound(case: str) -> None:
    model, _ = CASES[case]()
    point = np.full(model.dimension, 50.0)
    assert model.stepper(noise("label"), 5)(point, 10.0, 400, 1e6) < 400


@pytest.mark.parametrize(
    "build",
    [
        lambda: DiagonalNet(np.ones((2, 3)), np.ones(2), depth=1),
        lambda: DiagonalNet(np.ones((2, 3)), np.ones(3)),
        lambda: MatrixSensing(np.ones((2, 3, 4)), np.ones(2), 2, symmetric=True),
        lambda: MatrixSensing(np.ones((2, 3, 4)), np.ones(2), 5),
        lambda: network(np.ones((2, 3)), np.ones(2), (3, 0, 1)),
        lambda: network(np.ones((2, 3)), np.ones(2), (3, 4, 2)),
        lambda: network(np.ones((2, 3)), np.ones(2), (4, 4, 1)),
        lambda: network(np.ones((2, 3)), np.ones(2), (3, 1)),
        lambda: network(np.ones((2, 3)), np.ones(2), (3, 4, 1), "relu"),
        lambda: network(np.full((2, 3), np.nan), np.ones(2), (3, 4, 1)),
    ],
)
def test_bad_input_is_a_sentence(build: Callable) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        build()
