"""The limit of a landscape of one's own: in symbols where it is short, else in numbers, which can be had as a file in any case.

It is written down by a thread of its own: nothing that is typed waits for it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from dynamics import Experiment
from dynamics.inspection.symbols import Symbols
from dynamics.inspection.table import Table
from dynamics.inspection.written import Written, limit_written
from dynamics.landscapes.latex import spelled
from dynamics.optimizers import SGD
from dynamics.settings import in_words
from exports.numbers import comments
from figures.about import about_page
from figures.caption import noise_words, place
from pages.shared.progress import follow
from pages.shared.sentences import plain

QUIET_SECONDS = 0.05  # that typing may wait for it
ROWS_SHOWN = 8


def limit_of(experiment: Experiment) -> None:
    """The section, in a fragment of its own."""
    landscape, optimizer, start = experiment.landscape, experiment.optimizer, experiment.start
    noise = experiment.limit_noise if optimizer.through_flow else experiment.noise
    if optimizer == SGD:
        st.markdown("The limit")
    elif optimizer.through_flow:
        st.markdown(f"The limit of {optimizer.label}")
        st.caption(f"It is SGD’s, in the slow time t = {optimizer.clock}.")
    else:
        st.markdown("The limit of SGD")
        st.caption(f"That of {optimizer.label} is another one: Anatomy has the parts of its drift, Optimizers its paths.")
    follow(
        "limit", ("limit", landscape, noise, start), partial(limit_written, landscape, noise, start),
        lambda found, _: _show(found, experiment),
        quiet=QUIET_SECONDS, meanwhile=lambda: st.caption("It is being written down."),
    )  # fmt: skip


def _show(found: Written, experiment: Experiment) -> None:
    _symbols(found.symbols)
    if found.table is None:
        st.caption(f"There is no table of the limit: {plain(found.why)}")
        return
    if found.symbols.equation is None:
        _numbers(found.table, experiment.landscape.variables)
    said = {"caption": f"The limit at points of Γ of {place(experiment.landscape)}, {_whose(experiment)}"}
    said |= about_page("bench", experiment.to_query(), experiment.seed)
    count = len(found.table.rows)
    st.download_button(
        f"Download the limit at {count} point{'s' * (count > 1)} of Γ", comments(said) + found.table.csv(), "limit.csv", "text/csv",
        key="bench.table", help="Points, eigenvalues of ∇²L, each part of the drift and the diffusion, to twelve digits.",
    )  # fmt: skip


def _whose(experiment: Experiment) -> str:
    """Under which noise, and of which optimizer where that is not plain."""
    optimizer = experiment.optimizer
    if optimizer == SGD:
        return experiment.noise.words
    if optimizer.through_flow:
        return f"{noise_words(experiment)}, {optimizer.words}, t = {optimizer.clock}"
    return f"{experiment.noise.words}, of SGD"


def _symbols(symbols: Symbols) -> None:
    for latex in filter(None, (symbols.gradient, symbols.chart and rf"\Gamma:\quad {symbols.chart}", symbols.hessian)):
        st.latex(latex)
    if symbols.eigenvalues:
        st.latex(r",\quad ".join(rf"\lambda_{{{k + 1}}} = {value}" for k, value in enumerate(symbols.eigenvalues)))
    if symbols.equation is not None:
        st.latex(symbols.equation)
        strengths = ", ".join(f"{spelled(str(symbol))} = {in_words(value)}" for symbol, value in symbols.values)
        numbers = f" Now {strengths}." if strengths else ""
        st.caption(
            f"An Itô equation in slow time t, confirmed against the numbers at {len(symbols.curve.samples)} points of Γ.{numbers}"  # type: ignore[union-attr]
        )
    else:
        st.caption(symbols.reason)


def _numbers(table: Table, variables: tuple[str, ...]) -> None:
    """The first columns of the table that say where the limit goes: point, drift, eigenvalues."""
    shown = [*variables, *(f"drift_{name}" for name in variables)]
    chosen = [k for k, name in enumerate(table.columns) if name in shown or name.startswith("lambda_")]
    rows = table.rows[:ROWS_SHOWN, chosen]
    head = [_heading(table.columns[k]) for k in chosen]
    cells = [head, ["---:"] * len(head), *([f"{value:.4g}".replace("-", "−") for value in row + 0.0] for row in np.round(rows, 12))]
    with st.container(key="bench-table"):
        st.markdown("\n".join(f"| {' | '.join(line)} |" for line in cells))
    points = f"The first {len(rows)} of {len(table.rows)} points" if len(table.rows) > len(rows) else "The points found"
    st.caption(f"{points} of Γ, the eigenvalues of ∇²L that are not 0, and the drift.")


def _heading(column: str) -> str:
    name, _, index = column.partition("_")
    return rf"$\lambda_{{{index}}}$" if name == "lambda" else f"drift of *{index}*" if name == "drift" else f"*{column}*"
