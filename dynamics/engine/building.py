"""Graphs are built by one thread at a time.

CasADi lets go of the GIL while it works, and counts references to its symbols without locks: two threads on graphs that share a
symbol can corrupt both. Running a tape needs no CasADi, so what takes time is not held up; nor is who asks for what is built.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

_building = threading.RLock()


def alone(function: Callable) -> Any:
    """While `function` runs, no other thread is in a function so marked."""

    @wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        with _building:
            return function(*arguments, **named)

    return guarded


def built_once(maxsize: int) -> Callable[[Callable], Any]:
    """`lru_cache` for functions that build graphs or tapes: alone, and each once. Nobody waits for what is there."""

    def decorate(function: Callable) -> Any:
        looking = threading.Lock()  # held for a moment; it gives all who come at once the same place

        @lru_cache(maxsize=maxsize)
        def place(*arguments: Any, **named: Any) -> list[Any]:
            return []

        @wraps(function)
        def found(*arguments: Any, **named: Any) -> Any:
            with looking:
                built = place(*arguments, **named)
            if not built:
                with _building:
                    if not built:
                        built.append(function(*arguments, **named))
            return built[0]

        found.cache_clear = place.cache_clear  # type: ignore[attr-defined]
        return found

    return decorate
