"""Sparse recovery, run live: gradient descent and label-noise SGD from one start on the overparametrized linear model.

Theory section 6: SGD's limit ends at the minimum weighted-ℓ1 interpolator from any start, gradient descent only from a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import numpy as np

from dynamics.models.label_noise import label_noise_flow
from dynamics.models.linear import OverparametrizedLinear, overparametrized_linear
from dynamics.models.oracles import minimum_l1, minimum_l2
from dynamics.models.problems import CORRELATION, LAWS, sparse_problem
from dynamics.models.training import BOUND, frame_steps, frames_of
from dynamics.noise import LabelNoise
from dynamics.settings import Choice, Number, check_fields, table
from dynamics.status import Status

FRAMES = 80
SHOW_SECONDS = 0.3  # between two stages
INTERPOLATES = 1e-13  # of the loss of w = 0: gradient descent has arrived, and stands still from there on
MOST_WORK = 6e10  # steps times features: about five minutes
SECONDS_OF_WORK = 5e-9
SETTINGS = table(
    Number(
        name="features", key="d", title="number of features d", heading="Features", symbol="d", minimum=2, maximum=10_000,
        whole=True, step=50, default=100,
        meaning="The length of the vector that is sought, and half the number of parameters. Try 200.",
    ),
    Number(
        name="samples", key="n", title="number of samples n", heading="Samples", symbol="n", minimum=1, maximum=2_000, whole=True,
        step=5, default=40,
        meaning="The number of equations. Below the number of features many vectors fit: try where each method begins to fail.",
    ),
    Number(name="sparsity", title="sparsity κ", heading="Sparsity", symbol="κ", minimum=1, maximum=1_000, whole=True, default=3,
        meaning="How many ones the vector has; all others are 0. Try more: each one needs samples.",
    ),
    Number(
        name="scale", key="delta", title="label noise δ", heading="Noise on the label", symbol="δ", minimum=0.01, maximum=100.0,
        step=0.1, default=1.0,
        meaning=(
            "Each step sees its label with an error of ±δ, in units of the label. Try 0.5: the limit moves four times as "
            "slowly."
        ),
    ),
    Number(
        name="learning_rate", key="eta", title="learning rate η", heading="Learning rate", symbol="η", minimum=1e-5, maximum=0.1,
        step=1e-4, default=1e-3,
        meaning="The length of a step. Try half of it: closer to the limit, in four times as many steps.",
    ),
    Number(
        name="initialization", key="alpha", title="initialization scale α", heading="Initialization scale", symbol="α",
        minimum=1e-3, maximum=100.0, default=1.0,
        meaning=(
            "Both runs start at u = v = α·1. Try 3: descent then finds the vector of least ℓ2 norm; or 0.01: it is sparse "
            "itself."
        ),
    ),
    Number(
        name="horizon", key="time", title="horizon T", heading="Horizon in slow time", symbol="T", minimum=0.01, maximum=1e3,
        step=5.0, default=20.0,
        meaning="The slow time kη² at which the run ends. Try more, if SGD has not come to rest.",
    ),
    Number(name="seed", key="draws", title="seed", minimum=0, maximum=9_999, whole=True, default=0,
        meaning="The number that decides data and noise. Try another, to see what is chance.",
    ),
    Choice(name="law", key="data", title="law of the data", heading="Data", options=LAWS, default="boolean",
        meaning="What the entries of the data are drawn from. Try correlated ones, which are harder.",
    ),
)  # fmt: skip

STARTS = {  # α, with a learning rate and a horizon that suit it
    "Small start, rich regime": (0.01, 1e-3, 20.0),
    "α = 1": (1.0, 1e-3, 20.0),
    "Large start, kernel regime": (3.0, 3e-4, 12.0),
}


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What decides a run: a sparse problem, a start u = v = α·1, a learning rate, and the slow time T = kη² at which it ends."""

    features: int = SETTINGS["features"].default
    samples: int = SETTINGS["samples"].default
    sparsity: int = SETTINGS["sparsity"].default
    law: str = SETTINGS["law"].default
    scale: float = SETTINGS["scale"].default
    learning_rate: float = SETTINGS["learning_rate"].default
    initialization: float = SETTINGS["initialization"].default
    horizon: float = SETTINGS["horizon"].default
    seed: int = SETTINGS["seed"].default

    def __post_init__(self) -> None:
        check_fields(self, SETTINGS.values())
        if self.sparsity > self.features:
            raise ValueError(f"The sparsity κ = {self.sparsity} is more than the number of features d = {self.features}.")
        if self.steps * self.features > MOST_WORK:
            raise ValueError(
                f"{self.steps:,} steps on {self.features:,} features take too long: choose a shorter horizon, a larger learning "
                "rate or fewer features."
            )

    @property
    def steps(self) -> int:
        return max(1, round(self.horizon / self.learning_rate**2))

    @property
    def seconds(self) -> float:
        """What both runs take, about."""
        return SECONDS_OF_WORK * self.steps * self.features


