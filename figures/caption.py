"""What is on the screen, in words, with its numbers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dynamics import Experiment, Outcome
from dynamics.landscapes.landscape import Landscape, View
from dynamics.landscapes.latex import spelled
from dynamics.limit.coefficients import PARTS
from dynamics.settings import in_words as number
from figures.finite import finite_words

STILL = 1e-5  # of where it is: a limit that has not moved, in single precision
OFF = 0.02  # of the horizon: a run that ends farther from it says so
KINDS = {
    "contour": "Contours of the loss",
    "surface": "The loss as a surface",
    "space": "The zero-loss manifold Γ in space",
    "plane": "A projection onto a plane",
}


def caption(outcome: Outcome, ghost: Outcome | None, drawn: int) -> str:
    experiment = outcome.experiment
    optimizer = experiment.optimizer
    noise = f"with {experiment.noise.words}" if optimizer.uses_noise else "without gradient noise"
    sentences = [
        f"{_count(experiment.paths, experiment.random)} of {optimizer.words} (discs) with learning rate "
        f"η = {number(experiment.learning_rate)} from {point(experiment.start)} on {place(experiment.landscape)} {noise}"
    ]
    if outcome.stability is not None:
        arrival = point(float(value) for value in outcome.flow.points[-1])
        limit = f"{experiment.paths:,} of the limiting SDE (rings)" if optimizer.diffuses else "its limiting flow (a ring)"
        sentences[0] += f", and {limit} from Φ(x₀) = {arrival}"
        sentences[0] += _missing(experiment.parts) if optimizer.has_parts else ""
    sentences[0] += "."
    if optimizer.descends:
        still = " Here it stands still." if outcome.stability is not None and _stands(outcome.limit) else ""
        sentences.append(f"Its limit flows down {optimizer.descends} along Γ, whatever the noise.{still}")
    sentences.append(_duration(experiment))
    sentences += [optimizer.remark, outcome.warning]
    if outcome.rank is not None:
        sentences.append(finite_words(optimizer, experiment.noise, outcome.finite is not None))
    if outcome.status.reason:
        sentences.append(outcome.status.reason)
    if ghost is not None:
        sentences.append(f"Squares: {optimizer.label} with η = {number(ghost.experiment.learning_rate)}.")
    if drawn < experiment.paths:
        sentences.append(f"The first {drawn:,} of each are drawn; the lines are of all.")
    sentences.append("Lines are means, bands 5–95 %.")
    if outcome.stability is not None and optimizer.effective_rate(experiment.learning_rate) is None:
        sentences.append("On Γ loss and distance vanish, so the limit has no lines there.")
    elif outcome.stability is not None and "tangent" in experiment.parts:
        sentences.append(
            f"On Γ loss and distance vanish: the limit's lines there are {optimizer.label}'s fluctuation to leading order."
        )
    elif outcome.stability is not None:
        sentences.append("Without the tangent part the limit leaves Γ: its lines of loss and distance are its own.")
    return " ".join(filter(None, sentences))


def _stands(limit: np.ndarray) -> bool:
    """Whether paths (F, N, D) of the limit go nowhere."""
    return bool(np.nanmax(np.abs(limit - limit[0]), initial=0.0) <= STILL * (1 + np.nanmax(np.abs(limit[0]), initial=0.0)))


def _duration(experiment: Experiment) -> str:
    """How long the run is; its last step may end beside T where few of them make up the horizon."""
    clock, steps, horizon = experiment.optimizer.clock, experiment.steps, number(experiment.horizon)
    end = steps * experiment.optimizer.slow_time(experiment.learning_rate)
    count = f"{steps:,} step{'s' * (steps > 1)}"
    if abs(end / experiment.horizon - 1) <= OFF:
        return f"Slow time t = {clock} runs to T = {horizon}: {count}."
    whole = "The one step that is taken goes" if steps == 1 else f"The {count} that are taken go"
    return f"{whole} to slow time t = {clock} = {number(end, 3)}: no whole number of steps comes nearer to T = {horizon}."


def noise_words(experiment: Experiment) -> str:
    """The gradient noise that its optimizer meets."""
    return experiment.noise.words if experiment.optimizer.uses_noise else "no gradient noise"


def _missing(parts: tuple[str, ...]) -> str:
    missing = [part for part in PARTS if part not in parts]
    return f" without the {' and '.join(missing)} part{'s' * (len(missing) > 1)} of its drift" if missing else ""


def alternative_text(outcome: Outcome, view: View) -> str:
    experiment = outcome.experiment
    ending = "" if outcome.status == "ok" else f" {outcome.status.sentence}"
    return (
        f"{KINDS[view.kind]} of {place(experiment.landscape)} along {', '.join(view.labels)}, with {experiment.paths:,} moving "
        f"particles of {experiment.optimizer.label} and of its limit, which start at {point(experiment.start)}.{ending}"
    )


def place(landscape: Landscape) -> str:
    if landscape.name == "custom":
        return f"a landscape in {', '.join(map(spelled, landscape.variables))}"
    values = [f"{spelled(name)} = {number(value)}" for name, value in landscape.parameter_values.items()]
    return f"“{landscape.title}”" + (f" ({', '.join(values)})" if values else "")


def point(values: Iterable[float]) -> str:
    """Coordinates to three digits; what is negligible beside the largest is 0."""
    numbers = list(values)
    negligible = 1e-6 * max(map(abs, numbers))
    return f"({', '.join(number(value, 3) if abs(value) > negligible else '0' for value in numbers)})"


def _count(paths: int, random: bool) -> str:
    return _paths(paths) if random else "The one path"


def _paths(count: int) -> str:
    return f"{count:,} path{'s' * (count > 1)}"
