"""A landscape as the tables of a file (docs/architecture.md), and back. The built-in ones are read by this too.

Whatever is wrong raises ValueError, with a sentence that names the key. Formulas are checked, never evaluated as code, and every
list has an end, so that a file from a stranger can be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from dynamics.engine import formula
from dynamics.landscapes.landscape import MAX_DIMENSION, MAX_PARAMETERS, MAX_RESIDUALS, Landscape, ManifoldPiece, Parameter, View
from dynamics.noise import noise

AXES = {"contour": 2, "surface": 3, "space": 3, "plane": 2}
PARAMETER_KEYS = ("default", "minimum", "maximum", "meaning", "value")
VIEW_KEYS = ("name", "title", "kind", "axes", "labels", "box")
PIECE_KEYS = ("u", "v", "points", "samples")
LANDSCAPE_KEYS = (
    "title", "variables", "residuals", "loss", "text", "start", "learning_rate", "horizon", "noise", "parameters", "views",
    "manifold",
)  # fmt: skip

MAX_NAME = 40  # characters
MAX_TITLE = 120
MAX_TEXT = 2_000
MAX_LISTED = 16  # views, and pieces of Γ
MAX_NUMBER = 1e10  # in size: a seed has ten digits
MAX_SAMPLES = 40_000  # points of a piece of Γ

Table = Mapping[str, Any]


def landscape_of(content: Table) -> Landscape:
    """The landscape of a file's tables. What a built-in one has and one of one's own need not may be missing."""
    check_keys(content, LANDSCAPE_KEYS, "")
    parameters = _table(content.get("parameters", {}), "parameters")
    if len(parameters) > MAX_PARAMETERS:
        raise ValueError(f"A landscape has at most {MAX_PARAMETERS} parameters; this file has {len(parameters)}.")
    specs = {name: _table(spec, f"parameters.{name}") for name, spec in parameters.items()}
    values = {name: _value(spec, f"parameters.{name}") for name, spec in specs.items()}
    variables = _texts(content, "variables", "", MAX_DIMENSION)
    if ("residuals" in content) == ("loss" in content):
        raise ValueError("A landscape has either “residuals” or a “loss”.")
    if "residuals" in content:
        built = Landscape.from_residuals(_texts(content, "residuals", "", MAX_RESIDUALS), variables, values)
    else:
        built = Landscape.from_loss(_text(content, "loss", "", formula.MAX_LENGTH), variables, values)
    names = built.definition.variables + built.definition.parameters
    return replace(
        built,
        parameters=tuple(_parameter(name, spec) for name, spec in specs.items() if "default" in spec),
        title=_text(content, "title", "", MAX_TITLE, built.title),
        text=_text(content, "text", "", MAX_TEXT, ""),
        start=_numbers(content, "start", "", built.dimension) if "start" in content else (),
        views=tuple(_view(view, f"views[{i}]", names) for i, view in enumerate(_tables(content, "views"))),
        manifold=tuple(_piece(piece, f"manifold[{i}]", built) for i, piece in enumerate(_tables(content, "manifold"))),
        suggestions=tuple(_suggestions(content)),
    )


def tables_of(landscape: Landscape) -> dict[str, Any]:
    """The tables from which `landscape_of` makes the landscape again, all but its name."""
    definition = landscape.definition
    content: dict[str, Any] = {"title": landscape.title, "variables": list(definition.variables)}
    content |= {"residuals": list(definition.residuals)} if definition.residuals else {"loss": definition.loss}
    if landscape.text:
        content["text"] = landscape.text
    if landscape.start:
        content["start"] = list(landscape.start)
    for key, value in landscape.suggestions:
        content[key] = {name: _listed(setting) for name, setting in value} if key == "noise" else value
    specs = {spec.name: spec for spec in landscape.parameters}
    parameters = {name: _parameter_table(specs.get(name), value) for name, value in landscape.parameter_values.items()}
    content |= {"parameters": parameters} if parameters else {}
    content |= {"views": [_view_table(view) for view in landscape.views]} if landscape.views else {}
    content |= {"manifold": [_piece_table(piece) for piece in landscape.manifold]} if landscape.manifold else {}
    return content


def check_keys(content: Table, known: tuple[str, ...], where: str) -> None:
    """Raise ValueError if there is a key that nothing reads: mostly it is a slip of the hand."""
    for key in content:
        if key not in known:
            place = f"in “{where.rstrip('.')}” " if where else ""
            raise ValueError(f"The key “{_short(key)}” {place}is unknown. Known: {', '.join(known)}.")


# Parameters


def _value(spec: Table, where: str) -> float:
    check_keys(spec, PARAMETER_KEYS, where)
    if "value" not in spec and "default" not in spec:
        raise ValueError(f"“{where}” needs a “default” with a “minimum” and a “maximum”, or a “value”.")
    return _number(spec, "value" if "value" in spec else "default", where)


def _parameter(name: str, spec: Table) -> Parameter:
    where = f"parameters.{name}"
    default, minimum, maximum = (_number(spec, key, where) for key in ("default", "minimum", "maximum"))
    if not minimum <= default <= maximum or not minimum <= _value(spec, where) <= maximum:
        raise ValueError(f"“{where}” must lie between its minimum, {minimum:g}, and its maximum, {maximum:g}.")
    return Parameter(name, default, minimum, maximum, _text(spec, "meaning", where, MAX_TITLE, ""))


def _parameter_table(spec: Parameter | None, value: float) -> dict[str, Any]:
    if spec is None:
        return {"value": value}
    content = {key: getattr(spec, key) for key in ("default", "minimum", "maximum", "meaning")}
    return content | ({"value": value} if value != spec.default else {})


# What a page opens with, and how it looks


def _suggestions(content: Table):
    for key in ("learning_rate", "horizon"):
        if key in content:
            yield key, _number(content, key, "", as_written=True)
    if "noise" in content:
        settings = _table(content["noise"], "noise")
        made_noise(settings)
        yield "noise", _frozen(dict(settings))


def made_noise(settings: Table):
    """The noise of a table {kind = …, …}. Raises ValueError, with a sentence."""
    if not isinstance(settings.get("kind"), str):
        raise ValueError("The “noise” needs a “kind”: isotropic, label, minibatch or covariance.")
    matrix = settings.get("matrix", [["1"]])
    if not isinstance(matrix, list) or not all(isinstance(row, list) and 0 < len(row) <= MAX_DIMENSION for row in matrix):
        raise ValueError("The “matrix” of the “noise” is a list of rows of formulas.")
    if not all(isinstance(entry, str) or is_number(entry) for row in matrix for entry in row):
        raise ValueError("The entries of the “matrix” of the “noise” are formulas, each a text, or numbers.")
    try:
        return noise(**settings)
    except TypeError as error:
        raise ValueError("The “noise” has a setting that it cannot have.") from error


def _view(content: Any, where: str, names: tuple[str, ...]) -> View:
    view = _table(content, where)
    check_keys(view, VIEW_KEYS, where)
    kind = _text(view, "kind", where, MAX_NAME)
    if kind not in AXES:
        raise ValueError(f"The “kind” in “{where}” is one of {', '.join(AXES)}; not “{_short(kind)}”.")
    axes, labels = _texts(view, "axes", where, 3), _texts(view, "labels", where, 3)
    if not len(axes) == len(labels) == AXES[kind]:
        raise ValueError(f"A {kind} has {AXES[kind]} “axes” and as many “labels”: see “{where}”.")
    for axis in axes:
        _check_formula(axis, (*names, "loss"), f"{where}.axes")
    box = view.get("box", [])
    if not isinstance(box, list) or len(box) not in (0, len(axes)):
        raise ValueError(f"The “box” in “{where}” has one range an axis.")
    sides = tuple(_numbers({"box": side}, "box", where, 2) for side in box)
    if not all(low < high for low, high in sides):
        raise ValueError(f"Each range of the “box” in “{where}” goes from a smaller number to a larger one.")
    name, title = _text(view, "name", where, MAX_NAME), _text(view, "title", where, MAX_TITLE)
    return View(name, title, kind, axes, labels, sides)  # type: ignore[arg-type]


def _view_table(view: View) -> dict[str, Any]:
    return {key: _listed(getattr(view, key)) for key in VIEW_KEYS}


def _piece(content: Any, where: str, landscape: Landscape) -> ManifoldPiece:
    piece = _table(content, where)
    check_keys(piece, PIECE_KEYS, where)
    names = ("u", "v") if "v" in piece else ("u",)
    parameters = landscape.definition.parameters
    ranges = []
    for name in names:
        ends = piece.get(name)
        if not isinstance(ends, list) or len(ends) != 2:
            raise ValueError(f"“{where}.{name}” is a range: two numbers or formulas in the parameters.")
        ranges.append((_end(ends[0], f"{where}.{name}", parameters), _end(ends[1], f"{where}.{name}", parameters)))
    points = _texts(piece, "points", where, MAX_DIMENSION)
    if len(points) != landscape.dimension:
        raise ValueError(f"“{where}.points” has one formula a variable.")
    for point in points:
        _check_formula(point, names + parameters, f"{where}.points")
    samples = piece.get("samples")
    whole = isinstance(samples, list) and all(type(count) is int and count > 1 for count in samples)
    if not isinstance(samples, list) or not whole or len(samples) != len(names) or math.prod(samples) > MAX_SAMPLES:
        raise ValueError(f"“{where}.samples” has a whole number a parameter, {MAX_SAMPLES:,} points in all at most.")
    return ManifoldPiece(tuple(ranges), points, tuple(samples))


def _end(value: Any, where: str, names: tuple[str, ...]) -> str:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError(f"“{where}” is a range: two numbers or formulas in the parameters.")
    _check_formula(text, names, where)
    return text


def _piece_table(piece: ManifoldPiece) -> dict[str, Any]:
    ranges = {name: list(ends) for name, ends in zip(("u", "v"), piece.ranges, strict=False)}
    return ranges | {"points": list(piece.points), "samples": list(piece.samples)}


def _check_formula(text: str, names: tuple[str, ...], where: str) -> None:
    try:
        formula.parse(text, names)
    except formula.FormulaError as error:
        raise ValueError(f"“{where}”: {error}") from error


# Values of a key


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _table(value: Any, where: str) -> Table:
    if not isinstance(value, Mapping):
        raise ValueError(f"“{where}” is a table.")
    return value


def _tables(content: Table, key: str) -> list:
    value = content.get(key, [])
    if not isinstance(value, list) or len(value) > MAX_LISTED:
        raise ValueError(f"“{key}” is at most {MAX_LISTED} tables, each under [[{key}]].")
    return value


def _text(content: Table, key: str, where: str, most: int, default: str | None = None) -> str:
    value = content.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"“{_place(where, key)}” is a text." if key in content else f"“{_place(where, key)}” is missing.")
    if len(value) > most:
        raise ValueError(f"“{_place(where, key)}” is longer than {most:,} characters.")
    return value


def _texts(content: Table, key: str, where: str, most: int) -> tuple[str, ...]:
    value = content.get(key)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(f"“{_place(where, key)}” is a list of texts." if key in content else f"“{_place(where, key)}” is missing.")
    if not 1 <= len(value) <= most:
        raise ValueError(f"“{_place(where, key)}” has between 1 and {most} entries; not {len(value)}.")
    return tuple(value)


def _number(content: Table, key: str, where: str, *, as_written: bool = False) -> float:
    value = content.get(key)
    if key not in content:
        raise ValueError(f"“{_place(where, key)}” is missing.")
    if not is_number(value):
        raise ValueError(f"“{_place(where, key)}” is a number between −{MAX_NUMBER:g} and {MAX_NUMBER:g}.")
    return value if as_written else float(value)


def _numbers(content: Table, key: str, where: str, count: int) -> tuple[float, ...]:
    values = content.get(key)
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"“{_place(where, key)}” is a list of {count} numbers.")
    return tuple(_number({key: value}, key, where) for value in values)


def _place(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _frozen(value):
    """Lists and tables as tuples, so that a landscape is hashable."""
    if isinstance(value, dict):
        return tuple((key, _frozen(entry)) for key, entry in value.items())
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list) else value


def _listed(value):
    return [_listed(entry) for entry in value] if isinstance(value, tuple) else value
