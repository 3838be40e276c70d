"""`python -m benchmarks.load`: how the app bears a class, beside a bare page of Streamlit in the same run.

    python -m benchmarks.load                     200 sessions on one link, 20 on as many, a heavy user beside others
    python -m benchmarks.load --sessions 50       fewer
    python -m benchmarks.load --hold 120          300 sessions held so long: exceptions, and memory of the server a session
    python -m benchmarks.load --cluster           on two workers, one of which is killed again and again
    python -m benchmarks.load --visits 3600       two visitors a second for so long, who leave again: what memory the server keeps

Sessions are `benchmarks.client`'s: they fetch what a browser fetches before it shows a picture, and share this machine with the
server that they load.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from math import inf
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep, time
from urllib.parse import parse_qsl, urlencode

import numpy as np
import psutil
from distributed import Client

from benchmarks.client import Session
from benchmarks.first_picture import BARE
from dynamics import Experiment
from dynamics.sweeps.cluster import SCHEDULER
from server.log import short
from tests.browser.serving import free_port, server
from tests.clusters import cluster, processes

ONE = "landscape=hyperbola&seed=4321"  # the default link with a seed that nobody has seen
MANY = tuple(
    f"landscape={name}&seed={seed}" for seed in range(1, 5) for name in ("circle", "hyperbola", "valley", "ellipse", "motor")
)
HEAVY = "landscape=circle&paths=20000&horizon=8&learning_rate=0.003&frames=50"  # some minutes
OTHERS, MOVES = 8, 8
FORMULA_PAGES = ("simulator", "bench")
SMALL = {"paths": "8", "frames": "5", "horizon": "0.01", "noise": "isotropic"}
CHEAP = "view=glossary"
KILLED = "landscape=circle&paths=300&horizon=3&learning_rate=0.01"  # some tenths of a second
KILLS, VISITORS = 50, 4
PAUSE = 1.0  # seconds for which both workers are there before one is killed
SOON = 3.0  # seconds after its turn, by which a session has a picture or a sentence
BARE_SHARE = 2.0  # seconds that the app may take beyond a bare page
MEGABYTE = 2**20
VISITS_A_SECOND = 2.0
WEIGHINGS, WARM = 12, 2  # of the server; it is warm at the third
SETTLING = 5.0  # seconds
MOST_GROWN = 5.0  # MB


def main() -> None:
    arguments = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        if arguments.cluster:
            os.environ[SCHEDULER] = stack.enter_context(cluster(free_port()))
        log = folder / "log.jsonl"
        app = stack.enter_context(server(rooms=folder / "rooms.sqlite", events=log))
        bare_app = folder / "bare.py"
        bare_app.write_text(BARE)
        bare = stack.enter_context(server(bare_app))
        asyncio.run(_warm(app, bare))
        if arguments.cluster:
            asyncio.run(_workers_killed(app, log))
        elif arguments.visits:
            asyncio.run(_visits(app, arguments.visits))
        elif arguments.hold:
            asyncio.run(_hold(app, arguments.sessions or 300, arguments.hold))
        elif arguments.heavy:
            asyncio.run(_heavy_user(app))
            asyncio.run(_newest_wins(app, log))
            asyncio.run(_hostile(app))
        else:
            asyncio.run(_one_link(bare, app, arguments.sessions or 200, log))
            asyncio.run(_many_links(app, log))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="How the app bears a class.")
    parser.add_argument("--sessions", type=int, help="how many: 200, or 300 that are held")
    parser.add_argument("--hold", type=float, metavar="SECONDS", help="hold them so long, and weigh the server")
    parser.add_argument("--visits", type=float, metavar="SECONDS", help="two visitors a second for so long, and weigh the server")
    parser.add_argument(
        "--heavy", action="store_true", help="a user with computations of minutes beside others, and one who moves on"
    )
    parser.add_argument("--cluster", action="store_true", help=f"on two workers, one of which is killed {KILLS} times")
    return parser.parse_args()


async def _warm(app: str, bare: str) -> None:
    """One visitor each, of links that are not measured."""
    for address, query in ((app, "landscape=circle&seed=99"), (app, CHEAP), (bare, "")):
        session = Session(address, query)
        await session.open()
        await session.close()


async def _opened(address: str, queries: Sequence[str]) -> list[Session]:
    """All at once, and closed again when the last has its picture."""
    sessions = [Session(address, query) for query in queries]
    try:
        await asyncio.gather(*(session.open() for session in sessions))
    finally:
        await asyncio.gather(*(session.close() for session in sessions))
    return sessions


async def _one_link(bare: str, app: str, count: int, log: Path) -> None:
    plain = await _opened(bare, [""] * count)
    before = _runs(log)
    sessions = await _opened(app, [ONE] * count)
    print(f"\n{count} sessions open one link at once, seconds")
    _distribution("a bare page: its text", [session.text for session in plain])
    _distribution("the app: its first picture", [session.first for session in sessions])
    _distribution("    the picture before the page", [session.early for session in sessions])
    _distribution("    the page’s own picture", [session.picture for session in sessions])
    _distribution("    the page complete", [session.done for session in sessions])
    runs = sum((_runs(log) - before).values())
    _verdict(f"{sum(session.picture is not None for session in sessions)} pictures", all(session.picture for session in sessions))
    _verdict(f"{runs} simulations", runs == 1)
    beyond = _percentile([s.first for s in sessions], 95) - _percentile([s.text for s in plain], 95)
    _verdict(f"95th percentile {beyond:+.2f} s against the bare page", beyond <= BARE_SHARE)
    _no_exceptions(sessions)


async def _many_links(app: str, log: Path) -> None:
    before = _runs(log)
    cheap: list[Session] = []
    loaded = asyncio.create_task(_opened(app, MANY))
    while not loaded.done():
        cheap += await _opened(app, [CHEAP])
        await asyncio.sleep(0.2)
    sessions = await loaded
    print(f"\n{len(MANY)} sessions open as many links at once, seconds")
    _distribution("first picture", [session.first for session in sessions])
    _distribution(f"a cheap page meanwhile, {len(cheap)} times", [session.done for session in cheap])
    _verdict(f"{sum((_runs(log) - before).values())} simulations", True)
    _verdict("95th percentile under 10 s", _percentile([session.first for session in sessions], 95) < 10)
    _verdict("cheap page under 2 s", all(session.done is not None and session.done < 2 for session in cheap))
    _no_exceptions([*sessions, *cheap])


async def _heavy_user(app: str) -> None:
    """Four windows with computations of minutes, and others who go on with theirs."""
    alone = [(await _opened(app, [f"{ONE}{number}"]))[0] for number in range(OTHERS)]
    heavy = [Session(app, f"{HEAVY}&seed={number}") for number in range(4)]
    tasks = [asyncio.create_task(session.open()) for session in heavy]
    await asyncio.sleep(2)
    beside = [(await _opened(app, [f"{ONE}{number}"]))[0] for number in range(OTHERS, 2 * OTHERS)]
    print(f"\n{OTHERS} new links one after another, and again while four windows compute for minutes; seconds")
    _distribution("first picture, alone", [session.first for session in alone])
    _distribution("first picture, beside", [session.first for session in beside])
    _verdict("all four still compute", not any(task.done() for task in tasks))
    for task, session in zip(tasks, heavy, strict=True):
        task.cancel()
        await session.close()
    _no_exceptions([*alone, *beside, *heavy])


async def _newest_wins(app: str, log: Path) -> None:
    """A link that is moved on while its run is under way: when that run is given up, and when its threads have ended."""
    session = Session(app, f"{HEAVY}&seed=100")
    task = asyncio.create_task(session.open())
    await asyncio.sleep(2)
    given_up, ended = [], []
    for number in range(MOVES):
        before, moved = len(_ended(log)), time()
        session.query = f"{HEAVY}&seed={101 + number}"
        await session.rerun()
        while len(found := _ended(log)) == before:
            await asyncio.sleep(0.01)
        when, unwanted = found[-1]
        ended.append(when - moved)
        given_up.append(when - unwanted - moved)
        await asyncio.sleep(1)
    task.cancel()
    await session.close()
    print(f"\nA session moves on {MOVES} times while a run of minutes is under way, seconds until that run")
    _distribution("is given up", given_up)
    _distribution("has ended", ended)
    _verdict("given up within 0.1 s", _percentile(given_up, 50) <= 0.1)


async def _hostile(app: str) -> None:
    """Links with the longest formulas that are allowed, on the pages that make most of them, and a cheap page meanwhile."""
    alone = [(await _opened(app, [CHEAP]))[0] for _ in range(OTHERS)]
    loaded = asyncio.create_task(
        _opened(app, [f"view={view}&{urlencode(link)}" for link in longest_links() for view in FORMULA_PAGES])
    )
    beside: list[Session] = []
    while not loaded.done():
        beside += await _opened(app, [CHEAP])
        await asyncio.sleep(0.1)
    sessions = await loaded
    print(f"\n{len(sessions)} sessions open the longest formulas that are allowed, seconds")
    _distribution("their pages", [session.done for session in sessions])
    _distribution("a cheap page, alone", [session.done for session in alone])
    _distribution(f"a cheap page beside, {len(beside)} times", [session.done for session in beside])
    _verdict(
        "cheap page at most 1 s more", _percentile([s.done for s in beside], 100) < 1 + _percentile([s.done for s in alone], 50)
    )
    _no_exceptions([*sessions, *alone, *beside])


def longest_links() -> list[dict[str, str]]:
    """Of each kind of formula the longest that the budget accepts, as links."""

    def nested(size: int) -> dict[str, str]:
        return {"loss": f"({'sin(' * size}x*y{')' * size} - 1)^2", "variables": "x,y", "start": "1,1"}

    def summed(size: int) -> dict[str, str]:
        terms = "+".join(f"x^{k % 7 + 2}*y/{k + 3}" for k in range(size))
        return {"loss": f"({terms})^2", "variables": "x,y", "start": "0.1,0.1"}

    def network(size: int) -> dict[str, str]:
        names = [f"x{k}" for k in range(1, 7)]
        pairs = list(enumerate(zip(names, names[1:] + names[:1], strict=True)))
        neurons = (" + ".join(f"{j + 1}.{k}*tanh({one}*{other})" for j, (one, other) in pairs) for k in range(1, size + 1))
        residuals = ";".join(f"tanh({neuron}) - 0.{k}" for k, neuron in enumerate(neurons, 1))
        return {"residuals": residuals, "variables": ",".join(names), "start": ",".join("1" * 6)}

    found = []
    for make in (nested, summed, network):
        size = max(size for size in range(1, 100) if _is_allowed(SMALL | make(size)))
        found.append(SMALL | make(size))
    return found


def _is_allowed(link: dict[str, str]) -> bool:
    try:
        Experiment.from_query(link)
    except ValueError:
        return False
    return True


async def _hold(app: str, count: int, seconds: float) -> None:
    process = _process(app)
    before = _memory(process)
    sessions = [Session(app, ONE) for _ in range(count)]
    for some in range(0, count, 50):
        await asyncio.gather(*(session.open() for session in sessions[some : some + 50]))
    print(f"\n{count} sessions held for {seconds:g} s")
    opened = _memory(process)
    await asyncio.sleep(seconds)
    held = _memory(process)
    for session in sessions:
        await session.rerun()
    await asyncio.gather(*(session.until_done() for session in sessions))
    again = _memory(process)
    share = (held - before) / count / MEGABYTE
    for what, now in (("all open", opened), ("after the wait", held), ("after one more run each", again)):
        print(f"  {what}: {(now - before) / count / MEGABYTE:.2f} MB a session, {now / MEGABYTE:.0f} MB in all")
    _verdict(f"{share:.2f} MB a session", share < 0.7)
    _no_exceptions(sessions)
    await asyncio.gather(*(session.close() for session in sessions))


async def _workers_killed(app: str, log: Path) -> None:
    """Visitors open one new link after the other while workers are killed in the middle of their runs."""
    over, seeds, sessions, epoch = asyncio.Event(), count(1), dict[int, Session](), time() - perf_counter()

    async def visitor() -> None:
        while not over.is_set():
            seed = next(seeds)
            sessions[seed] = Session(app, f"{KILLED}&seed={seed}")
            await sessions[seed].open()
            await sessions[seed].close()

    visitors = asyncio.gather(*(visitor() for _ in range(VISITORS)))
    began = time()
    hit = await asyncio.to_thread(_kill, os.environ[SCHEDULER])
    over.set()
    await visitors
    turns, after = _turns(log), []
    for seed, session in sessions.items():
        turn = turns[short(Experiment.from_query(dict(parse_qsl(f"{KILLED}&seed={seed}"))))]
        shown = [when for when in (session.first, session.sentence) if when is not None]
        after.append(epoch + session.began + min(shown) - turn if shown else None)
    pictures, sentences = (sum(getattr(s, what) is not None for s in sessions.values()) for what in ("picture", "sentence"))
    print(f"\n{len(sessions)} links opened by {VISITORS} visitors in {time() - began:.0f} s; workers are killed {KILLS} times")
    _distribution("picture or sentence after its turn", after)
    _verdict(f"{pictures} pictures, {sentences} sentences; {hit} runs were lost with their worker", None not in after)
    _verdict(f"within {SOON:g} s of its turn", _percentile(after, 100) <= SOON)
    _no_exceptions(list(sessions.values()))


def _kill(scheduler: str) -> int:
    """Each time a worker that has something to do, when both have been there for a while; how many runs that hit."""
    hit, since = 0, inf
    with Client(scheduler, set_as_default=False) as client:
        for _ in range(KILLS):
            busy: list[tuple[int, str]] = []
            while not busy:
                running = processes(client)
                since = min(since, monotonic()) if len(running) == 2 else inf
                if monotonic() - since > PAUSE:
                    busy = [(len(keys), worker) for worker, keys in client.processing().items() if keys and worker in running]
                sleep(0.02)
            runs, worker = max(busy)
            hit, since = hit + runs, inf
            os.kill(running[worker], SIGKILL)
    return hit


def _turns(log: Path) -> dict[str, float]:
    """When runs were begun, in seconds since the epoch, by key."""
    lines = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return {
        line["key"]: datetime.fromisoformat(line["when"]).timestamp() - line["seconds"] for line in lines if line["event"] == "run"
    }


async def _visits(app: str, seconds: float) -> None:
    """Each opens a link, sees its page whole and goes; the links are few, so that what is kept of them is soon complete."""
    process, began = _process(app), time()
    links = [ONE, *MANY, CHEAP, "view=gallery", "view=home"]
    visits: list[asyncio.Task[list[Session]]] = []
    memory: list[int] = []
    exceptions: list[Session] = []
    print(f"\nTwo visitors a second for {seconds:g} s")
    while (passed := time() - began) < seconds:
        if passed * WEIGHINGS >= len(memory) * seconds:
            memory.append(_memory(process))
            print(f"  after {passed:5.0f} s {memory[-1] / MEGABYTE:6.1f} MB, {len(visits)} visits", flush=True)
        visits.append(asyncio.create_task(_opened(app, [links[len(visits) % len(links)]])))
        await asyncio.sleep(max(0.0, began + len(visits) / VISITS_A_SECOND - time()))
    for sessions in await asyncio.gather(*visits):
        exceptions += sessions
    await asyncio.sleep(SETTLING)
    grown = (_memory(process) - memory[WARM]) / MEGABYTE
    _verdict(f"{grown:+.1f} MB since {WARM}/{WEIGHINGS} of the time", grown < MOST_GROWN)
    _no_exceptions(exceptions)


def _process(app: str) -> psutil.Process:
    port = app.rsplit(":", 1)[1]
    return next(child for child in psutil.Process().children(recursive=True) if port in child.cmdline())


def _memory(process: psutil.Process) -> int:
    return process.memory_info().rss


def _runs(log: Path) -> Counter[str]:
    """Computations so far, by key."""
    if not log.exists():
        return Counter()
    lines = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return Counter(line["key"] for line in lines if line["event"] == "run")


def _ended(log: Path) -> list[tuple[float, float]]:
    """When runs that nobody wanted ended, in seconds since the epoch, and for how long nobody had."""
    lines = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    found = (line for line in lines if line["event"] == "run" and line["ended"] == "stopped")
    return [(datetime.fromisoformat(line["when"]).timestamp(), line["unwanted"]) for line in found]


def _percentile(seconds: Sequence[float | None], share: float) -> float:
    there = [each for each in seconds if each is not None]
    return float(np.percentile(there, share)) if there else float("nan")


def _distribution(what: str, seconds: Sequence[float | None]) -> None:
    there = sum(each is not None for each in seconds)
    shares = "  ".join(f"{share} %: {_percentile(seconds, share):5.2f}" for share in (5, 50, 95, 100))
    print(f"  {what:<34} {shares}   ({there} of {len(seconds)})")


def _verdict(what: str, good: bool) -> None:
    print(f"  {'✓' if good else '✗'} {what}")


def _no_exceptions(sessions: Sequence[Session]) -> None:
    seen = Counter(sentence for session in sessions for sentence in session.exceptions)
    _verdict(f"exceptions: {dict(seen) or 'none'}", not seen)


if __name__ == "__main__":
    main()
