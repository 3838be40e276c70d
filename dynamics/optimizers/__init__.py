"""Optimizers, one a file, behind one face: what a step is, how long it takes in slow time, what its limit on Γ is."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics.optimizers.adaptive import Adam
from dynamics.optimizers.base import Optimizer
from dynamics.optimizers.dropout import DropConnect, Dropout
from dynamics.optimizers.gauss_newton import GaussNewton
from dynamics.optimizers.langevin import Langevin
from dynamics.optimizers.local import LocalSgd
from dynamics.optimizers.momentum import Momentum
from dynamics.optimizers.normalized import Normalized, SquareRootLoss
from dynamics.optimizers.reshuffling import Reshuffling
from dynamics.optimizers.sam import OneSam, SharpnessAware
from dynamics.optimizers.schedule import Schedule
from dynamics.optimizers.sgd import SGD, StochasticGradientDescent
from dynamics.optimizers.weight_decay import WeightDecay
from dynamics.optimizers.weight_noise import AntiCorrelated, WeightNoise
from dynamics.settings import Refuse, one_of, quoted

OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer
    for optimizer in (
        StochasticGradientDescent, Schedule, Momentum, WeightDecay, WeightNoise, AntiCorrelated, SharpnessAware, OneSam, Normalized,
        SquareRootLoss, Reshuffling, LocalSgd, Adam, Langevin, GaussNewton, DropConnect, Dropout,
    )
}  # fmt: skip

__all__ = ["OPTIMIZERS", "SGD", "Optimizer", "optimizer", "optimizer_of_query"]


def optimizer(name: str, **settings) -> Optimizer:
    """An optimizer by its name: one of OPTIMIZERS, such as "sgd" or "adam".

    Raises ValueError, with a sentence, for an unknown name or setting or a value out of range.
    """
    if one_of(name, OPTIMIZERS) is None:
        raise ValueError(f"Unknown optimizer {quoted(name)}. Known: {', '.join(OPTIMIZERS)}.")
    chosen = OPTIMIZERS[name]
    if unknown := sorted(set(settings) - set(chosen.defaults())):
        raise ValueError(f"{chosen.title} has no setting “{unknown[0]}”.")
    return chosen(**settings)


def optimizer_of_query(query: Mapping[str, str], refuse: Refuse) -> Optimizer:
    """The optimizer of a link; SGD where it says none, or after it was refused."""
    name = query.get("optimizer", SGD.name)
    try:
        known = optimizer(name)
    except ValueError as error:
        refuse(str(error))
        return SGD
    return type(known).of_query(query, refuse)
