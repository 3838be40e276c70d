"""An experiment: everything that decides what `simulate` returns, and nothing else. One experiment is one link is one picture.

Version 1 of a link holds what differs from the defaults: those of SETTINGS and those of the landscape's file. Both are part of the
version: tests/golden_links.toml keeps what released links decode to.

Reading has one code path. Whatever is wrong goes to `refuse`, which raises (strict) or notes the sentence (lenient); after a note
the nearest allowed value is taken, or the default where there is no nearest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dynamics.arrays import start_of
from dynamics.engine.budget import LIMIT_STEPS, MAX_WORK, Cost, estimated_cost, operations, step_operations
from dynamics.engine.graph import landscape_graph
from dynamics.engine.randomness import TAG
from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape
from dynamics.landscapes.link import landscape_of_query, landscape_query
from dynamics.limit.coefficients import PARTS
from dynamics.limit.limiting import Acting, Limit
from dynamics.limit.schemes import SCHEMES
from dynamics.noise import Noise, noise, noise_of_query
from dynamics.optimizers import SGD, Optimizer, optimizer, optimizer_of_query
from dynamics.settings import (
    Choice,
    Number,
    Refuse,
    Several,
    defaults_of,
    in_words,
    number_text,
    quoted,
    read,
    refuse_for,
    strict,
    table,
    written,
)

VERSION = "1"
MAX_LENGTH = 8_000  # characters of a link; browsers and hosts carry that many
MAX_PATH_STEPS = 2e10  # about ten minutes
MAX_NUMBERS = 5e7  # kept coordinates of one ensemble: 200 MB
MAX_COORDINATE = 1e5
LONE = 40  # paths that one path alone costs as much as

SCHEDULES = {
    "two-phase": "a quarter of the frames for the fast phase, the rest for the slow one",
    "uniform": "frames evenly in time",
    "logarithmic": "frames evenly in the logarithm of the step",
}


SETTINGS = table(
    Number(
        name="learning_rate", title="learning rate", symbol="η", minimum=1e-5, maximum=10.0, default=0.05,
        meaning=(
            "The length of a step of SGD, x ← x − η (∇L + noise). Above 2 over the sharpness SGD is unstable on Γ. Try half of "
            "it: in slow time the same happens, nearer to the limit."
        ),
    ),
    Number(
        name="horizon", title="horizon", heading="Horizon in slow time", symbol="T", minimum=1e-4, maximum=1e3, default=1.0,
        meaning=(
            "How long to look, in slow time t = kη²: SGD takes T/η² steps. Try twice as long, to see where the drift "
            "comes to rest."
        ),
    ),
    Number(
        name="paths", title="number of paths", heading="Paths", minimum=1, maximum=20_000, whole=True, step=100, default=300,
        meaning=(
            "How many runs of SGD there are, and as many of the limit, each with randomness of its own. Try 1, to follow a single "
            "run; more make smoother curves."
        ),
    ),
    Number(
        name="frames", title="number of frames", heading="Frames", minimum=2, maximum=2_000, whole=True, step=100, default=400,
        meaning="How many moments are kept and played, from the start to T. Try more where the picture jerks.",
    ),
    Number(
        name="seed", title="seed", minimum=0, maximum=2**32 - 1, whole=True, step=1, default=0,
        meaning="The number that decides all randomness: the same seed draws the same picture. Try another, to see what is chance.",
    ),
    Number(
        name="substeps", title="number of substeps", heading="Fineness of the limit’s steps",
        minimum=1, maximum=256, whole=True, step=1, default=4,
        meaning=(
            f"No step of the limit is longer than T/({LIMIT_STEPS} × this); where Γ turns sharply or the drift changes fast, "
            "steps are shorter anyway. Try twice as much: nothing should change that one can see."
        ),
    ),
    Choice(
        name="scheme", title="scheme", heading="Integrator of the limiting SDE",
        options={name: scheme.title for name, scheme in SCHEMES.items()}, default="explicit",
        meaning="How the limiting SDE is integrated, by two ways that share nothing but Γ. Try the other one: they must agree.",
    ),
    Choice(
        name="schedule", title="schedule", heading="How frames are spread", options=SCHEDULES, default="two-phase",
        meaning="How the frames are spread over time. Try the logarithm of the step, to see the fall onto Γ slowly.",
    ),
    Several(
        name="parts", title="parts of the drift", heading="Drift parts of the limit", default=PARTS,
        options={part: part.capitalize() for part in PARTS},
        meaning="Try without a part: the limit is then no longer SGD’s, and what it does instead shows what the part is for.",
    ),
)  # fmt: skip
NUMBERS: dict[str, Number] = {name: setting for name, setting in SETTINGS.items() if isinstance(setting, Number)}
SUGGESTED = ("learning_rate", "horizon")  # the settings whose defaults a landscape may bring


@dataclass(frozen=True, init=False)
class Experiment:
    """A landscape, a gradient noise, a start, and how long and how finely to look. Frozen and hashable.

    Parameters
    ----------
    landscape : Landscape or the name of a built-in one.
    noise : Noise or a kind ("isotropic", …); the landscape's suggestion, else isotropic, by default.
    optimizer : Optimizer or a name ("momentum", …); SGD by default. Horizon and times are in its own slow time.
    start : D numbers; the landscape's own by default.
    learning_rate, horizon, paths, frames, seed, substeps, scheme, schedule, parts : as SETTINGS says, where defaults, ranges and
        meanings are; a landscape may suggest other defaults for the first two.

    Raises ValueError, with one sentence, for anything out of range or malformed.
    """

    landscape: Landscape
    noise: Noise
    optimizer: Optimizer
    start: tuple[float, ...]
    learning_rate: float
    horizon: float
    paths: int
    frames: int
    seed: int
    scheme: str
    substeps: int
    schedule: str
    parts: tuple[str, ...]

    def __init__(
        self,
        *,
        landscape: Landscape | str,
        noise: Noise | str | None = None,
        optimizer: Optimizer | str = SGD,
        start: Sequence[float] | None = None,
        learning_rate: float | None = None,
        horizon: float | None = None,
        paths: int | None = None,
        frames: int | None = None,
        seed: int | None = None,
        scheme: str | None = None,
        substeps: int | None = None,
        schedule: str | None = None,
        parts: Iterable[str] | None = None,
    ) -> None:
        chosen = catalogue.landscape(landscape) if isinstance(landscape, str) else landscape
        _check_kind("landscape", chosen, Landscape)
        suggested = suggestions(chosen)
        self._set("landscape", chosen)
        self._set("noise", _acting(chosen, suggested["noise"] if noise is None else noise))
        self._set("start", checked_start(chosen, suggested["start"] if start is None else start))
        given = {
            "learning_rate": learning_rate, "horizon": horizon, "paths": paths, "frames": frames, "seed": seed, "scheme": scheme,
            "substeps": substeps, "schedule": schedule, "parts": parts,
        }  # fmt: skip
        for name, setting in SETTINGS.items():
            self._set(name, setting.checked(suggested[name] if given[name] is None else given[name]))
        self._set("optimizer", _named(optimizer))
        self.optimizer.check(chosen, self.noise, self.start, self.learning_rate)
        _check_parts(self.parts, self.scheme, self.optimizer)
        _check_cost(self)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def steps(self) -> int:
        """K, the number of steps: T/η² of SGD."""
        return max(1, round(self.horizon / self.optimizer.slow_time(self.learning_rate)))

    def at_rate(self, learning_rate: float) -> Experiment:
        """The same at another learning rate, on the way to its limit: what else is small goes with it. Raises ValueError."""
        rate = NUMBERS["learning_rate"].checked(learning_rate)
        return replace(self, learning_rate=rate, optimizer=self.optimizer.finer(rate / self.learning_rate))

    @property
    def limit_noise(self) -> Noise:
        """The gradient noise of the limit: `noise`, or what the optimizer has instead."""
        return self.optimizer.limit_noise(self.noise)

    @property
    def limit(self) -> Acting:
        """What moves along Γ: the limit's noise where the limit is SGD's, else the optimizer's own dynamics with it."""
        return self.limit_noise if self.optimizer.through_flow else Limit(self.limit_noise, self.optimizer, self.learning_rate)

    @property
    def random(self) -> bool:
        """Whether its paths are drawn: else all are one."""
        return bool(self.optimizer.draws(landscape_graph(self.landscape.definition), self.noise))

    @property
    def path_steps(self) -> float:
        return float(self.steps) * (self.paths if self.random else min(self.paths, LONE))

    @property
    def cost(self) -> Cost:
        """What carrying it out takes, about."""
        return estimated_cost(self)

    @staticmethod
    def limits(name: str) -> tuple[float, float]:
        """The accepted range of a number."""
        return NUMBERS[name].minimum, NUMBERS[name].maximum

    def to_query(self) -> dict[str, str]:
        """The link: only what differs from the defaults of this version, and the version."""
        default = suggestions(self.landscape)
        query = {"v": VERSION} | landscape_query(self.landscape)
        if self.noise != default["noise"]:
            query |= self.noise.to_query()
        if self.optimizer != SGD:
            query |= self.optimizer.to_query()
        if self.start != default["start"]:
            query["start"] = ",".join(map(number_text, self.start))
        return query | written(SETTINGS.values(), self, default)

    @staticmethod
    def from_query(query: Mapping[str, str], notes: list[str] | None = None) -> Experiment:
        """The experiment of a link of any released version. Keys that are not an experiment's are ignored.

        Raises ValueError, with a sentence, at the first value that is out of range or malformed; with `notes`, it takes the nearest
        value that is allowed instead, and appends a sentence.
        """

        if not isinstance(query, Mapping):
            raise ValueError(f"A link is given as texts by their keys, such as {{'seed': '3'}}; not {quoted(query)}.")
        texts = {str(key): str(value) for key, value in query.items()}
        return _of_query(texts, strict if notes is None else notes.append)


