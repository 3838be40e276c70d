"""A path-step of each optimizer beside one of SGD with the same draws, and beside the same steps in JAX.

SGD for comparison draws what the optimizer draws, takes as many gradients, and keeps as many numbers from step to step: what is
left is the price of the optimizer's own arithmetic. In JAX the steps are optax's where it has them, else written by hand.

Of an optimizer that draws nothing all paths are one, which the app computes once: here engine, SGD alike and JAX compute one, too.
There JAX is faster, by five: what the engine is ahead by elsewhere is its random numbers, and it interprets what XLA compiles.
`benchmarks.without_draws` says what this machine allows there. `python -m benchmarks.optimizers` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, ClassVar, NamedTuple

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

import dynamics
from benchmarks.measure import Timing, interleaved, show
from benchmarks.sgd import GRADIENTS, LEARNING_RATE, PATHS
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.graph import LandscapeGraph, landscape_graph
from dynamics.engine.randomness import Draw
from dynamics.noise import Noise
from dynamics.optimizers import OPTIMIZERS, Optimizer, optimizer
from dynamics.optimizers.base import Step

LANDSCAPE, STEPS, REPEATS = "torus", 6_000, 9
LONG = 300_000  # steps of a path that is alone
SCALE = 0.3
NOISE = dynamics.noise("isotropic", scale=SCALE)
BETA, KAPPA, DECAY, RADIUS, STRENGTH, TEMPERATURE, WORKERS, LOCAL_STEPS = 0.9, 5.0, 0.5, 0.01, 0.1, 0.05, 4, 8
SETTINGS: dict[str, dict[str, Any]] = {
    "momentum": {"beta": BETA},
    "weight_decay": {"decay": DECAY},
    "adam": {"kappa": KAPPA, "beta1": BETA},
    "langevin": {"temperature": TEMPERATURE},
    "local_sgd": {"workers": WORKERS, "local_steps": LOCAL_STEPS},
    **{name: {"radius": RADIUS} for name in ("weight_noise", "anti_pgd", "sam", "one_sam")},
    **{name: {"strength": STRENGTH} for name in ("dropconnect", "dropout")},
}
ROWS: dict[str, Optimizer] = {name: optimizer(name, **SETTINGS.get(name, {})) for name in OPTIMIZERS}


def size_of(made: Optimizer) -> tuple[int, int]:
    """Paths, as many as there are different ones, and steps."""
    draws = made.draws(landscape_graph(dynamics.landscape(LANDSCAPE).definition), NOISE)
    return (PATHS, STEPS) if draws else (1, LONG)


@dataclass(frozen=True, kw_only=True)
class Alike(Optimizer):
    """SGD with the draws of another optimizer, as many gradients, and as many numbers that it keeps."""

    name: ClassVar[str] = "alike"
    title: ClassVar[str] = "SGD"

    other: Optimizer

    def rows(self, dimension: int) -> int:
        return self.other.rows(dimension)

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return self.other.kicks(landscape, noise)

    def draws(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return self.other.draws(landscape, noise)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        dimension, gradients = at.x.numel(), round(self.other.gradients)
        moves = [at.gradient()]
        while len(moves) < gradients:
            moves.append(at.gradient(at.x - at.learning_rate * moves[-1]))
        total = sum(moves[1:], moves[0]) / gradients
        own = at.kicks
        if at.draws.numel():
            total += at.stochastic_gradient(draws=at.draws[: at.draws.numel() // gradients]) - at.gradient()
            own = ca.vertcat(own, at.draws[at.draws.numel() // gradients :])
        for index, draw in enumerate(ca.vertsplit(own) if own.numel() else []):
            total[index % dimension] += SCALE * draw
        kept = (
            [number + at.learning_rate * total[index % dimension] for index, number in enumerate(ca.vertsplit(at.state))]
            if (at.state.numel())
            else []
        )
        return at.x - at.learning_rate * total, ca.vertcat(ca.SX(0, 1), *kept)


def measured() -> tuple[dict[str, Timing], dict[str, Timing], dict[str, Timing]]:
    """Seconds of a run: of each optimizer, of SGD alike, and of JAX; two threads each."""
    rivals: dict[str, Callable[[], object]] = {}
    for name, made in ROWS.items():
        size = size_of(made)
        rivals |= {name: partial(engine, made, *size), f"alike {name}": partial(engine, Alike(other=made), *size)}
        if name in RULES:
            rivals[f"jax {name}"] = in_jax(RULES[name], *size)
    times = interleaved(rivals, REPEATS)
    return (
        {name: times[name] for name in ROWS},
        {name: times[f"alike {name}"] for name in ROWS},
        {name: times[f"jax {name}"] for name in RULES},
    )


def rows() -> list[list[str]]:
    ours, alike, theirs = measured()
    amounts, nano = {name: prod(size_of(made)) for name, made in ROWS.items()}, 1e-9
    return [
        [
            ROWS[name].label + " (one path)" * (size_of(ROWS[name])[0] == 1),
            timing.per(amounts[name], nano),
            alike[name].per(amounts[name], nano),
            f"{timing.median / alike[name].median:.2f}",
            theirs[name].per(amounts[name], nano) if name in theirs else "–",
            f"{theirs[name].median / timing.median:.1f}" if name in theirs else "–",
        ]
        for name, timing in ours.items()
    ]


HEADER = ["", "the engine", "SGD alike", "of it, aim ≤ 1.3", "JAX, optax where it has it", "of the engine, aim ≥ 6"]
TITLE = f"Optimizers, ns per path-step: {LANDSCAPE}, {PATHS:,} paths × {STEPS:,} steps, two threads, float64"


def engine(made: Optimizer, paths: int, steps: int) -> None:
    land = dynamics.landscape(LANDSCAPE)
    stepper = partial(made.stepper, land, NOISE, np.array(land.start) + 0.01, LEARNING_RATE, 0, steps=steps)
    run_ensemble(stepper, np.array([steps]), paths, 3, Progress(1.0, None, None), threads=2)


# In JAX

Point = Any  # (3, PATHS)


class Rule(NamedTuple):
    """What a run keeps from its start on, and a step of x, that, and normal numbers (3, `draws` · PATHS)."""

    begin: Callable[[Point], Any]
    step: Callable[[Point, Any, Any], tuple[Point, Any]]
    draws: int = 1


VALUES = dynamics.landscape(LANDSCAPE).values


def gradient(x: Point) -> Point:
    return jnp.stack(GRADIENTS[LANDSCAPE](*x, *VALUES))


def factors(x: Point) -> tuple[Point, Point]:
    """f, and ∇f: L = ½f²."""
    (outer, inner), planar = VALUES, x[0] ** 2 + x[1] ** 2
    s, c = planar + x[2] ** 2 + (outer**2 - inner**2), 2 * outer**2
    return (s * s - 2 * c * planar) / 16, jnp.stack([(s - c) * x[0], (s - c) * x[1], s * x[2]]) / 4


def by_optax(made: optax.GradientTransformation, draws: int = 1) -> Rule:
    def step(x, state, normal):
        updates, state = made.update(gradient(x) + SCALE * normal if draws else gradient(x), state, x)
        return optax.apply_updates(x, updates), state

    return Rule(made.init, step, draws)


def sam(x: Point, state: Any, _: Any) -> tuple[Point, Any]:
    updates, state = SAM.update(gradient(x), state, x, grad_fn=lambda at, _: gradient(at))
    return optax.apply_updates(x, updates), state


def by_hand(move: Callable[[Point, Any], Point], draws: int = 1) -> Rule:
    """x ← x − η · `move`, of x and normal numbers."""
    return Rule(lambda x: (), lambda x, state, normal: (x - LEARNING_RATE * move(x, normal), state), draws)


def _anti_pgd(x, kick, normal):
    return x - LEARNING_RATE * gradient(x) + RADIUS * normal - kick, RADIUS * normal


def _dropped(x, normal):
    mask = 1 + STRENGTH * normal
    return mask * gradient(mask * x)


def _local_sgd(x, kept, normal):
    places, count = kept
    moved = places - LEARNING_RATE * (gradient(places) + WORKERS**0.5 * SCALE * normal)
    mean = moved.reshape(3, WORKERS, PATHS).mean(axis=1)
    meet = (count + 1) % LOCAL_STEPS == 0
    return mean, (jnp.where(meet, jnp.tile(mean, (1, WORKERS)), moved), count + 1)


def _square_root(x, _):
    f, slope = factors(x)
    return jnp.sign(f) * slope / 2**0.5


def _gauss_newton(x, normal):
    return (gradient(x) + SCALE * normal) / (factors(x)[1] ** 2).sum(axis=0)


UNIT = optax.contrib.normalize()  # by the norm of all there is: of one path
SAM = optax.contrib.sam(optax.sgd(LEARNING_RATE), optax.chain(UNIT, optax.sgd(RADIUS)), sync_period=2, opaque_mode=True)

RULES: dict[str, Rule] = {
    "sgd": by_optax(optax.sgd(LEARNING_RATE)),
    "schedule": by_optax(optax.sgd(optax.cosine_decay_schedule(LEARNING_RATE, STEPS))),
    "momentum": by_optax(optax.sgd(LEARNING_RATE, momentum=BETA)),
    "weight_decay": by_optax(optax.chain(optax.add_decayed_weights(DECAY * LEARNING_RATE), optax.sgd(LEARNING_RATE))),
    "adam": by_optax(optax.adam(LEARNING_RATE, b1=BETA, b2=1 - KAPPA * LEARNING_RATE**2)),
    "weight_noise": by_hand(lambda x, normal: gradient(x + RADIUS * normal)),
    "anti_pgd": Rule(jnp.zeros_like, _anti_pgd),
    "sam": Rule(SAM.init, sam, draws=0),
    "normalized": by_optax(optax.chain(UNIT, optax.sgd(LEARNING_RATE)), draws=0),
    "sqrt_loss": by_hand(_square_root, draws=0),
    "local_sgd": Rule(lambda x: (jnp.tile(x, (1, WORKERS)), 0), _local_sgd, draws=WORKERS),
    "langevin": by_hand(lambda x, normal: gradient(x) + (2 * TEMPERATURE / LEARNING_RATE) ** 0.5 * normal),
    "gauss_newton": by_hand(_gauss_newton),
    "dropconnect": by_hand(_dropped),
}


def in_jax(rule: Rule, paths: int, steps: int) -> Callable[[], object]:
    """What is drawn is carried to the next step, else XLA draws it again wherever it is used."""
    land = dynamics.landscape(LANDSCAPE)

    @jax.jit
    def run(key):
        x = jnp.repeat(jnp.array(land.start)[:, None] + 0.01, paths, axis=1)

        def drawn(key):
            return jax.random.normal(key, (3, rule.draws * paths))

        def step(carry, key):
            x, state, normal = carry
            return (*rule.step(x, state, normal), drawn(key)), None

        return jax.lax.scan(step, (x, rule.begin(x), drawn(key)), jax.random.split(key, steps))[0][0]

    key = jax.random.key(0, impl="rbg")
    assert run(key).dtype == jnp.float64
    return lambda: run(key).block_until_ready()


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    show(TITLE, HEADER, rows())
