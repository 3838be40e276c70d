"""Graphs are built by one thread at a time.

CasADi lets go of the GIL while it works, and counts references to its symbols without locks: two threads on graphs that share a
symbol can corrupt both. Running a tape needs no CasADi, so what takes time is not held up.
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
    """`lru_cache` for functions that build graphs or tapes: alone, and each once."""

    def decorate(function: Callable) -> Any:
        cached = lru_cache(maxsize=maxsize)(function)
        guarded = alone(cached)
        guarded.cache_clear = cached.cache_clear
        return guarded

    return decorate
