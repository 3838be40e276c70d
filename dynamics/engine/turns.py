"""The threads of all computations of this process take turns: as many at a time as there are cores.

A computation is some tasks, iterators that offer their thread's place wherever they yield. While nobody waits a task goes on; else
the place goes to whoever has waited longest. So a computation of many long tasks does not hold up one of few short ones.

Each computation has threads of its own, and only places are shared: threads that had slept between two computations all woke on
one core, and a short one was over before the system had spread them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

POLL_SECONDS = 0.03


def threads_available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Gate:
    """So many places, for which threads stand in line."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._line: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._line.append(ticket)
        ticket.acquire()

    def leave(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1

    def give_way(self) -> None:
        if self._line:
            self.leave()
            self.enter()


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

    def work() -> None:
        gate.enter()
        try:
            while not failures and (task := _taken(ready)) is not None:
                for _ in task:
                    if failures:
                        return
                    gate.give_way()
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