@dataclass(frozen=True, eq=False)
class Run:
    """Coefficients (F, d) at F moments, and what is measured of the run at each, (F,)."""

    coefficients: np.ndarray
    measures: dict[str, np.ndarray]  # by a name of MEASURES
    status: Status


MEASURES = {
    "test_error": "test error",
    "loss": "training loss",
    "trace_hessian": "trace of H",
    "l1_norm": "‖w‖₁",
    "from_l1": "distance to the ℓ1 oracle",
    "from_l2": "distance to the ℓ2 oracle",
}


@dataclass(frozen=True, eq=False)
class Recovered:
    """The runs so far, on one clock. `flow` is the limit of label-noise SGD as η → 0, at the times of `sgd`."""

    setting: Recovery
    truth: np.ndarray  # (d,)
    l1: np.ndarray  # (d,) the minimum weighted-ℓ1 interpolator, to which the flow tends
    l2: np.ndarray  # (d,) the minimum ℓ2 interpolator; both, and the flow, NaN until they are known
    steps: np.ndarray  # (F,)
    times: np.ndarray  # (F,) slow time
    sgd: Run
    gd: Run
    flow: Run
    done: bool


def recover(
    setting: Recovery,
    frames: int = FRAMES,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Recovered]:
    """Run both, and tell what there is every SHOW_SECONDS. Raises ValueError, with a sentence, for data that nothing fits."""
    design, targets, truth = sparse_problem(
        d=setting.features, n=setting.samples, sparsity=setting.sparsity, law=setting.law, seed=setting.seed
    )
    model = overparametrized_linear(design, targets)
    start = np.full(model.dimension, float(setting.initialization))
    _check_stable(model, start, setting.learning_rate)
    steps = frame_steps(setting.steps, frames, "logarithmic")
    times = steps * setting.learning_rate**2
    noisy = frames_of(
        model, start, learning_rate=setting.learning_rate, steps=setting.steps, noise=LabelNoise(scale=setting.scale),
        seed=setting.seed, frames=frames, spacing="logarithmic", progress=progress, cancel=cancel,
    )  # fmt: skip
    descent = _Descent(model, start, setting.learning_rate)
    aside = ThreadPoolExecutor(1, "oracles")
    later = aside.submit(_oracles, model, start, times, setting.scale)
    aside.shutdown(wait=False)
    sgd: list[np.ndarray] = []
    gd: list[np.ndarray] = []
    told = -np.inf
    for frame in noisy:
        sgd.append(frame.point)
        gd.append(descent.at(frame.step))
        over = frame.step >= setting.steps or frame.status != "ok"
        if not over and monotonic() - told < SHOW_SECONDS:
            continue
        told = monotonic()
        oracles = later.result() if later.done() or (over and frame.status != "cancelled") else None
        known = oracles or _Oracles.unknown(model, times)
        count = len(sgd)
        at = times[:count] if frame.status == "ok" else np.append(times[: count - 1], frame.time)
        yield Recovered(
            setting,
            truth,
            known.l1,
            known.l2,
            np.round(at / setting.learning_rate**2).astype(np.int64),
            at,
            _measured(model, setting, np.array(sgd), truth, known, frame.status),
            _measured(model, setting, np.array(gd), truth, known, descent.status),
            _measured(model, setting, known.flow[:count], truth, known, Status("ok")),
            over and frame.status == "ok",
        )


