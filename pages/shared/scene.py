"""A scene: an experiment and how a page looks at it. One scene is one link.

The experiment's part of a link is `dynamics`' own. A page whose scene holds more writes it beside, each only if it differs from its
default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self

from dynamics import Experiment
from dynamics.landscapes.landscape import View
from figures.landscape_figure import landscape_views
from figures.simulation import CLOCKS


@dataclass(frozen=True)
class Scene:
    """What is on the screen. A page that shows more than an experiment has a class of its own, derived from this one."""

    experiment: Experiment

    def to_query(self) -> dict[str, str]:
        return self.experiment.to_query()

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        """The scene of a link, and a sentence for each value that had to be replaced."""
        notes: list[str] = []
        return cls(Experiment.from_query(query, notes)), notes

    def moved(self, experiment: Experiment) -> Self:
        """The same look at another landscape: what belongs to the one before is dropped."""
        return replace(self, experiment=experiment)


@dataclass(frozen=True)
class Picture(Scene):
    """A scene with a moving picture: `projection` is one of the landscape's views, `clock` is of the time series, `ghost` is the
    learning rate of the run shown behind."""

    projection: str = ""  # "" is the landscape's first view
    clock: str = CLOCKS[0]
    ghost: float | None = None

    def __post_init__(self) -> None:
        if self.projection == landscape_views(self.experiment.landscape)[0].name:
            object.__setattr__(self, "projection", "")

    @property
    def view(self) -> View:
        views = landscape_views(self.experiment.landscape)
        return next((view for view in views if view.name == self.projection), views[0])

    @property
    def ghost_experiment(self) -> Experiment | None:
        return None if self.ghost is None else replace(self.experiment, learning_rate=self.ghost)

    def to_query(self) -> dict[str, str]:
        query = self.experiment.to_query()
        if self.projection:
            query["projection"] = self.projection
        if self.clock != CLOCKS[0]:
            query["clock"] = self.clock
        if self.ghost is not None:
            query["ghost"] = repr(self.ghost)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        notes: list[str] = []
        experiment = Experiment.from_query(query, notes)
        known = [view.name for view in landscape_views(experiment.landscape)]
        projection = query.get("projection", "")
        if projection and projection not in known:
            notes.append(f"This landscape has no projection “{projection[:40]}”; it has {', '.join(known)}.")
            projection = ""
        clock = one_of(query, "clock", CLOCKS, notes, f"The clock is one of {', '.join(CLOCKS)}")
        return cls(experiment, projection, clock, _ghost(query, experiment, notes)), notes

    def moved(self, experiment: Experiment) -> Self:
        return replace(self, experiment=experiment, projection="", ghost=None)


def one_of(query: Mapping[str, str], key: str, known, notes: list[str], sentence: str) -> str:
    """The value of a key that has a few known ones, the first of them its default."""
    value = query.get(key, known[0])
    if value not in known:
        notes.append(f"{sentence}; not “{value[:40]}”.")
        return known[0]
    return value


def _ghost(query: Mapping[str, str], experiment: Experiment, notes: list[str]) -> float | None:
    if "ghost" not in query:
        return None
    try:
        ghost = float(query["ghost"])
        replace(experiment, learning_rate=ghost)
    except ValueError as error:
        notes.append(f"There is no earlier run with learning rate “{query['ghost'][:40]}”: {error}")
        return None
    return ghost


def number_of(query: Mapping[str, str], key: str, sentence: str, notes: list[str]) -> float | None:
    """The finite number of a key, if it is there."""
    if key not in query:
        return None
    try:
        value = float(query[key])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        notes.append(f"The {sentence}; not “{query[key][:40]}”.")
        return None
    return value
