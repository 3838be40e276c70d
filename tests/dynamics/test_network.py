"""Networks: against landscapes typed as formulas, closed forms of the limit, finite differences, and SGD itself."""

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Landscape, label_noise_flow, landscape, limit_drift, network, noise
from dynamics.models import Network
from dynamics.models.activations import tanh
from dynamics.models.digits import digits
from dynamics.models.gradient_flow import phis
from dynamics.models.manifold_flow import arrival, corrected_gradient, onto

RANDOM = np.random.default_rng(5)
HYPERBOLA = network([[0.0]], [1.0], (1, 1, 1), "identity")  # f = a·c − 1 in (b, c, a): the input 0 leaves b out
BALANCE = 3.75  # c² − a² of the start, which gradient flow keeps: it is the same at Φ
FROM = [0.3, 2.0, 0.5]


def balance(points: np.ndarray) -> np.ndarray:
    return points[..., 1] ** 2 - points[..., 2] ** 2


def small() -> tuple[Network, Landscape, np.ndarray]:
    """Two inputs, two tanh units, three samples: as a network, and typed as a landscape. And a point of Γ."""
    inputs, targets = np.array([[1.0, -0.5], [0.3, 1.2], [-0.8, 0.4]]), np.array([0.5, -0.3, 0.2])
    net = network(inputs, targets, (2, 2, 1))
    formulas = [
        f"a0*tanh(({z[0]})*p0 + ({z[1]})*q0 + c0) + a1*tanh(({z[0]})*p1 + ({z[1]})*q1 + c1) - ({y})"
        for z, y in zip(inputs, targets, strict=True)
    ]
    typed = Landscape.from_residuals(formulas, ["p0", "q0", "c0", "p1", "q1", "c1", "a0", "a1"])
    return net, typed, onto(net, np.array([0.9, -0.4, 0.2, 0.3, 0.8, -0.5, 0.7, -0.6]))


def test_it_is_the_landscape_of_its_formulas() -> None:
    net, typed, point = small()
    points = point + RANDOM.normal(size=(4, 8))
    assert net.loss(points) == pytest.approx(typed.loss(points), abs=1e-13)
    assert net.gradient(points) == pytest.approx(typed.gradient(points), abs=1e-13)
    assert net.trace_hessian(point) == pytest.approx(typed.trace_hessian(point), rel=1e-12)


def test_its_drift_is_that_of_the_limit_with_label_noise() -> None:
    """−(c/4) P ∇tr H by n × n algebra, and the drift of the theorem's formula by eigenvectors of H."""
    net, typed, point = small()
    drift = -(0.7**2) / 4 * net.tangent_projection(point, net.trace_hessian_gradient(point))
    assert drift == pytest.approx(limit_drift(typed, noise("label", scale=0.7), point).total, abs=1e-9)
    assert np.abs(drift).max() > 1e-3


def test_its_flow_is_that_of_the_landscape() -> None:
    net, typed, point = small()
    times = [0.0, 0.5, 2.0]
    assert label_noise_flow(net, point, times) == pytest.approx(label_noise_flow(typed, point, times), abs=1e-7)


def test_the_gradient_of_the_trace_is_that_of_finite_differences_on_the_digits() -> None:
    data = digits(20)
    net = network(data.inputs, data.targets)
    assert net.dimension == 2112
    point, direction = net.random_start(1.0, 0), RANDOM.normal(size=2112)
    step = 1e-5 * direction
    slope = (net.trace_hessian(point + step) - net.trace_hessian(point - step)) / 2e-5
    assert net.trace_hessian_gradient(point) @ direction == pytest.approx(slope, rel=1e-7)


