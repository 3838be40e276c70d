"""A landscape's part of a link: a name and parameters, or formulas.

A link holds what differs from the landscape's file, which is part of the link's version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape, Parameter
from dynamics.settings import Refuse, finite, in_words, number_text, refuse_for

MAX_END = 1e9  # of a parameter's range


def landscape_query(landscape: Landscape) -> dict[str, str]:
    """The landscape's part of a link."""
    definition = landscape.definition
    if landscape.name in catalogue.landscape_names() and catalogue.landscape(landscape.name).definition == definition:
        query = {"landscape": landscape.name}
        default = catalogue.landscape(landscape.name).parameter_values
    else:
        form = {"residuals": ";".join(definition.residuals)} if definition.residuals else {"loss": definition.loss}
        query = form | {"variables": ",".join(definition.variables)}
        query |= {f"range.{spec.name}": f"{number_text(spec.minimum)},{number_text(spec.maximum)}" for spec in landscape.parameters}
        default = {}
    for name, value in landscape.parameter_values.items():
        if value != default.get(name):
            query[f"landscape.{name}"] = number_text(value)
    return query


def landscape_of_query(query: Mapping[str, str], refuse: Refuse) -> Landscape:
    """The landscape of a link; after what is wrong was refused, the nearest that is allowed, or the default one."""
    given = {key.removeprefix("landscape."): value for key, value in query.items() if key.startswith("landscape.")}
    if "residuals" in query or "loss" in query:
        try:
            return _ranged(_custom_landscape(query, given), query, refuse)
        except ValueError as error:
            return _default(refuse, error)
    try:
        landscape = catalogue.landscape(query["landscape"]) if "landscape" in query else catalogue.default_landscape()
    except ValueError as error:
        return _default(refuse, error)
    specs = {spec.name: spec for spec in landscape.parameters}
    for name, text in given.items():
        try:
            landscape = landscape.with_parameters(**{name: text})  # type: ignore[arg-type]
        except ValueError as error:
            if name in specs and (number := finite(text)) is not None:
                nearest = min(max(number, specs[name].minimum), specs[name].maximum)
                landscape = landscape.with_parameters(**{name: nearest})
                refuse_for(refuse, error, f"{name} = {in_words(nearest)}")
            else:
                refuse(str(error))
    return landscape


def _default(refuse: Refuse, error: ValueError) -> Landscape:
    landscape = catalogue.default_landscape()
    refuse_for(refuse, error, f"“{landscape.title}”")
    return landscape


def _custom_landscape(query: Mapping[str, str], parameters: Mapping[str, str]) -> Landscape:
    variables = query.get("variables", "x,y")
    if "residuals" in query:
        return Landscape.from_residuals([part.strip() for part in query["residuals"].split(";")], variables, parameters)
    return Landscape.from_loss(query["loss"], variables, parameters)


def _ranged(landscape: Landscape, query: Mapping[str, str], refuse: Refuse) -> Landscape:
    """A landscape of one's own with the ranges that the link gives its parameters: what a slider spans."""
    values, specs = landscape.parameter_values, []
    for key, text in query.items():
        name = key.removeprefix("range.")
        if name == key:
            continue
        ends = [finite(end) for end in text.split(",")]
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
