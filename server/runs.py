"""Computations, shared by all sessions: a class that opens one link computes it once.

A run goes on for as long as somebody wants it, in a thread of its own (`server.work`) or on a cluster (`server.cluster`). Results
are kept, the least recently used go first. Runs take turns, so that many may be under way; how many is bounded. Who comes when all
places are taken waits in line, and when that is full too is told so at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from math import inf
from threading import Event, Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from dynamics import Experiment, Outcome, simulate
from server import cluster, log
from server.kept import Kept, measured
from server.work import Cancel, Progress, Work, carried_out, memory_used

Value = TypeVar("Value")
MAX_RESULTS = 256 * 2**20  # bytes
MAX_RUNS = 16  # at once; others wait in line
MAX_WAITING = 64

Stages = Callable[[Work[Value], int, Progress, Cancel], Iterator[Value]]  # how a work that needs so many bytes is carried out


class Full(ValueError):
    """There is no place for another run."""

    def __init__(self) -> None:
        super().__init__(f"The server is busy: {MAX_RUNS + MAX_WAITING} computations are under way. Try again in a moment.")


class Failed(ValueError):
    """A computation that met an error of its own."""

    def __init__(self) -> None:
        super().__init__("This could not be computed, because of an error in this program. The server has noted it.")


class Run(Generic[Value]):
    """A computation under way, in stages of which the last is its result. After the last one who wants it has left it stops."""

    def __init__(self, work: Work[Value], memory: float = 0.0, keep: bool = True) -> None:
        self.fraction = 0.0
        self.started: float | None = None
        self.latest: Value | None = None
        self.future: Future[Value]
        self.memory, self.keep = round(memory), keep  # whole bytes: sums of others need not come back to 0
        self.requested = monotonic()
        self.left: float | None = None  # when the last one who wanted it did
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
                self.left = monotonic()
                self._stop.set()

    def lease(self, seconds: float) -> None:
        """Instead of joining and leaving: it stops by itself unless somebody calls this again in time."""
        if not self.stopped:
            self._lease = monotonic() + seconds

    def compute(self, stages: Stages[Value]) -> Value:
        for stage in stages(self._work, self.memory, self._advance, lambda: self.stopped):
            self.latest = stage
        if self.latest is None:
            raise CancelledError
        return self.latest

    def _advance(self, fraction: float) -> None:
        if self.started is None:
            self.started = monotonic()
        self.fraction = fraction


_results: Kept[Any] = Kept(MAX_RESULTS, measured)
_pool = ThreadPoolExecutor(MAX_RUNS, "simulation")
_running: dict[Hashable, Run[Any]] = {}
_unfinished = 0  # runs, those that nobody wants any more among them
_lock = Lock()


def known(key: Hashable) -> Any:
    """The result of a run that is over and was not stopped, or None."""
    return _results.get(key)


def state() -> dict[str, int]:
    """For whoever operates the server: runs that are not over, foreseen bytes of those under way, and bytes of what is kept."""
    return {"unfinished": _unfinished, "memory": memory_used(), "kept": _results.total}


def request(key: Hashable, work: Work[Value], memory: float = 0.0, *, keep: bool = True, here: bool = False) -> Run[Value]:
    """The run with this key, joined or begun. Equal keys must mean equal work.

    `memory` is what it needs, in bytes, if that is known; without `keep` its result is for those who wait alone. With `here` it is
    carried out in this process even if there is a cluster. Raises Full, with a sentence, if there is no place for it.
    """
    global _unfinished
    with _lock:
        run = _running.get(key)
        if run is not None and run.join():
            return run
        if _unfinished >= MAX_RUNS + MAX_WAITING:
            log.event("refused", key=log.short(key), unfinished=_unfinished)
            raise Full
        _unfinished += 1
        run = _running[key] = Run(work, memory, keep)
        stages: Stages[Value] = carried_out if here or not cluster.address() else partial(cluster.carried_out, key, keep)
        run.future = _pool.submit(_carry_out, key, run, stages)
        return run


def simulation(experiment: Experiment) -> Run[Outcome]:
    """The run of an experiment; its key is the experiment. Raises Full."""
    return request(experiment, partial(outcome, experiment), experiment.cost.bytes)


def outcome(experiment: Experiment, *, progress: Progress, cancel: Cancel) -> Iterator[Outcome]:
    """An experiment as a work of one stage."""
    yield simulate(experiment, progress=progress, cancel=cancel)


def _carry_out(key: Hashable, run: Run[Value], stages: Stages[Value]) -> Value:
    global _unfinished
    ended = "failed"
    try:
        result = run.compute(stages)
        ended = "stopped" if run.stopped else "done"
        if run.keep and not run.stopped:
            _results.put(key, result)
        return result
    except CancelledError:
        ended = "stopped"
        raise
    except ValueError:
        ended = "refused"
        raise
    except Exception as error:
        log.failure("A computation failed.", error)
        raise Failed from error
    finally:
        with _lock:
            _unfinished -= 1
            if _running.get(key) is run:
                del _running[key]
        _tell(key, run, ended)


def _tell(key: Hashable, run: Run[Any], ended: str) -> None:
    """To the log: how long it waited, how long it took, and how long it went on after nobody wanted it."""
    now = monotonic()
    started = run.started or now
    kind = key[0] if isinstance(key, tuple) else "simulation"
    log.event(
        "run", key=log.short(key), kind=str(kind), ended=ended, waited=started - run.requested, seconds=now - started,
        unwanted=0.0 if run.left is None else now - run.left, unfinished=_unfinished,
    )  # fmt: skip
