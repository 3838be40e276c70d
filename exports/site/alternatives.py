"""What can be chosen on the page of a gallery's entry: a few values a control, and the link that each choice means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dynamics import Experiment
from dynamics.settings import Setting, in_words, number_text, read, strict
from dynamics.studies import flatness
from dynamics.studies.assumptions import BREACHES
from dynamics.studies.network import SETTINGS as DIGITS
from dynamics.studies.recovery import SETTINGS as RECOVERY
from dynamics.studies.recovery import STARTS
from dynamics.sweeps.grid import METHODS
from dynamics.sweeps.results import SHIPPED, shipped
from exports.site.runs import FACTORS, noise_control, noises_of, rate_control, rates_of

Query = Mapping[str, str]


@dataclass(frozen=True)
class Control:
    """One choice: `words` says what its values are called, `links` what each changes in the entry's link; None is taken away."""

    name: str
    title: str
    chosen: str
    words: Mapping[str, str]
    links: Mapping[str, Mapping[str, str | None]]

    def told(self) -> dict[str, Any]:
        """As assets/site/choices.js reads it."""
        return {
            "name": self.name,
            "title": self.title,
            "options": [list(each) for each in self.words.items()],
            "chosen": self.chosen,
        }


def alternatives(view: str, query: Query) -> tuple[list[Control], dict[str, Query]]:
    """The controls, and all that can be chosen: by values joined by “|” the link; the entry's own under what is chosen at first.

    A page that has no control has its own link alone, under "".
    """
    controls = CONTROLS[view](query) if view in CONTROLS else []
    links: dict[str, Query] = {}
    for values in product(*(control.words for control in controls)):
        changed: dict[str, str | None] = dict(query)
        for control, value in zip(controls, values, strict=True):
            changed |= control.links[value] if value != control.chosen else {}
        links["|".join(values)] = {key: value for key, value in changed.items() if value is not None}
    return controls, links


def _of_experiment(query: Query) -> list[Control]:
    """Learning rates, and another noise."""
    experiment = Experiment.from_query(query)
    noises, settings = noises_of(experiment), {key: None for key in query if key.startswith("noise.")}  # which another has not
    links = [settings | each.to_query() for each in noises.values()]
    return [_rates(experiment, rates_of(experiment)), _control(noise_control(noises, experiment.noise.kind), links)]


def _rates(experiment: Experiment, rates: Sequence[float]) -> Control:
    return _control(rate_control(rates, experiment.learning_rate), [{"learning_rate": number_text(rate)} for rate in rates])


def _control(told: dict[str, Any], links: Iterable[Mapping[str, str | None]]) -> Control:
    words = dict(told["options"])
    return Control(told["name"], told["title"], told["chosen"], words, dict(zip(words, links, strict=True)))


def _numbers(setting: Setting, now: float, values: Iterable[float]) -> Control:
    """Some values of a setting that is a number, and the one that it has."""
    written = {setting.written(value): in_words(value) for value in sorted({*values, now})}
    title = f"{setting.heading} {setting.symbol}".strip()
    return Control(setting.key, title, setting.written(now), written, {value: {setting.key: value} for value in written})


def _degrees(query: Query) -> list[Control]:
    """The degree of the entry, and the next ones at both sides."""
    breach = BREACHES[query.get("case", next(iter(BREACHES)))]
    chosen = float(query.get("degree", breach.opens))
    degrees = sorted({*breach.degrees, chosen})
    words = {f"{degree:g}": in_words(degree) for degree in degrees[max(0, degrees.index(chosen) - 1) :][:3]}
    links = {value: {"degree": value} for value in words}
    return [Control("degree", f"{breach.symbol}, {breach.meaning}", f"{chosen:g}", words, links)]


def _convergence(query: Query) -> list[Control]:
    """A ladder of twice the learning rates, an early moment, and the extrapolation to η = 0."""
    experiment = Experiment.from_query(query)
    moments = {
        share: f"t = {in_words(float(share) * experiment.horizon)}" for share in dict.fromkeys(("0.25", query.get("moment", "1")))
    }
    switch = {"0": "off", "1": "on"}
    return [
        _rates(experiment, rates_of(experiment)[:2]),
        Control("moment", "Compared at", query.get("moment", "1"), moments, {share: {"moment": share} for share in moments}),
        Control(
            "richardson",
            "Richardson extrapolation in η",
            query.get("richardson", "0"),
            switch,
            {on: {"richardson": on} for on in switch},
        ),
    ]


def _flatness(query: Query) -> list[Control]:
    if "on" not in query:
        return _of_experiment(query)
    rate, _, delta, _ = flatness.numbers_on(query["on"], read(flatness.OF_A_MODEL.values(), query, {}, strict))
    settings = flatness.OF_A_MODEL
    return [
        _numbers(settings["rate"], rate, [factor * rate for factor in FACTORS]),
        _numbers(settings["delta"], delta, [delta / 2]),
    ]


def _recovery(query: Query) -> list[Control]:
    """Starts, each with the learning rate and the horizon that suit it, and half as many samples."""
    given = {name: each.default for name, each in RECOVERY.items()} | read(RECOVERY.values(), query, {}, strict)
    starts = {
        number_text(alpha): {"alpha": number_text(alpha), "eta": number_text(eta), "time": number_text(time)}
        for alpha, eta, time in STARTS.values()
    }
    title = f"{RECOVERY['initialization'].heading} α"
    words = {alpha: in_words(float(alpha)) for alpha in starts}
    return [
        Control("alpha", title, number_text(given["initialization"]), words, starts),
        _numbers(RECOVERY["samples"], given["samples"], [given["samples"] // 2]),
    ]


def _phases(query: Query) -> list[Control]:
    cells = shipped(query["diagram"])[0].cells
    methods = {method: METHODS[method] for method in dict.fromkeys(cell.method for cell in cells)}
    return [
        Control("diagram", "Diagram", query["diagram"], SHIPPED, {name: {"diagram": name} for name in SHIPPED}),
        Control("method", "Method", query["method"], methods, {method: {"method": method} for method in methods}),
    ]


def _network(query: Query) -> list[Control]:
    given = {name: each.default for name, each in DIGITS.items()} | read(DIGITS.values(), query, {}, strict)
    other = {"initialization": 2.0, "scale": given["scale"] / 2}
    return [_numbers(DIGITS[name], given[name], [value]) for name, value in other.items()]


def _draws(query: Query) -> list[Control]:
    """The seed of a published experiment, and two others."""
    now = query.get("draws", "0")
    words = {draws: draws for draws in dict.fromkeys((now, "1", "2"))}
    return [Control("draws", "Seed", now, words, {draws: {"draws": draws} for draws in words})]


CONTROLS: dict[str, Callable[[Query], list[Control]]] = {
    "assumptions": _degrees, "clocks": _of_experiment, "convergence": _convergence, "densities": _of_experiment,
    "flatness": _flatness, "gallery": _draws, "large_steps": _draws, "network": _network, "phases": _phases, "recovery": _recovery,
}  # fmt: skip
