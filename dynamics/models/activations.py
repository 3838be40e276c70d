"""The smooth activations of a network, with their first two derivatives as functions of the activation itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from dynamics.engine.compiled import summing

Elementwise = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Activation:
    """a = σ(z); `slope` and `bend` are σ′ and σ″, as functions of a. `code` is what the compiled step knows it by."""

    code: int
    value: Elementwise
    slope: Elementwise
    bend: Elementwise

    def __reduce__(self):
        return _by_code, (self.code,)


ACTIVATIONS = {
    "tanh": Activation(0, np.tanh, lambda a: 1 - a**2, lambda a: -2 * a * (1 - a**2)),
    "sigmoid": Activation(1, lambda z: 0.5 * (1 + np.tanh(0.5 * z)), lambda a: a * (1 - a), lambda a: a * (1 - a) * (1 - 2 * a)),
    "softplus": Activation(
        2, lambda z: np.logaddexp(0.0, z), lambda a: -np.expm1(-a), lambda a: -np.expm1(-a) * np.exp(-a)
    ),
    "identity": Activation(3, lambda z: z, np.ones_like, np.zeros_like),
}  # fmt: skip


def _by_code(code: int) -> Activation:
    """For pickle, which takes no lambda."""
    return next(activation for activation in ACTIVATIONS.values() if activation.code == code)


def _bitcast(_, bits):
    """The double of these 64 bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


_as_double: Any = intrinsic(_bitcast)


@summing
def tanh(z):
    """tanh z to rounding, without a branch or a call: a loop of it vectorizes, and takes a fifth of the time of the library's.

    −2|z| = k ln 2 + r, and e^r − 1 by its Taylor series to r¹³.
    """
    y = -2.0 * min(abs(z), 22.0)
    k = np.rint(y * 1.4426950408889634)
    r = (y - k * 0.6931471803691238) - k * 1.9082149292705877e-10
    p = 1 / 6227020800 * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    p = (p * r + 1.0) * r
    power: float = _as_double((np.int64(k) + 1023) << 52)
    less_one = power * p + (power - 1.0)  # e^{−2|z|} − 1
    return np.copysign(less_one / (less_one + 2.0), z)
