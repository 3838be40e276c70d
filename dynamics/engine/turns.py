"""One pool of threads for all computations of this process, in which they take turns.

A computation is some tasks, iterators that give up their thread wherever they yield. While nothing else is to be done a task goes
on; else the threads go round the computations, so that one of many long tasks does not hold up one of few short ones.
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


class _Computation:
    """Tasks of which at most `most` are on a thread at a time. Guarded by the pool's lock."""

    def __init__(self, tasks: Iterable[Iterator[object]], most: int) -> None:
        self.ready = deque(tasks)
        self.most = most
        self.active = 0
        self.failure: BaseException | None = None
        self.over = threading.Event()

    @property
    def waits(self) -> bool:
        return bool(self.ready) and self.active < self.most


class _Pool:
    def __init__(self, threads: int) -> None:
        self._computations: deque[_Computation] = deque()  # those that are not over, the next one first
        self._changed = threading.Condition()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"turns-{number}", daemon=True).start()

    def add(self, computation: _Computation) -> None:
        with self._changed:
            if not computation.ready:
                computation.over.set()
                return
            self._computations.append(computation)
            self._changed.notify_all()

    def _next(self) -> tuple[_Computation, Iterator[object]] | None:
        """A task, and its computation put at the end of the line; None where nobody waits."""
        for computation in self._computations:
            if computation.waits:
                self._computations.remove(computation)
                self._computations.append(computation)
                computation.active += 1
                return computation, computation.ready.popleft()
        return None

    def _work(self) -> None:
        while True:
            with self._changed:
                while (turn := self._next()) is None:
                    self._changed.wait()
            computation, task = turn
            left = self._advance(computation, task)
            with self._changed:
                computation.active -= 1
                if left and computation.failure is None:
                    computation.ready.appendleft(task)  # so that no more than `most` are ever begun and not ended
                if computation.failure is not None:
                    computation.ready.clear()
                if not computation.ready and computation.active == 0:
                    self._computations.remove(computation)
                    computation.over.set()
                self._changed.notify_all()

    def _advance(self, computation: _Computation, task: Iterator[object]) -> bool:
        """Go on until the task ends or somebody else has nothing to do; whether there is more of it."""
        try:
            for _ in task:
                if computation.failure is not None or len(self._computations) > 1:
                    return True
        except BaseException as failure:  # told to whoever waits for it
            computation.failure = failure
        return False


@cache
def _pool() -> _Pool:
    return _Pool(threads_available())


def carry_out(tasks: Iterable[Iterator[object]], poll: Callable[[], None] = lambda: None, most: int | None = None) -> None:
    """Carry all tasks to their ends, at most `most` at a time. `poll` is called every POLL_SECONDS, from this thread.

    Whatever a task raises is raised here, after the others have given up.
    """
    computation = _Computation(tasks, most or threads_available())
    _pool().add(computation)
    while not computation.over.wait(POLL_SECONDS):
        poll()
    if computation.failure is not None:
        raise computation.failure


def each(
    function: Callable[[Item], Result], items: Sequence[Item], poll: Callable[[], None] = lambda: None, most: int | None = None
) -> list[Result]:
    """`function` of each item, in order, each a turn of its own."""
    results: dict[int, Result] = {}

    def task(index: int, item: Item) -> Iterator[None]:
        yield  # the turn begins with the next one
        results[index] = function(item)

    carry_out((task(index, item) for index, item in enumerate(items)), poll, most)
    return [results[index] for index in range(len(items))]
