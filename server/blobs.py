"""Bytes of pictures, kept: who opens a link that somebody has seen, or follows a run with others, has no encoding to wait for.

A page sends the browser a picture's address, not its bytes: what the browser has fetched before, it does not fetch again.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Hashable
from threading import Lock
from weakref import WeakKeyDictionary, WeakValueDictionary

from figures.panel import Panel
from server.kept import Kept

MAX_BLOBS = 128 * 2**20  # bytes
NAME = 32  # letters of a name: a digest
LEVEL = 5  # of compression: more of it makes no picture smaller


class _Making:
    """Held by whoever makes the bytes of a key; the others wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()


_blobs: Kept[bytes] = Kept(MAX_BLOBS, len)
_making: WeakValueDictionary[Hashable, _Making] = WeakValueDictionary()
_lock = Lock()


def known(key: Hashable) -> bytes | None:
    return _blobs.get(key)


def made(key: Hashable | None, make: Callable[[], bytes]) -> bytes:
    """The bytes of a key, made once for all who ask at a time; with None they are not kept."""
    if key is None:
        return make()
    with _lock:
        making = _making.setdefault(key, _Making())
    with making.lock:
        blob = _blobs.get(key)
        if blob is None:
            blob = make()
            _blobs.put(key, blob)
    return blob


_of_stages: WeakKeyDictionary[object, dict[Hashable, bytes]] = WeakKeyDictionary()


def stage(found: object, name: Hashable, make: Callable[[], Panel]) -> bytes:
    """The bytes of the panel `name` of a stage of a run: made once for all who follow it, and kept as long as the stage is."""
    with _lock:
        known = _of_stages.setdefault(found, {})
    if name not in known:
        known[name] = make().encode()
    return known[name]


_published: Kept[bytes] = Kept(MAX_BLOBS, len)


def publish(blob: bytes) -> str:
    """A name of these bytes, by which a browser may fetch them while they are kept."""
    name = hashlib.sha256(blob).hexdigest()[:NAME]
    if _published.get(name) is None:
        _published.put(name, blob)
    return name


def published(name: str) -> bytes | None:
    return _published.get(name)


def compressed(name: str, blob: bytes) -> bytes:
    """What is published by this name, as gzip."""
    return made(("gzip", name), lambda: gzip.compress(blob, LEVEL, mtime=0))
