"""`python -m benchmarks.rates`: learning rates over five decades, on every landscape with every optimizer, and through the studies.

    python -m benchmarks.rates --landscapes hyperbola,motor --decade 2

From 1e-5 times to ten times the stability bound, in short runs of few paths. It prints ✓ where whatever is drawn is defined and all
that is lost is counted and named, and ✗ with what is not; a sentence that refuses is an answer. `tests/rates.py` has the rules.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from time import perf_counter

import numpy as np

from dynamics import Experiment, landscape_names, noise, optimizer, simulate, two_clocks
from dynamics.optimizers import OPTIMIZERS
from dynamics.settings import Number, Setting
from dynamics.studies import recovery as recoveries
from dynamics.studies.convergence import stages
from dynamics.studies.edge import SETTINGS as AT_EDGE
from dynamics.studies.edge import AtTheEdge, at_the_edge
from dynamics.studies.exact import NoCurve, exact_density
from dynamics.studies.flatness import EXAMPLES, of_landscape, of_model
from dynamics.studies.large_steps import large_steps
from dynamics.studies.network import SETTINGS as ON_DIGITS
from dynamics.studies.network import OnDigits, on_network
from dynamics.studies.recovery import Recovery, recover
from dynamics.studies.side_by_side import measured
from figures import clocks, densities, edge, flatness, network, recovery, side_by_side
from figures import convergence as laws
from figures import large_steps as published
from figures.caption import place
from figures.panel import Panel
from tests.rates import experiment, learning_rates, undefined_in_panel, undefined_in_run, undefined_in_words

Shown = Iterator[Panel | str]  # what a page shows: panels and sentences
PACE = 10  # of the steps of a run, for the studies: they take up to sixteen times as many, with many paths


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rates", description="Learning rates over five decades.")
    parser.add_argument("--landscapes", default=",".join(landscape_names()))
    parser.add_argument("--decade", type=int, default=1, help="learning rates a decade")
    parser.add_argument("--only", choices=("runs", "studies", "models"), help="one part")
    asked = parser.parse_args()
    warnings.simplefilter("error", RuntimeWarning)
    names, sound = asked.landscapes.split(","), True
    if asked.only in (None, "runs"):
        for name in names:
            sound &= told(name, partial(_run, name), _cases(name, asked.decade))
    if asked.only in (None, "studies"):
        for (title, study), name in product(STUDIES.items(), names):
            rates = [(float(rate),) for rate in learning_rates(name, optimizer("sgd"), asked.decade)]
            sound &= told(f"{title}, {name}", partial(_study, study, name), rates)
    if asked.only in (None, "models"):
        for title, (shown, cases) in MODELS.items():
            sound &= told(title, partial(_model, shown), cases)
    raise SystemExit(0 if sound else 1)


def told(title: str, tried: Callable[..., Iterator[str]], cases: list[tuple]) -> bool:
    """Print what came of all cases; whether nothing is wrong."""
    started, refused, wrong = perf_counter(), Counter[str](), Counter[str]()
    for case in cases:
        try:
            wrong.update(f"{what} at {case}" for what in set(tried(*case)))
        except ValueError as error:
            refused[str(error)] += 1
        except Exception as error:
            wrong[f"{error!r} at {case}"] += 1
    count, seconds = sum(refused.values()), perf_counter() - started
    print(f"{'✗' if wrong else '✓'} {title}: {len(cases)} tried, {count} refused, {seconds:.0f} s", flush=True)
    for sentence in wrong:
        print(f"    {sentence}", flush=True)
    return not wrong


def _cases(name: str, per_decade: int) -> list[tuple]:
    return [(float(rate), made) for made in OPTIMIZERS for rate in learning_rates(name, optimizer(made), per_decade)]


def _run(name: str, rate: float, made: str) -> Iterator[str]:
    """A short run, and where the landscape's own horizon is but a few steps that one too."""
    chosen = experiment(name, made, rate)
    yield from undefined_in_run(simulate(chosen))
    usual = Experiment(landscape=chosen.landscape).horizon
    if usual < 5 * chosen.optimizer.slow_time(chosen.learning_rate):
        yield from undefined_in_run(simulate(replace(chosen, horizon=usual)))


def _study(study: Callable[[Experiment], Shown], name: str, rate: float) -> Iterator[str]:
    chosen = experiment(name, "sgd", rate)
    yield from _undefined(study(replace(chosen, horizon=max(chosen.horizon / PACE, Experiment.limits("horizon")[0]))))


def _model(shown: Callable[..., Shown], *case) -> Iterator[str]:
    yield from _undefined(shown(*case))


def _undefined(shown: Shown) -> Iterator[str]:
    for each in shown:
        yield from undefined_in_words(each) if isinstance(each, str) else undefined_in_panel(each)


