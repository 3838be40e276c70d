"""What the gallery's entries show that are no single run: the words and the panels of their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from dynamics import Experiment, convergence, limit_map, noise, two_clocks
from dynamics.limit.chart import Chart
from dynamics.resources import resource
from dynamics.settings import in_words, read, strict
from dynamics.studies.anatomy import curve_through
from dynamics.studies.assumptions import BREACHES, Measured, measured
from dynamics.studies.clocks import DISPLACEMENT
from dynamics.studies.disagreement import disagreement
from dynamics.studies.exact import exact_density
from dynamics.studies.flatness import EXAMPLES, of_landscape, of_model
from dynamics.studies.large_steps import large_steps
from dynamics.studies.large_steps import setting as edge_setting
from dynamics.studies.needs import trials
from dynamics.studies.network import SETTINGS as DIGITS
from dynamics.studies.network import OnDigits, on_network
from dynamics.studies.recovery import SETTINGS, Recovery, recover
from dynamics.studies.shape_matters import setting, shape_matters
from dynamics.sweeps.grid import Sweep
from dynamics.sweeps.results import finished
from exports.site.runs import noise_control, noises_of, simulated
from figures import assumptions, clocks, densities, flatness, gallery, needs, network, phases, recovery
from figures import convergence as laws
from figures import large_steps as published
from figures.anatomy import anatomy_picture, anatomy_views
from figures.caption import place
from figures.panel import Panel

Query = Mapping[str, str]
Study = tuple[str, list[Panel]]  # words, in Markdown, and panels


def _clocks(query: Query) -> Study:
    found = two_clocks(Experiment.from_query(query), observable=query.get("observable", DISPLACEMENT))
    return clocks.collapse_text(found), [clocks.clocks_panel(found, axis) for axis in ("steps", "slow")]


def _convergence(query: Query) -> Study:
    found = convergence(Experiment.from_query(query))
    headline, reason = laws.verdict_text(found)
    panels = [
        laws.density_panel(found, False), laws.distance_panel(found), laws.quantile_panel(found), laws.weak_panel(found, False),
    ]  # fmt: skip
    return f"**{headline}.** {reason}", panels


def _densities(query: Query) -> Study:
    *_, found = exact_density(Experiment.from_query(query))
    return " ".join(densities.facts(found)), [densities.density_panel(found), densities.coefficients_panel(found)]


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
        example = EXAMPLES[on]
        where, acting, rate, span = on, noise("label", scale=1.0), example.learning_rate, example.horizon
        *_, found = of_model(on, learning_rate=rate, scale=1.0, horizon=span, seed=0)
    return flatness.verdict(found, acting), [
        flatness.trace_panel(found, where, acting, rate),
        flatness.ends_panel(found, where, span),
    ]


def _recovery(query: Query) -> Study:
    *_, found = recover(Recovery(**read(SETTINGS.values(), query, vars(Recovery()), strict)))
    curves = [recovery.measure_panel(found, each, "logarithmic") for each in ("test_error", "loss", "l1_norm", "from_l1")]
    return recovery.summary(found), [recovery.stems_panel(found), *curves]


def _phases(query: Query) -> Study:
    sweeps, diagram = resource("sweeps"), query["diagram"]
    sweep = Sweep.read(sweeps / f"{diagram}.toml")
    return "", [phases.phase_panel(sweep, finished(sweeps / f"{diagram}.jsonl"), query["method"])]


def _shape_matters(query: Query) -> Study:
    given = setting()
    *_, found = shape_matters(seed=0)
    words = f"{given.reference}, on the data that the authors’ program draws from its seed {given.data_seed}."
    return f"{words}\n\n{gallery.comparison_table(found, True)}", [gallery.error_panel(found)]


def _network(query: Query) -> Study:
    *_, found = on_network(OnDigits(**read(DIGITS.values(), query, vars(OnDigits()), strict)))
    shown = (
        network.trace_panel, network.root_panel, network.error_panel, network.descent_panel, network.steps_panel,
        network.loss_panel,
    )  # fmt: skip
    return network.summary(found), [panel(found) for panel in shown]


def _large_steps(query: Query) -> Study:
    *_, found = large_steps()
    words = f"{edge_setting().reference}, on the data and the samples that the authors’ program draws."
    table = published.comparison_table(found, True)
    return f"{words}\n\n{table}", [published.loss_panel(found), published.count_panel(found)]


STUDIES: dict[str, Callable[[Query], Study]] = {
    "anatomy": _anatomy, "assumptions": _assumptions, "clocks": _clocks, "convergence": _convergence, "densities": _densities,
    "flatness": _flatness, "gallery": _shape_matters, "large_steps": _large_steps, "network": _network, "phases": _phases,
    "recovery": _recovery,
}  # fmt: skip


# What can be chosen

WITH_NOISES = ("clocks", "densities", "flatness")


def alternatives(view: str, query: Query) -> tuple[dict[str, Any] | None, dict[str, Query]]:
    """What can be chosen on the page of an entry, and by value the link that it means; with no choice its own link by "" alone."""
    if view == "assumptions":
        return _degrees(query)
    if view not in WITH_NOISES or "on" in query:
        return None, {"": query}
    experiment = Experiment.from_query(query)
    noises, own = noises_of(experiment), experiment.noise.kind
    others = {kind: {**query, **each.to_query()} for kind, each in noises.items() if kind != own}
    return noise_control(noises, own), {own: query} | others


def _degrees(query: Query) -> tuple[dict[str, Any], dict[str, Query]]:
    """The degree of the entry, and the next ones at both sides."""
    breach = BREACHES[query.get("case", next(iter(BREACHES)))]
    chosen = float(query.get("degree", breach.opens))
    degrees = sorted({*breach.degrees, chosen})
    near = degrees[max(0, degrees.index(chosen) - 1) :][:3]
    options = [[f"{degree:g}", in_words(degree)] for degree in near]
    title = f"{breach.symbol}, {breach.meaning}"
    control = {"name": "degree", "title": title, "options": options, "chosen": f"{chosen:g}"}
    return control, {f"{degree:g}": {**query, "degree": f"{degree:g}"} for degree in near}
