"""A run on a Dask cluster of real processes is the run that it is in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import Client

from dynamics import Experiment, simulate
from server import cluster, runs
from tests.browser.serving import free_port
from tests.clusters import cluster as cluster_of_processes

LONG = {"landscape": "circle", "paths": 2000, "learning_rate": 1e-3, "horizon": 5.0}


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with cluster_of_processes(free_port()) as address:
        yield address


@pytest.fixture
def on_cluster(scheduler: str, monkeypatch) -> Iterator[Client]:
    """What this server computes is computed there; a client to look at the cluster."""
    monkeypatch.setenv(cluster.SCHEDULER, scheduler)
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


def short(seed: int) -> Experiment:
    return Experiment(landscape="hyperbola", paths=20, frames=20, horizon=0.1, seed=seed)


def where(client: Client, experiment: Experiment) -> list[str]:
    """The workers that have the run of an experiment, or carry it out."""
    name = cluster.named(experiment)
    found = [worker for worker, keys in client.processing().items() if name in keys]
    return found + [worker for worker, keys in client.has_what().items() if name in keys]


def test_a_run_is_the_same_bit_for_bit_and_stays_there_for_others(on_cluster: Client) -> None:
    run = runs.simulation(short(1))
    there, here = run.future.result(60), simulate(short(1))
    for name in ("sgd", "limit", "steps", "times", "sgd_frozen", "limit_frozen"):
        assert getattr(there, name).tobytes() == getattr(here, name).tobytes()
    assert there.status == here.status
    assert (run.fraction, run.started is None) == (1.0, False)
    assert len(where(on_cluster, short(1))) == 1
