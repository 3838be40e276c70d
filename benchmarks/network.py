"""A step of label-noise SGD on the network 64–32–1, on the full gradient of n digits: the engine against NumPy, and a bound.

The bound is the step's matrix products alone, by the BLAS that the step uses too, in a compiled loop with nothing between them: the
inputs times the first layer's weights, (n × 65)(65 × 32), and the derivatives by the units times the inputs, (32 × n)(n × 65). All
else is of order n × 32 or D: tanh, residuals, the output's gradient, the update.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.measure import Timing, interleaved
from dynamics.engine.compiled import kernel
from dynamics.models.base import StepDraws
from dynamics.models.digits import digits
from dynamics.models.network import Network, network
from dynamics.noise import noise

SIZES = (40, 200)
STEPS = 2_000
REPEATS = 9
RATE = 0.01
ENGINE, BOUND = "engine", "bound: its two matrix products, by the same BLAS"
RIVALS = (ENGINE, "NumPy", BOUND)
NOISE = noise("label", scale=0.3, batch="full")


@kernel
def _products(inputs, weights, before, gradient, steps):
    for _ in range(steps):
        np.dot(inputs, weights.T, before)
        np.dot(before.T, inputs, gradient)


def measured(samples: int) -> dict[str, Timing]:
    """Seconds for STEPS steps, by rival."""
    data = digits(samples)
    model = network(data.inputs, data.targets)
    start = model.random_start(1.0, 0)
    inputs = np.column_stack([data.inputs, np.ones(samples)])
    weights, before = start[:-32].reshape(32, 65).copy(), np.empty((samples, 32))
    return interleaved(
        {
            ENGINE: lambda: model.stepper(NOISE, 0)(start.copy(), RATE, STEPS, 1e12),
            "NumPy": _plain(model, start),
            BOUND: lambda: _products(inputs, weights, before, np.empty((32, 65)), STEPS),
        },
        REPEATS,
    )


def _plain(model: Network, start: np.ndarray) -> Callable[[], None]:
    """The same steps as one writes them in NumPy."""
    inputs = np.column_stack([model.inputs, np.ones(model.samples)])

    def run() -> None:
        draws = StepDraws(NOISE, model.samples, model.dimension, 0)
        drawn, kicks = draws.batches(STEPS, 1)[:, 0], draws.kicks(STEPS)
        hidden, outer = start[:-32].reshape(32, 65).copy(), start[-32:].copy()
        for sample, kick in zip(drawn, kicks, strict=True):
            active = np.tanh(inputs @ hidden.T)
            share = (active @ outer - model.targets) / model.samples
            share[sample] += kick
            by_input = share[:, None] * outer * (1 - active**2)
            outer = outer - RATE * (share @ active)
            hidden -= RATE * (by_input.T @ inputs)

    return run
