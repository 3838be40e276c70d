"""Sentences that quote what somebody wrote, for places that read Markdown: shown as they are, whatever stands in them."""

from __future__ import annotations

import re

MARKS = re.compile(r"[\\`*_\[\]<>$~|&]|:(?=\w)")
LIVE = re.compile(
    r"https?(?=:)|www(?=\.)|@|:(?=[\w/+-]+:)", re.IGNORECASE
)  # an address, an icon or an emoji even where marks are escaped
JOINER = "\u2060"  # of no width


def plain(text: object) -> str:
    """Markdown that reads as this text, on one line."""
    words = LIVE.sub(lambda found: found[0] + JOINER, " ".join(str(text).split()))
    return MARKS.sub(r"\\\g<0>", words)
