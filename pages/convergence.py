"""Convergence in law: SGD at a ladder of learning rates against the limit, with a verdict and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st

from content.catalogue import OPENS_WITH
from dynamics import Experiment
from dynamics.settings import Number, Setting, Switch, Text
from dynamics.studies.convergence import ACCURACY, FIRST_PATHS, RUNGS, Convergence, ladder, ladder_cost, percent, stages
from figures.caption import number
from figures.convergence import density_panel, distance_panel, quantile_panel, verdict_text, weak_panel
from pages.shared.begin import begin
from pages.shared.controls import control, experiment_controls, setting_control
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene

MOMENTS = (0.125, 0.25, 0.5, 0.75, 1.0)
ACCURACIES = (0.02, 0.03, 0.05, 0.1, 0.2, 0.3)
LEARNING_RATES = Number(
    name="rungs", title="number of learning rates", heading="Learning rates, each half the one before", default=RUNGS, whole=True,
    among=(3, 4, 5, 6),
    meaning=(
        "How many runs of SGD are compared with the limit. Try one more: it tells better what is left at η → 0, and costs most."
    ),
)  # fmt: skip
OBSERVABLE = Text(
    name="observable", title="observable", meaning="What is measured, at Φ(x): a formula in the variables. Try x*x - y*y.",
)  # fmt: skip
RESOLVED = Number(
    name="accuracy", title="accuracy", heading="Asked-for accuracy", default=ACCURACY, among=ACCURACIES,
    meaning=(
        "How finely the difference from the limit at η → 0 is to be resolved, as a share of the limit’s spread. Try half: four "
        "times as many paths."
    ),
)  # fmt: skip
MOMENT = Number(
    name="moment",
    title="moment, a share of the horizon,",
    heading="Compared at",
    default=1.0,
    among=MOMENTS,
    meaning="The slow time at which the laws are compared. Try an early one, before the limit has settled.",
)
RICHARDSON = Switch(
    name="richardson",
    title="Richardson extrapolation in *η*",
    meaning="Try it: twice the smallest rate’s mean less the next one’s, in which the error of first order in η cancels.",
)
PATH_STEPS_PER_SECOND = 1.2e8
INSTEAD = " The usual observable is taken instead."
SIGNS = {
    "agrees": "✓",
    "disagrees": "✗",
    "not enough paths": "…",
    "learning rate too large": "!",
    "lost paths": "!",
    "rank changes": "!",
}


@dataclass(frozen=True)
class Question(Scene):
    """`rungs` learning rates from the experiment's down by halves; `observable` a formula, "" is the usual one.

    `accuracy` is what the verdict resolves, as a share of the limit's spread; laws are compared at `moment` · horizon.
    """

    settings: ClassVar[tuple[Setting, ...]] = (LEARNING_RATES, OBSERVABLE, RESOLVED, MOMENT, RICHARDSON)
    optimizers: ClassVar[bool] = True
    of_landscape: ClassVar[tuple[str, ...]] = ("observable",)
    opens_with: ClassVar[Mapping[str, str]] = OPENS_WITH["convergence"]

    rungs: int = RUNGS
    observable: str = ""
    accuracy: float = ACCURACY
    moment: float = 1.0
    richardson: bool = False

    @property
    def asked(self) -> Experiment:
        return replace(self.experiment, horizon=self.moment * self.experiment.horizon)

    @property
    def ladder(self) -> tuple[float, ...]:
        return ladder(self.asked, self.rungs)

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        observable, refused = _checked(self.experiment, self.observable)
        if refused:
            notes.append(refused)
        return replace(self, observable=observable)


def _checked(experiment: Experiment, observable: str) -> tuple[str, str]:
    """The formula, or "" and why not."""
    try:
        if observable:
            experiment.landscape.evaluate([observable], experiment.start)
    except ValueError as error:
        return "", f"{error}{INSTEAD}"
    return observable, ""


def render() -> None:
    scene = begin("convergence", Question, _controls).scene
    rates = scene.ladder

    work = partial(stages, scene.asked, rates, observable=scene.observable or None, accuracy=scene.accuracy)
    key = ("convergence", scene.asked, rates, scene.observable, scene.accuracy)
    follow("convergence", key, work, lambda found, last: _show(scene, found, last))
    st.container(key="ladder").caption(_bookkeeping(scene))


def _bookkeeping(scene: Question) -> str:
    """What is run, and what it costs."""
    rates = scene.ladder
    cost = ladder_cost(scene.asked, rates, FIRST_PATHS)
    steps = ", ".join(f"{scene.asked.at_rate(rate).steps:,}" for rate in rates)
    seconds = max(0.5, cost / PATH_STEPS_PER_SECOND)
    return (
        f"Learning rates **{', '.join(number(rate, 3) for rate in rates)}**, of {steps} steps; {FIRST_PATHS:,} paths each at "
        f"first: {number(cost / 1e6, 2)} million path-steps, about {seconds:.1f} s. Then twice as many, until the difference at "
        f"η → 0 is known to {percent(scene.accuracy)} of the limit’s spread."
    )


def _controls(scene: Question) -> Question:
    def own() -> None:
        nonlocal scene
        fewest, most = int(min(LEARNING_RATES.among)), int(max(LEARNING_RATES.among))
        rungs = st.slider(LEARNING_RATES.label, fewest, most, help=LEARNING_RATES.meaning, **control("rungs", scene.rungs))
        moment = st.select_slider(
            MOMENT.label, MOMENTS, format_func=lambda share: f"t = {number(share * scene.experiment.horizon)}",
            help=MOMENT.meaning, **control("moment", scene.moment),
        )  # fmt: skip
        accuracy = st.select_slider(
            RESOLVED.label, ACCURACIES, format_func=percent, **control("accuracy", scene.accuracy), help=RESOLVED.meaning,
        )  # fmt: skip
        formula = st.text_input(
            OBSERVABLE.label, **control("observable", scene.observable), placeholder="arc length, or the first variable",
            help=OBSERVABLE.meaning,
        )  # fmt: skip
        richardson = setting_control(RICHARDSON, scene.richardson)
        scene = replace(
            scene, rungs=rungs, moment=moment, accuracy=accuracy, observable=(formula or "").strip(), richardson=richardson
        )

    experiment = experiment_controls(scene.experiment, own, optimizers=True)
    _, refused = _checked(experiment, scene.observable)
    if refused:
        raise ValueError(refused.removesuffix(INSTEAD))
    return replace(scene, experiment=experiment)


def _show(scene: Question, found: Convergence, last: bool) -> None:
    headline, reason = verdict_text(found)
    more = "" if last or found.verdict != "not enough paths" else " More paths come while it runs."
    with st.container(key="verdict"):
        st.markdown(f"## {SIGNS[found.verdict]} {headline}\n{reason}{more}")
    if not found.rungs:  # all paths diverged: no law to draw
        return
    left, right = st.columns(2, gap="small")
    with left:
        stage_panel(found, "laws", density_panel, scene.richardson)
        stage_panel(found, "quantiles", quantile_panel)
    with right:
        stage_panel(found, "distances", distance_panel)
        stage_panel(found, "weak", weak_panel, scene.richardson)
