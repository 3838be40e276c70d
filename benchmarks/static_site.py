"""The site without a server: from opening a page on a static host to the first drawn particles; and how large it is.

Headless Chromium and Python's own file server, medians. `python -m benchmarks.static_site` prints the rows, with the argument
`whole` those of all lectures and the whole gallery, for which minutes are computed.
"""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import numpy as np

from benchmarks.first_picture import VIEWPORT, first_drawn
from exports.site import build
from tests.browser.serving import chromium

OPENINGS = 7
WHOLE = ("lectures", "gallery")
SMALL = ("lectures/zero_loss", "gallery/balance", "gallery/torus")
OPENED = ("index.html", "gallery/balance.html", "gallery/torus.html", "lectures/zero_loss.html")
SECONDS, MEGABYTES = 0.7, 40.0  # aims


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


def rows(parts: tuple[str, ...] = SMALL) -> list[tuple[str, str, str]]:
    """(what, the aim, the site), as text; each opening is a browser's first."""
    with TemporaryDirectory() as folder, chromium() as browser:
        sizes = {}
        for path, content in build(parts):
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            sizes[path] = file.write_bytes(content)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        seconds: dict[str, list[tuple[float, float]]] = {page: [] for page in OPENED}
        for _ in range(OPENINGS):
            for page in OPENED:
                with browser.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
                    tab = context.new_page()
                    tab.goto(f"{address}/{page}", wait_until="commit")
                    seconds[page].append(first_drawn(tab))
        server.shutdown()
    size = f"{sum(sizes.values()) / 1e6:.1f} MB"
    return [
        *((f"static site, first picture of {page}", f"aim {SECONDS:.2f} s", _both(seconds[page])) for page in OPENED),
        (f"static site, size of {', '.join(parts)}", f"aim {MEGABYTES:.0f} MB in all", size),
    ]


def _both(seconds: list[tuple[float, float]]) -> str:
    moving, whole = np.median(seconds, axis=0)
    return f"{moving:.2f} s, whole {whole:.2f} s"


if __name__ == "__main__":
    for row in rows(WHOLE if "whole" in sys.argv[1:] else SMALL):
        print(" | ".join(row))
