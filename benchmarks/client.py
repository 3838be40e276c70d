"""A browser's side of the app without a browser: the page by HTTP, its picture, and Streamlit's session over a websocket.

It asks for what a browser would before it shows a picture, in that order, and reads Streamlit's messages as Streamlit's own
frontend does: the page, the health check with its XSRF cookie, then the websocket.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from html import unescape
from time import perf_counter
from typing import Any
from urllib.parse import urljoin, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

PICTURE = "after_zero_loss.player"  # the component that says where the bytes of a picture are
EARLY = re.compile(r'as="fetch"[^>]* href="\./([^"]+)"')
ELSEWHERE = re.compile(r"(?im)^location: (\S+)")
COOKIE = re.compile(r"(?im)^set-cookie: ([^=]+)=([^;\r\n]*)")
XSRF = "_streamlit_xsrf"
LONGEST = 120.0  # seconds for which a session waits for anything


@dataclass(frozen=True)
class Reply:
    status: int
    headers: str
    body: bytes


async def get(address: str, path: str, headers: str = "") -> Reply:
    """A plain GET on a connection of its own. Raises OSError."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        lines = f"GET /{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\nAccept-Encoding: gzip\r\n{headers}\r\n"
        writer.write(lines.encode())
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    finally:
        writer.close()
    first, _, rest = head.decode("latin-1").partition("\r\n")
    return Reply(int(first.split()[1]), rest, body)


@dataclass
class Session:
    """One visitor. Times are seconds since `open` was called; None of what has not come."""

    address: str
    query: str = ""
    page: float | None = None  # the HTML
    early: float | None = None  # the picture before the page
    text: float | None = None  # the first words of the app
    picture: float | None = None  # the component with the picture
    sentence: float | None = None  # a warning
    done: float | None = None  # the script's end
    exceptions: list[str] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    began: float = 0.0  # as perf_counter says
    _shown: asyncio.Task[None] | None = field(default=None, repr=False)
    _socket: ClientConnection | None = field(default=None, repr=False)

    @property
    def first(self) -> float | None:
        """When there was a picture, from wherever."""
        return min((when for when in (self.early, self.picture) if when is not None), default=None)

    def _now(self) -> float:
        return perf_counter() - self.began

    async def open(self) -> None:
        """The page, its picture and the session, until the script has ended."""
        self.began = perf_counter()
        page = await self._get(f"?{self.query}" if self.query else "")
        self.page = self._now()
        named = EARLY.search(page.body.decode())
        early = asyncio.create_task(self._early(unescape(named[1]))) if named else None
        await self.connect()
        await self.rerun()
        await self.until_done()
        if early is not None:
            await early
        if self._shown is not None:
            await self._shown

    async def persist(self, attempts: int = 20) -> int:
        """`open`, and again whenever the connection is lost, as a browser does; how often it was. Raises OSError in the end."""
        for lost in range(attempts):
            try:
                await self.open()
                return lost
            except (OSError, EOFError, IndexError, ConnectionClosed, InvalidMessage, InvalidStatus):  # no answer, or half of one
                await asyncio.sleep(0.2)
        raise OSError(f"{self.address} was lost {attempts} times.")

    async def _get(self, path: str) -> Reply:
        reply = await get(self.address, path, f"Cookie: {self._cookie}\r\n" if self.cookies else "")
        self.cookies |= dict(COOKIE.findall(reply.headers))
        return reply

    @property
    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def _early(self, path: str) -> None:
        reply = await self._get(path)
        if elsewhere := ELSEWHERE.search(reply.headers):
            reply = await self._get(urljoin(path, elsewhere[1]))
        if reply.status == 200 and reply.body:
            self.early = self._now()

    async def _show(self, path: str) -> None:
        reply = await self._get(path)
        if reply.status == 200 and reply.body:
            self.picture = self._now()

    async def connect(self) -> None:
        await self._get("_stcore/health")
        await self._get("_stcore/host-config")
        token = self.cookies.get(XSRF, "")
        self._socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self.address,  # type: ignore[arg-type]
            subprotocols=["streamlit", *([token] if token else [])],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookie} if self.cookies else None,
            compression=None,
            max_size=None,
            open_timeout=LONGEST,
            ping_interval=None,
        )

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def send(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def rerun(self) -> None:
        """Run the page's script, with the query as it is now."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        await self.send(message)

    async def until_done(self) -> None:
        """Read messages until a script has ended."""
        while True:
            if await self.read() == "script_finished":
                self.done = self._now()
                return

    async def read(self) -> str:
        """The kind of the next message, after it has been taken in."""
        assert self._socket is not None
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(self._socket.recv(decode=False), LONGEST))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._take(message.delta.new_element)
        return kind or ""

    def _take(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind in ("markdown", "html", "heading") and self.text is None:
            self.text = self._now()
        if kind == "bidi_component" and element.bidi_component.component_name.startswith(PICTURE) and self._shown is None:
            where = json.loads(element.bidi_component.bytes)["address"].removeprefix("./")
            self._shown = asyncio.create_task(self._show(where))
        if kind == "alert" and self.sentence is None:
            self.sentence = self._now()
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
