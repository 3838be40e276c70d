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
