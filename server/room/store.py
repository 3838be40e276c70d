"""Where rooms are kept: a small table of bytes a room, that ends by itself.

By default a file of SQLite on this machine, so that a server that is started anew, and all that run here, find the rooms again;
with the address of a Redis or Valkey server in AFTER_ZERO_LOSS_ROOMS, that: for replicas on several machines.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from time import time
from typing import Protocol

VARIABLE = "AFTER_ZERO_LOSS_ROOMS"


class Store(Protocol):
    """Fields of bytes by room. Of a room that has ended there are none. What cannot be reached raises OSError."""

    def begin(self, room: str, seconds: float, at_most: int) -> bool:
        """Begin a room; False if there is one, or if there are `at_most`. It ends after so long unless it is kept on."""

    def keep(self, room: str, seconds: float) -> None:
        """From now on it ends after so long."""

    def end(self, room: str) -> None: ...

    def get(self, room: str, field: str) -> bytes | None: ...

    def put(self, room: str, field: str, value: bytes) -> None: ...

    def add(self, room: str, field: str, value: bytes) -> bytes:
        """Put it if there is none; what is there now."""

    def all(self, room: str, prefix: str) -> dict[str, bytes]:
        """The fields whose names begin so, by what follows."""


@cache
def store() -> Store:
    """The store that the environment names."""
    place = os.environ.get(VARIABLE, "")
    if place.startswith(("redis://", "rediss://", "valkey://", "unix://")):
        from server.room.redis_store import RedisStore  # an optional package

        return RedisStore(place)
    return SqliteStore(Path(place) if place else Path(tempfile.gettempdir(), f"after-zero-loss-{os.getuid()}", "rooms.sqlite"))


TABLES = """
create table if not exists room (name text primary key, ends real not null) without rowid;
create table if not exists field (room text, name text, value blob not null, primary key (room, name)) without rowid;
"""


class SqliteStore:
    """One file, for all processes of a machine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        with self._open() as table:
            table.executescript(f"pragma journal_mode = wal; {TABLES}")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # opening takes 0.1 ms; a connection belongs to one thread
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as table, table:
                table.execute("pragma synchronous = off")  # a crash of the machine may cost a lecture's last answers
                yield table
        except sqlite3.Error as error:
            raise OSError(f"The file of the rooms cannot be used: {error}") from error

    def begin(self, room: str, seconds: float, at_most: int) -> bool:
        with self._open() as table:
            table.execute("begin immediate")
            table.execute("delete from field where room in (select name from room where ends < ?)", (time(),))
            table.execute("delete from room where ends < ?", (time(),))
            if table.execute("select count(*) from room").fetchone()[0] >= at_most:
                return False
            return table.execute("insert or ignore into room values (?, ?)", (room, time() + seconds)).rowcount == 1

    def keep(self, room: str, seconds: float) -> None:
        with self._open() as table:
            table.execute("update room set ends = ? where name = ? and ends >= ?", (time() + seconds, room, time()))

    def end(self, room: str) -> None:
        with self._open() as table:
            table.execute("delete from field where room = ?", (room,))
            table.execute("delete from room where name = ?", (room,))

    def get(self, room: str, field: str) -> bytes | None:
        with self._open() as table:
            found = table.execute(f"select value {_FIELDS} and field.name = ?", (time(), room, field)).fetchone()
        return found[0] if found else None

    def put(self, room: str, field: str, value: bytes) -> None:
        with self._open() as table:
            table.execute(f"insert or replace into field {_OF_A_ROOM}", (field, value, room, time()))

    def add(self, room: str, field: str, value: bytes) -> bytes:
        with self._open() as table:
            table.execute(f"insert or ignore into field {_OF_A_ROOM}", (field, value, room, time()))
        return self.get(room, field) or value

    def all(self, room: str, prefix: str) -> dict[str, bytes]:
        with self._open() as table:
            rows = table.execute(
                f"select field.name, value {_FIELDS} and substr(field.name, 1, ?) = ?", (time(), room, len(prefix), prefix)
            )
            return {name[len(prefix) :]: value for name, value in rows}


_FIELDS = "from field join room on room.name = field.room where room.ends >= ? and field.room = ?"
_OF_A_ROOM = "select name, ?, ? from room where name = ? and ends >= ?"
