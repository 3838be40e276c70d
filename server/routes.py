"""What the server gives a browser besides Streamlit's own files.

The files of assets/, plotly.js among them, so that nothing is fetched from elsewhere. They are compressed once and served
under addresses that change with their content, to be kept by the browser for a year. The first page names them, so that
they travel while Streamlit itself is still starting.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import file_util

from dynamics.resources import resource
from figures.glossary import as_json
from server import blobs, links
from server.plain import plain_page
from server.room import phones

ASSETS = resource()
LONGEST = 10_000  # bytes of what a browser says of its pictures
PREFIX = "lab"  # relative to the page: a host may put the app under any path
FONTS = ("fonts/ibm-plex-sans-latin.woff2", "fonts/ibm-plex-sans-greek.woff2", "fonts/source-serif-4-latin.woff2")
STYLED = (
    "common", "theme", "player/player", "panel/panel", "save/save", "anatomy/anatomy", "bench/bench", "ask/ask", "room/room",
    "hall/hall",
)  # fmt: skip
STYLES = tuple(f"{name}.css" for name in STYLED)
MEDIA_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".jpg": "image/jpeg",
    ".json": "application/json",
}  # fmt: skip
FOREVER = {"Cache-Control": "public, immutable, max-age=31536000", "Vary": "Accept-Encoding"}

EARLY = ("hall/early.js", "hall/presenter.js")  # of hall/, what a picture needs before the page is there

IMPORTED = re.compile(r"""(?:from|import)["']\./([\w.-]+\.js)["']""")

CHARSET = '<meta charset="UTF-8" />'  # in Streamlit's page
STREAMLIT = re.compile(r'<script type="module" crossorigin src="([^"]+)"></script>')  # which begins once the picture is there
CAUGHT = ' onload="this.library = window.Plotly"'  # before Streamlit's copy can come
SCRIPT = f'<script async fetchpriority="high" id="plotly" src="./{{}}"{CAUGHT}></script>'
LATER = '<link rel="preload" as="script" href="./{}">'  # of a player, which has its draft until it runs it
PLAYER = "player/player.js"
PRELOAD = '<link rel="preload" as="fetch" crossorigin="anonymous" fetchpriority="high" href="{}">'
COMPILED = re.compile(r'<link rel="modulepreload" crossorigin href="(\./static/[^"]+)">')
# Fetched, and not compiled, which would hold the picture up.
FETCHED = '<link rel="preload" as="script" crossorigin fetchpriority="low" href="{}">'
PICTURE = "<!-- the pictures of this link -->"
FLAT, SPATIAL = (f"plotly/plotly-{bundle}.min.js" for bundle in ("cartesian", "gl3d"))


@cache
def _assets() -> dict[str, bytes]:
    paths = sorted(path for path in ASSETS.rglob("*") if path.suffix in MEDIA_TYPES)
    return {path.relative_to(ASSETS).as_posix(): path.read_bytes() for path in paths} | {"glossary.json": as_json()}


@cache
def address(asset: str) -> str:
    """Where the browser finds a file of assets/. One version for all, so that they can name each other relatively."""
    digest = hashlib.sha256(b"".join(_assets().values())).hexdigest()[:12]
    return f"{PREFIX}/{digest}/{asset}"


def has(asset: str) -> bool:
    """Whether assets/ has this file."""
    return asset in _assets()


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_assets()[name], compresslevel=9, mtime=0)


def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _assets():
        return Response(status_code=404)
    media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
    if media_type.startswith("text/") and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_compressed(name), headers=FOREVER | {"Content-Encoding": "gzip"}, media_type=media_type)
    return Response(_assets()[name], headers=FOREVER, media_type=media_type)


