"""What two experiments differ in, in words."""

from __future__ import annotations

from dynamics import Experiment
from dynamics.experiment import SETTINGS
from figures.caption import number, point


def differences(one: Experiment, other: Experiment) -> list[tuple[str, str, str]]:
    """The settings that differ, by title, with their values: those of the landscape first."""
    found = []
    theirs = other.landscape.parameter_values
    for name, value in one.landscape.parameter_values.items():
        if value != theirs.get(name, value):
            found.append((f"Parameter {name}", f"{name} = {number(value)}", f"{name} = {number(theirs[name])}"))
    if one.noise != other.noise:
        found.append(("Gradient noise", one.noise.words, other.noise.words))
    if one.optimizer != other.optimizer:
        found.append(("Optimizer", one.optimizer.words, other.optimizer.words))
    if one.start != other.start:
        found.append(("Start", point(one.start), point(other.start)))
    for name, setting in SETTINGS.items():
        here, there = getattr(one, name), getattr(other, name)
        if here != there:
            found.append((setting.heading, setting.in_words(here), setting.in_words(there)))
    return found


def compared(one: Experiment, other: Experiment) -> str:
    """What they differ in, in a sentence, in Markdown."""
    named = ", ".join(title for title, _, _ in differences(one, other))
    if not named:
        return "Both are the same: change a setting of one of them."
    unheard = one.noise != other.noise and not (one.optimizer.uses_noise or other.optimizer.uses_noise)
    idle = " Both take the full gradient: the gradient noise changes nothing." if unheard else ""
    return f"They differ in: **{named}**.{idle}"
