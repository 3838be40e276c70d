"""Answers go out as soon as they are written.

An answer is written in two parts, its head and its body. Where TCP_NODELAY is off, as it is on the socket that `streamlit run`
binds for uvicorn (github.com/Kludex/uvicorn/issues/3149), the second waits until the browser has acknowledged the first, which
browsers put off for 40 ms: for each of the hundred files of a first page. Connections have what the socket has that they come to.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from stat import S_ISSOCK
from typing import Any

OPEN_FILES = "/dev/fd"  # of this process, on Linux and macOS
TCP = (socket.AF_INET, socket.AF_INET6)


def answer_promptly() -> int:
    """On all sockets at which this process waits for connections; how many these are."""
    names = os.listdir(OPEN_FILES) if os.path.isdir(OPEN_FILES) else []
    return sum(_is_made_prompt(int(name)) for name in names)


def _is_made_prompt(descriptor: int) -> bool:
    try:
        if not S_ISSOCK(os.fstat(descriptor).st_mode):
            return False
        listener = socket.socket(fileno=os.dup(descriptor))  # of its own: closing it leaves the server's open
    except OSError:  # closed meanwhile
        return False
    with listener:
        waits = listener.family in TCP and bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        if waits:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return waits


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """For the app: when it starts, the socket is there."""
    answer_promptly()
    yield