def test_the_projection_is_idempotent_and_orthogonal_to_every_gradient() -> None:
    data = digits(20)
    net = network(data.inputs, data.targets, (64, 16, 8, 1))
    point = net.random_start(1.5, 1)
    vector = RANDOM.normal(size=net.dimension)
    projected = net.tangent_projection(point, vector)
    jacobian = net.jacobian(point)
    assert np.abs(jacobian @ projected).max() < 1e-9 * np.linalg.norm(jacobian, axis=1).max() * np.linalg.norm(vector)
    assert net.tangent_projection(point, projected) == pytest.approx(projected, abs=1e-9)
    assert np.linalg.norm(vector) ** 2 - np.linalg.norm(projected) ** 2 == pytest.approx(20, rel=0.9)  # 20 directions are taken out


def test_the_correction_at_a_finite_rate_is_the_gradient_of_the_logarithm() -> None:
    """−(2/η) ∇ tr ln(1 − ηJᵀJ/2n), by automatic differentiation of its determinant (n = 2)."""
    net, rate = network(RANDOM.normal(size=(2, 2)), [0.1, 0.2], (2, 3, 1)), 0.3
    x = ca.SX.sym("x", net.dimension)
    active = ca.tanh(ca.horzcat(ca.DM(net.inputs), ca.DM.ones(2, 1)) @ ca.reshape(x[:9], 3, 3))
    jacobian = ca.jacobian(active @ x[9:], x)
    shrunk = ca.SX.eye(2) - rate / 4 * (jacobian @ jacobian.T)
    determinant = shrunk[0, 0] * shrunk[1, 1] - shrunk[0, 1] * shrunk[1, 0]
    exact = ca.Function("exact", [x], [ca.gradient(-2 / rate * ca.log(determinant), x)])
    point = 0.5 * RANDOM.normal(size=net.dimension)
    assert corrected_gradient(net, point, rate) == pytest.approx(np.array(exact(point)).ravel(), rel=1e-10)
    assert np.abs(corrected_gradient(net, point, rate) - net.trace_hessian_gradient(point)).max() > 1e-2


def test_a_network_that_is_the_hyperbola_has_its_exact_laws() -> None:
    """dq/dt = −cq in the limit, −2cq/(2 − ηλ) at learning rate η, λ = √(q² + 4)."""
    times = np.array([0.0, 0.5, 1.0])
    assert balance(label_noise_flow(HYPERBOLA, FROM, times)) == pytest.approx(BALANCE * np.exp(-times), abs=1e-8)
    seen = [balance(label_noise_flow(HYPERBOLA, FROM, [0.0, 1.0], learning_rate=rate))[-1] for rate in (0.1, 0.05, 0.025)]
    assert seen == pytest.approx([1.1551, 1.2693, 1.3250], abs=5e-5)


def test_sgd_tends_to_the_limit_to_first_order_and_the_finite_line_takes_that_error_away() -> None:
    """Label noise on the full gradient, from the start on Γ to slow time 1, by 400 paths: the standard errors are below 0.004."""

    def seen(rate: float) -> float:
        ends = np.tile(FROM, (400, 1))
        for seed, point in enumerate(ends):
            HYPERBOLA.stepper(noise("label", batch="full"), seed)(point, rate, round(rate**-2), 1e6)
        return float(balance(ends).mean())

    limit = BALANCE * np.exp(-1)
    coarse, fine = seen(0.1), seen(0.05)
    assert (coarse - limit) / (fine - limit) == pytest.approx(2, rel=0.12)
    corrected = balance(label_noise_flow(HYPERBOLA, FROM, [0.0, 1.0], learning_rate=0.05))[-1]
    assert abs(fine - corrected) < 0.1 * abs(fine - limit)


def test_momentum_follows_the_same_flow_by_a_faster_clock() -> None:
    """t = kη²/(1 − β)²: at the effective rate 0.025 and β = ½, the hyperbola of 400 paths is at the limit's place to O(η)."""
    beta, effective = 0.5, 0.025
    ends = np.tile(FROM, (400, 1))
    for seed, point in enumerate(ends):
        step = HYPERBOLA.stepper(noise("label", batch="full"), seed, momentum=beta)
        step(point, effective * (1 - beta), round(effective**-2), 1e6)
    assert balance(ends).mean() == pytest.approx(1.362, abs=0.008)


