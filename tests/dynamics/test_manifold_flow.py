"""The label-noise flow of any model: against closed forms, convex programs and SGD."""

import numpy as np
import pytest
from scipy.optimize import minimize

from dynamics import Landscape, label_noise_flow, landscape, noise, overparametrized_linear, sparse_problem, train
from dynamics.models import DiagonalNet, MatrixSensing, wave_regression
from dynamics.models.manifold_flow import arrival, onto

RANDOM = np.random.default_rng(11)


@pytest.mark.parametrize("law", ["boolean", "gaussian"])
def test_at_depth_two_it_is_the_closed_form(law: str) -> None:
    design, targets, _ = sparse_problem(d=20, n=8, sparsity=2, law=law)
    start, times = RANDOM.uniform(0.5, 1.5, size=40), [0.0, 0.5, 2.0, 10.0]
    exact = label_noise_flow(overparametrized_linear(design, targets), start, times, scale=0.8)
    found = label_noise_flow(DiagonalNet(design, targets, depth=2), start, times, scale=0.8)
    assert found == pytest.approx(exact, abs=1e-7)


def test_the_hyperbola_becomes_balanced_at_the_exact_rate() -> None:
    times = np.array([0.0, 0.5, 1.0, 2.0])
    x, y = label_noise_flow(landscape("hyperbola"), [2.0, 0.5], times, scale=1.2).T
    assert x**2 - y**2 == pytest.approx(3.75 * np.exp(-1.44 * times), abs=1e-8)


def test_the_product_ends_at_equal_factors() -> None:
    found = label_noise_flow(landscape("product"), landscape("product").start, [np.inf])
    assert found[-1] == pytest.approx(np.ones(3), abs=1e-6)


def test_the_factors_of_a_matrix_become_balanced_at_the_exact_rate() -> None:
    """All d² entries are seen, C = R = I/d, and c = δ²: the imbalance decays like e^{−δ²t/d}."""
    size, times = 4, np.array([0.0, 1.0, 5.0])
    product = RANDOM.normal(size=(size, size))
    model = MatrixSensing(np.eye(size**2).reshape(-1, size, size), product.ravel(), size)
    left, right = model.factors(label_noise_flow(model, RANDOM.normal(size=2 * size**2), times, scale=1.5))
    imbalance = left.swapaxes(1, 2) @ left - right.swapaxes(1, 2) @ right
    expected = imbalance[0] * np.exp(-(1.5**2) * times / size)[:, None, None]
    assert imbalance == pytest.approx(expected, abs=1e-7)
    assert np.abs(imbalance[0]).max() > 0.5


def test_deeper_diagonal_nets_end_at_their_own_power_of_the_coefficients() -> None:
    """At depth L the end minimizes Σ s_j |w_j|^{2−2/L}: a convex program, whatever the start."""
    design, targets, _ = sparse_problem(d=10, n=4, sparsity=2, law="gaussian", seed=3)
    squares = (design**2).mean(axis=0)
    program = minimize(
        lambda w: squares @ np.abs(w) ** (4 / 3), np.linalg.lstsq(design, targets, rcond=None)[0], method="SLSQP",
        constraints={"type": "eq", "fun": lambda w: design @ w - targets}, options={"ftol": 1e-14, "maxiter": 2000},
    )  # fmt: skip
    net = DiagonalNet(design, targets, depth=3)
    for scale in (0.7, 1.3):
        end = label_noise_flow(net, scale * RANDOM.uniform(0.5, 1.5, size=20), [1e4])[-1]
        assert net.coefficients(end) == pytest.approx(program.x, abs=2e-3)
        assert 2 / 9 * net.trace_hessian(end) == pytest.approx(program.fun, rel=1e-5)


def test_it_stays_on_the_manifold_and_makes_it_flatter() -> None:
    network, start = wave_regression()
    points = label_noise_flow(network, start, [0.0, 1.0, 3.0, 10.0, 30.0])
    assert np.abs(network.residuals(points)).max() < 1e-9
    assert (np.diff(network.trace_hessian(points)) < 0).all()


def test_sgd_follows_it_to_first_order_in_the_learning_rate() -> None:
    """The mean of tr H at slow time 1, seen on Γ: what is left of its difference halves with η."""
    design, targets, _ = sparse_problem(d=6, n=3, sparsity=1, seed=2)
    net = DiagonalNet(design, targets, depth=3)
    start = arrival(net, np.linspace(0.8, 1.2, 12))
    before, after = net.trace_hessian(label_noise_flow(net, start, [0.0, 1.0]))
    assert before > 5 * after

    def difference(rate: float) -> float:
        ends = [
            train(net, start, learning_rate=rate, steps=round(rate**-2), noise=noise("label"), seed=seed, frames=2).points[-1]
            for seed in range(100)
        ]
        return float(np.mean([net.trace_hessian(onto(net, end)) for end in ends]) - after)

    coarse, middle, fine = (difference(rate) for rate in (0.02, 0.01, 0.005))
    assert coarse / middle == pytest.approx(2, rel=0.1)
    assert middle / fine == pytest.approx(2, rel=0.1)
    assert abs(2 * fine - middle) < 0.005 * after


def test_the_nearest_point_by_gauss_newton_keeps_dependent_residuals() -> None:
    """x·y = 1 twice: JJᵀ is singular, and there is a point of Γ all the same."""
    from dynamics.models.from_landscape import LandscapeModel

    model = LandscapeModel(Landscape.from_residuals(["x*y - 1", "2*x*y - 2"], ["x", "y"]))
    assert np.prod(onto(model, np.array([1.3, 0.9]))) == pytest.approx(1.0, abs=1e-10)


def test_what_cannot_be_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"given by its loss\.$"):
        label_noise_flow(Landscape.from_loss("(x*y - 1)**2", ["x", "y"]), [2.0, 0.5], [1.0])
    contradiction = DiagonalNet(np.ones((2, 3)), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="does not reach zero loss"):
        label_noise_flow(contradiction, np.ones(6), [1.0])
    network, start = wave_regression()
    start = arrival(network, start)
    monkeypatch.setattr("dynamics.models.manifold_flow.MOST_STEPS", 300)
    with pytest.raises(ValueError, match="still moves"):
        label_noise_flow(network, start, [np.inf])
