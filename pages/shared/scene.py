"""A scene: an experiment and how a page looks at it. One scene is one link.

The experiment's part of a link is `dynamics`' own. A page whose scene holds more declares it as settings, each of which is written
beside if it differs from its default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from dynamics import Experiment
from dynamics.landscapes.landscape import View
from dynamics.optimizers import SGD
from dynamics.settings import Choice, Number, Setting, Text, defaults_of, read, written
from figures.landscape_figure import landscape_views
from figures.simulation import CLOCKS

NAMES_A_LANDSCAPE = {"landscape", "residuals", "loss"}  # keys of a link


@dataclass(frozen=True)
class Scene:
    """What is on the screen. A page that shows more than an experiment has a class of its own, derived from this one."""

    settings: ClassVar[tuple[Setting, ...]] = ()  # what it holds beside its experiment: one for each field that a link holds
    of_landscape: ClassVar[tuple[str, ...]] = ()  # those that another landscape makes meaningless
    opens_with: ClassVar[Mapping[str, str]] = {}  # a link that names no landscape
    optimizers: ClassVar[bool] = False  # it shows any optimizer
    about: ClassVar[str] = "This page is about SGD"  # what a page says that does not

    experiment: Experiment

    def to_query(self) -> dict[str, str]:
        return self.experiment.to_query() | written(self.settings, self, self.defaults())

    @property
    def said(self) -> dict[str, Any]:
        """What the page's own settings are, by title."""
        return {each.title: getattr(self, each.name) for each in self.settings}

    @property
    def seed(self) -> float:
        """The page's own, where it has one; else its experiment's."""
        own = self.said.get("seed")
        return self.experiment.seed if own is None else own

    @property
    def runs(self) -> Mapping[str, Experiment]:
        """Those that the page shows and gives away, by name."""
        return {}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        """The scene of a link, and a sentence for each value that had to be replaced."""
        notes: list[str] = []
        given = query if NAMES_A_LANDSCAPE & set(query) else {**cls.opens_with, **query}
        experiment = Experiment.from_query(given, notes)
        if not cls.optimizers and experiment.optimizer != SGD:
            notes.append(f"{cls.about}: {experiment.optimizer.label} stays on the pages that show any optimizer.")
            experiment = replace(experiment, optimizer=SGD)
        chosen: dict[str, Any] = read(cls.settings, given, cls.defaults(), notes.append)
        return cls(experiment, **chosen).sound(query, notes), notes

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        return defaults_of(cls.settings)

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        """This scene with what does not go with its experiment replaced, and a sentence for each. `query` is its link."""
        return self

    def moved(self, experiment: Experiment) -> Self:
        """The same look at another landscape: what belongs to the one before is dropped."""
        return replace(self, experiment=experiment, **{name: self.defaults()[name] for name in self.of_landscape})


@dataclass(frozen=True)
class StudyScene(Scene):
    """A page about a study of its own: `setting` is that study's, a frozen dataclass whose defaults a link leaves out.

    The experiment is carried along for the other pages.
    """

    of_study: ClassVar[Mapping[str, Setting]] = {}
    usual: ClassVar[str]  # what is shown instead of a setting that is refused

    setting: Any = None  # a page gives its own default

    @property
    def said(self) -> dict[str, Any]:
        return super().said | {each.title: getattr(self.setting, each.name) for each in self.of_study.values()}

    def to_query(self) -> dict[str, str]:
        query = super().to_query()
        if self.experiment == Experiment.from_query({}):
            del query["landscape"]  # what is carried along need not be said while it is the usual one
        return query | written(self.of_study.values(), self.setting, vars(type(self.setting)()))

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        study = type(self.setting)
        try:
            return replace(self, setting=study(**read(self.of_study.values(), query, vars(study()), notes.append)))
        except ValueError as error:
            notes.append(f"{error} {self.usual} is shown instead.")
            return self


@dataclass(frozen=True)
class PublishedScene(Scene):
    """A page about a published experiment: `draws` is the seed of what is drawn anew, which its study declares as DRAWS.

    The experiment is carried along for the other pages.
    """

    draws: int = 0

    @property
    def seed(self) -> float:
        return self.draws


def start_at(experiment: Experiment, view: View, place: Sequence[float]) -> tuple[float, ...]:
    """The start that a click means at this place, along the view's first two axes; its other coordinates stay."""
    start = list(experiment.start)
    for axis, value in zip(view.axes[:2], place, strict=True):
        start[experiment.landscape.variables.index(axis)] = float(f"{value:.3g}")
    return tuple(start)


PROJECTION = Text(
    name="projection",
    title="projection",
    heading="View",
    meaning="From where the landscape is looked at; the run is the same. Try another one.",
)  # "" is the first view
CLOCK = Choice(
    name="clock",
    title="clock",
    options={clock: clock.capitalize() for clock in CLOCKS},
    default=CLOCKS[0],
    meaning=(
        "What the curves are drawn against: slow time kη², fast time kη, or steps on a logarithmic axis. Try fast time, to see "
        "the fall onto Γ."
    ),
)
GHOST = Number(
    name="ghost",
    title="learning rate of the earlier run",
    meaning="The run shown behind, for comparison.",
)


@dataclass(frozen=True)
class Picture(Scene):
    """A scene with a moving picture: `projection` is one of the landscape's views, `clock` is of the time series, `ghost` is the
    learning rate of the run shown behind."""

    settings: ClassVar[tuple[Setting, ...]] = (PROJECTION, CLOCK, GHOST)
    of_landscape: ClassVar[tuple[str, ...]] = ("projection", "ghost")
    optimizers: ClassVar[bool] = True

    projection: str = ""
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
    def experiments(self) -> list[Experiment]:
        """What is run: the experiment, and behind it the earlier one, if there is any. Raises ValueError, with a sentence."""
        behind = [] if self.ghost is None else [replace(self.experiment, learning_rate=self.ghost)]
        return [self.experiment, *behind]

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        known = [view.name for view in landscape_views(self.experiment.landscape)]
        scene = self
        if self.projection and self.projection not in known:
            notes.append(f"This landscape has no projection “{self.projection[:40]}”; it has {', '.join(known)}.")
            scene = replace(scene, projection="")
        try:
            _ = scene.experiments
        except ValueError as error:
            notes.append(f"There is no earlier run with learning rate “{query.get('ghost', '')[:40]}”: {error}")
            scene = replace(scene, ghost=None)
        return scene
