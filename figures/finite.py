"""The limit at a finite learning rate: the same words and the same dots wherever a limit is drawn."""

from __future__ import annotations

from typing import Any

from dynamics import Noise, Optimizer
from dynamics.noise import LabelNoise
from dynamics.optimizers import SGD
from dynamics.settings import in_words as number

NAME = "limit at this η"
DASH, WIDTH = "2px,3px", 1.8  # as the player draws it


def finite_line(x: Any, y: Any, learning_rate: float | None = None) -> dict[str, Any]:
    """A trace; with `learning_rate` where several are drawn."""
    name = NAME if learning_rate is None else f"limit at η = {number(learning_rate, 3)}"
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y,
        "line": {"color": "role:limit", "width": WIDTH, "dash": DASH}, "hovertemplate": "%{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip


def finite_words(optimizer: Optimizer, noise: Noise, drawn: int) -> str:
    """What the dotted line is, or so many, or under label noise why there is none; else nothing."""
    if drawn:
        weak = ", where the noise is weak" if optimizer.uses_noise else ""
        return f"The dotted {'lines are' if drawn > 1 else 'line is'} the limit corrected to first order in η{weak}."
    if not (optimizer.uses_noise and isinstance(noise, LabelNoise)):
        return ""
    none = "no dotted line is drawn"
    if optimizer.name != SGD.name:
        return f"The closed correction to first order in η is SGD’s, so {none} for {optimizer.label}."
    if noise.memory or (noise.law == "student" and noise.freedom <= 2):
        return f"The closed correction to first order in η is for independent noise of finite variance: {none} where that fails."
    return f"Steps of this learning rate are not stable all along the limit, so {none}."
