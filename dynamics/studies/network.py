"""A real network after zero loss: handwritten digits, gradient descent to Γ, then label noise, beside the limit and four others.

Descent from a large start fits its images and reads others badly. Label noise then moves along Γ down tr H, at every learning rate
by the same curve in slow time, that of the limit; at a finite rate by that of (c/2η) P ∇ tr ln(1 − ηH/2). Noise of minibatches,
which is none on Γ, does nothing; momentum does the same by a faster clock, t = kη²/(1 − β)². SAM does something else, down λ₁;
and so does Adam, down tr √Diag(H), beside a limit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import NamedTuple

import numpy as np

from dynamics.engine.blas import one_thread
from dynamics.engine.turns import each
from dynamics.models.adaptive_flow import adaptive_flow, noise_moments
from dynamics.models.base import Model, Stepper
from dynamics.models.digits import Digits, digits
from dynamics.models.manifold_flow import arrival, flow_on_manifold, onto
from dynamics.models.network import Network, network
from dynamics.models.rescaled import Rescaled
from dynamics.models.training import BOUND, frames_of
from dynamics.noise import noise
from dynamics.settings import Number, check_fields, table

MOMENTS = 20  # of slow time, denser at the beginning
SHOW_SECONDS = 0.3  # between two stages
HALVINGS = 2  # of the learning rate
MOMENTUM = 0.5  # β of the control, and β₁ of Adam
FORGETS = 2.0  # times within the horizon Adam's second moments forget: κ, in units of 1/horizon
BATCH = 8  # of the other control
LOOKS = 8  # at the loss between two moments
DESCENT_STEPS, DESCENT_FRAMES = 300_000, 90
FITTED = 1e-20  # the loss at which descent has arrived
LOST = (np.nan,) * 4  # in place of what is seen of a path
SEEN = 1e-4  # accuracy at which a point is seen through Φ, relative: far below what noise does
FLOW_STEPS = 25  # of gradient flow to Γ, about
MOST_WORK = 1e13  # multiplications: some minutes
SETTINGS = table(
    Number(name="samples", key="n", title="number of images n", heading="Images to train on", symbol="n", minimum=10, maximum=200,
        whole=True, step=10, default=40,
        meaning="How many of the 357 threes and eights are trained on. The others test what has been learnt: try half as many.",
    ),
    Number(name="units", title="number of units", heading="Units in a hidden layer", minimum=4, maximum=128, whole=True, step=8,
        default=32,
        meaning="The width of each hidden layer, of tanh units. It has to be wide enough for zero loss: try 8.",
    ),
    Number(name="layers", title="number of hidden layers", heading="Hidden layers", minimum=1, maximum=4, whole=True, default=1,
        meaning="With one, the network is 64–32–1. Derivatives are exact at any depth: try two.",
    ),
    Number(name="initialization", key="alpha", title="initialization scale α", heading="Initialization scale", symbol="α",
        minimum=0.5, maximum=10.0, step=0.5, default=5.0,
        meaning="Weights start as normal numbers of standard deviation α/√(inputs of their unit). If α is large, descent fits "
        "without learning much: try 1.",
    ),
    Number(name="scale", key="delta", title="label noise δ", heading="Noise on the label", symbol="δ", minimum=0.05, maximum=2.0,
        step=0.05, default=0.3,
        meaning="Each step sees one label, drawn at random, with an error of ±δ beside the full gradient. Try half of it.",
    ),
    Number(name="learning_rate", key="eta", title="learning rate η", heading="Largest learning rate", symbol="η", minimum=0.005,
        maximum=1.0, step=0.02, default=0.16,
        meaning="Three rates are run: this one, half of it and a quarter. On Γ steps are stable while η times the sharpness is "
        "below 2. Try half of it.",
    ),
    Number(name="horizon", key="time", title="horizon T", heading="Horizon in slow time", symbol="T", minimum=1.0, maximum=1000.0,
        step=10.0, default=60.0,
        meaning="The slow time kη² at which the runs end. Try more, to see where tr H comes to rest.",
    ),
    Number(name="paths", key="runs", title="number of paths", heading="Paths of each rate", minimum=1, maximum=16, whole=True,
        default=3,
        meaning="How many draws of the noise; bands are from the lowest to the highest. Try 1 for a quick look.",
    ),
    Number(name="seed", key="draws", title="seed", minimum=0, maximum=9_999, whole=True, default=0,
        meaning="The number that decides images, first weights and noise. Try another, to see what is chance.",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OnDigits:
    """What decides the study."""

    samples: int = SETTINGS["samples"].default
    units: int = SETTINGS["units"].default
    layers: int = SETTINGS["layers"].default
    initialization: float = SETTINGS["initialization"].default
    scale: float = SETTINGS["scale"].default
    learning_rate: float = SETTINGS["learning_rate"].default
    horizon: float = SETTINGS["horizon"].default
    paths: int = SETTINGS["paths"].default
    seed: int = SETTINGS["seed"].default

    def __post_init__(self) -> None:
        check_fields(self, SETTINGS.values())
        if self.dimension <= self.samples:
            raise ValueError(
                f"The network has {self.dimension} parameters for {self.samples} images: there is a manifold of zero loss only "
                "with more parameters than images."
            )
        if self.work > MOST_WORK:
            raise ValueError("This takes too long: choose a shorter horizon, a larger learning rate, fewer images, units or paths.")

    @property
    def widths(self) -> tuple[int, ...]:
        return (64, *[self.units] * self.layers, 1)

    @property
    def dimension(self) -> int:
        return sum(after * (before + 1) for before, after in zip(self.widths, self.widths[1:-1], strict=False)) + self.units

    @property
    def rates(self) -> tuple[float, ...]:
        return tuple(self.learning_rate / 2**halvings for halvings in range(HALVINGS + 1))

    @property
    def radius(self) -> float:
        """ρ of SAM at the largest rate, ρ² = ηδ²/2: −½ P∇λ₁ on its clock kηρ² is then −(δ²/4) P∇λ₁ on that of SGD."""
        return self.scale * (self.learning_rate / 2) ** 0.5

    @property
    def times(self) -> np.ndarray:
        """Slow times, (F,)."""
        return self.horizon * np.linspace(0.0, 1.0, MOMENTS + 1) ** 2

    @property
    def work(self) -> float:
        """Multiplications, about: of the steps of SGD and of Adam, and of gradient flow to Γ from each moment of each path."""
        n, d = self.samples, self.dimension
        steps = sum(self.horizon / rate**2 for rate in self.rates)
        flows = FLOW_STEPS * (2 * n * n * d + 10 * n**3)
        return self.paths * (2 * steps * 4 * n * d + MOMENTS * (2 * len(self.rates) + 1) * flows)


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient descent up to now: (F,) each. `misread` is the share of the other images whose digit is read wrongly."""

    steps: np.ndarray
    loss: np.ndarray
    trace: np.ndarray
    misread: np.ndarray
    point: np.ndarray  # (D,) where it is now
    learning_rate: float


