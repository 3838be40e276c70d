"""Experiment <-> the query of a link.

Version 1. A link holds what differs from the defaults: those of `Experiment` and those of the landscape's file. Both are part of
the version: tests/golden_links.toml keeps what released links decode to.

Reading has one code path. Whatever is wrong goes to `refuse`, which raises (strict) or notes the sentence (lenient); after a note
the nearest allowed value is taken, or the default where there is no nearest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from dynamics.engine.budget import LIMIT_STEPS, MAX_WORK, operations, step_operations
from dynamics.engine.graph import landscape_graph
from dynamics.engine.randomness import TAG
from dynamics.experiment import (
    LIMITS,
    MAX_NUMBERS,
    MAX_PATH_STEPS,
    SCHEDULES,
    WHOLE,
    Experiment,
    checked_number,
    checked_parts,
    checked_start,
    suggestions,
)
from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape, Parameter
from dynamics.limit.coefficients import PARTS
from dynamics.limit.schemes import SCHEMES
from dynamics.noise import Noise, noise

VERSION = "1"
DEFAULT_LANDSCAPE = "hyperbola"
MAX_END = 1e9  # of a parameter's range
MAX_LENGTH = 8_000  # characters; browsers and hosts carry that many

Refuse = Callable[[str], None]


def to_query(experiment: Experiment) -> dict[str, str]:
    landscape = experiment.landscape
    default = suggestions(landscape)
    query = {"v": VERSION} | landscape_query(landscape)
    if experiment.noise != default["noise"]:
        query |= _noise_query(experiment.noise)
    if experiment.start != default["start"]:
        query["start"] = ",".join(map(_text, experiment.start))
    for name in LIMITS:
        if getattr(experiment, name) != default[name]:
            query[name] = _text(getattr(experiment, name))
    for name in ("scheme", "schedule"):
        if getattr(experiment, name) != default[name]:
            query[name] = getattr(experiment, name)
    if experiment.parts != PARTS:
        query["parts"] = ",".join(experiment.parts) or "none"
    return query


def from_query(query: Mapping[str, str], notes: list[str] | None) -> Experiment:
    def refuse(sentence: str) -> None:
        if notes is None:
            raise ValueError(sentence)
        notes.append(sentence)

    if sum(len(key) + len(value) for key, value in query.items()) > MAX_LENGTH:
        refuse(f"The link is longer than {MAX_LENGTH} characters.")
        query = {}
    if query.get("v", VERSION) != VERSION:
        refuse(f"The link is of version {query['v'][:10]}, unknown to this program; it is read as version {VERSION}.")
    if query.get("rng", TAG) != TAG:
        refuse("The link was made with another random number generator: the picture is statistically the same, not identical.")
    landscape = _landscape(query, refuse)
    default = suggestions(landscape)
    chosen: dict[str, Any] = {
        "landscape": landscape,
        "noise": _noise(query, landscape, default["noise"], refuse),
        "start": _start(query, landscape, default["start"], refuse),
    }
    for name in LIMITS:
        if name in query:
            chosen[name] = _number(name, query[name], default[name], refuse)
    for name, known in (("scheme", SCHEMES), ("schedule", SCHEDULES)):
        if query.get(name, default[name]) in known:
            chosen[name] = query.get(name, default[name])
        else:
            refuse(f"The {name} is one of {', '.join(known)}; not “{query[name][:40]}”.")
    if "parts" in query:
        chosen["parts"] = _parts(query["parts"], chosen.get("scheme", default["scheme"]), refuse)
    try:
        return Experiment(**chosen)
    except ValueError as error:
        refuse(str(error))
    try:
        return Experiment(**_affordable(default | chosen))
    except ValueError as error:  # a loss of one's own that is not defined at the fallback start
        refuse(str(error))
        return Experiment(landscape=catalogue.landscape(DEFAULT_LANDSCAPE))


def _text(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(number).removesuffix(".0")


# Landscapes: a name and parameters, or formulas.


def landscape_query(landscape: Landscape) -> dict[str, str]:
    """The landscape's part of a link."""
    definition = landscape.definition
    if landscape.name in catalogue.landscape_names() and catalogue.landscape(landscape.name).definition == definition:
        query = {"landscape": landscape.name}
        default = catalogue.landscape(landscape.name).parameter_values
    else:
        form = {"residuals": ";".join(definition.residuals)} if definition.residuals else {"loss": definition.loss}
        query = form | {"variables": ",".join(definition.variables)}
        query |= {f"range.{spec.name}": f"{_text(spec.minimum)},{_text(spec.maximum)}" for spec in landscape.parameters}
        default = {}
    for name, value in landscape.parameter_values.items():
        if value != default.get(name):
            query[f"landscape.{name}"] = _text(value)
    return query


def _landscape(query: Mapping[str, str], refuse: Refuse) -> Landscape:
    given = {key.removeprefix("landscape."): value for key, value in query.items() if key.startswith("landscape.")}
    if "residuals" in query or "loss" in query:
        try:
            return _ranged(_custom_landscape(query, given), query, refuse)
        except ValueError as error:
            refuse(str(error))
            return catalogue.landscape(DEFAULT_LANDSCAPE)
    try:
        landscape = catalogue.landscape(query.get("landscape", DEFAULT_LANDSCAPE))
    except ValueError as error:
        refuse(str(error))
        return catalogue.landscape(DEFAULT_LANDSCAPE)
    specs = {spec.name: spec for spec in landscape.parameters}
    for name, text in given.items():
        try:
            landscape = landscape.with_parameters(**{name: text})  # type: ignore[arg-type]
        except ValueError as error:
            refuse(str(error))
            if name in specs and (number := _float(text)) is not None:
                nearest = min(max(number, specs[name].minimum), specs[name].maximum)
                landscape = landscape.with_parameters(**{name: nearest})
    return landscape


