"""Results that are kept, the least recently used of which go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from sys import getsizeof
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any, Generic, TypeVar

import numpy as np

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, up to so many bytes in all."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit, self._size, self._lock = limit, size, Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes."""
        return self._total

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: Value) -> None:
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._total += self._size(value)
            while self._total > self._limit and len(self._values) > 1:
                self._total -= self._size(self._values.popitem(last=False)[1])

    def drop(self, which: Callable[[Hashable, Value], bool]) -> None:
        """Keep those no longer of which this is true."""
        with self._lock:
            for key in [key for key, value in self._values.items() if which(key, value)]:
                self._total -= self._size(self._values.pop(key))


def measured(value: Any) -> int:
    """Bytes of a result: of the arrays and texts that hang on it, each counted once, and a little for every other object."""
    total, left, seen = 0, [value], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        total += one.nbytes if isinstance(one, np.ndarray) else getsizeof(one)
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            left += one
        elif hasattr(one, "__dict__") and not isinstance(one, type | ModuleType | FunctionType):
            left += vars(one).values()
    return total
