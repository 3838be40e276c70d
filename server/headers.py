"""What every answer tells the browser to refuse: scripts that are not the app's, and to guess what a file is.

No text of a link or a formula becomes markup anywhere; this is what holds should one do so all the same. An answer in HTML may run
the scripts that it was sent with, which are named by their hashes, and files of this server. Styles in the page are Streamlit's way
of styling; `blob:` is how it loads a component.

Pages may be embedded anywhere, slides that are opened as a file among them: there is nothing here that a click could give away.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "connect-src": "'self' ws: wss: data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.+?)</script>", re.DOTALL)
HANDLER = re.compile(r"<(?:script|link)\s[^>]*?\son\w+=\"([^\"]*)\"")


def policy(html: str = "") -> str:
    """The Content-Security-Policy of an answer, with the scripts that stand in it."""
    own = _hashes(SCRIPT.findall(html)) + _hashes(handlers := HANDLER.findall(html))
    scripts = " ".join([POLICY["script-src"], *own, *(["'unsafe-hashes'"] if handlers else [])])
    return "; ".join(f"{name} {value}" for name, value in (POLICY | {"script-src": scripts}).items())


def _hashes(texts: Iterable[str]) -> list[str]:
    return [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in dict.fromkeys(texts)]


class Headers:
    """Adds them to every answer. One in HTML is held back until it is whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # of an answer in HTML, held back
        body = bytearray()

        async def told(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                    start = message
                    return
                headers.setdefault("Content-Security-Policy", policy())
            elif start is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                MutableHeaders(scope=start).setdefault("Content-Security-Policy", policy(body.decode(errors="replace")))
                await send(start)
                message = {"type": "http.response.body", "body": bytes(body)}
                start = None
            await send(message)

        await self._app(scope, receive, told)