@dataclass(frozen=True, eq=False)
class Line:
    """A flow on Γ, (F,) each: the limit, or at a finite learning rate. `loss` is that of SGD about it, to leading order in δ."""

    learning_rate: float  # 0: the limit
    times: np.ndarray
    trace: np.ndarray
    root: np.ndarray  # tr √Diag(H)
    misread: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True, eq=False)
class Runs:
    """Paths of SGD, (F, P) each: tr H and the share of misread images at Φ, the mean loss since the moment before.

    A path that is lost is NaN from there on. Of Adam `learning_rate` is η, and its own `OnNetwork.adam_divides` times smaller.
    """

    kind: str  # "label", "momentum", "minibatch", "sam" or "adam"
    learning_rate: float
    steps: np.ndarray  # (F,)
    times: np.ndarray  # (F,)
    trace: np.ndarray
    root: np.ndarray  # tr √Diag(H)
    misread: np.ndarray
    loss: np.ndarray

    @property
    def lost(self) -> int:
        return int(np.isnan(self.trace[-1]).sum())


@dataclass(frozen=True, eq=False)
class Arrived:
    """Where descent has ended, on Γ."""

    point: np.ndarray  # (D,)
    sharpness: float  # λ₁
    # s = λ₁(S^½HS^½)/λ₁: with η/s Adam is as near the edge of stability as SGD with η, and kη² is s² times its time.
    adam_divides: float
    unused: int  # parameters that no residual depends on

    def kappa(self, setting: OnDigits) -> float:
        """κ of Adam, on its own clock."""
        return FORGETS * self.adam_divides**2 / setting.horizon


