"""A sweep on Dask: in this process, or on the cluster whose scheduler is named, or that AFTER_ZERO_LOSS_SCHEDULER names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any

from dynamics.sweeps.cell import compute
from dynamics.sweeps.grid import Cell, Sweep
from dynamics.sweeps.results import Found

if TYPE_CHECKING:
    from distributed import Client

SCHEDULER = "AFTER_ZERO_LOSS_SCHEDULER"
LOOK_SECONDS = 0.05
PATIENCE = "10s"  # for a scheduler to answer


def run(
    sweep: Sweep, done: Iterable[Cell] = (), *, scheduler: str | None = None, cancel: Callable[[], bool] = lambda: False
) -> Iterator[Found]:
    """The cells that are not `done`, as they finish. Closing the iterator, or `cancel` answering True, drops those under way."""
    from distributed import as_completed

    done = set(done)
    cells = [cell for cell in sweep.cells if cell not in done]
    with connected(scheduler) as client:
        # Retries are for workers that died; a cell's own error comes out here.
        futures = client.map(compute, cells, settings=sweep.settings, pure=False, retries=3)
        try:
            for future in _until(as_completed(futures), cancel):
                yield future.result()
        finally:
            client.cancel(futures)


def _until(futures, cancel: Callable[[], bool]) -> Iterator[Any]:
    """The futures as they complete, until `cancel` answers True."""
    while not (futures.is_empty() or cancel()):
        batch = futures.next_batch(block=False)
        yield from batch
        if not batch:
            sleep(LOOK_SECONDS)


@contextmanager
def connected(scheduler: str | None = None) -> Iterator[Client]:
    """A Dask client: of the scheduler at this address, or of one within this process."""
    from distributed import Client

    address = scheduler or os.environ.get(SCHEDULER)
    if address:
        try:
            client = Client(address, timeout=PATIENCE)
        except OSError as error:
            raise ValueError(f"There is no Dask scheduler at {address}.") from error
    else:
        client = Client(processes=False, n_workers=1, threads_per_worker=os.cpu_count(), dashboard_address="127.0.0.1:0")
    try:
        yield client
    finally:
        client.close()
