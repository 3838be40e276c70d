"""Label-noise SGD on the overparametrized linear model, one sample a step: the engine against C, NumPy and JAX, and a bound.

The bound: a step reads z, u and v, and reads them again and writes u and v: 64 d bytes. A C loop that does that and next to no
arithmetic shows what memory and caches alone ask for.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Timing, interleaved
from dynamics import Model, noise, overparametrized_linear, sparse_problem, train

SIZES = {100: (40, 200_000), 1_000: (100, 20_000), 10_000: (200, 2_000)}  # d: n, steps
RATE, SCALE = 1e-5, 1.0
REPEATS = 7
SLOWER = 20  # NumPy takes so many fewer steps
ENGINE, C, NUMPY, JAX = "this engine", "C, -O3 -march=native -ffast-math", "NumPy", "JAX scan (jit)"
BOUND = "its reads and writes alone, in C"
RIVALS = (ENGINE, C, NUMPY, JAX, BOUND)


def measured(features: int) -> tuple[dict[str, Timing], int]:
    """Times by rival, each for the same number of steps; and that number."""
    samples, steps = SIZES[features]
    design, targets, _ = sparse_problem(d=features, n=samples, sparsity=3)
    program = _compiled()
    rivals: dict[str, Callable[[], object]] = {
        ENGINE: partial(_engine, overparametrized_linear(design, targets), steps),
        C: partial(_c_steps, program, design, targets, steps),
        NUMPY: partial(_numpy, design, targets, steps // SLOWER),
        JAX: _jax(design, targets, steps),
        BOUND: partial(_c_reads_and_writes, program, design, steps),
    }
    times = interleaved(rivals, REPEATS)
    times[NUMPY] = Timing(tuple(SLOWER * seconds for seconds in times[NUMPY].seconds))
    return times, steps


def _engine(model: Model, steps: int) -> None:
    train(model, np.ones(model.dimension), learning_rate=RATE, steps=steps, noise=noise("label", scale=SCALE), frames=2)


def _compiled() -> ctypes.CDLL:
    folder = Path(tempfile.mkdtemp())
    built, library = folder / "linear_model.o", folder / "linear_model.so"
    source = Path(__file__).with_name("linear_model.c")
    command = ["cc", "-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fPIC", "-c"]
    subprocess.run([*command, str(source), "-o", str(built)], check=True)
    # Linked with -ffast-math it would make this whole process take subnormal numbers for 0, with which SciPy's trees never end.
    subprocess.run(["cc", "-shared", str(built), "-lm", "-o", str(library)], check=True)
    program = ctypes.CDLL(str(library))
    array, integer, real = np.ctypeslib.ndpointer(np.float64), ctypes.c_int64, ctypes.c_double
    program.run.argtypes = [array, array, array, array, integer, integer, real, real, integer, ctypes.c_uint64]
    program.run.restype = None
    program.reads_and_writes.argtypes = [array, array, array, integer, integer, integer]
    program.reads_and_writes.restype = real
    return program


def _c_steps(program: ctypes.CDLL, design: np.ndarray, targets: np.ndarray, steps: int) -> None:
    u, v = np.ones(design.shape[1]), np.ones(design.shape[1])
    program.run(u, v, design, targets, *design.shape, RATE, SCALE, steps, 7)
    assert np.isfinite(u).all()


def _c_reads_and_writes(program: ctypes.CDLL, design: np.ndarray, steps: int) -> None:
    u, v = np.ones(design.shape[1]), np.ones(design.shape[1])
    assert np.isfinite(program.reads_and_writes(u, v, design, *design.shape, steps))


def _numpy(design: np.ndarray, targets: np.ndarray, steps: int) -> None:
    random = np.random.default_rng(0)
    drawn, kicks = random.integers(0, len(targets), steps), SCALE * (2.0 * random.integers(0, 2, steps) - 1)
    u, v = np.ones(design.shape[1]), np.ones(design.shape[1])
    for i, kick in zip(drawn, kicks, strict=True):
        z = design[i]
        move = RATE * (z @ (u * u - v * v) - targets[i] + kick) * z
        u -= move * u
        v += move * v


def _jax(design: np.ndarray, targets: np.ndarray, steps: int) -> Callable[[], object]:
    jax.config.update("jax_enable_x64", True)
    Z, y = jnp.asarray(design), jnp.asarray(targets)

    @jax.jit
    def run(key):
        drawn = jax.random.randint(key, (steps,), 0, len(targets))
        kicks = SCALE * jax.random.rademacher(jax.random.fold_in(key, 1), (steps,), dtype=jnp.float64)

        def step(state, this):
            (u, v), (i, kick) = state, this
            z = Z[i]
            move = RATE * (z @ (u * u - v * v) - y[i] + kick) * z
            return (u - move * u, v + move * v), None

        ones = jnp.ones(design.shape[1])
        return jax.lax.scan(step, (ones, ones), (drawn, kicks))[0]

    return lambda: jax.block_until_ready(run(jax.random.key(0)))