def test_momentum_takes_the_steps_of_the_heavy_ball_across_calls() -> None:
    net = network(RANDOM.normal(size=(4, 2)), RANDOM.normal(size=4), (2, 3, 1))
    start = RANDOM.normal(size=net.dimension)
    ours, plain, velocity = start.copy(), start.copy(), np.zeros(net.dimension)
    step = net.stepper(None, 0, momentum=0.8)
    assert step(ours, 0.05, 3, 1e6) + step(ours, 0.05, 4, 1e6) == 7
    for _ in range(7):
        velocity = 0.8 * velocity + net.gradient(plain)
        plain -= 0.05 * velocity
    assert ours == pytest.approx(plain, abs=1e-14)


def test_steps_that_are_not_stable_are_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"ηλ₁ = 2\.5.*below 2"):
        label_noise_flow(HYPERBOLA, FROM, [0.0, 1.0], learning_rate=0.6)
    with pytest.raises(ValueError, match="computed for networks"):
        label_noise_flow(landscape("hyperbola"), [2.0, 0.5], [0.0, 1.0], learning_rate=0.1)


def test_the_gradient_flow_of_a_network_ends_where_an_integrator_of_order_eight_does() -> None:
    net = network(RANDOM.normal(size=(5, 3)), RANDOM.normal(size=5), (3, 6, 1))
    start = RANDOM.normal(size=net.dimension)
    far = solve_ivp(lambda _, x: -net.gradient(x), (0, 300), start, method="DOP853", rtol=1e-10, atol=1e-11).y[:, -1]
    there = arrival(net, start)
    assert arrival(net, far) == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize("z", [-1e-9, -0.3, -1.0, -1.001, -7.0, -300.0])
def test_the_functions_of_the_exponential_method(z: float) -> None:
    """φ_k(z) = ∫₀¹ e^{(1−s)z} s^{k−1}/(k−1)! ds."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    s = (nodes + 1) / 2
    powers = np.array([np.ones_like(s), s, s**2 / 2, s**3 / 6])
    assert phis(np.array([z]))[:, 0] == pytest.approx((np.exp((1 - s) * z) * powers) @ weights / 2, rel=1e-9)


def test_tanh_is_that_of_the_library() -> None:
    values = np.concatenate([np.linspace(-25, 25, 4001), np.geomspace(1e-300, 30, 300)])
    assert [tanh(z) for z in values] == pytest.approx(np.tanh(values), rel=1e-15, abs=0)
    assert np.isnan(tanh(np.nan))
    assert (tanh(np.inf), tanh(-np.inf)) == (1.0, -1.0)


def test_the_digits_are_split_once_and_told_apart() -> None:
    data = digits(40, seed=3)
    assert data.inputs.shape == (40, 64)
    assert data.test_inputs.shape == (317, 64)
    assert (np.sum(data.targets == 1) + np.sum(data.test_targets == 1)) == 174  # eights
    assert 0.8 < np.ptp(data.inputs) < 2.0
    assert np.abs(data.inputs.mean(axis=0)).max() < 1e-12
    together = np.concatenate([data.inputs, data.test_inputs])
    assert len(np.unique(together.round(9), axis=0)) == 357  # no image on both sides
    with pytest.raises(ValueError, match="357 images"):
        digits(357)


def test_the_random_numbers_do_not_depend_on_how_steps_are_cut() -> None:
    net = network(RANDOM.normal(size=(6, 2)), RANDOM.normal(size=6), (2, 3, 1))
    whole, cut = (np.full(net.dimension, 0.3) for _ in range(2))
    step, again = net.stepper(noise("label"), 1), net.stepper(noise("label"), 1)
    step(whole, 0.01, 50, 1e6)
    for count in (1, 20, 29):
        again(cut, 0.01, count, 1e6)
    assert whole.tobytes() == cut.tobytes()
