"""A run for a notebook: an object that Jupyter and marimo show as the player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynamics import Outcome
from dynamics.display import as_html
from dynamics.settings import Number

HEIGHT = Number(name="height", title="height", minimum=100, maximum=10_000, whole=True)


@dataclass(frozen=True, eq=False)
class Shown:
    """What `show` returns: `outcome` in one of its landscape's views."""

    outcome: Outcome
    options: dict[str, Any]

    def _repr_html_(self) -> str | None:
        return as_html(self.outcome, **self.options)


def show(outcome: Outcome, view: str = "", height: int = 780) -> Shown:
    """Show a run in a notebook; `outcome` by itself is shown so too, in the landscape's first view and in this height.

    `view` is the name of one of the landscape's views, `height` in pixels. Raises ValueError, with a sentence, for what is no
    outcome, or no height; drawing does for a view that there is not.
    """
    if not isinstance(outcome, Outcome):
        raise ValueError("What is shown is an outcome: carry the experiment out first, with dynamics.simulate(experiment).")
    height = int(HEIGHT.checked(height))
    return Shown(outcome, {"view": view, "height": height})
