"""A Dask cluster of real processes on this machine, as docs/deployment.md starts one: for tests and benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from distributed import Client

ROOT = Path(__file__).parents[1]
LIMITS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}


@contextmanager
def cluster(port: int, workers: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The scheduler's address, when so many workers are there; a worker that is killed is started anew."""
    address = f"tcp://127.0.0.1:{port}"
    env = os.environ | {"PYTHONPATH": str(ROOT)} | LIMITS | dict(environment or {})
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *here]
    options = ["--nworkers", str(workers), "--nthreads", "16", "--memory-limit", "2GiB", "--preload", "server.cluster"]
    nannies = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options, *here]
    processes = [subprocess.Popen(command, env=env, **QUIET) for command in (scheduler, nannies)]  # type: ignore[call-overload]
    try:
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def processes(client: Client) -> dict[str, int]:
    """The number of each worker's process, by its address."""
    return client.run(os.getpid)


def wait_until(true, seconds: float = 30.0) -> None:
    """Raises TimeoutError."""
    ends = monotonic() + seconds
    while not true():
        if monotonic() > ends:
            raise TimeoutError
        sleep(0.02)
