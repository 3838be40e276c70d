"""The limiting SDE on the three-dimensional landscapes with isotropic noise: the explicit scheme against diffrax's Euler.

diffrax gets the same coefficients (theory section 3) in closed form for one residual, with f = 0:
T[M]_i = 2 (F M J)_i + tr(F M) J_i for J = ∇f, F = ∇²f; they are compared with the engine's first. It does not retract to Γ; the
engine does, three times a step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

import dynamics
from benchmarks.measure import Timing, interleaved
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.limit.schemes import SCHEMES, Pace
from dynamics.limit.schemes.base import Problem

PATHS = 8 * BLOCK
STEPS = 200
STEP = 1e-3
REPEATS = 7

ENGINE, ENGINE_ALONE = "this engine, explicit scheme, 2 threads", "this engine, explicit scheme, 1 thread"
DIFFRAX = "diffrax Euler, VirtualBrownianTree (its usual noise)"
DIFFRAX_UNSAFE = "diffrax Euler, UnsafeBrownianPath (its fastest noise)"
RIVALS = (ENGINE, ENGINE_ALONE, DIFFRAX, DIFFRAX_UNSAFE)

RESIDUALS: dict[str, Callable] = {
    "sphere": lambda x, r: (x @ x - r**2) / 2,
    "torus": lambda x, R, r: ((x @ x + R**2 - r**2) ** 2 - 4 * R**2 * (x[0] ** 2 + x[1] ** 2)) / 16,
    "product": lambda x, a: x[0] * x[1] * x[2] - a,
}


def coefficients(residual: Callable) -> tuple[Callable, Callable]:
    """Drift (D,) and diffusion (D, D) of the limit for isotropic noise of scale 1 and one residual."""

    def parts(y):
        slope, curvature = jax.grad(residual)(y), jax.hessian(residual)(y)
        sharpness = slope @ slope
        normal = slope / jnp.sqrt(sharpness)
        return slope, curvature, sharpness, normal, jnp.eye(len(y)) - jnp.outer(normal, normal)

    def drift(y):
        slope, curvature, sharpness, normal, tangent = parts(y)
        third_tangent = 2 * curvature @ tangent @ slope + jnp.sum(curvature * tangent) * slope
        third_normal = (2 * curvature @ normal * (normal @ slope) + (normal @ curvature @ normal) * slope) / (2 * sharpness)
        return -normal * (normal @ third_tangent) / (2 * sharpness) - tangent @ third_normal / 2

    return drift, lambda y: parts(y)[-1]


def measured(name: str) -> dict[str, Timing]:
    """Times of PATHS × STEPS path-steps on one landscape."""
    landscape, noise = dynamics.landscape(name), dynamics.noise("isotropic")
    start = dynamics.limit_map(landscape, landscape.start)
    drift, diffusion = coefficients(lambda y: RESIDUALS[name](y, *landscape.values))
    np.testing.assert_allclose(drift(start), dynamics.limit_drift(landscape, noise, start).total, atol=1e-7)
    np.testing.assert_allclose(diffusion(start), dynamics.limit_diffusion(landscape, noise, start), atol=1e-7)
    problem = Problem(landscape, noise, start, 1, 0)
    return interleaved(
        {
            ENGINE: lambda: explicit(problem, 2),
            ENGINE_ALONE: lambda: explicit(problem, 1),
            DIFFRAX: diffrax_euler(drift, diffusion, start, tree=True),
            DIFFRAX_UNSAFE: diffrax_euler(drift, diffusion, start, tree=False),
        },
        REPEATS,
    )


def explicit(problem: Problem, threads: int) -> None:
    stepper = partial(SCHEMES["explicit"].stepper, problem, Pace.fixed(STEP))
    run_ensemble(stepper, np.array([STEPS * STEP]), PATHS, 3, Progress(1.0, None, None), threads=threads)


def diffrax_euler(drift: Callable, diffusion: Callable, start: np.ndarray, *, tree: bool) -> Callable[[], object]:
    def path(key):
        if tree:
            motion = diffrax.VirtualBrownianTree(0.0, STEPS * STEP, tol=STEP / 2, shape=(3,), key=key)
        else:
            motion = diffrax.UnsafeBrownianPath(shape=(3,), key=key)
        terms: diffrax.MultiTerm = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, y, args: drift(y)), diffrax.ControlTerm(lambda t, y, args: diffusion(y), motion)
        )
        solution = diffrax.diffeqsolve(
            terms, diffrax.Euler(), 0.0, STEPS * STEP, STEP, jnp.array(start), adjoint=diffrax.DirectAdjoint(), max_steps=STEPS + 1
        )
        return solution.ys[0]

    run = jax.jit(jax.vmap(path))
    keys = jax.random.split(jax.random.key(0), PATHS)
    ends = np.asarray(run(keys))
    assert np.isfinite(ends).all()
    assert ends.dtype == np.float64
    return lambda: run(keys).block_until_ready()
