"""What a remedy says to write, as a change of the text that was typed: a button can make it.

A remedy is words for a person, such as “write 1/(2*x) or (1/2)*x”. What it says to write differs from what was typed by signs of
multiplication, brackets and spaces alone, or is another name for the one that is there: so its place is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_REACH = 80  # characters to the left of the place of a problem

_SIGNS = re.compile(r"[*()\s·×⋅]")
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Fix:
    """Write `text` instead of `length` characters from `position` on."""

    position: int
    length: int
    text: str

    def applied(self, text: str) -> str:
        return text[: self.position] + self.text + text[self.position + self.length :]


def fixes(text: str, position: int, remedy: str, mends: Callable[[str], bool]) -> tuple[Fix, ...]:
    """The changes of `text` that `remedy` offers for a problem at `position`: those after which the text `mends`."""
    if not remedy.startswith("write "):
        return ()
    offered = (_fix(text, position, written.strip()) for written in remedy.removeprefix("write ").split(" or "))
    return tuple(fix for fix in offered if fix is not None and mends(fix.applied(text)))


def _fix(text: str, position: int, written: str) -> Fix | None:
    wanted = _SIGNS.sub("", written)
    for begin in range(position, max(-1, position - MAX_REACH), -1):
        if begin < len(text) and text[begin] in "\n;":
            break
        end = _end(text, begin, wanted)
        if end is not None and end > position:
            closing = text[begin:end].count("(") - text[begin:end].count(")")
            while closing > 0 and end < len(text) and text[end] == ")":  # brackets belong together
                end, closing = end + 1, closing - 1
            return Fix(begin, end - begin, written) if closing == 0 else None
    word = _WORD.match(text, position)
    return Fix(position, len(word[0]), written) if word and _WORD.fullmatch(written) else None


def _end(text: str, begin: int, wanted: str) -> int | None:
    """Where the part of the text ends that begins there and says what is wanted, signs apart."""
    if not wanted or begin >= len(text) or _SIGNS.match(text[begin]):
        return None
    found, at = 0, begin
    while at < len(text) and found < len(wanted):
        if not _SIGNS.match(text[at]):
            if text[at] != wanted[found]:
                return None
            found += 1
        elif text[at] == "\n":
            return None
        at += 1
    return at if found == len(wanted) else None
