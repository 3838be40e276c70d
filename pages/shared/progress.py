"""Computations that take longer than a person likes to wait: how far they are, what they have found so far, and a way out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

import streamlit as st

from pages.shared.component import for_all
from pages.shared.controls import touch
from pages.shared.sentences import plain
from server import pace, runs

Value = TypeVar("Value")

QUIET_SECONDS = 0.3  # a shorter run shows no progress
LOOK_SECONDS = 0.4  # between two looks at a run under way
GLANCE_SECONDS = 0.05  # between two looks at whether this script is still wanted
LEASE_SECONDS = 5.0  # a run stops if nobody has looked at it for so long


def waited(futures: Collection[Future], seconds: float) -> bool:
    """Whether all are done within so long. A script that a newer one of its session replaces ends here, and leaves its runs."""
    deadline = monotonic() + seconds
    while wait(futures, max(0.0, min(GLANCE_SECONDS, deadline - monotonic()))).not_done:
        _ = st.session_state.get("scene")  # where Streamlit ends a script
        if monotonic() >= deadline:
            return False
    return True


def state_of(run: runs.Run) -> str:
    return "Waiting in line: other computations come first." if run.started is None else time_left(run.seconds_left)


def time_left(seconds: float | None) -> str:
    if seconds is None:
        return "Simulating. The first run after installation compiles the loops: some seconds, once."
    minutes, rest = divmod(round(seconds), 60)
    return f"Simulating: {f'{minutes} min {rest:02d} s' if minutes else f'{rest} s'} left"


def follow(
    place: str,
    key: Hashable,
    work: runs.Work[Value],
    show: Callable[[Value, bool], None],
    instead: Callable[[ValueError], None] = lambda error: None,
    *,
    quiet: float = QUIET_SECONDS,
    meanwhile: Callable[[], object] | None = None,
    here: bool = False,
) -> None:
    """Show the stages of a run as they come, without holding up the page: `show(stage, whether it is the last)`.

    `place` names this place on the page. Equal keys must mean equal work. A ValueError of the work becomes its sentence, and
    `instead` what is offered under it. A run that nobody follows any longer ends by itself. The page waits for `quiet`
    seconds before it says anything; `meanwhile` stands for how far the run is, and the way out, where it is too short for them.
    With `here` the run is this server's even if there is a cluster.
    """
    following: dict[str, _Following[Value]] = st.session_state.setdefault("following", {})
    before = following.get(place)
    if before is None or before.key != key:
        if before is not None:
            before.leave()
        try:
            following[place] = _Following(key, None if runs.known(key) is not None else runs.request(key, work, here=here))
        except runs.Full as error:
            following.pop(place, None)
            st.warning(plain(error))
            st.button("Try again", key=f"{place}-try", on_click=touch)
            return
    followed = following[place]
    if followed.run is not None:
        followed.run.lease(LEASE_SECONDS)
        with pace.aside():
            waited([followed.run.future], quiet)
    looking = followed.under_way
    st.fragment(_look, run_every=LOOK_SECONDS if looking else None)(place, followed, looking, show, instead, meanwhile)


@dataclass
class _Following(Generic[Value]):
    """What a session follows; `run` is None if the result was known before."""

    key: Hashable
    run: runs.Run[Value] | None
    left: bool = False

    @property
    def under_way(self) -> bool:
        return self.run is not None and not (self.left or self.run.stopped or self.run.future.done())

    def leave(self) -> None:
        if self.run is not None and not self.left:
            self.run.leave()
            self.left = True


def _look(
    place: str,
    followed: _Following[Value],
    looking: bool,
    show: Callable[[Value, bool], None],
    instead: Callable[[ValueError], None],
    meanwhile: Callable[[], object] | None,
) -> None:
    under_way, known = followed.under_way, runs.known(followed.key)
    moved = "touched" in st.session_state  # by something within this fragment: the page has dealt with all else
    if moved or looking != under_way or st.session_state.following.get(place) is not followed:
        st.rerun()
    state = st.empty()
    if known is not None:
        with for_all():
            show(known, True)
        return
    run = followed.run
    if run is None:  # forgotten since: others were looked at
        del st.session_state.following[place]
        st.rerun()
    elif under_way:
        run.lease(LEASE_SECONDS)
        if meanwhile is not None:
            meanwhile()
            return
        with state.container(key=f"{place}-progress", horizontal=True, vertical_alignment="center"):
            st.progress(min(run.fraction, 1.0), state_of(run))
            st.button("Stop", key=f"{place}-stop", on_click=followed.leave)
    elif run.future.done() and isinstance(error := run.future.exception(), ValueError):
        state.warning(plain(error))
        instead(error)
        return
    else:
        with state.container(key=f"{place}-stopped", horizontal=True, vertical_alignment="center"):
            st.markdown("Stopped before it was done.", width="content")
            st.button("Go on", key=f"{place}-again", on_click=_again, args=(place,))
    if run is not None and run.latest is not None:
        show(run.latest, False)


def _again(place: str) -> None:
    touch()
    del st.session_state.following[place]
