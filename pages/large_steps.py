"""Large learning rates on a diagonal linear network: a published experiment, run again here, with its numbers beside ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar

import streamlit as st

from dynamics.settings import Setting
from dynamics.studies.large_steps import DRAWS, Curve, large_steps, setting
from figures.large_steps import comparison_table, count_panel, loss_panel, source
from pages.shared.begin import begin
from pages.shared.controls import setting_control
from pages.shared.panel import panel
from pages.shared.progress import follow
from pages.shared.scene import PublishedScene
from pages.shared.sentences import plain


class LargeSteps(PublishedScene):
    settings: ClassVar[tuple[Setting, ...]] = (DRAWS,)


def render() -> None:
    begun = begin("large_steps", LargeSteps, _controls)
    draws = begun.scene.draws
    try:
        given = setting()
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    st.markdown(f"## {given.title}\n{source(draws)} Published are the numbers that their notebook prints.")
    work = partial(large_steps, draws=draws)
    follow("large_steps", ("large steps", draws), work, lambda curves, done: _show(curves, done, draws))


def _controls(scene: LargeSteps) -> LargeSteps:
    st.markdown(
        "No label is noisy here. But at a learning rate near the edge of stability SGD on single samples does not reach zero loss, "
        "and as long as it does not, its own noise drives it as label noise would: towards sparse coefficients. The longer the "
        "learning rate stays large, the fewer are left when it drops."
    )
    st.latex(
        r"\begin{aligned} L &= \tfrac{1}{2n} \textstyle\sum_i r_i^2, \\ r_i &= \langle z_i, u \circ v \rangle - y_i \end{aligned}"
    )
    with suppress(ValueError):  # the page says why it cannot be read
        given = setting()
        st.caption(
            f"{given.steps:,} steps of {len(given.runs) * given.paths:,} paths, {given.paths:,} at each learning rate, with "
            f"{2 * given.features:,} weights."
        )
    return replace(scene, draws=setting_control(DRAWS, scene.draws))


def _show(curves: tuple[Curve, ...], done: bool, draws: int) -> None:
    for column, (name, picture) in zip(st.columns(2, gap="small"), (("loss", loss_panel), ("count", count_panel)), strict=True):
        with column:
            panel(picture(curves), f"large-steps-{name}")
    st.markdown(comparison_table(curves, done, draws))
    if not done:
        return
    same = "At η = 0.25 our number is theirs to eight digits. " if draws == 0 else ""
    st.markdown(
        f"{same}At η = 0.282 steps are at the edge of stability: rounding grows until "
        "two computers are on two paths, and on other samples some paths diverge. What stays is what the table says: fewer and "
        "fewer coefficients, and a test loss more than ten times smaller."
    )
