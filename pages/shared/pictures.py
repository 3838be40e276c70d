"""The player's bytes of a scene, on its page; and what a browser that opens a link is shown before there is a page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from concurrent.futures import TimeoutError as Late
from dataclasses import asdict
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from content.catalogue import DEFAULT, FIRST
from dynamics import Outcome, landscape, landscape_names
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob
from pages.shared.scene import Picture
from server import blobs, links, log, runs
from server.routes import PREFIX

SPATIAL = ("space", "surface")  # kinds of view
EARLY = (FIRST, DEFAULT)  # pages that are one picture
OF_A_LANDSCAPE = (*EARLY, "compare", "anatomy")  # pages whose first picture is the landscape's
SECONDS = 2.0  # a longer run is waited for on the page, which shows how far it is
AT_ONCE = 8  # requests that are computed; others wait
NEVER = {"Cache-Control": "no-store"}
NEW = f"{PREFIX}/new-picture"  # followed by a link's query: where its picture is, computed if need be


def blob_of(scene: Picture, outcome: Outcome, ghost: Outcome | None = None) -> bytes:
    """Kept by scene, unless somebody has stopped the run."""
    ran = (outcome,) if ghost is None else (outcome, ghost)
    return blobs.made(scene if whole(*ran) else None, lambda: simulation_blob(outcome, scene.view, scene.clock, ghost))


def whole(*outcomes: Outcome) -> bool:
    """Whether nobody has stopped these runs."""
    return all(outcome.status != "cancelled" for outcome in outcomes)


# Before the page: assets/hall/early.js draws what it is told of here, while Streamlit is still starting.


def early(query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The pictures of a link that somebody has opened; else the one that its page consists of, if it does."""
    found = links.pictures(query)
    if found or _view(query) not in EARLY:
        return found
    address = f"./{NEW}?{urlencode(query)}" if query else f"./{NEW}"
    return [asdict(links.Picture("player", "player/player.js", "blob", True, "", address)) | {"places": {}}]


def is_spatial(query: Mapping[str, str]) -> bool:
    """Whether the first picture of a link is in three dimensions, as far as can be told without building anything."""
    name = query.get("landscape", "")
    if _view(query) not in OF_A_LANDSCAPE or name not in landscape_names():
        return False
    views = landscape_views(landscape(name))
    return next((view for view in views if view.name == query.get("projection")), views[0]).kind in SPATIAL


def _view(query: Mapping[str, str]) -> str:
    return query.get("view", DEFAULT if query else FIRST)


_limiter: anyio.CapacityLimiter | None = None


async def _new(request: Request) -> Response:
    """What somebody has asked before, as most of a class do, is answered at once, by no thread."""
    global _limiter
    _limiter = _limiter or anyio.CapacityLimiter(AT_ONCE)
    key, began = ("new", str(request.url.query)), perf_counter()
    known = blobs.known(key)
    name = None if known is None else known.decode()
    if name is None or blobs.published(name) is None:
        name = await anyio.to_thread.run_sync(_publish, key, dict(request.query_params), limiter=_limiter)
    size = 0 if name is None else len(blobs.published(name) or b"")
    log.event("picture", ended="none" if name is None else "sent", seconds=perf_counter() - began, bytes=size)
    if name is None:
        return Response(status_code=204, headers=NEVER)
    return RedirectResponse(f"./picture/{name}", 303, headers=NEVER)


def _publish(key: Hashable, query: dict[str, str]) -> str | None:
    found = early_bytes(query)
    return None if found is None else blobs.made(key, blobs.publish(found).encode).decode()


new_picture = Route(f"/{NEW}", _new)


def early_bytes(query: dict[str, str]) -> bytes | None:
    """The picture of a link, or None where there is nothing to be shown early."""
    if _view(query) not in EARLY:
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
