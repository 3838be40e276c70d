"""The experiment of *SGD with Large Step Sizes Learns Sparse Features* (Andriushchenko et al. 2023) on a diagonal linear network.

w = u∘v, one sample a step, no noise on labels: at a learning rate near the edge of stability the loss does not become zero, and
as long as it does not SGD's own noise acts as label noise does. Coefficients that are not needed vanish: the longer, the more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dynamics.engine.compiled import summing
from dynamics.engine.turns import each
from dynamics.models.training import BOUND, frame_steps
from dynamics.resources import resource
from dynamics.settings import Number
from dynamics.studies.published import published

FILE = resource("studies", "large_steps.toml")
DRAWS = Number(
    name="draws", title="seed of the samples", minimum=0, maximum=9_999, whole=True, default=0,
    meaning="With 0 the first path takes the samples that the authors’ program draws; the data stay. Try another, to see what is "
    "chance.",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One learning rate, divided by `factor` from step `drop` on, and what was published of it."""

    name: str
    title: str
    role: str
    learning_rate: float
    published_loss: float
    published_count: int
    drop: int = 0
    factor: float = 1.0


@dataclass(frozen=True)
class Setting:
    """The experiment as the file has it."""

    title: str
    reference: str
    features: int
    samples: int
    test_samples: int
    ones: int
    initial: float
    data_seed: int
    seed: int
    steps: int
    paths: int
    alive: float
    runs: tuple[Run, ...]


@dataclass(frozen=True, eq=False)
class Curve:
    """A run up to now, (F, paths) each: the test loss, and how many coefficients are left; NaN from where a path has diverged.

    At `draws` 0 the first path takes the samples that theirs took.
    """

    run: Run
    steps: np.ndarray  # (F,)
    losses: np.ndarray
    counts: np.ndarray

    @property
    def diverged(self) -> int:
        return int(np.isnan(self.losses[-1]).sum())


@lru_cache(maxsize=1)
def setting() -> Setting:
    """Raises ValueError, with a sentence, if the file is malformed."""
    return published(FILE, Setting, Run, _counts)


def _counts(given: Setting) -> tuple[int, ...]:
    """The last is that of the coefficients that are 0 in the truth, and one more."""
    others = given.features - given.ones + 1
    return (given.features, given.samples, given.test_samples, given.ones, given.steps, given.paths, others)


@dataclass(frozen=True, eq=False)
class Problem:
    """Their data: design (n, d), targets (n,), fresh inputs (m, d) that the loss is tested on, and the truth w* (d,)."""

    design: np.ndarray
    targets: np.ndarray
    fresh: np.ndarray
    truth: np.ndarray


@lru_cache(maxsize=1)
def problem() -> Problem:
    """Drawn as their program draws it."""
    given = setting()
    random, d = np.random.RandomState(given.data_seed), given.features
    design = random.multivariate_normal(np.zeros(d), np.eye(d), given.samples)
    fresh = random.multivariate_normal(np.zeros(d), np.eye(d), given.test_samples)
    truth = np.abs(random.randn(d))
    truth[given.ones :] = 0.0
    truth /= np.linalg.norm(truth)
    return Problem(design, design @ truth, fresh, truth)


def large_steps(
    *,
    draws: int = 0,
    frames: int = 120,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[tuple[Curve, ...]]:
    """The curves so far, whenever all have come further: the paths of all runs advance together, on threads. No two `draws` share
    samples.
    """
    given = setting()
    steps = frame_steps(given.steps, frames, "even")
    paths = [_path(run, given.seed + draws * given.paths + path, steps) for run in given.runs for path in range(given.paths)]
    seen: list[list[tuple[float, float]]] = []
    for count, step in enumerate(steps, 1):
        seen.append(each(next, paths))
        if cancel and cancel():
            return
        if progress:
            progress(int(step) / given.steps)
        if count == 1:
            continue  # no curve yet
        of_runs = np.split(np.array(seen), len(given.runs), axis=1)  # (F, paths, 2) each
        yield tuple(Curve(run, steps[:count], found[..., 0], found[..., 1]) for run, found in zip(given.runs, of_runs, strict=True))


def _path(run: Run, seed: int, steps: np.ndarray) -> Iterator[tuple[float, float]]:
    """The test loss and how many coefficients are left at each of `steps`, on the samples that their program draws of a seed."""
    given, data = setting(), problem()
    random = np.random.RandomState(seed)
    u, v = np.full(given.features, given.initial), np.zeros(given.features)
    done, alive = 0, True
    for step in steps:
        drawn = random.randint(given.samples, size=int(step) - done)
        at = max(0, run.drop - done) if run.drop else len(drawn)
        for part, rate in ((drawn[:at], run.learning_rate), (drawn[at:], run.learning_rate / run.factor)):
            alive = alive and _single_sample(u, v, data.design, data.targets, part, rate, BOUND) == len(part)
        done = int(step)
        if alive:
            w = u * v
            yield float(((data.fresh @ (w - data.truth)) ** 2).mean() / 2), float((np.abs(w) > given.alive).sum())
        else:
            yield np.nan, np.nan


@summing
def _single_sample(u, v, design, targets, samples, rate, bound):
    """Steps on one sample each; how many were taken before a residual left ±bound."""
    for step in range(len(samples)):
        row = design[samples[step]]
        residual = -targets[samples[step]]
        for j in range(len(u)):
            residual += row[j] * u[j] * v[j]
        if not abs(residual) <= bound:
            return step
        for j in range(len(u)):
            move, before = rate * residual * row[j], u[j]
            u[j] -= move * v[j]
            v[j] -= move * before
    return len(samples)
