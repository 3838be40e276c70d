"""SGD on the three-dimensional landscapes with isotropic Gaussian noise: the engine against NumPy, JAX and C.

All do the same steps from the same start for as many paths in double precision; their gradients, written by hand for the peers, are
compared with the engine's first. The engine alone is told the landscape as text.
"""

from __future__ import annotations

import ctypes
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import dynamics
from benchmarks.measure import Timing, interleaved
from dynamics.engine import lanes
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.optimizers.sgd import SGD

BLOCKS = 8
PATHS = BLOCKS * BLOCK
STEPS = 2_000
LEARNING_RATE = 0.01
REPEATS = 7
CHUNK = 64

ENGINE, ENGINE_ALONE = "this engine, 2 threads", "this engine, 1 thread"
NUMPY, JAX = "NumPy, 1 thread", "JAX scan (jit), XLA's own threads"
C, C_ALONE = "C, NumPy's ziggurat, 2 threads", "C, NumPy's ziggurat, 1 thread"
C_LANES, C_LANES_ALONE = "C, the engine's ziggurat, 2 threads", "C, the engine's ziggurat, 1 thread"
RIVALS = (ENGINE, ENGINE_ALONE, NUMPY, JAX, C, C_ALONE, C_LANES, C_LANES_ALONE)


def sphere(x, y, z, r):
    f = (x * x + y * y + z * z - r * r) / 2
    return f * x, f * y, f * z


def torus(x, y, z, R, r):
    planar = x * x + y * y
    s = planar + z * z + (R * R - r * r)
    c = 2 * R * R
    f = (s * s - 2 * c * planar) / 64
    inner = f * (s - c)
    return inner * x, inner * y, f * s * z


def product(x, y, z, a):
    yz = y * z
    f = x * yz - a
    return f * yz, f * (x * z), f * (x * y)


GRADIENTS: dict[str, Callable] = {"sphere": sphere, "torus": torus, "product": product}


@dataclass(frozen=True)
class Task:
    """What all rivals do."""

    name: str
    start: np.ndarray
    parameters: np.ndarray
    gradient: Callable


def task(name: str) -> Task:
    landscape = dynamics.landscape(name)
    gradient, parameters = GRADIENTS[name], np.array(landscape.values)
    points = np.random.default_rng(0).uniform(0.5, 1.5, (100, 3))
    np.testing.assert_allclose(np.stack(gradient(*points.T, *parameters), -1), landscape.gradient(points), rtol=1e-10, atol=1e-12)
    return Task(name, np.array(landscape.start), parameters, gradient)


def measured(name: str) -> dict[str, Timing]:
    """Times of PATHS × STEPS path-steps on one landscape."""
    job = task(name)
    rivals = {
        ENGINE: lambda: engine(job, 2),
        ENGINE_ALONE: lambda: engine(job, 1),
        NUMPY: lambda: numpys(job),
        JAX: jax_scan(job),
        C: c_program(job, 2, numpys_ziggurat=True),
        C_ALONE: c_program(job, 1, numpys_ziggurat=True),
        C_LANES: c_program(job, 2, numpys_ziggurat=False),
        C_LANES_ALONE: c_program(job, 1, numpys_ziggurat=False),
    }
    return interleaved(rivals, REPEATS)


def engine(job: Task, threads: int) -> None:
    stepper = partial(SGD.stepper, dynamics.landscape(job.name), dynamics.noise("isotropic"), job.start, LEARNING_RATE, 0)
    run_ensemble(stepper, np.array([STEPS]), PATHS, 3, Progress(1.0, None, None), threads=threads)


def numpys(job: Task) -> None:
    random = np.random.Generator(np.random.SFC64(0))
    x = np.repeat(job.start[:, None], PATHS, axis=1)
    noise = np.empty((CHUNK, 3, PATHS))
    for first in range(0, STEPS, CHUNK):
        draws = noise[: min(CHUNK, STEPS - first)]
        random.standard_normal(out=draws)
        draws *= LEARNING_RATE
        for draw in draws:
            for coordinate, part in zip(x, job.gradient(*x, *job.parameters), strict=True):
                part *= LEARNING_RATE
                coordinate -= part
            x -= draw
    assert np.isfinite(x).all()


def jax_scan(job: Task) -> Callable[[], object]:
    def step(x, key):
        gradient = jnp.stack(job.gradient(*x, *job.parameters))
        return x - LEARNING_RATE * (gradient + jax.random.normal(key, x.shape)), None

    @jax.jit
    def run(key):
        x = jnp.repeat(jnp.array(job.start)[:, None], PATHS, axis=1)
        return jax.lax.scan(step, x, jax.random.split(key, STEPS))[0]

    key = jax.random.key(0, impl="rbg")  # twice as fast as JAX's default generator
    assert run(key).dtype == jnp.float64
    return lambda: run(key).block_until_ready()


def library() -> ctypes.CDLL:
    """sgd.c, compiled for this machine."""
    numpy_folder = Path(np.__file__).parent
    target = Path(tempfile.mkdtemp(), "sgd.so")
    command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", f"-I{np.get_include()}", f"-I{sysconfig.get_paths()['include']}"]
    sources = [str(Path(__file__).with_name("sgd.c")), str(numpy_folder / "random" / "lib" / "libnpyrandom.a")]
    subprocess.run([*command, *sources, "-lm", "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


def c_program(job: Task, threads: int, *, numpys_ziggurat: bool) -> Callable[[], object]:
    function = getattr(library(), f"sgd_{job.name}")
    function.restype = ctypes.c_long
    tables = np.concatenate([lanes.EDGES, lanes.HEIGHTS, lanes.WIDTHS, lanes.INSIDE.view(float)])

    def block(number: int) -> int:
        state = lanes.lanes(np.random.SeedSequence(0, spawn_key=(number,)), BLOCK)
        x = np.repeat(job.start[:, None], BLOCK, axis=1)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (tables, state, x, job.parameters)]
        broken = function(*pointers, ctypes.c_double(LEARNING_RATE), ctypes.c_long(STEPS), int(numpys_ziggurat))
        assert broken == 0
        return broken

    def run() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(block, range(BLOCKS)))

    return run
