"""The limit of a landscape of one's own: in symbols where it is short, else in numbers, which can be had as a file in any case.

It is written down by a thread of its own: nothing that is typed waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dynamics import Experiment, limit_in_symbols, limit_table
from dynamics.landscape import Landscape
from dynamics.noise import Noise
from dynamics.symbols import Symbols
from dynamics.table import Table, table_points
from pages import runs

QUIET_SECONDS = 0.05  # that typing may wait for it
LOOK_SECONDS = 0.4  # between two looks at what is being written down
LEASE_SECONDS = 4.0  # what nobody has looked at for so long is given up: a formula that is typed leaves many behind
ROWS_SHOWN = 8


@dataclass(frozen=True, eq=False)
class _Limit:
    symbols: Symbols
    table: Table | None
    why: str = ""  # there is no table


def limit_of(experiment: Experiment) -> None:
    """The section, in a fragment of its own."""
    landscape, noise, start = experiment.landscape, experiment.noise, experiment.start
    key = ("limit", landscape, noise, start)
    work = _work(landscape, noise, start)
    waiting = not _written(key, work)
    st.fragment(_look, run_every=LOOK_SECONDS if waiting else None)(key, work, waiting, landscape.variables)


def _written(key: Hashable, work: runs.Work[_Limit]) -> bool:
    """Whether it is known by now; if not, it goes on."""
    if runs.known(key) is None:
        run = runs.request(key, work)
        run.lease(LEASE_SECONDS)
        wait([run.future], QUIET_SECONDS)
    return runs.known(key) is not None


def _work(landscape: Landscape, noise: Noise, start: tuple[float, ...]) -> runs.Work[_Limit]:
    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[_Limit]:
        if cancel():
            return
        symbols = limit_in_symbols(landscape, noise)
        try:
            yield _Limit(symbols, limit_table(landscape, noise, table_points(landscape, start)))
        except ValueError as error:
            yield _Limit(symbols, None, str(error))

    return work


def _look(key: Hashable, work: runs.Work[_Limit], waiting: bool, variables: tuple[str, ...]) -> None:
    if waiting and _written(key, work):
        st.rerun()  # which ends the looking
    found: _Limit | None = runs.known(key)
    if not waiting and found is None:  # forgotten since: others were looked at
        st.rerun()
    st.markdown("The limit")
    if found is None:
        st.caption("It is being written down.")
        return
    _symbols(found.symbols)
    if found.table is None:
        st.caption(f"There is no table of the limit: {found.why}")
        return
    if found.symbols.equation is None:
        _numbers(found.table, variables)
    st.download_button(
        f"Download the limit at {len(found.table.rows)} points of Γ", found.table.csv(), "limit.csv", "text/csv", key="bench.table",
        help="Points, eigenvalues of ∇²L, each part of the drift and the diffusion, to twelve digits.",
    )  # fmt: skip


def _symbols(symbols: Symbols) -> None:
    for latex in filter(None, (symbols.gradient, symbols.chart and rf"\Gamma:\quad {symbols.chart}", symbols.hessian)):
        st.latex(latex)
    if symbols.eigenvalues:
        st.latex(r",\quad ".join(rf"\lambda_{{{k + 1}}} = {value}" for k, value in enumerate(symbols.eigenvalues)))
    if symbols.equation is not None:
        st.latex(symbols.equation)
        strengths = ", ".join(f"{symbol} = {value:g}" for symbol, value in symbols.values)
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
    st.caption(f"The first {len(rows)} of {len(table.rows)} points of Γ, the eigenvalues of ∇²L that are not 0, and the drift.")


def _heading(column: str) -> str:
    name, _, index = column.partition("_")
    return rf"$\lambda_{{{index}}}$" if name == "lambda" else f"drift of *{index}*" if name == "drift" else f"*{column}*"
