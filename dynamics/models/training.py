"""Training a model: gradient descent and SGD with label, minibatch or isotropic noise, frame by frame as they are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic

import numpy as np

from dynamics.arrays import numbers_of
from dynamics.engine.blas import one_thread
from dynamics.models.base import Model
from dynamics.noise import IsotropicNoise, LabelNoise, MinibatchNoise, Noise
from dynamics.settings import Number, finite, one_of, quoted
from dynamics.status import Status

SLICE_SECONDS = 0.03  # between two looks at whether the result is still wanted
BOUND = 1e12  # a residual beyond it has diverged
MOST_STEPS = 10**10
RANDOM_NUMBERS = 1 << 17  # drawn at once, about
SPACINGS = ("even", "logarithmic")

STEPS = Number(name="steps", title="number of steps", minimum=1, maximum=MOST_STEPS, whole=True)
FRAMES = Number(name="frames", title="number of frames", minimum=2, whole=True)
SEED = Number(name="seed", title="seed", minimum=0, whole=True)


@dataclass(frozen=True)
class Rate:
    """A learning rate from a step on."""

    step: int
    value: float


@dataclass(frozen=True, eq=False)
class Training:
    """F frames: the parameters at steps k, and slow time Σ η². `status` is "ok", "diverged" or "cancelled"."""

    steps: np.ndarray  # (F,) int64
    times: np.ndarray  # (F,) slow time t = Σ η²
    points: np.ndarray  # (F, D)
    status: Status


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a training run; `status` is what has become of it so far."""

    step: int
    time: float
    point: np.ndarray
    status: Status


