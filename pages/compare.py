"""Two experiments side by side, on one landscape and under one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st

from dynamics import Experiment, Outcome
from dynamics.settings import Setting
from figures.comparison import compared, differences
from figures.landscape_figure import landscape_views
from figures.simulation import pickable, simulation_blob
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import experiment_controls, forget, projection_control, touch
from pages.shared.outcomes import outcomes
from pages.shared.pictures import whole
from pages.shared.player import player
from pages.shared.scene import CLOCK, PROJECTION, Picture
from pages.shared.sentences import plain
from pages.shared.session import move
from pages.shared.steering import place_start, set_clock
from pages.shared.strain import strained, tell
from server import blobs

PREFIX = "other."  # of a key in which the right experiment differs; empty means what the landscape opens with
SIDES = ("Left", "Right")


@dataclass(frozen=True)
class Pair(Picture):
    """`experiment` on the left; on the right `other`, or while that is None a partner that suits the left one."""

    settings: ClassVar[tuple[Setting, ...]] = (PROJECTION, CLOCK)
    of_landscape: ClassVar[tuple[str, ...]] = ("projection",)

    other: Experiment | None = None

    @property
    def right(self) -> Experiment:
        return _partner(self.experiment) if self.other is None else self.other

    @property
    def runs(self) -> Mapping[str, Experiment]:
        return {"left": self.experiment, "right": self.right}

    def to_query(self) -> dict[str, str]:
        query = super().to_query()
        if self.other is None:
            return query
        left, right = self.experiment.to_query(), self.other.to_query()
        different = {key for key in left | right if left.get(key) != right.get(key)}
        return query | ({PREFIX + key: right.get(key, "") for key in sorted(different)} or {"other": "same"})

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        scene = super().sound(query, notes)
        theirs = {key.removeprefix(PREFIX): value for key, value in query.items() if key.startswith(PREFIX)}
        if not theirs and query.get("other") != "same":
            return scene
        merged = scene.experiment.to_query() | theirs
        about: list[str] = []
        other = Experiment.from_query({key: value for key, value in merged.items() if value}, about)
        notes += [f"Right: {sentence}" for sentence in about]
        if other.landscape.definition != scene.experiment.landscape.definition:
            notes.append("Two experiments are compared on one landscape: the right one takes the left one's.")
            return scene
        return replace(scene, other=other)

    def moved(self, experiment: Experiment) -> Self:
        return replace(super().moved(experiment), other=None)


def _partner(experiment: Experiment) -> Experiment:
    """The other noise: label noise against isotropic, which says most about what the covariance does; else the smaller step."""
    if experiment.noise.kind != "isotropic":
        return replace(experiment, noise="isotropic")  # type: ignore[arg-type]
    return replace(experiment, learning_rate=experiment.learning_rate / 2)


def render() -> None:
    begun = begin("compare", Pair, _controls, _buttons)
    _pictures(begun.scene, begun.notes, st.empty())


def _buttons(scene: Pair) -> None:
    st.button("Swap", key="swap", on_click=_swap, help="Left to right and right to left.")


def _controls(scene: Pair) -> Pair:
    st.session_state.setdefault("side", SIDES[1])
    side = st.segmented_control(
        "Settings of", SIDES, key="side", required=True, on_change=_turn, width="stretch",
        help="Which of the two the settings below are of. Try to change one thing in one of them.",
    )  # fmt: skip
    projection = scene.projection

    def view() -> None:
        nonlocal projection
        projection = projection_control(scene.experiment.landscape, scene.view)

    pair = [scene.experiment, scene.right]
    mine = SIDES.index(side)
    said = experiment_controls(pair[mine], view, picture=pickable(pair[mine].landscape, scene.view), optimizers=True)
    if projection not in {view.name for view in landscape_views(said.landscape)}:
        projection = ""
    if said == pair[mine]:
        return replace(scene, projection=projection)
    pair[mine] = said
    if pair[1 - mine].landscape.definition != said.landscape.definition:
        pair[1 - mine] = replace(pair[1 - mine], landscape=said.landscape, start=said.start)
    return replace(scene, experiment=pair[0], other=pair[1], projection=projection)


def _turn() -> None:
    touch()
    forget()


def _swap() -> None:
    scene: Pair = st.session_state.scene
    move(replace(scene, experiment=scene.right, other=scene.experiment))


def _pictures(scene: Pair, notes, progress) -> None:
    pair = scene.experiment, scene.right
    try:
        found = dict(zip(pair, outcomes(list(dict.fromkeys(pair)), notes, progress), strict=False))
    except ValueError as error:
        notes.warning(plain(error))
        return
    different = differences(*pair)
    st.markdown(compared(*pair))
    for index, column in enumerate(st.columns(2, gap="small")):
        with column:
            values = plain("; ".join(row[1 + index] for row in different))
            st.markdown(f"**{SIDES[index]}**{': ' if values else ''}{values}")
            blob = _blob(scene, SIDES[index], found[pair[index]], found[pair[1 - index]])
        with column, for_all(whole(*found.values())):
            player(blob, partial(_place_start, index), partial(set_clock, _key(index)), _key(index), together=True)
        with column:
            tell(strained(found[pair[index]]))


def _blob(scene: Pair, side: str, outcome: Outcome, beside: Outcome) -> bytes:
    make = partial(simulation_blob, outcome, scene.view, scene.clock, beside=beside)
    return blobs.made((scene, side) if whole(outcome, beside) else None, make)


def _key(index: int) -> str:
    return f"player.{SIDES[index]}"


def _place_start(index: int) -> None:
    """A click on one of the pictures: it moves both starts if they were the same."""
    scene: Pair = st.session_state.scene
    pair = [scene.experiment, scene.right]
    together = pair[0].start == pair[1].start

    def there(start: tuple[float, ...]) -> Pair:
        for each in (0, 1) if together else (index,):
            pair[each] = replace(pair[each], start=start)
        return replace(scene, experiment=pair[0], other=pair[1])

    place_start(pair[index], there, _key(index))
