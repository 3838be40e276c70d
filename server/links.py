"""What links show, learnt from who has opened them: their pictures, and where these stand on the page.

A page tells which of its pictures everybody sees who opens its link; browsers tell where they have put them, by the width of their
window. Who opens the link next is shown them there before there is a page (assets/hall/early.js).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from threading import Lock
from typing import Any

from server.kept import Kept

MAX_LINKS = 4 * 2**20  # bytes, about
MAX_WIDTHS = 32  # of a link; the one that was told of longest ago goes first
FARTHEST = 20_000  # pixels

Place = tuple[float, float, float]  # pixels from the left, the right and the top of the window


@dataclass(frozen=True)
class Picture:
    """`key` is its component's, `module` the file of assets/ that draws it, `content` what that calls its content: the bytes at
    `address` as they are (`raw`), or the JSON that they are. Those of one `group` go together."""

    key: str
    module: str
    content: str
    raw: bool
    group: str
    address: str


@dataclass
class _Link:
    size: int
    pictures: dict[str, Picture] = field(default_factory=dict)
    places: OrderedDict[int, dict[str, Place]] = field(default_factory=OrderedDict)


_links: Kept[_Link] = Kept(MAX_LINKS, lambda link: link.size)
_lock = Lock()

Key = tuple[tuple[str, str], ...]


def _key(query: Mapping[str, str]) -> Key:
    return tuple(sorted(query.items()))


def note(query: Mapping[str, str], picture: Picture) -> None:
    """Whoever opens this link sees this picture."""
    key = _key(query)
    with _lock:
        link = _links.get(key)
        if link is None:
            link = _Link(2000 + sum(len(name) + len(value) for name, value in key))
            _links.put(key, link)
        link.pictures[picture.key] = picture


def settle(query: Mapping[str, str], width: Any, places: Any) -> bool:
    """In a window of this width the link's pictures stand there: {key: (left, right, top)}. Whether all of them are known.

    Raises ValueError if this is nothing that a browser would say. Of links and pictures that are not known nothing is kept.
    """
    try:
        wide = int(width)
        given = {str(key): tuple(float(value) for value in place) for key, place in places.items()}
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise ValueError("These are no places of pictures.") from error
    far = any(len(place) != 3 or not all(isfinite(value) and 0 <= value < FARTHEST for value in place) for place in given.values())
    if far or not 0 < wide < FARTHEST:
        raise ValueError("These are no places of pictures.")
    with _lock:
        link = _links.get(_key(query))
        if link is None:
            return False
        left, right, top = 0, 1, 2
        link.places[wide] = {key: (p[left], p[right], p[top]) for key, p in given.items() if key in link.pictures}
        link.places.move_to_end(wide)
        while len(link.places) > MAX_WIDTHS:
            link.places.popitem(last=False)
        return given.keys() <= link.pictures.keys()


def pictures(query: Mapping[str, str]) -> list[dict[str, Any]]:
    """For the browser: each picture of the link that is known, with its places by the width of the window."""
    with _lock:
        link = _links.get(_key(query))
        if link is None:
            return []
        return [
            asdict(picture)
            | {"places": {wide: places[picture.key] for wide, places in link.places.items() if picture.key in places}}
            for picture in link.pictures.values()
        ]
