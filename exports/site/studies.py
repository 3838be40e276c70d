"""What the gallery's entries show that are no single run: the words and the panels of their pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from dynamics import Experiment, convergence, limit_map, noise, two_clocks
from dynamics.limit.chart import Chart
from dynamics.settings import read, strict
from dynamics.studies.anatomy import curve_through
from dynamics.studies.assumptions import BREACHES, Measured, measured
from dynamics.studies.clocks import DISPLACEMENT
from dynamics.studies.convergence import ACCURACY, RUNGS, Convergence, ladder
from dynamics.studies.disagreement import disagreement
from dynamics.studies.exact import exact_density
from dynamics.studies.flatness import OF_A_MODEL, numbers_on, of_landscape, of_model
from dynamics.studies.large_steps import large_steps
from dynamics.studies.needs import trials
from dynamics.studies.network import SETTINGS as DIGITS
from dynamics.studies.network import OnDigits, on_network
from dynamics.studies.recovery import MEASURES, SETTINGS, Recovered, Recovery, recover
from dynamics.studies.shape_matters import setting, shape_matters
from dynamics.sweeps.results import shipped
from exports.site.alternatives import Query
from exports.site.runs import simulated
from figures import assumptions, clocks, densities, flatness, gallery, needs, network, phases, recovery
from figures import convergence as laws
from figures import large_steps as published
from figures.anatomy import anatomy_picture, anatomy_views
from figures.caption import place
from figures.panel import Panel

Study = tuple[str, list[Panel]]  # words, in Markdown, and panels


def _clocks(query: Query) -> Study:
    found = two_clocks(Experiment.from_query(query), observable=query.get("observable", DISPLACEMENT))
    return clocks.collapse_text(found), [clocks.clocks_panel(found, axis) for axis in ("steps", "slow")]


@lru_cache(maxsize=8)
def _compared(experiment: Experiment, rungs: int, observable: str | None, accuracy: float) -> Convergence:
    return convergence(experiment, ladder(experiment, rungs), observable=observable, accuracy=accuracy)


def _convergence(query: Query) -> Study:
    experiment = Experiment.from_query(query)
    asked = replace(experiment, horizon=float(query.get("moment", 1.0)) * experiment.horizon)
    rungs, accuracy = int(query.get("rungs", RUNGS)), float(query.get("accuracy", ACCURACY))
    found, too = _compared(asked, rungs, query.get("observable"), accuracy), query.get("richardson") == "1"
    headline, reason = laws.verdict_text(found)
    panels = [laws.density_panel(found, too), laws.distance_panel(found), laws.quantile_panel(found), laws.weak_panel(found, too)]
    return f"**{headline}.** {reason}", panels


def _densities(query: Query) -> Study:
    *_, found = exact_density(Experiment.from_query(query))
    target = densities.target_on(found, float(query["target"]) if "target" in query else None)
    panels = [densities.density_panel(found), densities.coefficients_panel(found), densities.passage_panel(found, target)]
    return " ".join(densities.facts(found)), [panel for panel in panels if panel is not None]


def broken(query: Query) -> Experiment:
    """The experiment in which an assumption is broken, as far as the link says."""
    breach = BREACHES[query.get("case", next(iter(BREACHES)))]
    return breach.broken(Experiment.from_query(query), float(query.get("degree", breach.opens)))


@lru_cache(maxsize=8)
def _at_all_degrees(experiment: Experiment, case: str) -> Measured:
    *_, found = measured(experiment, BREACHES[case])
    return found


def _assumptions(query: Query) -> Study:
    case = query.get("case", next(iter(BREACHES)))
    breach, found = BREACHES[case], _at_all_degrees(Experiment.from_query(query), case)
    words = f"{breach.assumption}\n\n{assumptions.verdict(disagreement(simulated(broken(query))))}"
    return words, [assumptions.disagreement_panel(breach, found)]


def _at_the_point(query: Query) -> tuple[Experiment, np.ndarray, Chart | None]:
    """The experiment, Φ of its start, and Γ there, if it is a curve."""
    experiment = Experiment.from_query(query)
    point = limit_map(experiment.landscape, np.array(experiment.start))
    return experiment, point, curve_through(experiment.landscape, experiment.start, point)


def anatomy_of(query: Query) -> bytes:
    """The anatomy's picture, which answers to hands by itself."""
    experiment, point, chart = _at_the_point(query)
    return anatomy_picture(replace(experiment, paths=1), point, chart, anatomy_views(experiment.landscape)[0])


def _anatomy(query: Query) -> Study:
    experiment, point, chart = _at_the_point(query)
    *_, found = trials(replace(experiment, start=tuple(point.tolist()), scheme="explicit"), chart)
    return needs.verdict(found), [needs.along_panel(found), needs.distance_panel(found)]


def _flatness(query: Query) -> Study:
    on = query.get("on")
    if on is None:
        experiment = Experiment.from_query(query)
        *_, found = of_landscape(experiment)
        where, acting, rate, span = place(experiment.landscape), experiment.noise, experiment.learning_rate, experiment.horizon
    else:
        rate, span, scale, seed = numbers_on(on, read(OF_A_MODEL.values(), query, {}, strict))
        where, acting = on, noise("label", scale=scale)
        *_, found = of_model(on, learning_rate=rate, scale=scale, horizon=span, seed=seed)
    return f"{found.sentence}\n\n{flatness.verdict(found, acting)}", [
        flatness.trace_panel(found, where, acting, rate),
        flatness.ends_panel(found, where, span),
    ]


@lru_cache(maxsize=8)
def _recovered(asked: Recovery) -> Recovered:
    *_, found = recover(asked)
    return found


def _recovery(query: Query) -> Study:
    found = _recovered(Recovery(**read(SETTINGS.values(), query, vars(Recovery()), strict)))
    curves = [recovery.measure_panel(found, each, query.get("clock", "logarithmic")) for each in MEASURES]
    return recovery.summary(found), [recovery.stems_panel(found), *curves]


def _phases(query: Query) -> Study:
    return "", [phases.phase_panel(*shipped(query["diagram"]), query["method"])]


def _shape_matters(query: Query) -> Study:
    given = setting()
    *_, found = shape_matters(seed=int(query.get("draws", 0)))
    words = f"{given.reference}, on the data that the authors’ program draws from its seed {given.data_seed}."
    return f"{words}\n\n{gallery.comparison_table(found, True)}", [gallery.error_panel(found)]


def _network(query: Query) -> Study:
    *_, found = on_network(OnDigits(**read(DIGITS.values(), query, vars(OnDigits()), strict)))
    shown = (
        network.trace_panel, network.root_panel, network.error_panel, network.descent_panel, network.steps_panel,
        network.loss_panel,
    )  # fmt: skip
    words = (network.summary(found), network.outcomes(found), " ".join(network.strained(found)))
    return "\n\n".join(words), [panel(found) for panel in shown]


def _large_steps(query: Query) -> Study:
    draws = int(query.get("draws", 0))
    *_, found = large_steps(draws=draws)
    words = f"{published.source(draws)}\n\n{published.comparison_table(found, True, draws)}"
    return words, [published.loss_panel(found), published.count_panel(found)]


STUDIES: dict[str, Callable[[Query], Study]] = {
    "anatomy": _anatomy, "assumptions": _assumptions, "clocks": _clocks, "convergence": _convergence, "densities": _densities,
    "flatness": _flatness, "gallery": _shape_matters, "large_steps": _large_steps, "network": _network, "phases": _phases,
    "recovery": _recovery,
}  # fmt: skip
