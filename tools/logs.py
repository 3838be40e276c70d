"""`python -m tools.logs FILE`: what a server's log says, summed up: how long phases took, what failed, what was refused.

The log is what AFTER_ZERO_LOSS_LOG names, one line of JSON an event: see server/log.py. Other lines are counted and passed over.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

PHASES = ("waited", "seconds", "unwanted")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.logs", description="A server's log, summed up.")
    parser.add_argument("file", type=Path)
    print(summary(parser.parse_args().file.read_text(encoding="utf-8", errors="replace").splitlines()))


def summary(lines: Iterable[str]) -> str:
    """A table of the phases of each kind of event, in seconds, and what else happened."""
    events, strange = [], 0
    for line in lines:
        try:
            event = json.loads(line)
            events.append({"when": str(event["when"]), "event": str(event["event"]), **event})
        except (ValueError, KeyError, TypeError):
            strange += 1
    if not events:
        return f"No events. {strange} other lines."
    told = [f"{len(events)} events from {events[0]['when']} to {events[-1]['when']}; {strange} other lines."]
    told.append(f"{'':<28}{'count':>7}" + "".join(f"{phase + ' ' + share:>16}" for phase in PHASES for share in ("50 %", "95 %")))
    for kind, of_kind in sorted(_by_kind(events).items()):
        told.append(f"{kind[:27]:<28}{len(of_kind):>7}" + "".join(_shares(of_kind, phase) for phase in PHASES))
    errors = Counter(str(event.get("error", "")) for event in events if event["event"] == "error")
    told += [f"error, {count} times: {error[:160]}" for error, count in errors.most_common(10)]
    return "\n".join(told)


def _by_kind(events: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        name = " ".join(str(event[key]) for key in ("event", "kind", "view", "ended") if key in event)
        found[name].append(event)
    return found


def _shares(events: Iterable[dict[str, Any]], phase: str) -> str:
    seconds = [event[phase] for event in events if isinstance(event.get(phase), int | float)]
    return "".join(f"{np.percentile(seconds, share):>16.3f}" if seconds else f"{'':>16}" for share in (50, 95))


if __name__ == "__main__":
    main()
