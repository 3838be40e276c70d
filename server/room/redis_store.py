"""Rooms on a Redis or Valkey server: one hash a room, which the server drops when the room ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import time
from typing import ParamSpec, TypeVar

from redis import Redis, RedisError

Given = ParamSpec("Given")
Value = TypeVar("Value")

PREFIX = "after-zero-loss:room:"
ROOMS = "after-zero-loss:rooms"  # all that are open, sorted by when they end

# A field is written only while its room is there: an answer that comes late must not begin it anew.
PUT = """
if redis.call('exists', KEYS[1]) == 1 then redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3]) end
return redis.call('hget', KEYS[1], ARGV[2])
"""
OPEN = "open"  # a field that every room has


def _reached(method: Callable[Given, Value]) -> Callable[Given, Value]:
    @wraps(method)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Value:
        try:
            return method(*args, **kwargs)
        except RedisError as error:
            raise OSError(f"The server of the rooms cannot be reached: {error}") from error

    return asked


class RedisStore:
    """The same rooms for all servers that name this address."""

    def __init__(self, address: str) -> None:
        self._server = Redis.from_url(address.replace("valkey://", "redis://"), socket_timeout=5, socket_connect_timeout=5)
        self._put = self._server.register_script(PUT)

    @_reached
    def begin(self, room: str, seconds: float, at_most: int) -> bool:
        self._server.zremrangebyscore(ROOMS, "-inf", time())
        if self._server.zcard(ROOMS) >= at_most or not self._server.hsetnx(PREFIX + room, OPEN, b""):
            return False
        self.keep(room, seconds)
        return True

    @_reached
    def keep(self, room: str, seconds: float) -> None:
        if self._server.expire(PREFIX + room, round(seconds)):
            self._server.zadd(ROOMS, {room: time() + seconds})

    @_reached
    def end(self, room: str) -> None:
        self._server.delete(PREFIX + room)
        self._server.zrem(ROOMS, room)

    @_reached
    def get(self, room: str, field: str) -> bytes | None:
        return self._server.execute_command("HGET", PREFIX + room, field)

    @_reached
    def put(self, room: str, field: str, value: bytes) -> None:
        self._put(keys=[PREFIX + room], args=["hset", field, value])

    @_reached
    def add(self, room: str, field: str, value: bytes) -> bytes:
        return self._put(keys=[PREFIX + room], args=["hsetnx", field, value]) or value

    @_reached
    def all(self, room: str, prefix: str) -> dict[str, bytes]:
        found = self._server.hscan_iter(PREFIX + room, match=f"{prefix}*", count=1000)
        return {name.decode()[len(prefix) :]: value for name, value in found}
