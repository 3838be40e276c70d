"""An experiment or a landscape <-> the text of a file: TOML, as the built-in landscapes are written.

A landscape is its own tables. An experiment is its landscape and a table [experiment] with all else that decides a run, so that a
file keeps its meaning whatever the defaults become. Reading is as strict as with a link: what is unknown or out of range is
refused, and nothing is ever evaluated as code.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from dynamics.engine.graph import landscape_graph
from dynamics.experiment import NUMBERS, Experiment
from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape
from dynamics.landscapes.tables import check_keys, is_number, landscape_of, made_noise, tables_of
from dynamics.noise import Noise
from dynamics.optimizers import Optimizer, optimizer

MAX_BYTES = 64 * 1024
MAX_DOTS = 160  # in a line: TOML's reader is slow where tables are nested in tables without end
WIDTH = 100  # characters, above which a list is written over several lines

EXPERIMENT_KEYS = tuple(field.name for field in fields(Experiment) if field.name != "landscape")


def to_toml(content: Experiment | Landscape) -> str:
    """The text of a file. `from_toml` makes an equal one of it; only names of landscapes that are not built in are lost."""
    if isinstance(content, Landscape):
        return _written(tables_of(content))
    settings: dict[str, Any] = {}
    for name in EXPERIMENT_KEYS:
        value = getattr(content, name)
        match value:
            case Noise():
                settings[name] = _noise_table(value)
            case Optimizer():
                settings[name] = {"name": value.name} | {each: getattr(value, each) for each in value.defaults()}
            case _:
                settings[name] = list(value) if isinstance(value, tuple) else value
    return _written(tables_of(content.landscape) | {"experiment": settings})


def from_toml(text: str | bytes) -> Experiment | Landscape:
    """What the text of a file holds: an experiment if it has a table [experiment], else a landscape.

    Raises ValueError, with a sentence that names the key, for anything malformed, unknown, out of range or too long.
    """
    content = _read(text)
    settings = content.pop("experiment", None)
    landscape = _recognized(landscape_of(content))
    for name, value in landscape.suggestions:
        if name in NUMBERS:
            NUMBERS[name].checked(value)
        elif name == "noise":
            made_noise(content["noise"]).check(landscape_graph(landscape.definition))
    if settings is None:
        return landscape
    if not isinstance(settings, Mapping):
        raise ValueError("“experiment” is a table.")
    return _experiment(landscape, settings)


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        encoded = text if isinstance(text, bytes) else text.encode()
        if len(encoded) > MAX_BYTES:
            raise ValueError(f"The file is larger than {MAX_BYTES // 1024} KiB.")
        decoded = encoded.decode().replace("\r\n", "\n")
    except UnicodeError as error:
        raise ValueError("The file is not text in UTF-8.") from error
    for number, line in enumerate(decoded.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise ValueError(f"Line {number} of the file has more than {MAX_DOTS} dots: spread it over several lines.")
    try:
        return tomllib.loads(decoded)
    except RecursionError as error:
        raise ValueError("The file is nested too deeply.") from error
    except ValueError as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f" See line {found[1]}, column {found[2]}." if found else ""
        raise ValueError(f"The file is not TOML, the format of assets/landscapes.{where}") from error


def _recognized(landscape: Landscape) -> Landscape:
    """The built-in landscape that says all the same, at these parameter values; else the landscape as it is."""
    for name in catalogue.landscape_names():
        shipped = catalogue.landscape(name)
        if replace(landscape, name=name, values=shipped.values) == shipped:
            return replace(shipped, values=landscape.values)
    return landscape


def _experiment(landscape: Landscape, settings: Mapping[str, Any]) -> Experiment:
    check_keys(settings, EXPERIMENT_KEYS, "experiment")
    chosen = dict(settings)
    for name, value in settings.items():
        if name == "noise":
            if not isinstance(value, Mapping):
                raise ValueError("“experiment.noise” is a table: { kind = … }.")
            chosen[name] = made_noise(value)
        elif name == "optimizer":
            if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
                raise ValueError("“experiment.optimizer” is a table: { name = … }.")
            chosen[name] = optimizer(**value)
        elif name in ("start", "parts"):
            if not isinstance(value, list) or len(value) > 64:
                raise ValueError(f"“experiment.{name}” is a list.")
            chosen[name] = tuple(value)
        elif name in NUMBERS and not is_number(value):
            raise ValueError(f"“experiment.{name}” is a number that is not too large.")
        elif name not in NUMBERS and not isinstance(value, str):
            raise ValueError(f"“experiment.{name}” is a text.")
    if not all(map(is_number, chosen.get("start", ()))):
        raise ValueError("“experiment.start” is a list of numbers.")
    if not all(isinstance(part, str) for part in chosen.get("parts", ())):
        raise ValueError("“experiment.parts” is a list of texts.")
    return Experiment(landscape=landscape, **chosen)


def _noise_table(noise: Noise) -> dict[str, Any]:
    """The kind, and what differs from its defaults; the scale in any case."""
    table: dict[str, Any] = {"kind": noise.kind}
    for name, default in noise.defaults().items():
        value = getattr(noise, name)
        if name == "matrix":
            table[name] = [list(row) for row in value]
        elif value != default or name == "scale":
            table[name] = value
    return table


# Writing: tables below what is theirs, short ones and lists in a line.


def _written(content: Mapping[str, Any]) -> str:
    tables = ("parameters", "views", "manifold", "experiment")
    lines = [_pair(key, value) for key, value in content.items() if key not in tables]
    for key, value in content.items():
        if key == "parameters":
            for name, table in value.items():
                lines += ["", f"[parameters.{name}]", *(_pair(each, entry) for each, entry in table.items())]
        elif key in tables:
            for table in value if isinstance(value, list) else [value]:
                lines += ["", f"[[{key}]]" if isinstance(value, list) else f"[{key}]"]
                lines += [_pair(each, entry) for each, entry in table.items()]
    return "\n".join(lines) + "\n"


def _pair(key: str, value: Any) -> str:
    line = f"{key} = {_literal(value)}"
    if isinstance(value, list) and len(line) > WIDTH:
        return "\n".join([f"{key} = [", *(f"    {_literal(entry)}," for entry in value), "]"])
    return line


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_literal(entry)}' for key, entry in value.items())} }}"
    return repr(value)
