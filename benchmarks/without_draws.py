"""SAM, which draws nothing: the engine, optax's own SAM in a JAX scan, and a fused loop by hand, compiled for this one loss.

The loop by hand, with the compiler free to reorder and to divide inexactly, is what this machine allows: no engine could be further
ahead of JAX. `python -m benchmarks.without_draws` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numba
import numpy as np

import dynamics
from benchmarks import optimizers
from benchmarks.measure import interleaved, show
from benchmarks.optimizers import LANDSCAPE, LONG, RADIUS, REPEATS, ROWS, RULES, STEPS, VALUES
from benchmarks.sgd import GRADIENTS, LEARNING_RATE, PATHS
from dynamics.engine.turns import carry_out

SIZES = ((1, LONG), (PATHS, STEPS))
START = np.array(dynamics.landscape(LANDSCAPE).start) + 0.01
BLOCK = 256
fast = numba.njit(nogil=True, fastmath=True, error_model="numpy")
gradient_of = numba.njit(inline="always", fastmath=True, error_model="numpy")(GRADIENTS[LANDSCAPE])


@fast
def fused(points, steps, outer, inner):
    """`steps` steps of SAM of each of `points` (3, N), in place."""
    for _ in range(steps):
        for i in range(points.shape[1]):
            x, y, z = points[0, i], points[1, i], points[2, i]
            a, b, c = gradient_of(x, y, z, outer, inner)
            reach = RADIUS / math.sqrt(a * a + b * b + c * c + 1e-300)
            a, b, c = gradient_of(x + reach * a, y + reach * b, z + reach * c, outer, inner)
            points[0, i], points[1, i], points[2, i] = x - LEARNING_RATE * a, y - LEARNING_RATE * b, z - LEARNING_RATE * c


def by_hand(paths: int, steps: int) -> np.ndarray:
    """Blocks of paths on two threads; their last points (3, paths)."""
    points = np.repeat(START[:, None], paths, axis=1)

    def block(begin: int):
        own = points[:, begin : begin + BLOCK].copy()
        fused(own, steps, *VALUES)
        points[:, begin : begin + BLOCK] = own
        yield

    carry_out((block(begin) for begin in range(0, paths, BLOCK)), lambda: None, 2)
    return points


def in_jax(paths: int, steps: int) -> Callable[[], object]:
    rule = RULES["sam"]

    def one(x):
        return jax.lax.scan(lambda kept, _: (rule.step(kept[0], kept[1], None), None), (x, rule.begin(x)), None, length=steps)[0][0]

    run = jax.jit(one if paths == 1 else jax.vmap(one))
    start = jnp.array(START) if paths == 1 else jnp.tile(jnp.array(START), (paths, 1))
    return lambda: run(start).block_until_ready()


def rows() -> list[list[str]]:
    rivals: dict[str, Callable[[], object]] = {}
    for size in SIZES:
        rivals |= {
            f"engine {size}": partial(optimizers.engine, ROWS["sam"], *size),
            f"jax {size}": in_jax(*size),
            f"hand {size}": partial(by_hand, *size),
        }
    times = interleaved(rivals, REPEATS)
    found = []
    for size in SIZES:
        ours, jax_s, hand = (times[f"{who} {size}"] for who in ("engine", "jax", "hand"))
        paths = f"{size[0]:,} path" + "s" * (size[0] > 1)
        amounts = [each.per(size[0] * size[1], 1e-9) for each in (ours, jax_s, hand)]
        found.append([paths, *amounts, f"{jax_s.median / ours.median:.2f}", f"{jax_s.median / hand.median:.1f}"])
    return found


HEADER = ["", "the engine", "JAX, optax’s SAM", "fused by hand", "JAX of the engine", "JAX of the loop by hand"]
TITLE = f"SAM, ns per path-step: {LANDSCAPE}, two threads, float64"


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    show(TITLE, HEADER, rows())
