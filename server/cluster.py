"""Works carried out on the Dask cluster whose scheduler AFTER_ZERO_LOSS_SCHEDULER names, as `server.work` does it in this process.

A work is one task, whose key is a digest of its own key and of this program: servers that ask for the same share one task, and
Dask drops it when the last of them has left, or is gone; its worker sees it as cancelled then, and it stops. Its worker tells of it
in events (`Worker.log_event`): how far it is, and the number of its last stage, which those who do not have it fetch. What is found
stays in the cluster's memory for as long as one of the servers keeps it.

Where no scheduler answers, or it has no workers, works are carried out in this process.

    dask worker tcp://scheduler:8786 --nthreads 16 --preload server.cluster

Threads are not cores here: so many works take turns on the cores of a worker.
"""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import Hashable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from math import inf
from pathlib import Path
from threading import Event, Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from dynamics import Experiment, simulate
from dynamics.sweeps.cluster import SCHEDULER
from server import log
from server import work as here
from server.kept import Kept, measured
from server.work import Cancel, Progress, Work

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

Value = TypeVar("Value")
TOPIC = "after-zero-loss"
LIMIT = "AFTER_ZERO_LOSS_RUN_SECONDS"
SECONDS = 1800.0  # after which a work is stopped, unless LIMIT says otherwise
GRACE = 10.0  # seconds after which the process of one that goes on is ended
PATIENCE = 3.0  # seconds for a scheduler to answer a server that has just come
SILENCE = 15.0  # seconds without an answer or a worker, after which there is no cluster, and between two attempts to find one
PULSE = 1.0  # seconds between two questions to the scheduler
TRANSFER = 60.0  # seconds for a result to come
LOOK_SECONDS = 0.05  # between two looks at whether a work is still wanted
TELL_SECONDS = 0.2  # between two events of one work
PARTING = 1.0  # seconds for what a work has found when it is stopped to come
MAX_PARTED = 32 * 2**20  # bytes of it that a worker keeps for that
MAX_HELD = 256 * 2**20  # bytes of results that stay on the cluster because of this server
PROGRAM = ("dynamics/**/*.py", "server/work.py", "server/cluster.py")
NUMERICAL = ("numpy", "scipy", "numba", "casadi")

LOST = (
    "The process that computed this was lost, and so was the next one: perhaps it needs more memory than there is. "
    "Take less of everything, or try again."
)


def too_long(seconds: float) -> str:
    return f"This was stopped after {seconds:g} s, which is as long as a computation may take here. Take less of everything."


class NoCluster(Exception):
    """It is gone, or of another program."""


def address() -> str | None:
    """Of the scheduler, if one is named."""
    return os.environ.get(SCHEDULER)


def carried_out(key: Hashable, keep: bool, work: Work[Value], memory: int, progress: Progress, cancel: Cancel) -> Iterator[Value]:
    """The stages of a work, from the cluster. With `keep` its result stays there, for other servers.

    Raises what the work raises, and ValueError, with a sentence, if its processes were lost or it takes too long.
    """
    if (client := _client()) is not None:
        try:
            yield from _there(client, key, keep, work, memory, progress, cancel)
            return
        except NoCluster as error:
            log.failure("A computation begins anew, in this process.", error)
    yield from here.carried_out(work, memory, progress, cancel)


def named(key: Hashable) -> str:
    """The key of a task: the same in all servers of this program."""
    from dask.tokenize import tokenize

    return f"{TOPIC}-{tokenize(program(), key)}"


