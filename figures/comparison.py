"""What two experiments differ in, in words."""

from __future__ import annotations

from collections.abc import Callable

from dynamics import SCHEDULES, SCHEMES, Experiment
from dynamics.engine.budget import LIMIT_STEPS
from figures.caption import noise_text, number, point

SETTINGS: dict[str, tuple[str, Callable[[Experiment], str]]] = {
    "noise": ("Gradient noise", lambda experiment: noise_text(experiment.noise)),
    "start": ("Start", lambda experiment: point(experiment.start)),
    "learning_rate": ("Learning rate", lambda experiment: f"η = {number(experiment.learning_rate)}"),
    "horizon": ("Horizon", lambda experiment: f"T = {number(experiment.horizon)}"),
    "parts": ("Drift parts of the limit", lambda experiment: ", ".join(experiment.parts) or "none"),
    "paths": ("Paths", lambda experiment: f"{experiment.paths:,} paths"),
    "frames": ("Frames", lambda experiment: f"{experiment.frames:,} frames"),
    "schedule": ("Frames' schedule", lambda experiment: SCHEDULES[experiment.schedule]),
    "scheme": ("Integrator of the limiting SDE", lambda experiment: SCHEMES[experiment.scheme].title),
    "substeps": ("Integrator's longest step", lambda experiment: f"T/{LIMIT_STEPS * experiment.substeps:,}"),
    "seed": ("Seed", lambda experiment: f"seed {experiment.seed}"),
}


def differences(one: Experiment, other: Experiment) -> list[tuple[str, str, str]]:
    """The settings that differ, by title, with their values: those of the landscape first."""
    found = []
    theirs = other.landscape.parameter_values
    for name, value in one.landscape.parameter_values.items():
        if value != theirs.get(name, value):
            found.append((f"Parameter {name}", f"{name} = {number(value)}", f"{name} = {number(theirs[name])}"))
    for name, (title, words) in SETTINGS.items():
        if getattr(one, name) != getattr(other, name):
            found.append((title, words(one), words(other)))
    return found
