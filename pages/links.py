"""A scene: an experiment and how it is looked at. One scene is one link.

The experiment's part of a link is `dynamics`' own. Beside it a link holds `projection` (the name of one of the landscape's views),
`clock` (of the time series) and `ghost` (the learning rate of the run shown behind), each only if it differs from its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dynamics import Experiment
from dynamics.landscape import View
from figures.landscape_figure import landscape_views
from figures.simulation import CLOCKS


@dataclass(frozen=True)
class Scene:
    """What is on the screen."""

    experiment: Experiment
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

    @staticmethod
    def from_query(query: Mapping[str, str]) -> tuple[Scene, list[str]]:
        """The scene of a link, and a sentence for each value that had to be replaced."""
        notes: list[str] = []
        experiment = Experiment.from_query(query, notes)
        known = [view.name for view in landscape_views(experiment.landscape)]
        projection = query.get("projection", "")
        if projection and projection not in known:
            notes.append(f"This landscape has no projection “{projection[:40]}”; it has {', '.join(known)}.")
            projection = ""
        clock = query.get("clock", CLOCKS[0])
        if clock not in CLOCKS:
            notes.append(f"The clock is one of {', '.join(CLOCKS)}; not “{clock[:40]}”.")
            clock = CLOCKS[0]
        return Scene(experiment, projection, clock, _ghost(query, experiment, notes)), notes


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
