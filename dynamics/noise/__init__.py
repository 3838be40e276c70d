"""Gradient noise, one kind a file, behind one face (theory sections 1 and 3)."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics.engine.graph import LandscapeGraph
from dynamics.noise.base import Noise
from dynamics.noise.covariance import CovarianceNoise
from dynamics.noise.free import FreeNoise
from dynamics.noise.isotropic import IsotropicNoise
from dynamics.noise.label import LabelNoise
from dynamics.noise.minibatch import MinibatchNoise
from dynamics.settings import Refuse, one_of, quoted

KINDS: dict[str, type[Noise]] = {noise.kind: noise for noise in (LabelNoise, IsotropicNoise, MinibatchNoise, CovarianceNoise)}

__all__ = [
    "KINDS",
    "CovarianceNoise",
    "FreeNoise",
    "IsotropicNoise",
    "LabelNoise",
    "MinibatchNoise",
    "Noise",
    "noise",
    "noise_of_query",
]


def noise(kind: str, **settings) -> Noise:
    """A noise by its name: one of KINDS, such as "isotropic" or "label".

    Raises ValueError, with a sentence, for an unknown name or setting or a value out of range.
    """
    chosen = _kind(kind)
    if unknown := sorted(set(settings) - set(chosen.defaults())):
        raise ValueError(f"{kind.capitalize()} noise has no setting “{unknown[0]}”.")
    return chosen(**settings)


def _kind(kind: str) -> type[Noise]:
    if one_of(kind, KINDS) is None:
        raise ValueError(f"Unknown noise {quoted(kind)}. Known: {', '.join(KINDS)}.")
    return KINDS[kind]


def noise_of_query(query: Mapping[str, str], landscape: LandscapeGraph, default: Noise, refuse: Refuse) -> Noise:
    """The noise of a link on this landscape; where it says none, or after it was refused, a default that acts on it."""
    if "noise" not in query and not any(key.startswith("noise.") for key in query):
        return default
    kind = query.get("noise", default.kind)
    try:
        chosen = _kind(kind).of_query(query, None if "noise" in query else default)
        chosen.check(landscape)
        return chosen
    except ValueError as error:
        refuse(str(error))
    try:
        plain = noise(kind)
        plain.check(landscape)
        return plain
    except ValueError:
        return default