@one_thread()
def train(
    model: Model,
    start,
    *,
    learning_rate: float | Sequence[tuple[int, float]],
    steps: int,
    noise: Noise | None = None,
    seed: int = 0,
    frames: int = 200,
    spacing: str = "even",
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Training:
    """Train from `start` (D,) for `steps` steps and keep `frames` of them, the first at 0.

    `learning_rate` is a number, or pairs (from step, learning rate) that begin at step 0. `noise` None is gradient descent; label
    noise (one sample a step, or the full gradient with the noise of one sample's label), minibatch and isotropic noise are those of
    `dynamics.noise`. Equal arguments give bit-identical results. Raises ValueError, with a sentence.
    """
    told = list(
        frames_of(
            model, start, learning_rate=learning_rate, steps=steps, noise=noise, seed=seed, frames=frames, spacing=spacing,
            progress=progress, cancel=cancel,
        )
    )  # fmt: skip
    return Training(
        np.array([frame.step for frame in told]),
        np.array([frame.time for frame in told]),
        np.array([frame.point for frame in told]),
        told[-1].status,
    )


def frames_of(
    model: Model,
    start,
    *,
    learning_rate: float | Sequence[tuple[int, float]],
    steps: int,
    noise: Noise | None = None,
    seed: int = 0,
    frames: int = 200,
    spacing: str = "even",
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Frame]:
    """`train`, one frame at a time as soon as it is computed. The last frame's status says how it ended."""
    start = numbers_of(start, "Starts")
    steps, frames, seed = int(STEPS.checked(steps)), int(FRAMES.checked(frames)), int(SEED.checked(seed))
    rates = _checked(model, start, learning_rate, noise, spacing)
    stepper = model.stepper(noise, seed)
    wanted = frame_steps(steps, frames, spacing)
    point, step, time = start.copy(), 0, 0.0
    fine = Status("ok")
    yield Frame(0, 0.0, start.copy(), fine)
    largest = max(1, RANDOM_NUMBERS // model.dimension) if isinstance(noise, IsotropicNoise) else RANDOM_NUMBERS
    size = 64  # steps in a slice: grown until a slice takes SLICE_SECONDS
    for target in wanted[1:]:
        while step < target:
            rate, until = _rate_at(rates, step, steps)
            count = int(min(target - step, until - step, size, largest))
            began = monotonic()
            taken = stepper(point, rate, count, BOUND)
            step, time = step + taken, time + taken * rate**2
            if taken < count or not np.isfinite(point).all():
                yield Frame(step, time, np.nan_to_num(point), _diverged(step, rate))
                return
            spent = monotonic() - began
            size = max(1, int(min(steps, size * min(4.0, SLICE_SECONDS / max(spent, 1e-9)))))
            if progress:
                progress(step / steps)
            if cancel and cancel():
                yield Frame(step, time, point.copy(), Status("cancelled", step, 1, f"Stopped at step {step:,} of {steps:,}."))
                return
        yield Frame(step, time, point.copy(), fine)


def frame_steps(steps: int, frames: int, spacing: str) -> np.ndarray:
    """Increasing steps from 0 to `steps`: at most `frames` of them."""
    if spacing == "even":
        wanted = np.linspace(0, steps, min(frames, steps + 1))
    else:
        wanted = np.concatenate([[0], np.geomspace(1, steps, frames - 1)])
    return np.unique(np.round(wanted).astype(np.int64))


def _diverged(step: int, rate: float) -> Status:
    sentence = f"It diverged at step {step:,}: the learning rate {rate:g} is too large for these data."
    return Status("diverged", step, 1, sentence, "Take a smaller one.")


def _rate_at(rates: Sequence[Rate], step: int, steps: int) -> tuple[float, int]:
    """The learning rate at a step, and the step until which it holds."""
    index = max(k for k, rate in enumerate(rates) if rate.step <= step)
    return rates[index].value, rates[index + 1].step if index + 1 < len(rates) else steps


def _checked(model: Model, start: np.ndarray, learning_rate, noise, spacing: str) -> list[Rate]:
    if not isinstance(model, Model):
        raise ValueError("What is trained is a model; a landscape is simulated (`dynamics.simulate`).")
    if start.shape != (model.dimension,) or not np.isfinite(start).all():
        raise ValueError(f"The start is {model.dimension:,} finite numbers.")
    if one_of(spacing, SPACINGS) is None:
        raise ValueError(f"Frames are spaced as one of {', '.join(SPACINGS)}; not {quoted(spacing)}.")
    if not (noise is None or isinstance(noise, LabelNoise | MinibatchNoise | IsotropicNoise)):
        raise ValueError("A model is trained without noise, or with label, minibatch or isotropic noise.")
    if isinstance(noise, LabelNoise | IsotropicNoise) and (noise.law == "student" or noise.memory):
        raise ValueError("A model is trained with Gaussian noise or ±1, without memory.")
    one = finite(learning_rate)
    try:
        pairs = [(0, one)] if one is not None else list(learning_rate)
        rates = [Rate(int(step), float(value)) for step, value in pairs]
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"The learning rate is a number, or pairs of a step and a number; not {quoted(learning_rate)}.") from error
    if not rates or rates[0].step != 0 or any(a.step >= b.step for a, b in pairwise(rates)):
        raise ValueError("Learning rates are pairs of a step and a number, in order, the first from step 0.")
    if not all(np.isfinite(rate.value) and 0 < rate.value <= 10 for rate in rates):
        raise ValueError("A learning rate is a number between 0 and 10.")
    return rates


@one_thread()
def descend(model: Model, start, learning_rate: float | None = None, accuracy: float = 1e-10, steps: int = 2_000_000) -> np.ndarray:
    """Where gradient descent ends: the point (D,) at which L ≤ `accuracy`² · mean y², or after `steps` steps.

    `learning_rate` is by default half of what is stable at the start: 1/λ_max of 2 `weight` JᵀJ there.
    """
    point = np.array(start, dtype=float)
    if learning_rate is None:
        learning_rate = 0.5 / float(2 * model.weight * np.linalg.eigvalsh(model.gram(point))[-1])
    stepper = model.stepper(None, 0)
    enough = accuracy**2 * max(float(model.loss(np.zeros_like(point))), 1e-300)
    for _ in range(max(1, steps // 1000)):
        if float(model.loss(point)) <= enough:
            break
        if stepper(point, learning_rate, 1000, BOUND) < 1000:
            raise ValueError(f"Gradient descent diverged: the learning rate {learning_rate:g} is too large for these data.")
    return point