@cache
def program() -> str:
    """A digest of all that decides a result beside its key."""
    root, digest = Path(__file__).parents[1], sha256(repr([version(name) for name in NUMERICAL]).encode())
    for path in sorted(path for pattern in PROGRAM for path in root.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# In a server


@dataclass(eq=False)
class _Heard:
    """What workers have told of a work that somebody waits for."""

    name: str
    begun: float | None = None
    fraction: float = 0.0
    ended: bool = False
    number: int = 0  # of the stage, from 1
    stage: Any = None
    asked: int = 0  # the number of a stage that is being fetched, or has been
    news: Event = field(default_factory=Event)

    def wait(self) -> None:
        self.news.wait(LOOK_SECONDS)
        self.news.clear()


_lock = Lock()
_known: Client | None = None
_tried = _alive = -inf  # when a scheduler was looked for, and when one was last heard to have workers
_heard: list[_Heard] = []
_held: Kept[tuple[Future[Any], int]] = Kept(MAX_HELD, lambda held: held[1])
_fetching = set[asyncio.Task[None]]()


def _client() -> Client | None:
    """Of the cluster, or None while there is none."""
    from distributed import Client

    global _known, _tried, _alive
    with _lock:
        if (_known is None or _known.status == "closed") and monotonic() - _tried > SILENCE:
            _tried = monotonic()
            try:
                found = Client(address(), timeout=PATIENCE, set_as_default=False)
                workers = found.sync(found.scheduler.ncores, callback_timeout=PATIENCE)  # type: ignore[union-attr]
                _known, _alive = found, monotonic() if workers else -inf
                found.loop.add_callback(_pulse, found)  # type: ignore[union-attr]
            except (OSError, ValueError) as error:
                log.failure("There is no cluster: computations are carried out in this process.", error)
        client = _known
    if client is None or client.status != "running" or not is_there():
        return None
    client.subscribe_topic(TOPIC, partial(_hear, client))  # each time: a scheduler that was started anew does not know of it
    return client


def is_there() -> bool:
    """Whether a scheduler has lately said that it has workers."""
    return monotonic() - _alive < SILENCE


async def _pulse(client: Client) -> None:
    global _alive
    while client.status != "closed":
        try:
            if await asyncio.wait_for(client.scheduler.ncores(), SILENCE):  # type: ignore[union-attr]
                _alive = monotonic()
        except Exception as error:  # whatever it is, there was no answer
            log.event("silence", error=type(error).__name__)
        await asyncio.sleep(PULSE)


def _there(
    client: Client, key: Hashable, keep: bool, work: Work[Value], memory: int, progress: Progress, cancel: Cancel
) -> Iterator[Value]:
    seconds, heard, seen, held = float(os.environ.get(LIMIT, SECONDS)), _Heard(named(key)), 0, False
    future = _submitted(client, heard.name, work, memory, seconds)
    _heard.append(heard)
    try:
        while not future.done():
            if cancel():
                future.release()
                yield from _parting(heard, seen)
                return
            heard.wait()
            if heard.begun is not None:
                progress(heard.fraction)
                if monotonic() - heard.begun > seconds + GRACE:
                    raise ValueError(too_long(seconds))
            if heard.number > seen:
                seen = heard.number
                yield heard.stage
            if not is_there():
                raise NoCluster(f"The scheduler at {address()} does not answer, or it has no workers.")
        result = _result(future)
        if held := keep:
            _held.put(heard.name, (future, measured(result)))
        if result is not None:
            yield result
    finally:
        _heard.remove(heard)
        if not held:  # an error holds it, as long as somebody holds the error: who tries again would be given the same
            future.release()


def _submitted(client: Client, name: str, work: Work[Any], memory: int, seconds: float) -> Future[Any]:
    from cloudpickle import dumps

    pickled = dumps(work)
    try:
        return client.submit(_task, name, program(), pickled, memory, seconds, GRACE, key=name)
    except Exception as error:  # of the connection, whatever it is
        raise NoCluster(f"The scheduler at {address()} cannot be reached.") from error


def _result(future: Future[Any]) -> Any:
    from distributed.scheduler import KilledWorker

    if future.status == "error":
        try:
            future.result()
        except KilledWorker as error:
            raise ValueError(LOST) from error
    try:
        return future.result(TRANSFER)
    except (CancelledError, OSError, TimeoutError) as error:
        raise NoCluster("The scheduler is gone.") from error


def _parting(heard: _Heard, seen: int) -> Iterator[Any]:
    """What a work that was stopped has found so far, if it still can be had."""
    until = monotonic() + PARTING
    while heard.begun is not None and monotonic() < until and not (heard.ended and heard.number >= heard.asked):
        heard.wait()
    if heard.number > seen:
        yield heard.stage


def _hear(client: Client, event: tuple[float, dict[str, Any]]) -> None:
    """What a worker says of a task, in the thread of the client."""
    said = event[1]
    if _held.get(said["name"]) is not None:  # lost with its worker, and others too: not for this server are they computed again
        _held.drop(lambda name, held: name == said["name"] or held[0].status != "finished")
    for heard in [each for each in _heard if each.name == said["name"]]:
        heard.begun = heard.begun or monotonic()
        heard.fraction, heard.ended = said["fraction"], said["ended"]
        if said["number"] > heard.asked:
            heard.asked = said["number"]
            task = asyncio.ensure_future(_fetch(client, heard, said["where"]))
            _fetching.add(task)
            task.add_done_callback(_fetching.discard)
        heard.news.set()


async def _fetch(client: Client, heard: _Heard, where: str) -> None:
    found: dict[str, bytes | None] = {}
    try:
        found = await asyncio.wait_for(client.run(_last_stage, heard.name, workers=[where], on_error="ignore"), SILENCE)
    finally:
        if stage := found.get(where):
            heard.number, heard.stage = pickle.loads(stage)
        heard.asked = heard.number
        heard.news.set()


# In a worker


@dataclass(eq=False)
class _Told:
    """What a worker tells of a task, at most every TELL_SECONDS."""

    name: str
    worker: Worker
    until: float
    fraction: float = 0.0
    number: int = 0
    stage: Any = None
    stopped: bool = False
    told: float = -inf

    def progress(self, fraction: float) -> None:
        self.fraction = float(fraction)  # NumPy's own do not travel in an event
        self.tell()

    def cancel(self) -> bool:
        self.tell()
        task = self.worker.state.tasks.get(self.name)
        self.stopped = self.stopped or task is None or task.state != "executing" or monotonic() > self.until
        return self.stopped

    def found(self, stage: Any) -> None:
        """Told of with the next event: the last one is the result, and comes by itself."""
        self.number, self.stage = self.number + 1, stage

    def tell(self, ended: bool = False) -> None:
        if not ended and monotonic() - self.told < TELL_SECONDS:
            return
        self.told = monotonic()
        number = 0 if ended and not self.stopped else self.number  # a result comes by itself
        said = {"name": self.name, "where": self.worker.address, "fraction": self.fraction, "number": number, "ended": ended}
        self.worker.log_event(TOPIC, said)


_under_way: dict[str, _Told] = {}
_parted: Kept[tuple[int, Any]] = Kept(MAX_PARTED, measured)  # number and last stage of what was stopped


def _task(name: str, program_: str, pickled: bytes, memory: int, seconds: float, grace: float) -> Any:
    from distributed import Reschedule, get_worker

    if program_ != program():
        raise NoCluster("A worker has another version of this program.")
    told = _under_way[name] = _Told(name, get_worker(), monotonic() + seconds)
    last_resort = Timer(seconds + grace, os._exit, (1,))  # the nanny starts the worker anew
    last_resort.daemon = True
    last_resort.start()
    try:
        for stage in here.carried_out(pickle.loads(pickled), memory, told.progress, told.cancel):
            told.found(stage)
        if not told.stopped:
            return told.stage
        if monotonic() > told.until:
            raise ValueError(too_long(seconds))
        if told.number:
            _parted.drop(lambda key, _: key == name)
            _parted.put(name, (told.number, told.stage))
        raise Reschedule  # nobody wants it; for who does again meanwhile it begins anew
    finally:
        last_resort.cancel()
        del _under_way[name]
        told.tell(ended=True)


def _last_stage(name: str) -> bytes | None:
    """Number and stage, if the task still goes on, or was stopped not long ago."""
    told = _under_way.get(name)
    found = _parted.get(name) if told is None else (told.number, told.stage)
    return None if found is None else pickle.dumps(found)


def dask_setup(_worker: Worker) -> None:
    """What Dask calls before a worker that preloads this module takes its first task: the loops are loaded, or compiled."""
    simulate(Experiment(landscape="circle", paths=4, frames=4, horizon=0.02))
