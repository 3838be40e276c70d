"""A Dask cluster of real processes on this machine, as docs/deployment.md starts one: for tests and benchmarks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from distributed import Client

from dynamics import Experiment
from server import runs
from server.cluster import SCHEDULER, TOPIC
from server.work import Cancel, Progress

ROOT = Path(__file__).parents[1]
LIMITS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT, "start_new_session": True}


@contextmanager
def cluster(port: int, workers: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The scheduler's address, when so many workers are there; a worker that is killed is started anew."""
    address = f"tcp://127.0.0.1:{port}"
    env = os.environ | {"PYTHONPATH": str(ROOT)} | LIMITS | dict(environment or {})
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *here]
    options = ["--nworkers", str(workers), "--nthreads", "16", "--memory-limit", "2GiB", "--preload", "server.cluster"]
    nannies = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options, *here]
    with TemporaryDirectory() as folder:
        nannies += ["--local-directory", folder]
        begun = [subprocess.Popen(command, env=env, **QUIET) for command in (scheduler, nannies)]  # type: ignore[call-overload]
        try:
            with Client(address, timeout=240, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=240)  # on a new machine they compile first
            yield address
        finally:
            for process in begun:
                os.killpg(process.pid, signal.SIGKILL)  # the workers too
                process.wait()


def processes(client: Client) -> dict[str, int]:
    """The number of each worker's process, by its address."""
    return client.run(os.getpid, on_error="ignore")  # which one that has just died would be


def times_ended(client: Client, name: str) -> int:
    """How often a task was carried out, to its end or until it was stopped."""
    said = [message for _, message in client.get_events(TOPIC)]
    return sum(message["ended"] for message in said if message["name"] == name)


def wait_until(true, seconds: float = 30.0) -> None:
    """Raises TimeoutError."""
    ends = monotonic() + seconds
    while not true():
        if monotonic() > ends:
            raise TimeoutError
        sleep(0.02)


# Works for the workers to carry out


def counting(until: int, seconds: float, *, progress: Progress, cancel: Cancel) -> Iterator[tuple[int, int]]:
    """1, 2, … with the number of the process that counts, each after so many seconds."""
    for count in range(1, until + 1):
        ends = monotonic() + seconds
        while monotonic() < ends:
            progress((count - 1) / until)
            if cancel():
                yield -count, os.getpid()
                return
            sleep(0.01)
        yield count, os.getpid()


def broken(*, progress: Progress, cancel: Cancel) -> Iterator[int]:
    yield 1 // 0


def runaway(*, progress: Progress, cancel: Cancel) -> Iterator[int]:
    """Asks nobody whether it is wanted."""
    progress(0.5)
    while True:
        sleep(0.1)
    yield 0


# What is asked for, here and in another server


def short(seed: int) -> Experiment:
    return Experiment(landscape="hyperbola", paths=20, frames=20, horizon=0.1, seed=seed)


def counted(key: str, until: int = 1000, seconds: float = 0.05) -> runs.Run[tuple[int, int]]:
    return runs.request(key, partial(counting, until, seconds))


def serve(scheduler: str) -> None:
    """Begin another server: this process computes on this cluster."""
    os.environ[SCHEDULER] = scheduler


def simulated(seed: int) -> bytes:
    return runs.simulation(short(seed)).future.result(60).sgd.tobytes()


def joined(key: str, until: int) -> int:
    return counted(key, until).future.result(60)[0]
