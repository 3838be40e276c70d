"""What the server tells whoever operates it: one line of JSON an event, with how long each phase of it took.

They go to the file that AFTER_ZERO_LOSS_LOG names, or with `-` to standard output; without it nothing is written but warnings, to
standard error. `python -m tools.logs FILE` sums them up. Nothing in them says who asked: no address, no cookie, no name.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

VARIABLE = "AFTER_ZERO_LOSS_LOG"

_log = logging.getLogger("after_zero_loss")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = record.args if isinstance(record.args, dict) else {}
        return json.dumps({"when": when, "event": record.msg, **said}, ensure_ascii=False)


@cache
def _begun() -> bool:
    """Whether anybody listens."""
    place = os.environ.get(VARIABLE, "")
    if not place:
        return False
    try:
        handler = logging.StreamHandler(sys.stdout) if place == "-" else logging.FileHandler(place, encoding="utf-8")
    except OSError as error:
        _log.warning("The log cannot be written: %s", error)
        return False
    handler.setFormatter(_Lines())
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    return True


def event(name: str, **said: Any) -> None:
    """One line; seconds are rounded to a tenth of a millisecond."""
    if _begun():
        _log.info(name, {key: round(value, 4) if isinstance(value, float) else value for key, value in said.items()})


def failure(what: str, error: BaseException) -> None:
    """An error that nobody foresaw, with where it happened."""
    where = "".join(traceback.format_exception(error))
    if _begun():
        _log.error("error", {"what": what, "error": repr(error)[:500], "where": where})
    else:
        _log.error("%s\n%s", what, where)


def short(key: Hashable) -> str:
    """A name for what a key means, the same in every line."""
    return sha256(repr(key).encode()).hexdigest()[:10]
