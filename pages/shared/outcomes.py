"""Outcomes of experiments, waited for: with progress and a way out if it takes long."""

from __future__ import annotations

from concurrent.futures import CancelledError, wait

import streamlit as st

from dynamics import Experiment, Outcome
from pages.shared.controls import touch
from pages.shared.progress import QUIET_SECONDS, state_of, waited
from server import pace, runs


def outcomes(experiments: list[Experiment], notes, progress) -> list[Outcome]:
    """What they come to, with progress and a way out if it takes long. A changed control ends this wait, and the runs.

    Raises ValueError, with a sentence, for what cannot be computed, or not now.
    """
    stopped: dict[Experiment, runs.Run[Outcome]] = st.session_state.get("stopped", {})
    if any(experiment in stopped for experiment in experiments):
        notes.button("Run it again", key="again", on_click=_start_again)
    else:
        st.session_state.pop("stopped", None)
    known = {experiment: runs.known(experiment) for experiment in experiments}
    wanted = {experiment: stopped[experiment] for experiment in experiments if known[experiment] is None and experiment in stopped}
    joined: list[runs.Run[Outcome]] = []
    try:
        for experiment, outcome in known.items():
            if outcome is None and experiment not in wanted:
                wanted[experiment] = runs.simulation(experiment)
                joined.append(wanted[experiment])
        _wait(wanted, progress)
        found = {experiment: run.future.result() for experiment, run in wanted.items()}
    except CancelledError as error:
        raise ValueError("This was stopped before there was anything to see.") from error
    finally:
        for run in joined:
            run.leave()
    return [known[experiment] or found[experiment] for experiment in experiments]


def _wait(pending: dict[Experiment, runs.Run[Outcome]], progress) -> None:
    futures = [run.future for run in pending.values()]
    if waited(futures, QUIET_SECONDS):
        return
    with progress.container(key="progress", horizontal=True, vertical_alignment="center"):
        bar = st.empty()
        st.button("Cancel", key="cancel", on_click=_stop, args=(pending,))
    with pace.aside():
        while wait(futures, 0.1).not_done:
            fraction = sum(run.fraction for run in pending.values()) / len(pending)
            slowest = max(pending.values(), key=lambda run: run.seconds_left or 0.0)
            bar.progress(min(fraction, 1.0), state_of(slowest))
    progress.empty()


def _stop(pending: dict[Experiment, runs.Run[Outcome]]) -> None:
    """These runs were left when the button was pressed; what they have reached so far is shown."""
    touch()
    st.session_state.stopped = pending


def _start_again() -> None:
    touch()
    del st.session_state["stopped"]
