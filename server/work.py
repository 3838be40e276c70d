"""A piece of work, and how this process carries it out: within a bound of memory, in turns with all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Protocol, TypeVar

from dynamics.engine.blas import one_thread_for_good
from dynamics.engine.turns import one_computation

Value = TypeVar("Value")
Stage = TypeVar("Stage", covariant=True)
Progress = Callable[[float], None]
Cancel = Callable[[], bool]
MAX_MEMORY = 2**30  # bytes that what is under way may need together, as far as it is foreseen; one alone may need more
LOOK_SECONDS = 0.05  # between two looks at whether what waits for memory is still wanted

one_thread_for_good()  # works divide themselves


class Work(Protocol[Stage]):
    """Stages, the last of which is the result.

    It tells `progress` the fraction done and asks `cancel`, a few times a second; once that answers True it ends. On a cluster it
    goes to another process: it holds values and functions of `dynamics`, and nothing of a page.
    """

    def __call__(self, *, progress: Progress, cancel: Cancel) -> Iterator[Stage]: ...


_memory = Condition()
_used = 0  # bytes


def memory_used() -> int:
    """Bytes, foreseen, of what is under way."""
    return _used


def carried_out(work: Work[Value], memory: int, progress: Progress, cancel: Cancel) -> Iterator[Value]:
    """The stages of a work that needs so many bytes; `progress` hears of 0 when it begins."""
    with _room(memory, cancel), one_computation() as account:
        progress(0.0)

        def unwanted() -> bool:
            if cancel():
                account.hurry()
                return True
            return False

        yield from work(progress=progress, cancel=unwanted)


@contextmanager
def _room(memory: int, cancel: Cancel) -> Iterator[None]:
    """Waits until what is under way leaves so much."""
    global _used
    with _memory:
        while _used and _used + memory > MAX_MEMORY and not cancel():
            _memory.wait(LOOK_SECONDS)
        _used += memory
    try:
        yield
    finally:
        with _memory:
            _used -= memory
            _memory.notify_all()
