"""Two servers of the app behind nginx, as docs/deployment.md writes it, on one cluster: of each kind one is killed under load."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from distributed import Client

from benchmarks.client import Session
from dynamics import Experiment
from server import cluster
from tests.browser.serving import free_port, server
from tests.clusters import ROOT, processes, times_ended, wait_until
from tests.clusters import cluster as cluster_of_processes

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
VISITORS = 12
HERE = "daemon off; master_process off; pid pid; events {{ worker_connections 500; }} http {{ access_log off; {} }}"
TEMPORARY = " ".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


@contextmanager
def proxy(ports: list[int], folder: Path) -> Iterator[str]:
    """The address of an nginx in front of servers on these ports of this machine."""
    port, text = free_port(), (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    written = re.search(r"```nginx\n(.*?)```", text, re.DOTALL)[1]
    for name, given in zip(("app1", "app2"), ports, strict=True):
        written = written.replace(f"{name}:8501", f"127.0.0.1:{given}")
    written = written.replace("listen 80;", f"listen 127.0.0.1:{port};")
    (folder / "nginx.conf").write_text(HERE.format(TEMPORARY + written), encoding="utf-8")
    process = subprocess.Popen([NGINX, "-p", folder, "-c", "nginx.conf", "-e", "error.log"])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def process_on(port: int) -> psutil.Process:
    return next(child for child in psutil.Process().children(recursive=True) if str(port) in child.cmdline())


def visitors_of(port: int) -> int:
    there = process_on(port).net_connections("tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in there)


def query(seed: int) -> str:
    return f"landscape=circle&paths=300&horizon=6&learning_rate=0.01&seed={seed}"


def experiment(seed: int) -> Experiment:
    return Experiment.from_query(dict(each.split("=") for each in query(seed).split("&")))


async def opened(sessions: list[Session]) -> list[int]:
    try:
        return await asyncio.gather(*(session.persist() for session in sessions))
    finally:
        await asyncio.gather(*(session.close() for session in sessions))


def test_servers_share_what_they_compute_and_who_visits_one_that_is_killed_goes_on_at_the_other(tmp_path, monkeypatch) -> None:
    assert NGINX, "make fast installs nginx"
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        scheduler = stack.enter_context(cluster_of_processes(free_port()))
        monkeypatch.setenv(cluster.SCHEDULER, scheduler)
        client = stack.enter_context(Client(scheduler, set_as_default=False))
        for port in ports:
            stack.enter_context(server(port=port, rooms=tmp_path / "rooms.sqlite"))
        address = stack.enter_context(proxy(ports, tmp_path))

        class_ = [Session(address, query(0)) for _ in range(VISITORS)]
        asyncio.run(opened(class_))
        assert all(session.picture for session in class_)
        assert len({session.cookies["replica"] for session in class_}) == VISITORS
        assert times_ended(client, cluster.named(experiment(0))) == 1

        async def load() -> tuple[list[Session], list[int]]:
            sessions = [Session(address, query(seed)) for seed in range(1, VISITORS + 1)]
            visits = asyncio.create_task(opened(sessions))
            await asyncio.to_thread(wait_until, lambda: any(client.processing().values()))
            os.kill(min(processes(client).values()), signal.SIGKILL)
            # Who still fetches the page is sent on without a loss.
            await asyncio.to_thread(wait_until, lambda: all(session.text is not None for session in sessions))
            process_on(max(ports, key=visitors_of)).kill()
            return sessions, await visits

        sessions, lost = asyncio.run(load())
        assert all(session.picture for session in sessions)
        assert not [session.exceptions for session in sessions if session.exceptions]
        assert sum(lost) > 0
