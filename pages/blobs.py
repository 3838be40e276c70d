"""The players' bytes, kept: who opens a link that somebody has seen need not wait for its encoding."""

from collections.abc import Callable, Hashable

from pages.runs import Kept

MAX_BLOBS = 128 * 2**20  # bytes

_blobs: Kept[bytes] = Kept(MAX_BLOBS, len)


def made(key: Hashable | None, make: Callable[[], bytes]) -> bytes:
    """The bytes of a key, made if they are not known; with None they are not kept."""
    if key is None:
        return make()
    blob = _blobs.get(key)
    if blob is None:
        blob = make()
        _blobs.put(key, blob)
    return blob