def _custom_landscape(query: Mapping[str, str], parameters: Mapping[str, str]) -> Landscape:
    values = {}
    for name, text in parameters.items():
        number = _float(text)
        if number is None:
            raise ValueError(f"The parameter {name[:20]} must be a number; not “{text[:40]}”.")
        values[name] = number
    variables = query.get("variables", "x,y")
    if "residuals" in query:
        return Landscape.from_residuals([part.strip() for part in query["residuals"].split(";")], variables, values)
    return Landscape.from_loss(query["loss"], variables, values)


def _ranged(landscape: Landscape, query: Mapping[str, str], refuse: Refuse) -> Landscape:
    """A landscape of one's own with the ranges that the link gives its parameters: what a slider spans."""
    values, specs = landscape.parameter_values, []
    for key, text in query.items():
        name = key.removeprefix("range.")
        if name == key:
            continue
        ends = [_float(end) for end in text.split(",")]
        if name not in values or len(ends) != 2 or None in ends or not -MAX_END <= ends[0] < ends[1] <= MAX_END:  # type: ignore
            refuse(f"“{key[:30]}” is the range of a parameter, two numbers such as 0,1; not “{text[:40]}”.")
            continue
        low, high = map(float, ends)  # type: ignore[arg-type]
        if not low <= values[name] <= high:
            refuse(f"The parameter {name} must be between {low:g} and {high:g}; not {values[name]:g}.")
        values[name] = min(max(values[name], low), high)
        specs.append(Parameter(name, values[name], low, high))
    order = landscape.definition.parameters
    specs.sort(key=lambda spec: order.index(spec.name))
    return replace(landscape, values=tuple(values.values()), parameters=tuple(specs))


# Noise: a kind, and what differs from the kind's defaults.


def _noise_query(given: Noise) -> dict[str, str]:
    query = {"noise": given.kind}
    for field in fields(given):
        name, value = field.name, getattr(given, field.name)
        if name == "matrix":
            query["noise.matrix"] = ";".join(",".join(row) for row in value)
        elif value != field.default:
            query[f"noise.{name}"] = value if isinstance(value, str) else _text(value)
    return query


def _noise(query: Mapping[str, str], landscape: Landscape, default: Noise, refuse: Refuse) -> Noise:
    given = {key.removeprefix("noise."): value for key, value in query.items() if key.startswith("noise.")}
    if "noise" not in query and not given:
        return default
    kind = query.get("noise", default.kind)
    base = {field.name: getattr(default, field.name) for field in fields(default)} if "noise" not in query else {}
    try:
        chosen = noise(kind, **base | {name: _noise_setting(name, text) for name, text in given.items()})
        chosen.check(landscape_graph(landscape.definition))
        return chosen
    except ValueError as error:
        refuse(str(error))
    try:
        chosen = noise(kind)
        chosen.check(landscape_graph(landscape.definition))
        return chosen
    except ValueError:
        return default


def _noise_setting(name: str, text: str) -> Any:
    if name in ("scale", "freedom", "memory"):
        number = _float(text)
        return text if number is None else number
    if name == "batch":
        return int(text) if re.fullmatch(r"\d{1,6}", text) else text
    if name == "matrix":
        return tuple(tuple(entry.strip() for entry in _split(row, ",")) for row in _split(text, ";"))
    return text


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator is outside brackets: atan2(x, y) is one entry."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


# Numbers.


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


def _number(name: str, text: str, default: float, refuse: Refuse) -> float:
    try:
        return checked_number(name, text)
    except ValueError as error:
        refuse(str(error))
    number = _float(text)
    if number is None:
        return default
    nearest = min(max(number, LIMITS[name].minimum), LIMITS[name].maximum)
    return checked_number(name, round(nearest) if name in WHOLE else nearest)


def _start(query: Mapping[str, str], landscape: Landscape, default: tuple[float, ...] | None, refuse: Refuse) -> tuple[float, ...]:
    fallback = default or (1.0,) * landscape.dimension
    if "start" not in query:
        if default is None:
            refuse(f"This landscape needs a start: {landscape.dimension} numbers for {', '.join(landscape.variables)}.")
        return fallback
    try:
        return checked_start(landscape, query["start"].split(","))
    except ValueError as error:
        refuse(str(error))
        return fallback


def _parts(text: str, scheme: str, refuse: Refuse) -> tuple[str, ...]:
    try:
        return checked_parts([] if text == "none" else [part.strip() for part in text.split(",")], scheme)
    except ValueError as error:
        refuse(str(error))
        return PARTS


def _affordable(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The same with fewer paths, substeps and a shorter horizon, so that it may run."""
    frames, learning_rate, definition = int(chosen["frames"]), chosen["learning_rate"], chosen["landscape"].definition
    paths = min(chosen["paths"], int(MAX_NUMBERS / (frames * chosen["landscape"].dimension)))
    path_steps = min(MAX_PATH_STEPS, MAX_WORK / step_operations(definition))
    horizon = min(chosen["horizon"], 0.999 * path_steps / paths * learning_rate**2)
    if horizon < LIMITS["horizon"].minimum:
        horizon = LIMITS["horizon"].minimum
        learning_rate = (horizon * paths / path_steps) ** 0.5 * 1.01
    steps = MAX_WORK / (paths * operations(definition).total) - frames
    substeps = min(chosen["substeps"], max(1, int(steps / LIMIT_STEPS)))
    return dict(chosen) | {"paths": paths, "horizon": horizon, "learning_rate": learning_rate, "substeps": substeps}
