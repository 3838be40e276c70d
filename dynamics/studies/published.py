"""A published experiment as its file in assets/studies/ says it: its numbers, and a table for each run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

MOST = 10_000_000  # of any of its whole numbers

S = TypeVar("S")


def published(file: Path, of_setting: Callable[..., S], of_run: Callable[..., Any], counts: Callable[[S], Iterable[int]]) -> S:
    """What the file says. `counts` are those of its numbers that are whole ones, from 1 up: how many, of what it is made of.

    Raises ValueError, with a sentence, if the file is malformed.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        runs = tuple(of_run(**{name: _frozen(value) for name, value in run.items()}) for run in content["runs"])
        found = of_setting(**content | {"runs": runs})
        if not runs or not all(type(number) is int and 0 < number <= MOST for number in counts(found)):
            raise ValueError("its numbers are whole ones")
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("The published experiment cannot be read from its file.") from error


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
