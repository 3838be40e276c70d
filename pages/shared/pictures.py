"""The player's bytes of a scene: on its page, and for a browser that asks for them before there is a page."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Hashable, Mapping
from concurrent.futures import TimeoutError as Late
from functools import cache
from pathlib import Path
from time import perf_counter

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from content.catalogue import DEFAULT, FIRST
from dynamics import Outcome, landscape, landscape_names
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob
from pages.shared.scene import Picture
from server import blobs, log, runs
from server.routes import PREFIX

SPATIAL = ("space", "surface")  # kinds of view
EARLY = (FIRST, DEFAULT)  # pages that are one picture
SECONDS = 2.0  # a longer run is waited for on the page, which shows how far it is
DECIDING = ("dynamics/**/*.py", "figures/**/*.py", "assets/landscapes/*.toml", "assets/*.toml")  # files
LEVEL = 5  # of compression: more of it makes no picture smaller
AT_ONCE = 8  # requests that are computed; others wait
FOR_A_DAY = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}


def blob_of(scene: Picture, outcome: Outcome, ghost: Outcome | None = None) -> bytes:
    """Kept by scene, unless somebody has stopped the run."""
    cancelled = "cancelled" in (outcome.status, ghost.status if ghost else "")
    return blobs.made(None if cancelled else scene, lambda: simulation_blob(outcome, scene.view, scene.clock, ghost))


# The picture before the page: assets/hall/early.js asks for it while Streamlit is still starting.


def early_routes() -> list[BaseRoute]:
    return [Route(f"/{early_address()}", _early)]


@cache
def early_address() -> str:
    """Changes with whatever decides the bytes."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for pattern in DECIDING:
        for path in sorted(root.glob(pattern)):
            digest.update(path.read_bytes())
    return f"{PREFIX}/picture-{digest.hexdigest()[:12]}"


def is_spatial(query: Mapping[str, str]) -> bool:
    """Whether the early picture of a link is in three dimensions, as far as can be told without building anything."""
    name = query.get("landscape", "")
    if query.get("view", DEFAULT) not in EARLY or name not in landscape_names():
        return False
    views = landscape_views(landscape(name))
    return next((view for view in views if view.name == query.get("projection")), views[0]).kind in SPATIAL


_limiter: anyio.CapacityLimiter | None = None


async def _early(request: Request) -> Response:
    """What somebody has asked before, as most of a class do, is answered at once, by no thread and compressed already."""
    global _limiter
    _limiter = _limiter or anyio.CapacityLimiter(AT_ONCE)
    key, began = ("early", str(request.url.query)), perf_counter()
    packed = blobs.known(key) or await anyio.to_thread.run_sync(_packed, key, dict(request.query_params), limiter=_limiter)
    log.event("picture", ended="none" if packed is None else "sent", seconds=perf_counter() - began, bytes=len(packed or b""))
    if packed is None:
        return Response(status_code=204)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers=FOR_A_DAY | {"Content-Encoding": "gzip"}, media_type="application/octet-stream")
    return Response(gzip.decompress(packed), headers=FOR_A_DAY, media_type="application/octet-stream")


def _packed(key: Hashable, query: dict[str, str]) -> bytes | None:
    if (known := blobs.known(key)) is not None:
        return known
    found = early_bytes(query)
    return None if found is None else blobs.made(key, lambda: gzip.compress(found, LEVEL, mtime=0))


def early_bytes(query: dict[str, str]) -> bytes | None:
    """The picture of a link, or None where there is nothing to be shown early."""
    if query.get("view", DEFAULT if query else FIRST) not in EARLY:
        return None
    scene, _ = Picture.from_query(query)
    begun: list[runs.Run[Outcome]] = []
    try:
        known = [runs.known(experiment) for experiment in scene.experiments]
        new = [each for each, outcome in zip(scene.experiments, known, strict=True) if outcome is None]
        if sum(each.cost.seconds for each in new) > SECONDS:
            return None
        begun = [runs.simulation(each) for each in new]
        computed = iter(begun)
        return blob_of(scene, *(outcome or next(computed).future.result(4 * SECONDS) for outcome in known))
    except (ValueError, Late):
        return None  # the page says why
    finally:
        for run in begun:
            run.leave()
