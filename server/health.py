"""`/healthz`: whether this server can do what it is for: 200 if so, else 503, with what was tried and how long it took, in JSON.

It carries out a small experiment through the line in which all computations stand, at most once in FRESH seconds however often it
is asked, and reaches the store of the rooms. Without the latter lectures go on, so that it is said and does not count; nor does a
cluster that is not there, instead of which this process computes.
`/_stcore/health`, which is Streamlit's, says only that the process answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dynamics import Experiment
from server import cluster, runs
from server.room.store import store

FRESH = 10.0  # seconds
PATIENCE = 10.0  # seconds for the experiment
NEVER = {"Cache-Control": "no-store"}

_last: tuple[float, dict[str, Any]] | None = None
_asking: anyio.Lock | None = None


def looked() -> dict[str, Any]:
    """What was tried: for each its seconds, and why not if it failed."""
    said = {"computes": _tried(_compute), "rooms": _tried(_reach)}
    if cluster.address():
        said["cluster"] = {"ok": cluster.is_there()}
    return {"healthy": said["computes"]["ok"], **said, **runs.state()}


def _compute() -> None:
    experiment = Experiment(landscape="circle", paths=4, frames=4, horizon=0.02)
    run = runs.request(("health", monotonic()), partial(runs.outcome, experiment), keep=False)
    try:
        run.future.result(PATIENCE)
    finally:
        run.leave()


def _reach() -> None:
    store().get("health", "health")


def _tried(work: Callable[[], None]) -> dict[str, Any]:
    began = monotonic()
    try:
        work()
    except runs.Full:
        return {"ok": False, "why": "the line is full", "seconds": round(monotonic() - began, 3)}
    except Exception as error:  # whatever it is, the answer is that it does not work
        return {"ok": False, "why": type(error).__name__, "seconds": round(monotonic() - began, 3)}
    return {"ok": True, "seconds": round(monotonic() - began, 3)}


async def _health(_request: Request) -> Response:
    global _last, _asking
    _asking = _asking or anyio.Lock()
    async with _asking:
        if _last is None or monotonic() - _last[0] > FRESH:
            found = await anyio.to_thread.run_sync(looked)
            _last = monotonic(), found
    said = _last[1]
    return JSONResponse(said, status_code=200 if said["healthy"] else 503, headers=NEVER)


def health_routes() -> list[BaseRoute]:
    return [Route("/healthz", _health)]
