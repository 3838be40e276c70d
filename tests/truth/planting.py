"""Errors planted in the engine, to see that the tests see them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamics.limit import drift, limiting
from dynamics.limit.coefficients import limit_coefficients
from dynamics.limit.schemes import explicit, projective
from dynamics.noise import KINDS
from dynamics.optimizers import base


def _forget_tapes() -> None:
    for cached in (explicit.coefficient_tape, drift._limit_tape, projective.kick_tape, base._step_tape):
        cached.cache_clear()


@pytest.fixture
def plant_in_limit(monkeypatch):
    """Multiply parts of the limit's coefficients: plant_in_limit(normal=2.0) takes ½ for the ¼ of label noise."""

    def plant(**factors: float) -> None:
        def wrong(*arguments):
            parts = limit_coefficients(*arguments)
            return replace(parts, **{name: factor * getattr(parts, name) for name, factor in factors.items()})

        monkeypatch.setattr(limiting, "limit_coefficients", wrong)
        _forget_tapes()

    yield plant
    _forget_tapes()


@pytest.fixture
def plant_in_noise(monkeypatch):
    """Multiply the noise that SGD adds to the gradient."""

    def plant(kind: str, factor: float) -> None:
        right = KINDS[kind].stochastic_gradient

        def wrong(self, landscape, values, draws):
            return landscape.gradient + factor * (right(self, landscape, values, draws) - landscape.gradient)

        monkeypatch.setattr(KINDS[kind], "stochastic_gradient", wrong)
        _forget_tapes()

    yield plant
    _forget_tapes()


@pytest.fixture
def plant_in_kick(monkeypatch):
    """Multiply the noise of the projective scheme."""

    def plant(kind: str, factor: float) -> None:
        right = KINDS[kind].factor
        monkeypatch.setattr(KINDS[kind], "factor", lambda *arguments: factor * right(*arguments))
        _forget_tapes()

    yield plant
    _forget_tapes()
