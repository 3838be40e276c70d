"""The overparametrized linear model against what is known of it (theory section 6)."""

import casadi as ca
import numpy as np
import pytest

from dynamics import label_noise_flow, noise, overparametrized_linear, sparse_problem, train
from dynamics.models.linear import OverparametrizedLinear
from dynamics.models.oracles import minimum_l1, minimum_l2
from dynamics.models.training import descend


def problem(seed: int = 0, d: int = 100, n: int = 40, sparsity: int = 3, law: str = "boolean"):
    design, targets, truth = sparse_problem(d=d, n=n, sparsity=sparsity, law=law, seed=seed)
    return overparametrized_linear(design, targets), truth


@pytest.mark.parametrize("seed", range(10))
def test_the_flow_ends_at_the_linear_program(seed: int) -> None:
    model, truth = problem(seed)
    end = model.coefficients(label_noise_flow(model, np.ones(200), [np.inf])[-1])
    assert np.abs(end - minimum_l1(model.design, model.targets)).max() < 1e-6
    assert np.abs(end - truth).max() < 1e-6


@pytest.mark.parametrize("law", ["gaussian", "correlated"])
def test_for_other_data_the_program_is_weighted(law: str) -> None:
    model, _ = problem(3, n=25, sparsity=8, law=law)
    end = model.coefficients(label_noise_flow(model, np.ones(200), [np.inf])[-1])
    weighted = minimum_l1(model.design, model.targets, model.squares)
    assert np.abs(end - weighted).max() < 1e-6
    assert np.abs(weighted - minimum_l1(model.design, model.targets)).max() > 1e-3  # without weights it is another one


def test_the_end_is_not_taken_for_reached_while_a_coordinate_that_is_not_yet_seen_grows() -> None:
    model, _ = problem(792014, d=29, n=20, sparsity=16, law="correlated")
    end = model.coefficients(label_noise_flow(model, np.full(58, 0.0243), [np.inf], 0.34)[-1])
    program = minimum_l1(model.design, model.targets, model.squares)
    assert np.abs(end) @ model.squares == pytest.approx(np.abs(program) @ model.squares, rel=1e-9)


@pytest.mark.parametrize("start", [0.01, 1.0, 3.0])
def test_the_end_does_not_depend_on_the_start(start: float) -> None:
    model, truth = problem(1)
    end = model.coefficients(label_noise_flow(model, np.full(200, start), [np.inf])[-1])
    assert np.abs(end - truth).max() < 1e-6


def test_the_closed_form_solves_the_projected_equation() -> None:
    """dY/dt = −(c/4) P ∇tr H with c = δ²/2, by central differences in time; a wrong constant would be seen."""
    model, _ = problem(2, d=12, n=5, sparsity=2)
    start, scale, h = np.linspace(0.5, 1.5, 24), 0.7, 1e-4
    times = np.array([0.0, 0.4 - h, 0.4, 0.4 + h, 2.0])
    points = label_noise_flow(model, start, times, scale)
    assert model.loss(points) == pytest.approx(0.0, abs=1e-20)
    velocity = (points[3] - points[1]) / (2 * h)
    expected = -(scale**2 / 8) * model.tangent_projection(points[2], model.trace_hessian_gradient(points[2]))
    assert velocity == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_at_time_zero_it_is_where_gradient_flow_ends() -> None:
    model, _ = problem(4, d=12, n=5, sparsity=2)
    start = np.linspace(0.5, 1.5, 24)
    slow = descend(model, start, learning_rate=1e-4, steps=2_000_000)
    assert label_noise_flow(model, start, [0.0])[0] == pytest.approx(slow, abs=1e-3)
    faster = descend(model, start, learning_rate=4e-4, steps=2_000_000)  # descent's own error is first order in its step
    assert 4 * slow / 3 - faster / 3 == pytest.approx(label_noise_flow(model, start, [0.0])[0], abs=2e-5)


