"""A run on a Dask cluster of real processes is the run that it is in this process, whatever becomes of the processes."""

from __future__ import annotations

import multiprocessing
import os
import pickletools
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import inf
from time import sleep

import cloudpickle
import pytest
from distributed import Client

from content.catalogue import TITLES
from dynamics import Experiment, simulate
from dynamics.engine.formula import FormulaError
from dynamics.studies.clocks import stages
from dynamics.studies.exact import NoCurve, exact_density
from server import cluster, runs
from tests.browser.serving import free_port
from tests.clusters import broken, counted, counting, joined, processes, runaway, serve, short, simulated, times_ended, wait_until
from tests.clusters import cluster as cluster_of_processes
from tests.pages.test_simulator import opened

WITHOUT_RUNS = ("presets", "phases", "glossary", "literature", "edge", "how")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with cluster_of_processes(free_port()) as address:
        yield address


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What other tests know of clusters."""
    yield
    if cluster._known is not None:
        cluster._known.close(timeout=1)
    cluster._known, cluster._tried, cluster._alive = None, -inf, -inf


@pytest.fixture
def workers(scheduler: str, monkeypatch, forgotten) -> Iterator[Client]:
    """Two of them, on which this server computes; a client to look at them."""
    monkeypatch.setenv(cluster.SCHEDULER, scheduler)
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


def begun(run: runs.Run) -> bool:
    return run.latest is not None


def under_way(client: Client, key) -> bool:
    return any(cluster.named(key) in keys for keys in client.processing().values())


def kept_at(client: Client, key) -> list[str]:
    """The workers whose memory has the result."""
    return [worker for worker, keys in client.has_what().items() if cluster.named(key) in keys]


def who_want(client: Client, key) -> list[str]:
    def wanted(dask_scheduler) -> list[str]:
        task = dask_scheduler.tasks.get(name)
        return [] if task is None else [each.client_key for each in task.who_wants]

    name = cluster.named(key)
    return client.run_on_scheduler(wanted)


@pytest.fixture(scope="module")
def another_server(scheduler: str) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), serve, (scheduler,)) as server:
        yield server


def test_a_run_is_the_same_bit_for_bit(workers: Client) -> None:
    run = runs.simulation(short(1))
    there, here = run.future.result(60), simulate(short(1))
    for name in ("sgd", "limit", "steps", "times", "sgd_frozen", "limit_frozen"):
        assert getattr(there, name).tobytes() == getattr(here, name).tobytes()
    assert there.status == here.status
    assert (run.fraction, run.started is None) == (1.0, False)
    assert len(kept_at(workers, short(1))) == 1  # so that it was no thread of this process


def test_stages_and_progress_come_while_it_goes_on_and_the_last_is_the_result(workers: Client) -> None:
    run, seen = counted("stages", 4, 0.3), set()
    while not run.future.done():
        seen.add((run.fraction, run.latest and run.latest[0]))
        sleep(0.02)
    assert {0.25, 0.5, 0.75} <= {fraction for fraction, _ in seen}
    assert {1, 2, 3} <= {stage for _, stage in seen}
    count, process = run.future.result()
    assert count == 4
    assert process in processes(workers).values()


def test_two_servers_that_ask_for_the_same_share_one_task(workers: Client, another_server: ProcessPoolExecutor) -> None:
    mine = runs.simulation(short(2)).future.result(60)
    assert another_server.submit(simulated, 2).result(60) == mine.sgd.tobytes()
    run = counted("shared", 20)
    wait_until(lambda: begun(run))
    theirs = another_server.submit(joined, "shared", 20)
    wait_until(lambda: len(who_want(workers, "shared")) == 2)
    run.leave()  # they go on
    assert theirs.result(60) == 20
    assert (times_ended(workers, cluster.named(short(2))), times_ended(workers, cluster.named("shared"))) == (1, 1)


def test_the_last_who_leaves_stops_it_and_has_what_there_is(workers: Client) -> None:
    run = counted("left")
    wait_until(lambda: begun(run))
    assert counted("left") is run
    run.leave()
    assert under_way(workers, "left")
    run.leave()
    assert run.future.result(30)[0] < 0  # what the work says when it is stopped
    wait_until(lambda: times_ended(workers, cluster.named("left")) == 1)
    assert not under_way(workers, "left")
    again = counted("left", 2)
    assert again.future.result(30)[0] == 2  # and begins anew for who comes later


def test_a_worker_that_is_killed_costs_a_retry_and_two_cost_a_sentence(workers: Client) -> None:
    run = counted("killed", 20)
    wait_until(lambda: begun(run))
    first = run.latest[1]
    os.kill(first, signal.SIGKILL)
    count, second = run.future.result(60)
    assert count == 20
    assert second != first
    workers.wait_for_workers(2, timeout=60)
    run = counted("killed twice")
    for _ in range(2):
        wait_until(lambda: begun(run) and run.latest[1] in processes(workers).values())
        os.kill(run.latest[1], signal.SIGKILL)
    with pytest.raises(ValueError, match="The process that computed this was lost, and so was the next one"):
        run.future.result(60)


def test_a_result_that_is_lost_with_its_worker_is_computed_again_for_who_asks_alone(workers: Client) -> None:
    run = counted("lost", 1)
    _, process = run.future.result(60)
    wait_until(lambda: kept_at(workers, "lost") != [])
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: cluster._held.get(cluster.named("lost")) is None, 15)
    wait_until(lambda: who_want(workers, "lost") == [])
    assert runs.known("lost") == (1, process)


def test_what_cannot_be_computed_is_the_same_sentence(workers: Client) -> None:
    with pytest.raises(NoCurve, match="Γ is a manifold of dimension 2 here"):
        runs.request("no curve", partial(exact_density, Experiment(landscape="sphere"))).future.result(60)
    with pytest.raises(FormulaError) as error:
        runs.request("no formula", partial(stages, short(3), observable="1/2x")).future.result(60)
    assert error.value.remedy in str(error.value)
    assert error.value.position is not None


def test_an_error_of_the_program_is_one_sentence_and_one_line(workers: Client, caplog) -> None:
    with pytest.raises(runs.Failed):
        runs.request("broken", broken).future.result(60)
    (line,) = [record for record in caplog.records if record.name == "after_zero_loss"]
    assert "ZeroDivisionError" in line.getMessage()


def test_what_takes_too_long_is_stopped_and_what_does_not_stop_is_ended(workers: Client, monkeypatch) -> None:
    monkeypatch.setenv(cluster.LIMIT, "0.4")
    monkeypatch.setattr(cluster, "GRACE", 0.6)
    before = set(processes(workers).values())
    with pytest.raises(ValueError, match=r"stopped after 0.4 s"):
        counted("too long").future.result(60)
    assert set(processes(workers).values()) == before
    with pytest.raises(ValueError, match=r"stopped after 0.4 s"):
        runs.request("runaway", runaway).future.result(60)
    wait_until(lambda: len(before & set(processes(workers).values())) == 1)
    workers.wait_for_workers(2, timeout=60)


def test_workers_of_another_version_are_not_believed(workers: Client, monkeypatch, caplog) -> None:
    monkeypatch.setattr(cluster, "program", lambda: "another")
    assert runs.request("version", partial(counting, 1, 0.0)).future.result(60) == (1, os.getpid())
    assert "A worker has another version of this program." in caplog.text


@pytest.mark.usefixtures("forgotten")
def test_without_a_scheduler_a_run_is_carried_out_here_and_the_log_says_so(monkeypatch, caplog) -> None:
    monkeypatch.setenv(cluster.SCHEDULER, f"tcp://127.0.0.1:{free_port()}")
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    assert runs.request("alone", partial(counting, 1, 0.0)).future.result(60) == (1, os.getpid())
    assert "There is no cluster: computations are carried out in this process." in caplog.text


@pytest.mark.usefixtures("forgotten")
def test_a_run_begins_anew_here_when_the_scheduler_is_lost(monkeypatch) -> None:
    with cluster_of_processes(free_port(), workers=1) as address:
        monkeypatch.setenv(cluster.SCHEDULER, address)
        run = counted("scheduler lost", 10)
        wait_until(lambda: begun(run))
        assert run.latest[1] != os.getpid()
    assert run.future.result(60) == (10, os.getpid())


def test_a_cluster_without_workers_is_none(workers: Client, monkeypatch) -> None:
    monkeypatch.setattr(cluster, "_alive", -inf)
    monkeypatch.setattr(cluster, "_known", workers)
    assert runs.request("no workers", partial(counting, 1, 0.0)).future.result(60) == (1, os.getpid())


@pytest.mark.parametrize("view", [view for view in TITLES if view != "phases"])
def test_what_a_page_asks_for_can_be_sent_and_holds_nothing_of_a_page(view: str, monkeypatch) -> None:
    asked, genuine = [], runs.request

    def request(key, work, memory=0.0, *, keep=True, here=False):
        asked.append(cloudpickle.dumps(work))
        if isinstance(key, Experiment):  # after which a page asks for more
            return genuine(key, work, memory)
        raise runs.Full

    monkeypatch.setattr(runs, "request", request)
    monkeypatch.setattr(runs, "known", lambda key: None)
    assert not opened(view=view).exception
    assert asked or view in WITHOUT_RUNS
    for sent in asked:
        names = {text.split(".")[0] for opcode, text, _ in pickletools.genops(sent) if isinstance(text, str)}
        assert not names & {"pages", "streamlit"}
