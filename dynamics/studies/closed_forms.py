"""Experiments whose answer is known in closed form: what is exact, and what the engine gives (page "How it is computed")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dynamics.experiment import Experiment
from dynamics.landscapes.catalogue import landscape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.chart import manifold_chart
from dynamics.limit.drift import limit_drift
from dynamics.limit.flow import limit_map
from dynamics.limit.fokker_planck import fokker_planck
from dynamics.limit.passage import mean_first_passage_time
from dynamics.noise import noise
from dynamics.simulate import simulate

PATHS = 4000


@dataclass(frozen=True)
class Seen:
    """`standard_error` is 0 where nothing is sampled."""

    value: float
    standard_error: float = 0.0


@dataclass(frozen=True)
class ClosedForm:
    """`formula` is LaTeX; `source` says where it comes from; `tolerance` is what a number that is not sampled may be off by."""

    name: str
    title: str
    formula: str
    source: str
    exact: float
    seen: Callable[[], Seen]
    tolerance: float = 0.0

    def agrees(self, seen: Seen) -> bool:
        return abs(seen.value - self.exact) <= 4 * seen.standard_error + self.tolerance


def _mean(values: np.ndarray) -> Seen:
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        raise ArithmeticError("A path was lost: its mean would be that of the survivors.")
    return Seen(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def _limit(name: str, scheme: str = "explicit", paths: int = PATHS, **given) -> np.ndarray:
    """The limit's paths at the horizon, (N, D)."""
    return simulate(Experiment(landscape=name, scheme=scheme, paths=paths, frames=16, **given)).limit[-1].astype(float)


def _sphere(scheme: str) -> Seen:
    start = np.array([0.0, 0.0, 1.0])
    return _mean(_limit("sphere", scheme, noise=noise("isotropic"), start=start, horizon=1.0) @ start)


def _spread() -> Seen:
    x = _limit("valley_gaussian", noise=noise("isotropic"), start=(1.0, 0.0), horizon=1.0)[:, 0]
    return _mean((x - np.exp(-0.5)) ** 2)


def _balance() -> Seen:
    x, y = _limit("hyperbola", paths=2, noise=noise("label"), start=(2.0, 0.5), horizon=1.0)[0]
    return Seen(float(x**2 - y**2))


def _sgd_across() -> Seen:
    """Far from a small learning rate: the variance is that of a linear recursion, for every η below 2."""
    flat = Landscape.from_residuals(["x"], variables=["x", "y"])
    run = Experiment(
        landscape=flat, noise=noise("isotropic"), start=(0.0, 0.0), learning_rate=0.5, horizon=25.0, paths=20_000, frames=2
    )
    return _mean(simulate(run).sgd[-1, :, 0].astype(float) ** 2)


def _turning() -> Seen:
    motor = Experiment(landscape="motor")
    drift = limit_drift(motor.landscape, motor.noise, np.array([1.0, 0.0, 0.0, 0.0, 0.0])).total
    return Seen(float(drift[1]))


def _flow() -> Seen:
    x, y = limit_map(landscape("hyperbola"), np.array([[3.0, 1.2]]))[0]
    return Seen(float(x**2 - y**2))


def _density() -> Seen:
    circle, isotropic = landscape("circle"), noise("isotropic")
    chart = manifold_chart(circle, (1.0, 0.0))
    density = fokker_planck(circle, isotropic, chart, (1.0, 0.0), [1.0])[-1]
    return Seen(float((density * np.cos(chart.grid)).sum() / density.sum()))


def _passage() -> Seen:
    circle = landscape("circle")
    chart = manifold_chart(circle, (1.0, 0.0))
    return Seen(float(mean_first_passage_time(circle, noise("isotropic"), chart, (-1.0, 0.0), 0.0)))


TABLE = (
    ClosedForm(
        "flow",
        "Gradient flow keeps x² − y² on the hyperbola, from (3, 1.2)",
        r"3^2 - 1.2^2",
        "derived",
        3.0**2 - 1.2**2,
        _flow,
        1e-6,
    ),
    ClosedForm(
        "sphere",
        "Brownian motion on the sphere, t = 1: mean of the coordinate along the start, explicit integrator",
        r"e^{-s^2 t}",
        "Brownian motion on the sphere",
        float(np.exp(-1)),
        lambda: _sphere("explicit"),
    ),
    ClosedForm(
        "sphere_projective",
        "The same, by the projective integrator, which uses no derivative of Φ",
        r"e^{-s^2 t}",
        "Brownian motion on the sphere",
        float(np.exp(-1)),
        lambda: _sphere("projective"),
    ),
    ClosedForm(
        "valley",
        "Isotropic noise in the valley h = exp(x²), t = 1: variance along Γ",
        r"1 - e^{-s^2 t}",
        "Ornstein–Uhlenbeck process",
        float(1 - np.exp(-1)),
        _spread,
    ),
    ClosedForm(
        "hyperbola",
        "Label noise on the hyperbola, t = 1: x² − y² from (2, ½)",
        r"(x_0^2 - y_0^2)\,e^{-ct}",
        "Li, Wang and Arora (2022), corollary 5.2",
        float(3.75 * np.exp(-1)),
        _balance,
        1e-4,
    ),
    ClosedForm(
        "motor",
        "The motor’s rate of turning, in radians per unit of slow time",
        r"\tfrac{1}{8}\,a\,b\,c\,k",
        "derived",
        3 / 8,
        _turning,
        1e-9,
    ),
    ClosedForm(
        "density",
        "The density on the circle, t = 1, without sampling: mean of cos θ",
        r"e^{-s^2 t/2}",
        "Brownian motion on the circle",
        float(np.exp(-0.5)),
        _density,
        1e-4,
    ),
    ClosedForm(
        "passage",
        "Mean time of the limit to the opposite point of the circle",
        r"\pi^2 / s^2",
        "Brownian motion on the circle",
        float(np.pi**2),
        _passage,
        1e-6,
    ),
    ClosedForm(
        "sgd",
        "SGD across Γ, L = x²/2 with isotropic noise and η = 0.5: variance of x",
        r"\eta s^2 / (2 - \eta)",
        "the recursion’s own stationary variance",
        1 / 3,
        _sgd_across,
    ),
)