def suggestions(landscape: Landscape) -> dict[str, Any]:
    """The experiment that a landscape opens with: the defaults that links leave out."""
    given = dict(landscape.suggestions)
    return (
        defaults_of(SETTINGS.values())
        | {name: given[name] for name in SUGGESTED if name in given}
        | {
            "landscape": landscape,
            "noise": noise(**dict(given["noise"])) if "noise" in given else noise("isotropic"),
            "start": landscape.start or None,
        }
    )


def checked_start(landscape: Landscape, start) -> tuple[float, ...]:
    """`start` as D finite numbers at which the loss is defined. Raises ValueError, with a sentence."""
    if start is None:
        names = ", ".join(landscape.variables)
        raise ValueError(f"This landscape needs a start: {landscape.dimension} numbers for {names}.")
    point = tuple(start_of(start, landscape.variables).tolist())
    if not all(abs(value) <= MAX_COORDINATE for value in point):
        raise ValueError(f"Each coordinate of the start must be between −{MAX_COORDINATE:g} and {MAX_COORDINATE:g}.")
    with np.errstate(all="ignore"):
        defined = np.isfinite(landscape.loss(np.array(point))) and np.isfinite(landscape.gradient(np.array(point))).all()
    if not defined:
        raise ValueError("The loss is not defined at the start: choose another one.")
    return point


