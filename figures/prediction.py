"""What a class predicted, on the picture that answers it: marks, arrows, and curves that were sketched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dynamics import Outcome, limit_drift
from dynamics.landscapes.landscape import View
from dynamics.observables import QUANTITIES

ARROW = 0.28  # length of an arrow, in widths of the picture's box: only its direction says something
KNOWN = 80  # points of a curve that is shown beside a sketch
ABOVE = 1.6  # a sketch's picture reaches so many times as high as what is known, so that it says little of what comes
HIGHEST = 1.1  # and as what comes, at least


@dataclass(frozen=True)
class Mark:
    """A place of the picture along its first two axes, or with `origin` an arrow to it. `who` marked it: the one who looks, the
    class, or what came of it."""

    at: tuple[float, float]
    origin: tuple[float, float] | None = None
    who: Literal["own", "class", "truth"] = "own"

    def told(self) -> dict[str, Any]:
        """As the player's header has it."""
        return {"at": self.at, "origin": self.origin, "who": self.who}


def origin_of_arrows(outcome: Outcome, view: View) -> tuple[float, float]:
    """Where the cloud is in the last frame, along the view's first two axes: the mean of the limit's paths."""
    return _pair(_alive(outcome).mean(axis=0)[_axes(outcome, view)])


def arrow(
    origin: Sequence[float], towards: Sequence[float], box: Sequence[tuple[float, float]], who: Literal["own", "class", "truth"]
) -> Mark:
    """An arrow from `origin` in the direction of `towards`."""
    began, direction = np.array(origin), np.subtract(towards, origin)
    length = np.linalg.norm(direction)
    reach = ARROW * min(high - low for low, high in box[:2])
    return Mark(_pair(began + direction * (reach / length if length > 0 else 0.0)), _pair(began), who)


def drift_arrow(outcome: Outcome, view: View) -> Mark | None:
    """The limit's drift where the cloud is in the last frame: its mean over the paths. None where it vanishes."""
    drift = limit_drift(outcome.experiment.landscape, outcome.experiment.noise, _alive(outcome)).total.mean(axis=0)
    direction = drift[_axes(outcome, view)]
    if np.linalg.norm(direction) < 1e-6:
        return None
    origin = origin_of_arrows(outcome, view)
    return arrow(origin, np.add(origin, direction), view.box, "truth")


def _alive(outcome: Outcome) -> np.ndarray:
    points = outcome.limit[-1].astype(float)
    return points[np.isfinite(points).all(axis=-1)]


def _axes(outcome: Outcome, view: View) -> list[int]:
    return [outcome.experiment.landscape.variables.index(axis) for axis in view.axes[:2]]


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def sketch(outcome: Outcome, quantity: str, frames: int) -> dict[str, Any]:
    """What a curve is sketched on (assets/ask/sketch.js): SGD's mean of a quantity, known in the first `frames`."""
    title = next(each.title for each in QUANTITIES if each.name == quantity)
    times, values = outcome.times, outcome.observables[quantity].sgd.mean.astype(float)
    fast = min(frames - 1, int(np.searchsorted(times, times[frames - 1] / 10)))  # the fall onto Γ has another scale
    top = max(ABOVE * values[fast:frames].max(), HIGHEST * values[frames:].max(initial=0.0))
    return {
        "title": title,
        "axis": "slow time t = kη²",
        "from": float(times[frames - 1]),
        "to": float(times[-1]),
        "top": float(f"{top:.2g}"),
        "known": _curve(times[fast:frames], values[fast:frames]),
        "truth": _curve(times[frames:], values[frames:]),
    }


def _curve(times: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
    kept = np.unique(np.linspace(0, len(times) - 1, KNOWN).round().astype(int))
    return [_pair(point) for point in np.round(np.stack([times[kept], values[kept]], axis=-1), 5)]
