"""The experiment of *Shape Matters* (HaoChen, Wei, Lee, Ma 2020): which noise leads w = v∘v to the sparse truth (theory section 7).

Their data and their steps: each step takes the full gradient, and to it comes nothing; or the gradient of one sample less that of
another; or the gradient of one sample with a noisy label less that without; or an isotropic Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dynamics.engine.compiled import summing
from dynamics.engine.turns import each
from dynamics.models.base import Stepper
from dynamics.models.linear import OverparametrizedLinear
from dynamics.models.training import Frame, frame_steps, frames_of
from dynamics.noise import Noise, noise
from dynamics.resources import resource
from dynamics.settings import Number
from dynamics.studies.published import published

FILE = resource("studies", "shape_matters.toml")
NOISES: dict[str, Noise | None] = {
    "gd": None,
    "minibatch": noise("minibatch", batch=1),
    "label": noise("label", scale=1.0, batch="full", law="gaussian"),
    "isotropic": noise("isotropic", scale=0.01),
}
DRAWS = Number(
    name="draws",
    title="seed of the noise",
    minimum=0,
    maximum=9_999,
    whole=True,
    default=0,
    meaning="The number that decides the noise; the data stay. Try another, to see what is chance.",
)


@dataclass(frozen=True)
class Run:
    """One curve: at the steps `drops` the learning rate is divided by 10; `published` is a range of the error at the end."""

    name: str
    title: str
    role: str
    published: tuple[float, float]
    drops: tuple[int, ...] = ()
    paths: int = 1


@dataclass(frozen=True)
class Setting:
    """The experiment as the file has it."""

    title: str
    reference: str
    features: int
    samples: int
    ones: int
    initial: float
    data_seed: int
    learning_rate: float
    steps: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, eq=False)
class Curve:
    """A run up to now: `errors` (F, paths) are ‖v∘v − w*‖² at `steps` (F,), NaN from where a path has diverged."""

    run: Run
    steps: np.ndarray
    errors: np.ndarray

    @property
    def diverged(self) -> int:
        return int(np.isnan(self.errors[-1]).sum())

    @property
    def median(self) -> np.ndarray:
        """Over the paths that have not diverged, (F,)."""
        return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in self.errors])

    @property
    def final(self) -> np.ndarray:
        """The errors at the end of the paths that have not diverged, in order."""
        return np.sort(self.errors[-1][np.isfinite(self.errors[-1])])


@lru_cache(maxsize=1)
def setting() -> Setting:
    """Raises ValueError, with a sentence, if the file is malformed."""
    return published(FILE, Setting, Run, _counts)


def _counts(given: Setting) -> tuple[int, ...]:
    """The last is that of the coefficients that are 0 in the truth, and one more."""
    others = given.features - given.ones + 1
    return (given.features, given.samples, given.ones, given.steps, *(run.paths for run in given.runs), others)


class ShapeMatters(OverparametrizedLinear):
    """w = v∘v, whose minibatch noise is theirs: the full gradient, and that of one sample less that of another."""

    def stepper(self, noise: Noise | None, seed: int) -> Stepper:
        if noise is None or noise.kind != "minibatch":
            return super().stepper(noise, seed)
        random, work = np.random.Generator(np.random.SFC64(seed)), np.empty(self.features)

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            pairs = random.integers(0, self.samples, (count, 2))
            return _sample_differences(x, self.design, self.targets, pairs, rate, bound, work)

        return step


@lru_cache(maxsize=1)
def problem() -> tuple[ShapeMatters, np.ndarray]:
    """The model of their data, and the truth w* (d,). Their program draws `features` numbers that it does not use first."""
    given = setting()
    random = np.random.RandomState(given.data_seed)
    random.rand(given.features)
    design = random.randn(given.samples, given.features)
    truth = np.zeros(given.features)
    truth[: given.ones] = 1.0
    return ShapeMatters(design, design @ truth, signs=1), truth


def shape_matters(
    *,
    seed: int = 0,
    frames: int = 150,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[tuple[Curve, ...]]:
    """The curves so far, whenever all have come further: the paths of all runs advance together, on threads."""
    given, (model, truth) = setting(), problem()
    paths = [
        frames_of(
            model, np.full(given.features, given.initial), learning_rate=_rates(given.learning_rate, run), steps=given.steps,
            noise=NOISES[run.name], seed=_seed(seed, index, path), frames=frames, spacing="logarithmic", cancel=cancel,
        )
        for index, run in enumerate(given.runs)
        for path in range(run.paths)
    ]  # fmt: skip
    steps: list[int] = []
    errors: list[list[float]] = []
    ends = np.cumsum([run.paths for run in given.runs])[:-1]
    for step in frame_steps(given.steps, frames, "logarithmic"):
        moments = each(lambda path: next(path, None), paths)
        if cancel and cancel():
            return
        steps.append(int(step))
        errors.append([_error(model, moment, truth) for moment in moments])
        if progress:
            progress(int(step) / given.steps)
        of_runs = np.split(np.array(errors), ends, axis=1)
        yield tuple(Curve(run, np.array(steps), of_run) for run, of_run in zip(given.runs, of_runs, strict=True))


def _seed(seed: int, run: int, path: int) -> int:
    """Of one path of one run: no two seeds share a path."""
    return int(np.random.SeedSequence(seed, spawn_key=(5, run, path)).generate_state(1, np.uint64)[0])


def _rates(learning_rate: float, run: Run) -> list[tuple[int, float]]:
    return [(step, learning_rate / 10**drops) for drops, step in enumerate((0, *run.drops))]


def _error(model: ShapeMatters, moment: Frame | None, truth: np.ndarray) -> float:
    if moment is None or moment.status != "ok":
        return float("nan")
    return float(((model.coefficients(moment.point) - truth) ** 2).sum())


@summing
def _sample_differences(v, design, targets, samples, rate, bound, work):
    """Steps on the full gradient plus that of sample `samples[:, 0]` less that of `samples[:, 1]`; how many were taken."""
    n, d = design.shape
    for step in range(len(samples)):
        for j in range(d):
            work[j] = 0.0
        for i in range(n):
            residual = -targets[i]
            for j in range(d):
                residual += design[i, j] * v[j] * v[j]
            if not abs(residual) <= bound:
                return step
            share = residual * (1.0 / n + (samples[step, 0] == i) - (samples[step, 1] == i))
            for j in range(d):
                work[j] += share * design[i, j]
        for j in range(d):
            v[j] -= rate * work[j] * v[j]
    return len(samples)