@dataclass(frozen=True, eq=False)
class OnNetwork:
    """What there is so far."""

    setting: OnDigits
    descent: Descent
    arrived: Arrived | None = None
    lines: tuple[Line, ...] = ()  # the limit first
    adam: Line | None = None  # Adam's limit, where it can be followed
    runs: tuple[Runs, ...] = ()
    done: bool = False

    def flow(self, rate: float) -> Line | None:
        """The line at this learning rate, 0 for the limit; None while there is none."""
        return next((line for line in self.lines if line.learning_rate == rate), None)


def on_network(
    setting: OnDigits, *, progress: Callable[[float], None] | None = None, cancel: Callable[[], bool] | None = None
) -> Iterator[OnNetwork]:
    """The study, stage by stage. Raises ValueError, with a sentence."""
    with one_thread():
        yield from _stages(setting, progress or (lambda fraction: None), cancel or (lambda: False))


def _stages(setting: OnDigits, progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[OnNetwork]:
    data = digits(setting.samples, setting.seed)
    model = network(data.inputs, data.targets, setting.widths)
    told = -np.inf
    for descent in _descend(setting, model, data, cancel):
        if len(descent.steps) > 1 and monotonic() - told >= SHOW_SECONDS:
            told = monotonic()
            yield OnNetwork(setting, descent)
    if cancel():
        return
    arrived = _arrived(setting, model, descent.point)
    found = OnNetwork(setting, descent, arrived)
    for rate in (0.0, *setting.rates):
        if (line := _line(setting, model, data, arrived.point, rate, cancel)) is not None:
            found = replace(found, lines=(*found.lines, line))
        if cancel():
            return
        yield found
    found = replace(found, adam=_line_of_adam(setting, model, data, arrived, cancel))
    for runs in _runs(setting, model, data, arrived, cancel):
        count = len(runs[0].times)
        progress(count / (MOMENTS + 1))
        yield replace(found, runs=runs, done=count == MOMENTS + 1)


def _descend(setting: OnDigits, model: Network, data: Digits, cancel: Callable[[], bool]) -> Iterator[Descent]:
    start = model.random_start(setting.initialization, setting.seed)
    rate = 0.5 / float(2 * model.weight * np.linalg.eigvalsh(model.gram(start))[-1])
    rows = []
    for frame in frames_of(
        model, start, learning_rate=rate, steps=DESCENT_STEPS, frames=DESCENT_FRAMES, spacing="logarithmic", cancel=cancel
    ):
        if frame.status == "cancelled":
            return
        if frame.status != "ok":
            raise ValueError("Gradient descent diverged from this start. Take a smaller initialization scale.")
        loss = float(model.loss(frame.point))
        rows.append((frame.step, loss, float(model.trace_hessian(frame.point)), misread(model, data, frame.point)))
        steps, losses, traces, errors = np.array(rows).T
        yield Descent(steps, losses, traces, errors, frame.point, rate)
        if loss <= FITTED:
            return


def _arrived(setting: OnDigits, model: Network, point: np.ndarray) -> Arrived:
    """Raises ValueError, with a sentence, where there is no Γ, or no stable step."""
    try:
        start = onto(model, point)
    except ValueError:
        raise ValueError(
            f"Gradient descent has not reached zero loss in {DESCENT_STEPS:,} steps: take more units, fewer images, or another "
            "scale."
        ) from None
    sharpness = _sharpness(model, start)
    if setting.learning_rate * sharpness >= 2:
        raise ValueError(
            f"Where descent ends the sharpness is {sharpness:.3g}: steps are stable there with learning rates below "
            f"{2 / sharpness:.2g}. Take a smaller one."
        )
    moments = noise_moments(model, start, setting.scale)
    scaled = Rescaled(model, moments)
    return Arrived(start, sharpness, _sharpness(scaled, scaled.of(start)) / sharpness, int((moments == 0).sum()))


def _sharpness(model: Model, point: np.ndarray) -> float:
    """λ₁ on Γ."""
    return float(2 * model.weight * np.linalg.eigvalsh(model.gram(point))[-1])


def root_of_diagonal(model: Model, point: np.ndarray) -> float:
    """tr √Diag(H) on Γ."""
    return float(np.sqrt(2 * model.weight * (model.jacobian(point) ** 2).sum(axis=0)).sum())


def _line(
    setting: OnDigits, model: Network, data: Digits, start: np.ndarray, rate: float, cancel: Callable[[], bool]
) -> Line | None:
    """None where it cannot be followed to its end, as at a rate that becomes too large on the way.

    Raises ValueError, with a sentence, if that is the limit.
    """
    try:
        points = np.array(list(flow_on_manifold(model, start, setting.times, setting.scale, rate, cancel)))
    except ValueError:
        if rate == 0 and not cancel():
            raise
        return None
    return Line(
        rate,
        setting.times,
        model.trace_hessian(points),
        np.array([root_of_diagonal(model, point) for point in points]),
        np.array([misread(model, data, point) for point in points]),
        np.array([_loss_about(model, point, rate, setting.scale) for point in points]),
    )


def _line_of_adam(setting: OnDigits, model: Network, data: Digits, arrived: Arrived, cancel: Callable[[], bool]) -> Line | None:
    """Adam's limit on the clock of SGD; None where it cannot be followed to its end."""
    times = setting.times / arrived.adam_divides**2
    flow = adaptive_flow(model, arrived.point, times, setting.scale, arrived.kappa(setting), cancel)
    try:
        points = np.array([point for point, _ in flow])
    except ValueError:
        return None
    return Line(
        0.0,
        setting.times,
        model.trace_hessian(points),
        np.array([root_of_diagonal(model, point) for point in points]),
        np.array([misread(model, data, point) for point in points]),
        np.zeros(len(points)),
    )


def _loss_about(model: Network, point: np.ndarray, rate: float, scale: float) -> float:
    """½ Σ λ ηδ²/(2 − ηλ): the mean loss of SGD in the quadratic well about a point of Γ (theory section 5)."""
    sharpness = 2 * model.weight * np.linalg.eigvalsh(model.gram(point))
    return float(0.5 * (sharpness * rate * scale**2 / (2 - rate * sharpness)).sum())


def misread(model: Network, data: Digits, point: np.ndarray) -> float:
    """The share of the test images whose digit the sign of f gets wrong."""
    return float((np.sign(model.predict(point, data.test_inputs)) != data.test_targets).mean())


class _Path:
    """One path, and what is seen of it at each moment, by the flow to Γ that its steps follow."""

    def __init__(
        self, model: Network, data: Digits, start: np.ndarray, rate: float, stepper: Stepper, moments: np.ndarray | None = None
    ) -> None:
        """`moments` are Adam's, which its stepper changes."""
        self.model, self.data, self.point, self.rate, self.stepper = model, data, start.copy(), rate, stepper
        self.moments, self.step, self.alive = moments, 0, True

    def at(self, step: int, cancel: Callable[[], bool]) -> tuple[float, ...]:
        """tr H, tr √Diag(H) and the share of misread images at Φ, and the mean loss since the moment before."""
        losses = []
        for target in np.linspace(self.step, step, LOOKS + 1)[1:].round().astype(int):
            count = int(target) - self.step
            self.alive = self.alive and self.stepper(self.point, self.rate, count, BOUND) == count
            self.step = int(target)
            if not self.alive or cancel():
                return LOST
            losses.append(float(self.model.loss(self.point)))
        try:
            seen = self._arrival(cancel)
        except ValueError:
            self.alive = False
            return LOST
        root = root_of_diagonal(self.model, seen)
        return float(self.model.trace_hessian(seen)), root, misread(self.model, self.data, seen), float(np.mean(losses))

    def _arrival(self, cancel: Callable[[], bool]) -> np.ndarray:
        if self.moments is None:
            return arrival(self.model, self.point, cancel, SEEN)
        scaled = Rescaled(self.model, self.moments)
        return scaled.back(arrival(scaled, scaled.of(self.point), cancel, SEEN))


class _Kind(NamedTuple):
    """Paths of one kind."""

    name: str  # of `Runs`
    rate: float
    pace: float  # its square is the number of steps in a unit of slow time
    paths: int
    begin: Callable[[int], _Path]  # of a seed


def sharpness_aware(model: Network, radius: float) -> Stepper:
    """Steps of SAM, x ← x − η ∇L(x + ρ ∇L/‖∇L‖), of the full batch."""

    def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
        for done in range(count):
            gradient = model.gradient(x)
            uphill = x + radius * gradient / (np.linalg.norm(gradient) or 1.0)
            x -= rate * model.gradient(uphill)
            if not np.abs(x).max() < bound:
                return done
        return count

    return step


def _runs(
    setting: OnDigits, model: Network, data: Digits, arrived: Arrived, cancel: Callable[[], bool]
) -> Iterator[tuple[Runs, ...]]:
    """All paths, advanced together from one moment to the next."""
    label, minibatch = noise("label", scale=setting.scale, batch="full"), noise("minibatch", batch=BATCH)
    finest, largest = setting.rates[-1], setting.rates[0]
    slower = (1 - MOMENTUM) / finest
    own, moments = 1 / arrived.adam_divides, noise_moments(model, arrived.point, setting.scale)

    def path(rate: float, stepper: Callable[[int], Stepper]) -> Callable[[int], _Path]:
        return lambda seed: _Path(model, data, arrived.point, rate, stepper(seed))

    def adam(rate: float, seed: int) -> _Path:
        kept = moments.copy()
        stepper = model.stepper(label, seed, MOMENTUM, kept, arrived.kappa(setting))
        return _Path(model, data, arrived.point, own * rate, stepper, kept)

    kinds = [_Kind("label", rate, 1 / rate, setting.paths, path(rate, partial(model.stepper, label))) for rate in setting.rates]
    kinds += [
        _Kind("momentum", finest, slower, setting.paths, path(finest, partial(model.stepper, label, momentum=MOMENTUM))),
        _Kind("minibatch", finest, 1 / finest, 1, path(finest, partial(model.stepper, minibatch))),
        _Kind("sam", largest, 1 / largest, 1, path(largest, lambda seed: sharpness_aware(model, setting.radius))),
    ]
    kinds += [_Kind("adam", rate, 1 / rate, setting.paths, partial(adam, rate)) for rate in setting.rates]
    paths = [kind.begin(_seed(setting.seed, index, path)) for index, kind in enumerate(kinds) for path in range(kind.paths)]
    pace = [kind.pace for kind in kinds for _ in range(kind.paths)]
    ends = np.cumsum([kind.paths for kind in kinds])[:-1]
    steps: list[list[int]] = []
    seen: list[list[tuple[float, ...]]] = []
    for time in setting.times:
        steps.append([round(time * each_pace**2) for each_pace in pace])
        seen.append(each(lambda job: job[0].at(job[1], cancel), list(zip(paths, steps[-1], strict=True))))
        if cancel():
            return
        measured = np.array(seen)  # (F, all paths, 4)
        yield tuple(
            Runs(kind.name, kind.rate, taken[:, 0], setting.times[: len(seen)], *np.moveaxis(part, -1, 0))
            for kind, taken, part in zip(
                kinds, np.split(np.array(steps), ends, axis=1), np.split(measured, ends, axis=1), strict=True
            )
        )


def _seed(seed: int, kind: int, path: int) -> int:
    """Of one path of one kind: no two seeds share a path."""
    return int(np.random.SeedSequence(seed, spawn_key=(6, kind, path)).generate_state(1, np.uint64)[0])
