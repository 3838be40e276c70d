"""Every optimizer against the law that its limit has in closed form: its steps at falling learning rates, and the limit itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Landscape, noise, optimizer
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.graph import landscape_graph
from dynamics.limit import drift
from dynamics.limit.limiting import Limiting
from dynamics.limit.schemes import EXPLICIT, Pace, explicit
from dynamics.limit.schemes.base import Problem
from dynamics.noise import Noise
from dynamics.optimizers import OPTIMIZERS, SGD, Optimizer, adaptive, local, momentum, sam, weight_noise
from tests.truth.statistics import Estimate, assert_estimate, extrapolated, mean

HYPERBOLA = Landscape.from_residuals(["x*y - 1"], ("x", "y"))
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], ("x", "y"))
TWO_UNITS = Landscape.from_residuals(["x1*y1 + x2*y2 - 1"], ("x1", "y1", "x2", "y2"))
WAVES = Landscape.from_residuals(["exp((1 - cos(x))/2)*y"], ("x", "y"))  # H = e^(1 − cos x) on Γ, the line y = 0
ELLIPSE = Landscape.from_residuals(["(2*x*x + y*y - 1)/2"], ("x", "y"))
START, Q0 = (2.0, 0.5), 3.75
LABEL = noise("label")
UNIT = noise("covariance", matrix=[["1", "0"], ["0", "1"]])


def q(points):
    return points[..., 0] ** 2 - points[..., 1] ** 2


def cosine(points):
    return points[..., 0] / np.hypot(points[..., 0], points[..., 1])


def share(points):
    """p = 2x² on the ellipse, of points near it."""
    return 2 * points[..., 0] ** 2 / (2 * points[..., 0] ** 2 + points[..., 1] ** 2)


def ended(
    made: Optimizer, rate: float, horizon: float, landscape=HYPERBOLA, given=LABEL, start=START, paths=320, seed=0
) -> np.ndarray:
    """Where the optimizer is after a slow time, (N, D)."""
    steps = max(1, round(horizon / made.slow_time(rate)))
    stepper = partial(made.stepper, landscape, given, np.array(start), rate, seed, steps=steps)
    drawn = paths if made.draws(landscape_graph(landscape.definition), given) else 2
    return _carried(stepper, steps, drawn, landscape.dimension)


def limit(
    made: Optimizer,
    rate: float,
    horizon: float,
    landscape=HYPERBOLA,
    given=LABEL,
    start=START,
    paths=2,
    law: Limiting | None = None,
) -> np.ndarray:  # fmt: skip
    point = np.array(start)
    slow = tuple(made.slow_start(landscape, given, point))
    acting = made.limit_noise(given)
    problem = Problem(landscape, acting, point, 1, 0, limiting=law or made, learning_rate=rate, slow=() if law else slow)
    return _carried(partial(EXPLICIT.stepper, problem, Pace(horizon / 400)), horizon, paths, landscape.dimension)


def _carried(stepper, target, paths, dimension):
    ensemble = run_ensemble(stepper, np.array([target]), paths, dimension, Progress(0, None, None))
    assert (ensemble.frozen_at < 0).all()
    return ensemble.points[-1].astype(float)


@dataclass(frozen=True)
class Case:
    """`made` of a learning rate, on the hyperbola unless it says so; `exact` is of `value` in the limit."""

    name: str
    made: object
    exact: float
    horizon: float = 1.0
    rates: tuple[float, ...] = (0.1, 0.05, 0.025)
    bias: float = 0.01  # of the extrapolation
    landscape: Landscape = HYPERBOLA
    given: Noise = LABEL
    start: tuple[float, ...] = START
    value: object = q
    paths: int = 640
    limit_paths: int = 2  # more where the limit is random
    limit_bias: float = 1e-4  # of its integrator, relatively

    def __str__(self) -> str:
        return self.name


def _local(rate):
    return optimizer("local_sgd", workers=4, local_steps=round(0.25 / rate))


def _local_exact(alpha, workers, horizon):
    """dq = −q [1 + (K−1) ψ(2αλ)] dt with λ = √(q² + 4)."""

    def slope(_, state):
        z = 2 * alpha * np.sqrt(state**2 + 4)
        return -state * (1 + (workers - 1) * (z - 1 + np.exp(-z)) / z)

    return float(solve_ivp(slope, (0, horizon), [Q0], rtol=1e-10, atol=1e-12).y[0, -1])


def _adam_exact(kappa, horizon):
    """u = ln x: du = −½ S₁S₂ a dt, a = (x²S₂ − y²S₁)/(x²S₂ + y²S₁), with dv = κ(diag Σ − v) dt, Σ = (y², x²)."""

    def slope(_, state):
        u, first, second = state
        x, y, s1, s2 = np.exp(u), np.exp(-u), first**-0.5, second**-0.5
        drift = -0.5 * s1 * s2 * (x * x * s2 - y * y * s1) / (x * x * s2 + y * y * s1)
        return [drift, kappa * (y * y - first), kappa * (x * x - second)]

    u = solve_ivp(slope, (0, horizon), [np.log(2.0), 0.25, 4.0], rtol=1e-10, atol=1e-12).y[0, -1]
    return float(np.exp(2 * u) - np.exp(-2 * u))


def _on_waves(horizon):
    """E cos x from x = 0 under dx = −½ sin x dt + √2 dW, by its Fourier modes: m_k′ = −k² m_k + ¼k (m_(k−1) − m_(k+1))."""
    k = np.arange(1, 40)

    def slope(_, modes):
        extended = np.concatenate([[1.0], modes, [0.0]])
        return -(k**2) * modes + k / 4 * (extended[:-2] - extended[2:])

    return float(solve_ivp(slope, (0, horizon), np.ones(len(k)), "BDF", rtol=1e-10, atol=1e-12).y[0, -1])


def _gauss_newton_exact(horizon, rate=0.0):
    """dq = −2q/((2 − η)λ²) dt with λ² = q² + 4: at a finite rate η·a·λ = η."""
    slope = lambda _, state: -2 * state / ((2 - rate) * (state**2 + 4))  # noqa: E731
    return float(solve_ivp(slope, (0, horizon), [Q0], rtol=1e-10, atol=1e-12).y[0, -1])


def _dropped(name, rate):
    return optimizer(name, strength=(rate / 2) ** 0.5)


def _on_circle(time):
    """R = x⁴ + y⁴ of DropConnect; a fourth of it for the units x²/2 and y²/2: dθ = ½ sin 4θ dt, from tan 2θ = 1."""
    return np.cos(np.arctan(np.exp(2 * time)) / 2)


def _two_units(time):
    """4s/(1 − 4s) grows as e^time, s = p(1 − p), from p = 0.9; R = Σp_j² of dropout, and twice as much of DropConnect."""
    grown = 0.36 / 0.64 * np.exp(time)
    return (1 + np.sqrt(1 - grown / (1 + grown))) / 2


def _first_share(points):
    products = points[..., 0] * points[..., 1], points[..., 2] * points[..., 3]
    return products[0] / (products[0] + products[1])


def _cosine_of_x(points):
    return np.cos(points[..., 0])


def _langevin(rate):
    return optimizer("langevin", temperature=rate / 2)


RANDOM = {"paths": 20_000, "limit_paths": 20_000, "limit_bias": 3e-3, "rates": (0.1, 0.05, 0.025)}
MULTIPLIED = {"landscape": CIRCLE, "start": (np.cos(np.pi / 8), np.sin(np.pi / 8)), "value": cosine, "bias": 0.005}
UNITS = {"landscape": TWO_UNITS, "start": (0.9**0.5, 0.9**0.5, 0.1**0.5, 0.1**0.5), "value": _first_share, "bias": 0.005}
ELLIPTIC = {"landscape": ELLIPSE, "start": (0.4**0.5, 0.2**0.5), "value": share, "horizon": 0.3, "rates": (0.02, 0.01, 0.005)}
CASES = [
    Case("sgd", lambda _: SGD, Q0 * np.exp(-1)),
    Case("momentum, β = ½", lambda _: optimizer("momentum", beta=0.5), Q0 * np.exp(-1), rates=(0.05, 0.025, 0.0125)),
    Case("momentum, β = 0.9", lambda _: optimizer("momentum", beta=0.9), Q0 * np.exp(-1), rates=(0.004, 0.002, 0.001), bias=0.02),
    Case("Nesterov", lambda _: optimizer("momentum", beta=0.8, nesterov=True), Q0 * np.exp(-1), 1.0, (0.008, 0.004, 0.002), 0.02),
    Case("weight decay", lambda _: optimizer("weight_decay", decay=0.5), Q0 * np.exp(-2), bias=0.005),
    Case("cosine", lambda _: optimizer("schedule", kind="cosine"), Q0 * np.exp(-1)),
    Case("1/√k", lambda _: optimizer("schedule", kind="inverse_sqrt"), Q0 * np.exp(-1)),
    Case("cyclic", lambda _: optimizer("schedule", kind="cyclic"), Q0 * np.exp(-1)),
    Case("reshuffled labels", lambda _: optimizer("reshuffling"), Q0 * np.exp(-1), rates=(0.05, 0.025, 0.0125)),
    Case("weight noise", lambda rate: optimizer("weight_noise", radius=rate), Q0 * np.exp(-1), 0.5, (0.08, 0.04, 0.02), 0.03),
    Case("anti-PGD", lambda rate: optimizer("anti_pgd", radius=rate), Q0 * np.exp(-1), 0.5, (0.08, 0.04, 0.02), 0.03),
    Case("SAM", lambda _: optimizer("sam", radius=0.01), Q0 * np.exp(-1), 0.5, (0.05, 0.025, 0.0125)),
    Case("1-SAM", lambda _: optimizer("one_sam", radius=0.01), Q0 * np.exp(-1), 0.5, (0.05, 0.025, 0.0125), paths=2),
    Case("normalized", lambda _: optimizer("normalized"), 2.89499, bias=1e-5),
    Case("√L", lambda _: optimizer("sqrt_loss"), Q0 * np.exp(-0.5), bias=1e-4),
    Case("local SGD", _local, _local_exact(0.25, 4, 0.5), 0.5, (0.05, 0.025, 0.0125), 0.03),
    Case("Adam, κ = 5", lambda _: optimizer("adam", kappa=5), _adam_exact(5, 1), rates=(0.02, 0.01, 0.005), bias=0.02),
    Case("Adam with β₁", lambda _: optimizer("adam", kappa=5, beta1=0.5), _adam_exact(5, 1), rates=(0.02, 0.01, 0.005), bias=0.02),
    Case("circle, DropConnect", partial(_dropped, "dropconnect"), _on_circle(0.5), 0.5, **MULTIPLIED),
    Case("circle, dropout", partial(_dropped, "dropout"), _on_circle(0.5), 2.0, **MULTIPLIED),
    Case("two units, DropConnect", partial(_dropped, "dropconnect"), _two_units(2), 0.5, **UNITS),
    Case("two units, dropout", partial(_dropped, "dropout"), _two_units(2), 1.0, **UNITS),
    Case("Gauss–Newton steps", lambda _: optimizer("gauss_newton"), _gauss_newton_exact(4), 4.0),
    Case("Langevin", _langevin, Q0, 0.5, bias=0.02, **RANDOM),
    Case("circle, Langevin", _langevin, np.exp(-0.5), 0.5, landscape=CIRCLE, start=(1.0, 0.0), value=cosine, bias=0.01, **RANDOM),
    Case("waves, Langevin", _langevin, _on_waves(1), landscape=WAVES, start=(0.0, 0.0), value=_cosine_of_x, bias=0.01, **RANDOM),
    Case("ellipse, SGD", lambda _: SGD, 0.7403, **ELLIPTIC, bias=0.002),
    Case("ellipse, Adam", lambda _: optimizer("adam", kappa=5), 0.8652, **ELLIPTIC, bias=0.002),
]  # fmt: skip


def found_limit(case: Case) -> Estimate:
    rate = case.rates[-1]
    return mean(case.value(limit(case.made(rate), rate, case.horizon, case.landscape, case.given, case.start, case.limit_paths)))


def steps_towards(case: Case) -> list[Estimate]:
    return [
        mean(case.value(ended(case.made(rate), rate, case.horizon, case.landscape, case.given, case.start, case.paths, seed)))
        for seed, rate in enumerate(case.rates)
    ]


def check_limit(case: Case) -> None:
    assert_estimate(found_limit(case), case.exact, bias=case.limit_bias * abs(case.exact))


def check_steps(case: Case) -> None:
    """The error falls with η, and what is left of it at η = 0 is nothing."""
    found = steps_towards(case)
    errors = [abs(estimate.value - case.exact) for estimate in found]
    doubt = 4 * max(estimate.error for estimate in found)
    assert errors[-1] < 0.75 * errors[0] + doubt
    assert_estimate(extrapolated(case.rates, found), case.exact, bias=case.bias)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_limit_has_its_law(case):
    check_limit(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_steps_tend_to_it(case):
    check_steps(case)


def test_every_optimizer_is_tried():
    assert {type(case.made(0.02)).name for case in CASES} == set(OPTIMIZERS)


def test_momentum_on_the_circle():
    made, given = optimizer("momentum", beta=0.9), noise("isotropic")
    rates = (0.008, 0.004, 0.002)
    found = [mean(cosine(ended(made, rate, 1.0, CIRCLE, given, (1, 0), 20_000, seed))) for seed, rate in enumerate(rates)]
    assert_estimate(extrapolated(rates, found), np.exp(-0.5), bias=0.02)
    assert_estimate(mean(cosine(limit(made, 0.0, 1.0, CIRCLE, given, (1, 0), 20_000))), np.exp(-0.5), bias=0.002)


@pytest.mark.parametrize(("rate", "beta", "sharpness"), [(0.1, 0.9, 2.0), (0.5, 0.5, 3.0)])
def test_momentum_in_a_quadratic_valley_has_its_exact_variance(rate, beta, sharpness):
    valley = Landscape.from_loss(f"{sharpness}*y*y/2", ("x", "y"))
    steps, made = 1_000, optimizer("momentum", beta=beta)
    stepper = partial(made.stepper, valley, noise("isotropic"), np.zeros(2), rate, 3, steps=steps)
    y = _carried(stepper, steps, 20_000, 2)[:, 1]
    exact = rate * (1 + beta) / (sharpness * (1 - beta) * (2 * (1 + beta) - rate * sharpness))
    assert abs(y.var() - exact) < 4 * exact * np.sqrt(2 / len(y))


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("excess", [0.97, 1.03])
def test_momentum_is_stable_up_to_what_it_says(nesterov, excess):
    valley = Landscape.from_loss("y*y/2", ("x", "y"))
    made = optimizer("momentum", beta=0.6, nesterov=nesterov)
    stepper = made.stepper(valley, noise("isotropic", scale=0.0), np.ones(2), excess * made.stable, 0, 0, 1)
    for _ in range(8):
        stepper.advance(100)
    assert (abs(stepper.points[1, 0]) < 1e-3) == (excess < 1)


def test_reshuffling_constant_columns_stands_still():
    made = optimizer("reshuffling")
    assert limit(made, 0.0, 1.0, CIRCLE, UNIT, (1, 0))[:, 0] == pytest.approx(1.0, abs=1e-9)
    seen = [cosine(ended(made, rate, 1.0, CIRCLE, UNIT, (1, 0), 160)) for rate in (0.05, 0.0125)]
    assert [1 - values.mean() < bound for values, bound in zip(seen, (0.02, 0.001), strict=True)] == [True, True]


def test_an_epoch_takes_each_field_once():
    stepper = optimizer("reshuffling").stepper(CIRCLE, UNIT, np.array([1.0, 0.0]), 0.01, 0, 0, 160)
    taken = np.empty((40, 1, 160))
    stepper.draws.fill(taken)
    assert (np.sort(taken[:, 0].reshape(10, 4, 160), axis=1) == np.arange(4)[:, None]).all()


def test_one_worker_is_sgd_to_the_bit():
    alone = ended(optimizer("local_sgd", workers=1, local_steps=5), 0.05, 0.5)
    np.testing.assert_allclose(alone, ended(SGD, 0.05, 0.5), rtol=1e-6)


def test_workers_that_average_at_every_step_are_sgd_in_law():
    found = mean(q(ended(optimizer("local_sgd", workers=4, local_steps=1), 0.05, 0.5, paths=4_000)))
    assert_estimate(found, float(q(ended(SGD, 0.05, 0.5, paths=4_000, seed=1)).mean()), bias=0.003)


@pytest.mark.parametrize("rate", [0.1, 0.05, 0.025])
def test_the_finite_rate_line_of_label_noise(rate):
    """dq = −2q/(2 − ηλ) dt; it takes nearly all of SGD's error away."""

    def slope(_, state):
        return -2 * state / (2 - rate * np.sqrt(state**2 + 4))

    exact = solve_ivp(slope, (0, 1), [Q0], rtol=1e-10, atol=1e-12).y[0, -1]
    corrected = float(q(limit(SGD, rate, 1.0, law=SGD.at_finite_rate(HYPERBOLA, LABEL, 1))).mean())
    assert corrected == pytest.approx(exact, rel=1e-4)
    seen = q(ended(SGD, rate, 1.0, paths=2_000)).mean()
    assert abs(seen - corrected) < 0.08 * abs(seen - Q0 * np.exp(-1))