def _acting(landscape: Landscape, given: Noise | str) -> Noise:
    """The noise on this landscape, its formulas in plain form. Raises ValueError, with a sentence."""
    chosen = noise(given) if isinstance(given, str) else given
    _check_kind("noise", chosen, Noise)
    chosen.check(landscape_graph(landscape.definition))
    return chosen.plain((*landscape.definition.variables, *landscape.definition.parameters))


def _named(given: Optimizer | str) -> Optimizer:
    chosen = optimizer(given) if isinstance(given, str) else given
    _check_kind("optimizer", chosen, Optimizer)
    return chosen


def _check_kind(what: str, given: Any, kind: type) -> None:
    if not isinstance(given, kind):
        raise ValueError(f"The {what} of an experiment is one, or the name of one; not {quoted(given)}.")


def checked_rates(given: Iterable[float]) -> tuple[float, ...]:
    """Different learning rates, the largest first. Raises ValueError, with a sentence."""
    try:
        return tuple(sorted({float(NUMBERS["learning_rate"].checked(rate)) for rate in given}, reverse=True))
    except TypeError as error:
        raise ValueError(f"The learning rates are a list of numbers; not {quoted(given)}.") from error


def _check_parts(parts: tuple[str, ...], scheme: str, chosen: Optimizer) -> None:
    if scheme == "projective" and not chosen.through_flow:
        raise ValueError(
            f"The projective scheme kicks as SGD does, and the limit of {chosen.label} is another: choose the explicit one."
        )
    if scheme == "projective" and parts != PARTS:
        raise ValueError(
            "The projective scheme goes through Φ, which has every part of the drift in it: "
            "choose the explicit scheme to switch parts off."
        )