# Pages


def _clocks(chosen: Experiment) -> Shown:
    found = two_clocks(chosen, [chosen.learning_rate / 2**k for k in range(3)])
    yield clocks.collapse_text(found)
    for axis in ("steps", "slow"):
        yield clocks.clocks_panel(found, axis)


def _convergence(chosen: Experiment) -> Shown:
    found = next(stages(chosen, [chosen.learning_rate / 2**k for k in range(3)]))
    yield from laws.verdict_text(found)
    if not found.rungs:
        return  # as the page does
    yield from (laws.distance_panel(found), laws.quantile_panel(found))
    for extrapolated in (False, True):
        yield from (laws.density_panel(found, extrapolated), laws.weak_panel(found, extrapolated))


def _densities(chosen: Experiment) -> Shown:
    stages_of = exact_density(chosen)
    try:
        found = [next(stages_of), next(stages_of)][-1]
    except NoCurve:
        return
    yield from densities.facts(found)
    yield densities.density_panel(found)
    yield densities.coefficients_panel(found)
    passage = densities.passage_panel(found, found.start + 0.1)
    if passage is not None:
        yield passage


def _flatness(chosen: Experiment) -> Shown:
    *_, found = of_landscape(chosen)
    where = place(chosen.landscape)
    yield from (found.sentence, flatness.verdict(found, chosen.noise))
    yield flatness.trace_panel(found, where, chosen.noise, chosen.learning_rate)
    yield flatness.ends_panel(found, where, chosen.horizon)


def _side_by_side(chosen: Experiment) -> Shown:
    found = [measured(simulate(chosen))]
    yield from (side_by_side.sentence(found), side_by_side.table(found))


STUDIES: dict[str, Callable[[Experiment], Shown]] = {
    "side by side": _side_by_side, "two clocks": _clocks, "densities": _densities, "flatness": _flatness,
    "convergence": _convergence,
}  # fmt: skip


# Models and published experiments


def _spread(setting: Setting, count: int) -> list[float]:
    assert isinstance(setting, Number)
    return [float(value) for value in np.geomspace(setting.minimum, setting.maximum, count)]


def _edge(rate: float, tilt: float, angle: float) -> Shown:
    found = at_the_edge(AtTheEdge(learning_rate=rate, tilt=tilt, angle=angle, turns=0.5))
    yield edge.summary(found)
    yield from (edge.path_panel(found), edge.angle_panel(found), edge.spread_panel(found))


def _recovery(rate: float, scale: float) -> Shown:
    horizon = min(max(200 * rate**2, 0.01), 1e3)
    for found in recover(Recovery(features=20, samples=10, sparsity=2, learning_rate=rate, scale=scale, horizon=horizon), 20):
        yield recovery.summary(found)
        yield recovery.stems_panel(found)
        for each, clock in product(recoveries.MEASURES, recovery.CLOCKS):
            yield recovery.measure_panel(found, each, clock)


def _network(rate: float, scale: float) -> Shown:
    for found in on_network(OnDigits(samples=10, units=8, learning_rate=rate, scale=scale, horizon=1.0, paths=2)):
        yield network.summary(found)
        panels = (network.trace_panel, network.descent_panel, network.loss_panel, network.steps_panel, network.error_panel)
        yield from (panel(found) for panel in panels)


def _flatness_of_model(name: str, rate: float) -> Shown:
    acting = noise("label", scale=1.0)
    for found in of_model(name, learning_rate=rate, scale=1.0, horizon=max(200 * rate**2, 0.01)):
        yield from (found.sentence, flatness.verdict(found, acting))
        yield flatness.trace_panel(found, name, acting, rate)
        yield flatness.ends_panel(found, name, 1.0)


def _large_steps() -> Shown:
    *_, found = large_steps()
    yield published.comparison_table(found, True)
    yield from (published.loss_panel(found), published.count_panel(found))


MODELS: dict[str, tuple[Callable[..., Shown], list[tuple]]] = {
    "the edge of stability": (_edge, list(product(_spread(AT_EDGE["learning_rate"], 5), _spread(AT_EDGE["tilt"], 5), (0.05, 1.2)))),
    "sparse recovery": (_recovery, list(product(_spread(recoveries.SETTINGS["learning_rate"], 7), (0.1, 1.0)))),
    "flatness of models": (_flatness_of_model, list(product(EXAMPLES, (1e-3, 0.01, 0.1, 1.0)))),
    "the network": (_network, list(product(_spread(ON_DIGITS["learning_rate"], 4)[1:], (0.3, 2.0)))),
    "large steps": (_large_steps, [()]),
}  # fmt: skip


if __name__ == "__main__":
    main()