@pytest.mark.parametrize("rate", [0.1, 0.05, 0.025])
def test_the_finite_rate_line_of_gauss_newton_steps(rate):
    made = optimizer("gauss_newton")
    corrected = float(q(limit(made, rate, 4.0, law=made.at_finite_rate(HYPERBOLA, LABEL, 1))).mean())
    assert corrected == pytest.approx(_gauss_newton_exact(4, rate), rel=1e-4)
    seen = q(ended(made, rate, 4.0, paths=4_000)).mean()
    assert abs(seen - corrected) < 0.12 * abs(seen - _gauss_newton_exact(4))


@pytest.mark.parametrize("rate", [0.1, 0.05, 0.025])
@pytest.mark.parametrize("radius", [0.02, 0.01])
def test_the_finite_rate_line_of_sam(rate, radius):
    made = optimizer("sam", radius=radius)
    corrected = float(q(limit(made, rate, 0.5, law=made.at_finite_rate(HYPERBOLA, LABEL, 1))).mean())
    assert float(q(ended(made, rate, 0.5)).mean()) == pytest.approx(corrected, rel=2e-3)


def test_isotropic_noise_has_no_finite_rate_line():
    assert SGD.at_finite_rate(HYPERBOLA, noise("isotropic"), 1) is None
    assert SGD.at_finite_rate(HYPERBOLA, noise("label", memory=0.5), 1) is None
    assert optimizer("sam").at_finite_rate(HYPERBOLA, LABEL, 2) is None


