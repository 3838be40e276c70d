"""What is on the screen, in words, with its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from dynamics import Outcome
from dynamics.landscapes.landscape import Landscape, View
from dynamics.landscapes.latex import spelled
from dynamics.limit.coefficients import PARTS
from dynamics.settings import in_words as number

KINDS = {
    "contour": "Contours of the loss",
    "surface": "The loss as a surface",
    "space": "The zero-loss manifold Γ in space",
    "plane": "A projection onto a plane",
}


def caption(outcome: Outcome, ghost: Outcome | None, drawn: int) -> str:
    experiment = outcome.experiment
    sentences = [
        f"{_paths(experiment.paths)} of SGD (discs) with learning rate η = {number(experiment.learning_rate)} from "
        f"{point(experiment.start)} on {place(experiment.landscape)} with {experiment.noise.words}"
    ]
    if outcome.stability is not None:
        arrival = point(float(value) for value in outcome.flow.points[-1])
        sentences[0] += f", and {experiment.paths:,} of the limiting SDE (rings) from Φ(x₀) = {arrival}"
        sentences[0] += _missing(experiment.parts)
    sentences[0] += "."
    sentences.append(f"Slow time t = kη² runs to T = {number(experiment.horizon)}: {experiment.steps:,} steps.")
    if outcome.status.reason:
        sentences.append(outcome.status.reason)
    if ghost is not None:
        sentences.append(f"Squares: SGD with η = {number(ghost.experiment.learning_rate)}.")
    if drawn < experiment.paths:
        sentences.append(f"The first {drawn:,} of each are drawn; the lines are of all.")
    sentences.append("Lines are means, bands 5–95 %.")
    if outcome.stability is not None and "tangent" in experiment.parts:
        sentences.append("On Γ loss and distance vanish: the limit's lines there are SGD's fluctuation to leading order in η.")
    elif outcome.stability is not None:
        sentences.append("Without the tangent part the limit leaves Γ: its lines of loss and distance are its own.")
    return " ".join(sentences)


def _missing(parts: tuple[str, ...]) -> str:
    missing = [part for part in PARTS if part not in parts]
    return f" without the {' and '.join(missing)} part{'s' * (len(missing) > 1)} of its drift" if missing else ""


def alternative_text(outcome: Outcome, view: View) -> str:
    experiment = outcome.experiment
    ending = "" if outcome.status == "ok" else f" {outcome.status.sentence}"
    return (
        f"{KINDS[view.kind]} of {place(experiment.landscape)} along {', '.join(view.labels)}, with {experiment.paths:,} moving "
        f"particles of SGD and of its limit, which start at {point(experiment.start)}.{ending}"
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


def _paths(count: int) -> str:
    return f"{count:,} path{'s' * (count > 1)}"
