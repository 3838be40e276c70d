"""Computations, shared by all sessions: a class that opens one link computes it once.

A run goes on in a thread of its own for as long as somebody wants it. Results are kept, the least recently used go first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from math import inf
from threading import Event, Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from dynamics import Experiment, Outcome, simulate
from dynamics.engine.blas import one_thread_for_good
from server import log
from server.kept import Kept, measured

Value = TypeVar("Value")
MAX_RESULTS = 256 * 2**20  # bytes
MAX_RUNS = 4  # at once; others wait their turn


Work = Callable[[Callable[[float], None], Callable[[], bool]], Iterator[Value]]


class Run(Generic[Value]):
    """A computation under way, in stages of which the last is its result. After the last one who wants it has left it stops."""

    def __init__(self, work: Work[Value]) -> None:
        self.fraction = 0.0
        self.started: float | None = None
        self.latest: Value | None = None
        self.future: Future[Value]
        self._work = work
        self._wanted = 1
        self._lease = inf
        self._lock = Lock()
        self._stop = Event()

    @property
    def seconds_left(self) -> float | None:
        """None while it cannot be told."""
        if self.started is None or self.fraction < 0.02:
            return None
        return (monotonic() - self.started) * (1 - self.fraction) / self.fraction

    @property
    def stopped(self) -> bool:
        return self._stop.is_set() or monotonic() > self._lease

    def join(self) -> bool:
        """Want it too; False if it has been given up."""
        with self._lock:
            self._wanted += not self.stopped
            return not self.stopped

    def leave(self) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0:
                self._stop.set()

    def lease(self, seconds: float) -> None:
        """Instead of joining and leaving: it stops by itself unless somebody calls this again in time."""
        if not self.stopped:
            self._lease = monotonic() + seconds

    def compute(self) -> Value:
        self.started = monotonic()
        for stage in self._work(self._advance, lambda: self.stopped):
            self.latest = stage
        if self.latest is None:
            raise CancelledError
        return self.latest

    def _advance(self, fraction: float) -> None:
        self.fraction = fraction


one_thread_for_good()  # runs divide the work themselves

_results: Kept[Any] = Kept(MAX_RESULTS, measured)
_pool = ThreadPoolExecutor(MAX_RUNS, "simulation")
_running: dict[Hashable, Run[Any]] = {}
_lock = Lock()


def known(key: Hashable) -> Any:
    """The result of a run that is over and was not stopped, or None."""
    return _results.get(key)


def request(key: Hashable, work: Work[Value]) -> Run[Value]:
    """The run with this key, joined or begun. Equal keys must mean equal work."""
    with _lock:
        run = _running.get(key)
        if run is not None and run.join():
            return run
        run = _running[key] = Run(work)
        run.future = _pool.submit(_carry_out, key, run)
        return run


def simulation(experiment: Experiment) -> Run[Outcome]:
    """The run of an experiment; its key is the experiment."""

    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[Outcome]:
        yield simulate(experiment, progress=progress, cancel=cancel)

    return request(experiment, work)


def _carry_out(key: Hashable, run: Run[Value]) -> Value:
    log.event("run", key=log.short(key))
    try:
        result = run.compute()
        if not run.stopped:
            _results.put(key, result)
        return result
    finally:
        with _lock:
            if _running.get(key) is run:
                del _running[key]