@dataclass(frozen=True, eq=False)
class _Oracles:
    """What is computed beside the runs: both interpolators (d,), and the flow (F, D) at the frames."""

    l1: np.ndarray
    l2: np.ndarray
    flow: np.ndarray

    @staticmethod
    def unknown(model: OverparametrizedLinear, times: np.ndarray) -> _Oracles:
        nothing = np.full(model.features, np.nan)
        return _Oracles(nothing, nothing, np.full((len(times), model.dimension), np.nan))


def _oracles(model: OverparametrizedLinear, start: np.ndarray, times: np.ndarray, scale: float) -> _Oracles:
    design, targets = model.design, model.targets
    return _Oracles(
        minimum_l1(design, targets, model.squares), minimum_l2(design, targets), label_noise_flow(model, start, times, scale)
    )


def _check_stable(model: OverparametrizedLinear, start: np.ndarray, rate: float) -> None:
    """A step on sample i multiplies its residual by 1 − 2η Σ_j z_ij² (u_j² + v_j²) to first order: that must stay above −1."""
    positive, negative = model.split(start)
    largest = float(((model.design**2) @ (positive**2 + negative**2)).max())
    if rate * largest >= 1:
        stable = float(f"{0.5 / largest:.1g}")
        raise ValueError(f"With α and d this large SGD is unstable at the learning rate {rate:g}: take one of {stable:g} or less.")


class _Descent:
    """Gradient descent asked for at increasing steps; once it interpolates it stands still."""

    def __init__(self, model: OverparametrizedLinear, start: np.ndarray, rate: float) -> None:
        self.model, self.point, self.rate, self.step = model, start.copy(), rate, 0
        self.advance = model.stepper(None, 0)
        self.enough = INTERPOLATES * float(model.loss(np.zeros_like(start))) + 1e-300
        self.status = Status("ok")

    def at(self, step: int) -> np.ndarray:
        while self.step < step and self.status == "ok" and float(self.model.loss(self.point)) > self.enough:
            count = min(step - self.step, 2_000)
            taken = self.advance(self.point, self.rate, count, BOUND)
            self.step += taken
            if taken < count:
                sentence = f"Gradient descent diverged at step {self.step:,}: the learning rate is too large for these data."
                self.status = Status("diverged", self.step, 1, sentence)
        return np.nan_to_num(self.point.copy())


def _measured(
    model: OverparametrizedLinear,
    setting: Recovery,
    points: np.ndarray,
    truth: np.ndarray,
    oracles: _Oracles,
    status: Status,
) -> Run:
    w = model.coefficients(points)
    return Run(
        w,
        {
            "test_error": _test_error(w - truth, setting.law),
            "loss": model.loss(points),
            "trace_hessian": model.trace_hessian(points),
            "l1_norm": np.abs(w).sum(axis=-1),
            "from_l1": np.linalg.norm(w - oracles.l1, axis=-1),
            "from_l2": np.linalg.norm(w - oracles.l2, axis=-1),
        },
        status,
    )


def _test_error(error: np.ndarray, law: str) -> np.ndarray:
    """E ⟨z, w − w*⟩² over a fresh sample z, (F,): the law's covariance is the identity, or CORRELATION^|i − j|."""
    if law != "correlated":
        return (error**2).sum(axis=-1)
    d = error.shape[-1]
    covariance = CORRELATION ** np.abs(np.arange(d)[:, None] - np.arange(d))
    return np.einsum("fi,ij,fj->f", error, covariance, error)
