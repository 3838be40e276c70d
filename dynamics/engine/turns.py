"""The threads of all computations of this process take turns: as many at a time as there are cores.

A computation is some tasks, iterators that offer their thread's place wherever they yield. The place goes to the computation that
has had the least time so far, of equals to whoever has waited longest: a short one runs as if it were alone, however many long ones
are under way, and long ones share what is left. (Least attained service: Kleinrock, Queueing Systems II, 1976, 4.7.)

Each computation has threads of its own, and only places are shared: threads that had slept between two computations all woke on
one core, and a short one was over before the system had spread them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import inf
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

POLL_SECONDS = 0.03


def threads_available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Account:
    """The seconds that the threads of a computation have had."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def hurry(self) -> None:
        """From now on it goes before all others: nobody wants it, and it is to end and make room."""
        self.seconds = -inf


_here = threading.local()


@contextmanager
def one_computation() -> Iterator[Account]:
    """All that this thread carries out meanwhile counts as one computation; without it each `carry_out` is one."""
    before = getattr(_here, "account", None)
    _here.account = Account()
    try:
        yield _here.account
    finally:
        _here.account = before


class _Gate:
    """So many places, for which threads stand in line."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._line: list[tuple[Account, threading.Lock]] = []  # who waits, and what lets it in
        self._lock = threading.Lock()

    def enter(self, account: Account) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._line.append((account, ticket))
        ticket.acquire()

    def leave(self) -> None:
        with self._lock:
            if self._line:
                self._line.pop(self._next())[1].release()
            else:
                self._free += 1

    def give_way(self, account: Account) -> None:
        with self._lock:
            wanted = bool(self._line) and self._line[self._next()][0].seconds <= account.seconds
        if wanted:
            self.leave()
            self.enter(account)

    def _next(self) -> int:
        return min(range(len(self._line)), key=lambda place: self._line[place][0].seconds)


def _taken(ready: deque[Iterator[object]]) -> Iterator[object] | None:
    try:
        return ready.popleft()
    except IndexError:  # another thread took the last one
        return None


@cache
def _gate() -> _Gate:
    return _Gate(threads_available())


def carry_out(tasks: Iterable[Iterator[object]], poll: Callable[[], None] = lambda: None, most: int | None = None) -> None:
    """Carry all tasks to their ends, at most `most` at a time. `poll` is called every POLL_SECONDS, from this thread.

    Whatever a task raises is raised here, after the others have given up.
    """
    ready, failures, gate = deque(tasks), list[BaseException](), _gate()
    account: Account = getattr(_here, "account", None) or Account()

    def work() -> None:
        gate.enter(account)
        began = perf_counter()
        try:
            while not failures and (task := _taken(ready)) is not None:
                for _ in task:
                    if failures:
                        return
                    account.seconds += perf_counter() - began  # threads that add at once may lose a slice, which does not matter
                    gate.give_way(account)
                    began = perf_counter()
        except BaseException as failure:  # told to whoever waits for it
            failures.append(failure)
        finally:
            gate.leave()

    count = min(most or threads_available(), len(ready))
    threads = [threading.Thread(target=work, name=f"turns-{number}", daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            poll()
    if failures:
        raise failures[0]


def each(
    function: Callable[[Item], Result], items: Sequence[Item], poll: Callable[[], None] = lambda: None, most: int | None = None
) -> list[Result]:
    """`function` of each item, in order, each a turn of its own."""
    results: dict[int, Result] = {}

    def task(index: int, item: Item) -> Iterator[None]:
        results[index] = function(item)
        yield

    carry_out((task(index, item) for index, item in enumerate(items)), poll, most)
    return [results[index] for index in range(len(items))]
