"""Runs of the simulation, shared by all sessions: a class that opens one link computes it once.

A run goes on in a thread of its own for as long as somebody wants it. Results are kept, the least recently used go first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from time import monotonic
from typing import Generic, TypeVar

from dynamics import Experiment, Outcome, simulate

Value = TypeVar("Value")
MAX_OUTCOMES = 256 * 2**20  # bytes
MAX_RUNS = 4  # at once; others wait their turn


class Kept(Generic[Value]):
    """Values by key, up to so many bytes in all."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit, self._size, self._lock = limit, size, Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._total = 0

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


class Run:
    """A simulation under way. Everybody who wants it calls `leave` in the end; after the last one it stops."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.fraction = 0.0
        self.started: float | None = None
        self.future: Future[Outcome]
        self._wanted = 1
        self._lock = Lock()
        self._stop = Event()

    @property
    def seconds_left(self) -> float | None:
        """None while it cannot be told."""
        if self.started is None or self.fraction < 0.02:
            return None
        return (monotonic() - self.started) * (1 - self.fraction) / self.fraction

    def join(self) -> bool:
        """Want it too; False if it has been given up."""
        with self._lock:
            self._wanted += not self._stop.is_set()
            return not self._stop.is_set()

    def leave(self) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0:
                self._stop.set()

    def compute(self) -> Outcome:
        self.started = monotonic()
        return simulate(self.experiment, progress=self._advance, cancel=self._stop.is_set)

    def _advance(self, fraction: float) -> None:
        self.fraction = fraction


_outcomes: Kept[Outcome] = Kept(MAX_OUTCOMES, lambda outcome: outcome.sgd.nbytes + outcome.limit.nbytes)
_pool = ThreadPoolExecutor(MAX_RUNS, "simulation")
_running: dict[Experiment, Run] = {}
_lock = Lock()


def known(experiment: Experiment) -> Outcome | None:
    return _outcomes.get(experiment)


def request(experiment: Experiment) -> Run:
    """The run of an experiment, joined or begun."""
    with _lock:
        run = _running.get(experiment)
        if run is not None and run.join():
            return run
        run = _running[experiment] = Run(experiment)
        run.future = _pool.submit(_carry_out, run)
        return run


def _carry_out(run: Run) -> Outcome:
    try:
        outcome = run.compute()
        if outcome.status != "cancelled":
            _outcomes.put(run.experiment, outcome)
        return outcome
    finally:
        with _lock:
            if _running.get(run.experiment) is run:
                del _running[run.experiment]
