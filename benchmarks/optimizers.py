"""A path-step of each optimizer beside one of SGD with the same draws, and beside the same steps in JAX with optax.

SGD for comparison does as many gradients as the optimizer does: the aim is the price of its state and of its own arithmetic.
`python -m benchmarks.optimizers` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

import dynamics
from benchmarks.measure import Timing, interleaved, show
from benchmarks.sgd import GRADIENTS, LEARNING_RATE, PATHS, STEPS
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.optimizers import Optimizer, optimizer

LANDSCAPE, REPEATS = "torus", 7
SCALE = 0.3
NOISE = dynamics.noise("isotropic", scale=SCALE)
BETA, KAPPA = 0.9, 5.0

OPTIMIZERS: dict[str, Optimizer] = {
    "SGD": optimizer("sgd"),
    "SGD with momentum": optimizer("momentum", beta=BETA),
    "weight decay": optimizer("weight_decay"),
    "cosine schedule": optimizer("schedule"),
    "weight noise": optimizer("weight_noise"),
    "Adam": optimizer("adam", kappa=KAPPA, beta1=BETA),
}
IN_OPTAX = ("SGD", "SGD with momentum", "Adam")


def measured() -> tuple[dict[str, Timing], dict[str, Timing]]:
    """Seconds of PATHS × STEPS path-steps, of the engine and of JAX with optax, two threads each."""
    rivals: dict[str, Callable[[], object]] = {name: partial(engine, made) for name, made in OPTIMIZERS.items()}
    rivals |= {f"optax {name}": in_jax(name) for name in IN_OPTAX}
    times = interleaved(rivals, REPEATS)
    return {name: times[name] for name in OPTIMIZERS}, {name: times[f"optax {name}"] for name in IN_OPTAX}


def rows() -> list[list[str]]:
    ours, theirs = measured()
    amount, nano = PATHS * STEPS, 1e-9
    return [
        [
            name,
            timing.per(amount, nano),
            f"{timing.median / ours['SGD'].median:.2f}",
            theirs[name].per(amount, nano) if name in theirs else "–",
            f"{theirs[name].median / timing.median:.1f}" if name in theirs else "–",
        ]
        for name, timing in ours.items()
    ]


HEADER = ["", "the engine", "of SGD", "JAX with optax", "of the engine"]
TITLE = f"Optimizers, ns per path-step: {LANDSCAPE}, isotropic noise, {PATHS:,} paths × {STEPS:,} steps, two threads, float64"


def engine(made: Optimizer) -> None:
    land = dynamics.landscape(LANDSCAPE)
    start, steps = np.array(land.start), np.array([STEPS])
    stepper = partial(made.stepper, land, NOISE, start, LEARNING_RATE, 0, steps=STEPS)
    run_ensemble(stepper, steps, PATHS, 3, Progress(1.0, None, None), threads=2)


def in_jax(name: str) -> Callable[[], object]:
    land = dynamics.landscape(LANDSCAPE)
    rule = {
        "SGD": optax.sgd(LEARNING_RATE),
        "SGD with momentum": optax.sgd(LEARNING_RATE, momentum=BETA),
        "Adam": optax.adam(LEARNING_RATE, b1=BETA, b2=1 - KAPPA * LEARNING_RATE**2),
    }[name]

    @jax.jit
    def run(key):
        x = jnp.repeat(jnp.array(land.start)[:, None], PATHS, axis=1)

        def step(carry, key):
            x, state = carry
            gradient = jnp.stack(GRADIENTS[LANDSCAPE](*x, *land.values)) + SCALE * jax.random.normal(key, x.shape)
            updates, state = rule.update(gradient, state, x)
            return (optax.apply_updates(x, updates), state), None

        return jax.lax.scan(step, (x, rule.init(x)), jax.random.split(key, STEPS))[0][0]

    key = jax.random.key(0, impl="rbg")
    assert run(key).dtype == jnp.float64
    return lambda: run(key).block_until_ready()


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    show(TITLE, HEADER, rows())