def _check_cost(experiment: Experiment) -> None:
    cost = experiment.cost
    if experiment.path_steps > MAX_PATH_STEPS:
        raise ValueError(
            f"{experiment.paths:,} paths of {experiment.steps:,} steps are {in_words(experiment.path_steps, 2)} path-steps, more "
            f"than the {in_words(MAX_PATH_STEPS)} that are allowed: take fewer paths, a shorter horizon or a larger learning rate."
        )
    if cost.work > MAX_WORK:
        raise ValueError(
            f"{in_words(experiment.path_steps, 2)} path-steps of about {cost.step_operations:,} operations each are more than the "
            f"{in_words(MAX_WORK)} operations that are allowed: take fewer paths, a shorter horizon, a larger learning rate or a "
            "shorter formula."
        )
    if cost.limit_work > MAX_WORK:
        raise ValueError(
            f"{experiment.paths:,} paths of {cost.limit_steps:,} steps of the limit, of about {cost.limit_operations:,} operations "
            f"each, are more than the {in_words(MAX_WORK)} operations that are allowed: take fewer substeps, paths or frames."
        )
    dimension = experiment.landscape.dimension
    if experiment.paths * experiment.frames * dimension > MAX_NUMBERS:
        raise ValueError(
            f"{experiment.paths:,} paths × {experiment.frames:,} frames in {dimension} dimensions are more than the "
            f"{in_words(MAX_NUMBERS)} numbers that fit: take fewer paths or frames."
        )


def _of_query(query: Mapping[str, str], refuse: Refuse) -> Experiment:
    if sum(len(key) + len(value) for key, value in query.items()) > MAX_LENGTH:
        refuse(f"The link is longer than {MAX_LENGTH} characters.")
        query = {}
    if query.get("v", VERSION) != VERSION:
        refuse(f"The link is of version {query['v'][:10]}, unknown to this program; it is read as version {VERSION}.")
    if query.get("rng", TAG) != TAG:
        refuse("The link was made with another random number generator: the picture is statistically the same, not identical.")
    landscape = landscape_of_query(query, refuse)
    default = suggestions(landscape)
    chosen: dict[str, Any] = {
        "landscape": landscape,
        "noise": noise_of_query(query, landscape_graph(landscape.definition), default["noise"], refuse),
        "optimizer": optimizer_of_query(query, refuse),
        "start": _start(query, landscape, default["start"], refuse),
    } | read(SETTINGS.values(), query, default, refuse)
    rate = chosen.get("learning_rate", default["learning_rate"])
    try:
        chosen["optimizer"].check(landscape, chosen["noise"], chosen["start"], rate)
    except ValueError as error:
        refuse(str(error))
        chosen["optimizer"] = SGD
    try:
        _check_parts(chosen.get("parts", PARTS), chosen.get("scheme", default["scheme"]), chosen["optimizer"])
    except ValueError as error:
        refuse(str(error))
        chosen |= {"parts": PARTS} if chosen["optimizer"].through_flow else {"scheme": "explicit"}
    try:
        return Experiment(**chosen)
    except ValueError as error:
        refuse(str(error))
    try:
        return Experiment(**_affordable(default | chosen))
    except ValueError as error:  # a loss of one's own that is not defined at the fallback start
        refuse(str(error))
        return Experiment(landscape=catalogue.default_landscape())


def _start(query: Mapping[str, str], landscape: Landscape, default: tuple[float, ...] | None, refuse: Refuse) -> tuple[float, ...]:
    fallback = default or (1.0,) * landscape.dimension
    if "start" not in query:
        if default is None:
            refuse(f"This landscape needs a start: {landscape.dimension} numbers for {', '.join(landscape.variables)}.")
        return fallback
    try:
        return checked_start(landscape, query["start"].split(","))
    except ValueError as error:
        refuse_for(refuse, error, f"({', '.join(map(in_words, fallback))})")
        return fallback


def _affordable(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The same with fewer paths, substeps and a shorter horizon, so that it may run."""
    frames, learning_rate, definition = int(chosen["frames"]), chosen["learning_rate"], chosen["landscape"].definition
    slow_time = chosen["optimizer"].slow_time
    paths = min(chosen["paths"], int(MAX_NUMBERS / (frames * chosen["landscape"].dimension)))
    path_steps = min(MAX_PATH_STEPS, MAX_WORK / (step_operations(definition) * chosen["optimizer"].gradients))
    horizon = min(chosen["horizon"], 0.999 * path_steps / paths * slow_time(learning_rate))
    if horizon < NUMBERS["horizon"].minimum:
        horizon = NUMBERS["horizon"].minimum
        while learning_rate < NUMBERS["learning_rate"].maximum and slow_time(learning_rate) < horizon * paths / path_steps:
            learning_rate = min(1.01 * learning_rate, NUMBERS["learning_rate"].maximum)
    steps = MAX_WORK / (paths * operations(definition).total) - frames
    substeps = min(chosen["substeps"], max(1, int(steps / LIMIT_STEPS)))
    return dict(chosen) | {"paths": paths, "horizon": horizon, "learning_rate": learning_rate, "substeps": substeps}
