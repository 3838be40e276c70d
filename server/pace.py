"""How many pages are made at once.

Python runs one thread at a time: two hundred pages that share it come to their ends together, when the last one does, and
whatever else the server should answer meanwhile stands in line behind them. A few at a time, in the order in which they came, the
first is there at once.

Whoever makes a page for longer than PATIENCE, or waits for something else, holds nobody up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from threading import Event, Lock, get_ident
from time import monotonic

AT_ONCE = 2  # one more than Python runs
PATIENCE = 0.12  # seconds; a page takes some hundredths

_lock = Lock()
_numbers = count()
_inside: dict[int, tuple[int, float]] = {}  # by thread: its number in line, and when it was let in
_line: list[tuple[int, int, Event]] = []  # a heap: number, thread, and what lets it in


@contextmanager
def let_in() -> Iterator[None]:
    """Make a page, when it is its turn."""
    _enter(next(_numbers))
    try:
        yield
    finally:
        _leave()


@contextmanager
def aside() -> Iterator[None]:
    """Wait for something, and let others in meanwhile; then it is the turn of whoever came first."""
    number = _leave()
    try:
        yield
    finally:
        if number is not None:
            _enter(number)


def _enter(number: int) -> None:
    turn = Event()
    with _lock:
        heappush(_line, (number, get_ident(), turn))
        _admit()
    while not turn.wait(PATIENCE):
        with _lock:
            _admit()


def _leave() -> int | None:
    with _lock:
        number, _ = _inside.pop(get_ident(), (None, 0.0))
        _admit()
    return number


def _admit() -> None:
    now = monotonic()
    free = AT_ONCE - sum(now - since < PATIENCE for _, since in _inside.values())
    while _line and free > 0:
        number, thread, turn = heappop(_line)
        _inside[thread] = number, now
        turn.set()
        free -= 1