@cache
def _first_page() -> str:
    """Streamlit's page, told early about the files it will need; PICTURE stands for the link's pictures."""
    fonts = (f'<link rel="preload" as="font" type="font/woff2" crossorigin href="./{address(name)}">' for name in FONTS)
    scripts = Path(file_util.get_static_dir(), "static", "js")
    modules = [name for name in _assets() if name.startswith(("player/", "hall/")) and name.endswith(".js")]
    modules.sort(key=lambda name: name.startswith("hall/") and name not in EARLY)
    head = (
        PICTURE,
        f'<script type="module" async fetchpriority="high" src="./{address("hall/early.js")}"></script>',
        f'<script type="module" src="./{address("plotly.js")}"></script>',
        *(f'<link rel="modulepreload" href="./{address(name)}">' for name in modules),
        *(f'<link rel="stylesheet" href="./{address(name)}">' for name in STYLES),
        *fonts,
        f'<script type="module" src="./{address("hall/hall.js")}"></script>',
        *(FETCHED.format(f"./static/js/{name}") for name in _needed(scripts, "BidiComponent.*.js")),
    )
    html = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    for streamlits, ours in (
        ("<title>Streamlit<", "<title>After Zero Loss<"),
        ("./favicon.png", f"./{address('icon.svg')}"),
        (CHARSET, CHARSET + "".join(head)),  # before Streamlit's own: the picture comes first
    ):
        html = html.replace(streamlits, ours)
    html = COMPILED.sub(FETCHED.format(r"\1"), html)
    at = r"\1"
    return STREAMLIT.sub(
        f'{FETCHED.format(at)}<script type="module">import {{ shown }} from "./{address("hall/early.js")}"; '
        f'shown.then(() => import("{at}"));</script>',
        html,
        count=1,
    )


def _needed(scripts: Path, pattern: str) -> list[str]:
    """The script and all that it imports at once: a browser that is told of the one alone finds the others too late."""
    names = [path.name for path in scripts.glob(pattern)]
    for name in names:
        imported = IMPORTED.findall((scripts / name).read_text(encoding="utf-8"))
        names += [each for each in dict.fromkeys(imported) if each not in names and (scripts / each).exists()]
    return names


def _notes(_request: Request) -> Response:
    """The window of the speaker's notes."""
    return plain_page(address, "Notes", '<main id="notes"></main>', "hall/speaker.js", ("common.css", "hall/speaker.css"))


async def _picture(request: Request) -> Response:
    """The bytes of a picture, by their digest. What a class asks for is answered by no thread, and compressed already."""
    name = request.path_params["name"]
    blob = blobs.published(name)
    if blob is None:
        return Response(status_code=404)
    headers = FOREVER | {"X-Content-Type-Options": "nosniff"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        blob = blobs.known(("gzip", name)) or await anyio.to_thread.run_sync(blobs.compressed, name, blob)
        headers |= {"Content-Encoding": "gzip"}
    return Response(blob, headers=headers, media_type="application/octet-stream")


async def _places(request: Request) -> Response:
    """A browser tells where it has put the pictures of a link."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return Response(status_code=413)
    try:
        said = json.loads(body)
        known = links.settle(request.query_params, said["width"], said["places"])
    except (KeyError, RecursionError, TypeError, ValueError):
        return Response(status_code=400)
    return Response(status_code=204 if known else 202)


Query = Mapping[str, str]


def routes(
    meant: Callable[[Query], Query | None],
    early: Callable[[Query], list[dict[str, Any]]],
    is_spatial: Callable[[Query], bool],
    embedded: Callable[[Query], Response | None],
    preview: Callable[[Request], str],
) -> list[BaseRoute]:
    """Everything above, for the server; reading and compressing happen now, not when the first visitor waits.

    `meant` gives the link that a short one stands for. `early` gives of a link's query the pictures to draw before the page, as in
    server/links.py; `is_spatial` says whether the first is in three dimensions, for which plotly.js has a part of its own.
    `embedded` is the page of a link that asks for no more than its picture, and `preview` what stands in a page's head for those
    who show links.
    """
    _compressed(FLAT)
    _compressed(SPATIAL)

    def root(request: Request) -> Response:
        query = dict(request.query_params)
        if (long := meant(query)) is not None:
            return RedirectResponse(f"./?{urlencode(long)}", 302, headers={"Cache-Control": "no-cache"})
        if (alone := embedded(query)) is not None:
            return alone
        pictures = early(query)
        bundle = SPATIAL if is_spatial(query) else FLAT
        told = json.dumps(pictures).replace("<", r"\u003c")
        plotly = LATER if pictures and pictures[0]["module"] == PLAYER else SCRIPT
        first = (
            *(PRELOAD.format(escape(picture["address"])) for picture in pictures[:1]),
            *(f'<link rel="modulepreload" href="./{address(name)}">' for name in {each["module"]: None for each in pictures}),
            f'<script type="application/json" id="pictures">{told}</script>',
            plotly.format(address(bundle)),
        )
        page = _first_page().replace(PICTURE, "".join(first) + preview(request), 1)
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    return [
        Route("/", root),
        Route(f"/{PREFIX}/picture/{{name}}", _picture),
        Route(f"/{PREFIX}/places", _places, methods=["POST"]),
        Route(f"/{PREFIX}/{{version}}/{{name:path}}", _file),
        Route("/notes", _notes),
        *phones.routes(address),
    ]
