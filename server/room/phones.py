"""What a room gives the browsers in it: the page that a phone opens, and what it asks and says.

Streamlit has no part in it, so that a class costs two hundred small answers and no session.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic

import anyio
import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.plain import plain_page
from server.room import room
from server.room.store import store

WAIT = 20.0  # seconds after which a phone that hears nothing new asks again
LOOK = 0.2  # seconds between two looks at the store, for all phones of a room together
LONGEST = 2000  # bytes of what a phone may say, and of a link in a QR code
STYLES = ("common.css", "player/player.css", "ask/ask.css", "room/phone.css")
NEVER = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_seen: dict[str, tuple[float, str | None]] = {}  # by code: when it was looked at, and its version then


async def _version(code: str) -> str | None:
    when, known = _seen.get(code, (0.0, None))
    if monotonic() - when < LOOK:
        return known
    found = await anyio.to_thread.run_sync(room.version, store(), code)
    if len(_seen) > 2 * room.MOST_ROOMS:
        _seen.clear()
    _seen[code] = monotonic(), found
    return found


async def _state(request: Request) -> Response:
    """What the room shows, as soon as it differs from the version `seen`."""
    code, phone, seen = request.path_params["code"], request.query_params.get("phone", ""), request.query_params.get("seen", "")
    deadline = monotonic() + WAIT
    while (version := await _version(code)) == seen and monotonic() < deadline:
        await anyio.sleep(LOOK)
    if version is None:
        return _sentence("There is no room with this code. It may have ended.", 404)
    said = await anyio.to_thread.run_sync(room.state, store(), code, phone)
    return JSONResponse(said | {"version": version}, headers=NEVER)


async def _answer(request: Request) -> Response:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return _sentence("That is no answer.", 413)
    try:
        said = json.loads(body)
        phone, name, given = (said[each] for each in ("phone", "name", "answer"))
        kept = await anyio.to_thread.run_sync(room.answer, store(), request.path_params["code"], str(phone), str(name), given)
    except (KeyError, TypeError, RecursionError, json.JSONDecodeError, UnicodeDecodeError):
        return _sentence("That is no answer.", 400)
    except ValueError as error:
        return _sentence(str(error), 409)
    return JSONResponse({"said": kept}, headers=NEVER)


async def _tally(request: Request) -> Response:
    code = request.path_params["code"]
    if await _version(code) is None:
        return _sentence("There is no room with this code.", 404)
    return JSONResponse(await anyio.to_thread.run_sync(room.tally, store(), code), headers=NEVER)


async def _picture(request: Request) -> Response:
    code = request.path_params["code"]
    found = await anyio.to_thread.run_sync(store().get, code, "picture") if room.CODE.fullmatch(code) else None
    if found is None:
        return Response(status_code=404)
    return Response(found, headers={"Cache-Control": "private, max-age=3600"}, media_type="application/octet-stream")


def _sentence(text: str, status: int) -> Response:
    return JSONResponse({"sentence": text}, status_code=status, headers=NEVER)


async def _qr(request: Request) -> Response:
    """The QR code of a link, dark on light whatever the theme: what cameras read."""
    link = request.query_params.get("of", "")
    if not link.startswith(("http://", "https://")) or len(link) > LONGEST:
        return Response(status_code=400)
    try:
        code = segno.make(link, error="m" if len(link) < 600 else "l", micro=False)
    except ValueError:  # more than a QR code can hold
        return Response(status_code=400)
    drawn = code.svg_inline(border=4, light="#ffffff", dark="#000000", omitsize=True)
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) if "xmlns" not in drawn else drawn
    return Response(drawn, headers={"Cache-Control": "private, max-age=3600"}, media_type="image/svg+xml")


def routes(address: Callable[[str], str]) -> list[BaseRoute]:
    """`address` says where the browser finds a file of assets/."""

    def join(request: Request) -> Response:
        code = "".join(letter for letter in request.query_params.get("room", "").upper() if letter in room.LETTERS)[: room.LENGTH]
        body = f'<main id="room" data-room="{code}"></main>'
        return plain_page(address, "Room", body, "room/phone.js", STYLES)

    return [
        Route("/join", join),
        Route("/qr.svg", _qr),
        Route("/room/{code}", _state),
        Route("/room/{code}/answer", _answer, methods=["POST"]),
        Route("/room/{code}/tally", _tally),
        Route("/room/{code}/picture", _picture),
    ]
