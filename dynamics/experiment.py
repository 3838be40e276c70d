"""An experiment: everything that decides what `simulate` returns, and nothing else. One experiment is one link is one picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from dynamics.engine.budget import MAX_WORK, Cost, estimated_cost
from dynamics.engine.graph import landscape_graph
from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import PARTS
from dynamics.limit.schemes import SCHEMES
from dynamics.noise import Noise, noise

SCHEDULES = {
    "two-phase": "a quarter of the frames for the fast phase, the rest for the slow one",
    "uniform": "frames evenly in time",
    "logarithmic": "frames evenly in the logarithm of the step",
}


@dataclass(frozen=True)
class Limit:
    """The accepted range of a number, and what it is called in a sentence."""

    minimum: float
    maximum: float
    title: str


LIMITS = {
    "learning_rate": Limit(1e-5, 10.0, "learning rate"),
    "horizon": Limit(1e-4, 1e3, "horizon"),
    "paths": Limit(1, 20_000, "number of paths"),
    "frames": Limit(2, 2_000, "number of frames"),
    "seed": Limit(0, 2**32 - 1, "seed"),
    "substeps": Limit(1, 256, "number of substeps"),
}
WHOLE = ("paths", "frames", "seed", "substeps")
MAX_PATH_STEPS = 2e10  # about ten minutes
MAX_NUMBERS = 5e7  # kept coordinates of one ensemble: 200 MB
MAX_COORDINATE = 1e5
DEFAULT_LEARNING_RATE, DEFAULT_HORIZON = 0.05, 1.0  # of a landscape that suggests none


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A landscape, a gradient noise, a start, and how long and how finely to look. Frozen and hashable.

    Parameters
    ----------
    landscape : Landscape or the name of a built-in one.
    noise : Noise or a kind ("isotropic", …); the landscape's suggestion, else isotropic, by default.
    start : D numbers; the landscape's own by default.
    learning_rate : η.
    horizon : T, in slow time t = kη²: SGD takes T/η² steps.
    paths : N, of SGD and of the limit each.
    frames : F, how many times are kept, the first at 0 (fewer where there are fewer steps).
    seed : of all randomness.
    scheme : integrator of the limiting SDE, one of `schemes.SCHEMES`.
    substeps : none of its steps is longer than T/(25 · substeps). They change neither what is kept nor, but for its error, the law.
    schedule : how the frames are spread, one of SCHEDULES.
    parts : of the limit's drift (`drift.PARTS`), those that are on. Without "tangent" the limit leaves Γ.

    Raises ValueError, with one sentence, for anything out of range or malformed.
    """

    landscape: Landscape
    noise: Noise = None  # type: ignore[assignment]
    start: tuple[float, ...] = None  # type: ignore[assignment]
    learning_rate: float = None  # type: ignore[assignment]
    horizon: float = None  # type: ignore[assignment]
    paths: int = 300
    frames: int = 400
    seed: int = 0
    scheme: str = "explicit"
    substeps: int = 4
    schedule: str = "two-phase"
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        landscape = catalogue.landscape(self.landscape) if isinstance(self.landscape, str) else self.landscape
        self._set("landscape", landscape)
        suggested = suggestions(landscape)
        self._set("noise", noise(self.noise) if isinstance(self.noise, str) else self.noise or suggested["noise"])
        self.noise.check(landscape_graph(landscape.definition))
        self._set("noise", self.noise.plain((*landscape.definition.variables, *landscape.definition.parameters)))
        self._set("start", checked_start(landscape, suggested["start"] if self.start is None else self.start))
        for name in LIMITS:
            value = getattr(self, name)
            self._set(name, checked_number(name, suggested[name] if value is None else value))
        for name, known in (("scheme", SCHEMES), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise ValueError(f"The {name} is one of {', '.join(known)}; not “{getattr(self, name)}”.")
        self._set("parts", checked_parts(self.parts, self.scheme))
        if self.path_steps > MAX_PATH_STEPS:
            raise ValueError(
                f"{self.paths:,} paths of {self.steps:,} steps are {self.path_steps:.1e} path-steps, more than the "
                f"{MAX_PATH_STEPS:.0e} that are allowed: take fewer paths, a shorter horizon or a larger learning rate."
            )
        cost = self.cost
        if cost.work > MAX_WORK:
            raise ValueError(
                f"{self.path_steps:.1e} path-steps of about {cost.step_operations:,} operations each are more than the "
                f"{MAX_WORK:.0e} operations that are allowed: take fewer paths, a shorter horizon, a larger learning rate or a "
                "shorter formula."
            )
        if cost.limit_work > MAX_WORK:
            raise ValueError(
                f"{self.paths:,} paths of {cost.limit_steps:,} steps of the limit, of about {cost.limit_operations:,} operations "
                f"each, are more than the {MAX_WORK:.0e} operations that are allowed: take fewer substeps, paths or frames."
            )
        if self.paths * self.frames * landscape.dimension > MAX_NUMBERS:
            raise ValueError(
                f"{self.paths:,} paths × {self.frames:,} frames in {landscape.dimension} dimensions are more than the "
                f"{MAX_NUMBERS:.0e} numbers that fit: take fewer paths or frames."
            )

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def steps(self) -> int:
        """K = T/η², the number of SGD steps."""
        return max(1, round(self.horizon / self.learning_rate**2))

    @property
    def path_steps(self) -> float:
        return float(self.steps) * self.paths

    @property
    def cost(self) -> Cost:
        """What carrying it out takes, about."""
        return estimated_cost(self)

    @staticmethod
    def limits(name: str) -> tuple[float, float]:
        """The accepted range of a number."""
        return LIMITS[name].minimum, LIMITS[name].maximum

    def to_query(self) -> dict[str, str]:
        """The link: only what differs from the defaults of this version, and the version."""
        from dynamics.links import to_query

        return to_query(self)

    @staticmethod
    def from_query(query: Mapping[str, str], notes: list[str] | None = None) -> Experiment:
        """The experiment of a link of any released version. Keys that are not an experiment's are ignored.

        Raises ValueError, with a sentence, at the first value that is out of range or malformed; with `notes`, it takes the nearest
        value that is allowed instead, and appends a sentence.
        """
        from dynamics.links import from_query

        return from_query(query, notes)


def suggestions(landscape: Landscape) -> dict[str, Any]:
    """The experiment that a landscape opens with: the defaults that links leave out."""
    given = dict(landscape.suggestions)
    defaults = {field.name: field.default for field in fields(Experiment)}
    return defaults | {
        "landscape": landscape,
        "noise": noise(**dict(given["noise"])) if "noise" in given else noise("isotropic"),
        "start": landscape.start or None,
        "learning_rate": given.get("learning_rate", DEFAULT_LEARNING_RATE),
        "horizon": given.get("horizon", DEFAULT_HORIZON),
    }


def checked_start(landscape: Landscape, start) -> tuple[float, ...]:
    """`start` as D finite numbers at which the loss is defined. Raises ValueError, with a sentence."""
    names = ", ".join(landscape.variables)
    if start is None:
        raise ValueError(f"This landscape needs a start: {landscape.dimension} numbers for {names}.")
    try:
        point = tuple(float(value) for value in start)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The start is {landscape.dimension} numbers for {names}.") from error
    if len(point) != landscape.dimension:
        raise ValueError(f"The start has {len(point)} numbers; this landscape needs {landscape.dimension}, for {names}.")
    if not all(abs(value) <= MAX_COORDINATE for value in point):
        raise ValueError(f"Each coordinate of the start must be between −{MAX_COORDINATE:g} and {MAX_COORDINATE:g}.")
    with np.errstate(all="ignore"):
        defined = np.isfinite(landscape.loss(np.array(point))) and np.isfinite(landscape.gradient(np.array(point))).all()
    if not defined:
        raise ValueError("The loss is not defined at the start: choose another one.")
    return point


def checked_parts(parts: Iterable[str], scheme: str) -> tuple[str, ...]:
    """`parts` in PARTS' order, if the scheme can do without the others. Raises ValueError, with a sentence."""
    chosen = set(parts)
    unknown = sorted(map(str, chosen - set(PARTS)))
    if unknown:
        raise ValueError(f"The parts of the drift are {', '.join(PARTS)}, or none; not “{unknown[0][:40]}”.")
    if scheme == "projective" and chosen != set(PARTS):
        raise ValueError(
            "The projective scheme goes through Φ, which has every part of the drift in it: "
            "choose the explicit scheme to switch parts off."
        )
    return tuple(part for part in PARTS if part in chosen)


def checked_number(name: str, value: Any) -> float | int:
    """A number of LIMITS within its range. Raises ValueError, with a sentence."""
    limit = LIMITS[name]
    kind = "whole number" if name in WHOLE else "number"
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The {limit.title} is a {kind}; not “{str(value)[:40]}”.") from error
    if not math.isfinite(number) or (name in WHOLE and number != int(number)):
        raise ValueError(f"The {limit.title} is a {kind}; not “{str(value)[:40]}”.")
    if not limit.minimum <= number <= limit.maximum:
        raise ValueError(f"The {limit.title} must be between {limit.minimum:g} and {limit.maximum:g}; not {number:g}.")
    return int(value if isinstance(value, int) else number) if name in WHOLE else number