def test_sgd_follows_the_flow_to_first_order_in_the_learning_rate() -> None:
    """The mean of tr H over seeds at T = 1, less the flow's, is halved with η; three learning rates."""
    model, _ = problem(5, d=20, n=8, sparsity=2)
    start, horizon, seeds = np.ones(40), 1.0, 160
    trace = float(model.trace_hessian(label_noise_flow(model, start, [horizon])[-1]))
    gaps, errors = [], []
    for rate in (0.01, 0.005, 0.0025):
        ends = np.array(
            [
                train(
                    model, start, learning_rate=rate, steps=round(horizon / rate**2), noise=noise("label"), seed=seed, frames=2
                ).points[-1]
                for seed in range(seeds)
            ]
        )  # fmt: skip
        values = model.trace_hessian(ends)
        gaps.append(values.mean() - trace)
        errors.append(values.std(ddof=1) / np.sqrt(seeds))
    gaps, errors = np.array(gaps), np.array(errors)
    for coarse, fine in ((0, 1), (1, 2)):
        assert abs(gaps[coarse] - 2 * gaps[fine]) < 5 * np.hypot(errors[coarse], 2 * errors[fine]) + 0.15 * abs(gaps[coarse])
    assert abs(gaps[0]) > 5 * errors[0]


def test_descent_from_a_large_start_ends_at_the_least_squares_interpolator_and_fails() -> None:
    for seed in range(3):
        model, truth = problem(seed)
        end = model.coefficients(descend(model, np.full(200, 10.0)))
        least = minimum_l2(model.design, model.targets)
        assert np.linalg.norm(end - least) < 0.01 * np.linalg.norm(least)
        assert np.linalg.norm(end - truth) > 0.5 * np.linalg.norm(truth)


@pytest.mark.parametrize(("start", "rate", "horizon"), [(0.01, 2e-3, 14.0), (1.0, 2e-3, 14.0), (3.0, 4e-4, 6.0)])
def test_label_noise_sgd_recovers_from_any_start(start: float, rate: float, horizon: float) -> None:
    model, truth = problem(0, d=40, n=24, sparsity=2)
    law = noise("label", scale=1.5 if start > 2 else 1.0)
    trained = train(
        model, np.full(80, start), learning_rate=rate, steps=round(horizon / rate**2), noise=law, seed=1, frames=2
    )  # fmt: skip
    assert trained.status == "ok"
    found = model.coefficients(descend(model, trained.points[-1]))
    assert np.linalg.norm(found - truth) < 0.1 * np.linalg.norm(truth)


@pytest.mark.parametrize("signs", [1, 2])
def test_derivatives_against_automatic_differentiation(signs: int) -> None:
    random = np.random.default_rng(0)
    design = random.normal(size=(4, 6))
    model = OverparametrizedLinear(design, design @ random.random(6), signs)
    x = ca.SX.sym("x", model.dimension)
    w = x[:6] ** 2 - x[6:] ** 2 if signs == 2 else x**2
    residuals = ca.DM(design) @ w - ca.DM(model.targets)
    loss = ca.sumsqr(residuals) / 16
    jacobian = ca.jacobian(residuals, x)
    trace = ca.sumsqr(jacobian) / 8  # tr of H on Γ, 2 · (1/4n) · ‖J‖²
    functions = ca.Function("f", [x], [loss, ca.gradient(loss, x), jacobian, trace, ca.gradient(trace, x)])
    point = random.normal(size=model.dimension)
    expected = [np.array(each).squeeze() for each in functions(point)]
    found = [
        model.loss(point), model.gradient(point), model.jacobian(point), model.trace_hessian(point),
        model.trace_hessian_gradient(point),
    ]  # fmt: skip
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-10, abs=1e-10)
    v = random.normal(size=model.dimension)
    tangent = model.tangent_projection(point, v)
    assert model.jacobian(point) @ tangent == pytest.approx(0.0, abs=1e-8)
    assert model.tangent_projection(point, tangent) == pytest.approx(tangent, abs=1e-8)
    assert (v - tangent) @ tangent == pytest.approx(0.0, abs=1e-8)