# Planted errors: each kind of test sees its own.


def forget_tapes():
    explicit.coefficient_tape.cache_clear()
    drift._drift_tape.cache_clear()


@pytest.fixture
def anew():
    """What is planted is built, and not kept."""
    forget_tapes()
    yield
    forget_tapes()


def named(name):
    return next(case for case in CASES if case.name == name)


@pytest.mark.parametrize("name", ["momentum, β = ½", "Nesterov"])
def test_a_wrong_clock_is_seen(monkeypatch, name):
    """t = kη²/(1−β)."""
    monkeypatch.setattr(momentum.Momentum, "slow_time", lambda self, rate: rate**2 / (1 - self.beta))
    with pytest.raises(AssertionError):
        check_steps(named(name))


@pytest.mark.parametrize("module", [sam, weight_noise])
@pytest.mark.usefixtures("anew")
def test_half_a_drift_is_seen(monkeypatch, module):
    """¼ for ½."""
    right = module.flow_coefficients
    monkeypatch.setattr(module, "flow_coefficients", lambda drift: right(drift / 2))
    with pytest.raises(AssertionError):
        check_limit(named("SAM" if module is sam else "weight noise"))


@pytest.mark.usefixtures("anew")
def test_the_trace_for_the_sharpness_is_seen(monkeypatch):
    """In codimension two ∇tr H and ∇λ₁ part; SAM goes down λ₁."""
    landscape = Landscape.from_residuals(["x*y - 1", "z*(1 + x)"], ("x", "y", "z"))
    point = np.array([2.0, 0.5, 0.0])

    def along_gradient(quantity, step=1e-5):
        """Along Γ, which is a curve: xy = 1, z = 0."""
        tangent = np.array([1.0, -1 / 4, 0.0]) / np.hypot(1, 1 / 4)
        ends = [np.array([x, 1 / x, 0.0]) for x in (2 + step, 2 - step)]
        values = [quantity(np.linalg.eigvalsh(landscape.hessian(end))) for end in ends]
        return (values[0] - values[1]) / (2 * step) / np.hypot(1, 1 / 4) * tangent

    of_top, of_trace = (optimizer(name).limit_drift(landscape, LABEL, point).total for name in ("sam", "weight_noise"))
    np.testing.assert_allclose(of_top, -0.5 * along_gradient(lambda values: values[-1]), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(of_trace, -0.5 * along_gradient(np.sum), rtol=1e-5, atol=1e-9)
    assert not np.allclose(of_top, of_trace, rtol=0.05)
    with monkeypatch.context() as patched:
        patched.setattr(sam, "along_top", lambda site: -2 * weight_noise.down_the_trace(site).own)
        drift._drift_tape.cache_clear()
        wrong = optimizer("sam").limit_drift(landscape, LABEL, point).total
    np.testing.assert_allclose(wrong, of_trace)


@pytest.mark.usefixtures("anew")
def test_a_wrong_power_of_v_is_seen(monkeypatch):
    monkeypatch.setattr(adaptive, "EPSILON", 0.5)
    with pytest.raises(AssertionError):
        check_limit(named("Adam, κ = 5"))


@pytest.mark.usefixtures("anew")
def test_workers_without_their_own_drift_are_seen(monkeypatch):
    monkeypatch.setattr(local, "_psi", lambda z: 0 * z)
    with pytest.raises(AssertionError):
        check_limit(named("local SGD"))


def test_memory_is_refused_where_it_has_no_meaning():
    with pytest.raises(ValueError, match="without replacement"):
        optimizer("reshuffling").check(HYPERBOLA, replace(LABEL, memory=0.5), START, 0.1)
