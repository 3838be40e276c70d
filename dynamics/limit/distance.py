"""The distance to Γ: from x to the nearest point of Γ, which is not Φ(x).

The nearest point y solves f(y) = 0, P(y)(x − y) = 0. The foot-point iteration y ← y + P(y)(x − y) − H†∇L(y) solves both at once; it
contracts by the distance times Γ's curvature, and Aitken's extrapolation takes most of what is left. What it finds is trusted where
it has settled, and where no other point of Γ can be nearer, as far as known points tell (by Federer's reach, or by those nearest to
x). Elsewhere (the fast phase, beyond centres of curvature, between arms) the search starts from known points of Γ, goes down by
steps that are halved until they shorten the distance, and the least of what it finds counts. It ends with Newton's method: on Γ the
Hessian of ½‖x − y‖² is P + P ∂H[H†(x − y)] P, and not positive definite beyond a centre of curvature.
"""

from __future__ import annotations

from functools import lru_cache

import casadi as ca
import numpy as np
from scipy.spatial import cKDTree

from dynamics.engine.building import built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.tape import Eigen, Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.frame import normal_frame

PLAIN, AFTER = 3, 2  # foot-point steps from the first foot to Aitken's, and after it
CLOSE = 0.5  # the tangential part of x − y after Newton's step, relative to ‖x − y‖, up to which the iteration is trusted
SETTLED = 2e-5  # last change of the foot point relative to the distance, which errs by less than the square of it
CONTRACTS = 0.5  # the same relative to the change before
SHARE = 0.5  # of the reach at known points up to which what has settled is trusted
SAMPLED = 300  # known points whose reach is taken
NEIGHBOURS = 8  # known points among which the search starts
DESCENDED = 1e-3  # relative gain at whose square Newton's method takes over
MAX_DESCENT = 60
NEWTON = 6
PROBE = 1e-4  # step of the difference that is ∂H, relative to 1 + ‖y‖


def _corrections(landscape: LandscapeGraph, rank: int, point: ca.SX, target: ca.SX) -> tuple[ca.SX, ca.SX, tuple[Eigen, ...]]:
    """H†∇L(y) and P(y)(x − y) at y = `point` for x = `target`, and what their tape solves."""
    if landscape.residuals is not None and rank == landscape.residuals.numel():
        jacobian = landscape.at(landscape.jacobian, point)
        gram = jacobian @ jacobian.T
        away = ca.solve(gram, ca.horzcat(landscape.at(landscape.residuals, point), jacobian @ (target - point)))
        normal = jacobian.T @ away
        return normal[:, 0], target - point - normal[:, 1], ()
    frame = normal_frame(landscape, rank, point)
    return frame.pseudo_inverse(landscape.at(landscape.gradient, point)), frame.tangent(target - point), frame.solved


@built_once(128)
def _foot_tapes(definition: Definition, rank: int) -> tuple[Tape, Tape]:
    """(y, x) -> the foot point of x (D) from y on, and what speaks against it: not close, not settled, not on Γ (where > 0). And
    (y, x) -> P(x − y), H†∇L.
    """
    landscape = landscape_graph(definition)
    x, y = landscape.x, ca.SX.sym("y", landscape.dimension)
    foot, change = y, ca.SX.zeros(landscape.dimension)
    solved: tuple[Eigen, ...] = ()
    for iteration in range(1 + PLAIN + AFTER):
        step, along, eigen = _corrections(landscape, rank, foot, x)
        solved += eigen
        before, change = change, along - step
        if iteration == 1:
            sideways = ca.sumsqr(along) - CLOSE**2 * ca.sumsqr(x - foot)
        foot = foot + change
        if iteration == PLAIN:
            rate = ca.fmax(ca.fmin(ca.dot(change, before) / (ca.sumsqr(before) + 1e-300), 0.8), -0.8)
            foot = foot + change * rate / (1 - rate)
    squared = ca.sumsqr(x - foot) + 1e-20 * (1 + ca.sumsqr(x))
    unsettled = ca.sumsqr(change) - SETTLED**2 * ca.fmin(squared, ca.sumsqr(before) * (CONTRACTS / SETTLED) ** 2 + 1e-12 * squared)
    # Newton's step also rests at critical points of positive loss.
    loss, trace = landscape.at(landscape.loss, foot), landscape.at(ca.trace(landscape.hessian), foot)
    above = loss - SETTLED**2 / 2 * ca.fmax(trace, 0) * squared
    near = compile_tape([y, x], landscape.p, [foot, sideways, unsettled, above], solved)
    newton, tangential, eigen = _corrections(landscape, rank, y, x)
    return near, compile_tape([y, x], landscape.p, [tangential, newton], eigen)


def distance_to_manifold(landscape: Landscape, rank: int, X, known: cKDTree | None = None) -> np.ndarray:
    """The distance from each point of X (..., D) to Γ, (...), to about 1e-9 of itself; NaN where it was not found.

    `known` holds points of Γ spread along it; without them only the iteration from x itself is tried.
    """
    X = np.asarray(X, dtype=float)
    points = X.reshape(-1, X.shape[-1])
    with np.errstate(all="ignore"):
        finite = np.isfinite(points).all(axis=-1)
        feet, close, trusted = _iterate(landscape, rank, points, points)
        for further in (_iterate, _newton):
            rough = np.flatnonzero(finite & close & ~trusted)
            feet[rough], close[rough], trusted[rough] = further(landscape, rank, points[rough], feet[rough])
        distance = np.where(trusted, np.linalg.norm(points - feet, axis=-1), np.nan)
        if known is not None:
            far = np.flatnonzero(finite & ~(distance <= SHARE * _known(landscape, rank, known)[0]))
            distance[far] = _from_known(landscape, rank, points[far], feet[far], distance[far], known)
    return distance.reshape(X.shape[:-1])


Feet = tuple[np.ndarray, np.ndarray, np.ndarray]  # foot points (N, D), whether Y was close to them, whether they have settled


def _iterate(landscape: Landscape, rank: int, X: np.ndarray, Y: np.ndarray) -> Feet:
    """The foot points of X by the iteration from Y."""
    near, _ = _foot_tapes(landscape.definition, rank)
    found = evaluate_tape(near, np.concatenate([Y, X], axis=-1), landscape.values)
    feet, (sideways, unsettled, above) = np.ascontiguousarray(found[:, :-3]), found[:, -3:].T
    close = sideways <= 0
    return feet, close, close & (unsettled <= 0) & (above <= 0)


def _newton(landscape: Landscape, rank: int, X: np.ndarray, Y: np.ndarray) -> Feet:
    """The foot points of X by Newton's method from Y: only local minima of the distance settle."""
    Y, found, active = Y.copy(), np.zeros(len(X), dtype=bool), np.arange(len(X))
    active = active[np.isfinite(Y).all(axis=-1)]
    for _ in range(NEWTON):
        if len(active) == 0:
            break
        x, y = X[active], Y[active]
        normals, tangents, values = _frames(landscape, rank, y)
        offset = x - y
        length = np.linalg.norm(offset, axis=-1)
        back = normals @ ((normals.mT @ landscape.gradient(y)[..., None]) / values[..., None])
        pressed = (normals @ ((normals.mT @ offset[..., None]) / values[..., None]))[..., 0]
        probe = PROBE * (1 + np.linalg.norm(y, axis=-1)) / np.maximum(np.linalg.norm(pressed, axis=-1), 1e-300)
        ahead = probe[:, None] * pressed
        bent = (landscape.hessian(y + ahead) - landscape.hessian(y - ahead)) / (2 * probe[:, None, None])
        curvature = np.eye(tangents.shape[-1]) + tangents.mT @ bent @ tangents
        good = np.isfinite(curvature).all(axis=(-1, -2)) & np.isfinite(back).all(axis=(-1, -2))
        curvature[~good] = np.eye(tangents.shape[-1])
        least = np.linalg.eigvalsh(curvature).min(axis=-1, initial=np.inf)  # none where Γ is a point
        curvature[least < 1e-3] = np.eye(tangents.shape[-1])
        along = tangents @ np.linalg.solve(curvature, tangents.mT @ offset[..., None])
        change = (along - back)[..., 0]
        size = np.linalg.norm(change, axis=-1)
        good &= size <= CLOSE * length + 1e-9
        Y[active[good]] += change[good]
        still = size > SETTLED * length + 1e-12 * (1 + np.linalg.norm(y, axis=-1))
        found[active] = good & ~still & (least > 0)
        active = active[good & still]
    trace = np.maximum(landscape.trace_hessian(Y), 0.0)
    scale = ((X - Y) ** 2).sum(axis=-1) + 1e-20 * (1 + (X**2).sum(axis=-1))
    found &= landscape.loss(Y) <= SETTLED**2 / 2 * trace * scale
    return Y, found, found


def _frames(landscape: Landscape, rank: int, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normals (N, D, r) and tangents (N, D, D − r) as columns, and the normals' eigenvalues (N, r)."""
    hessian = landscape.hessian(Y)
    hessian[~np.isfinite(hessian).all(axis=(-1, -2))] = np.eye(Y.shape[-1])
    values, vectors = np.linalg.eigh(hessian)
    tangents = Y.shape[-1] - rank
    return vectors[..., tangents:], vectors[..., :tangents], values[..., tangents:]


@lru_cache(maxsize=8)
def _known(landscape: Landscape, rank: int, known: cKDTree) -> tuple[float, np.ndarray]:
    """The radius of the largest ball that may touch Γ at any known point and hold no other; how far apart they are about each."""
    spacing = known.query(known.data, k=min(4, len(known.data)))[0].reshape(len(known.data), -1)[:, -1]
    points = known.data[:: 1 + len(known.data) // SAMPLED]
    on, found = _onto(landscape, rank, points)
    points = on[found]
    if len(points) == 0:
        return 0.0, spacing
    normals, _, _ = _frames(landscape, rank, points)
    between = points[None] - points[:, None]  # [i, j] from i to j
    squared = (between**2).sum(axis=-1)
    across = np.linalg.norm(between @ normals, axis=-1)
    same = squared < 1e-12 * (1 + (points**2).sum(axis=-1))
    return float(np.where(same, np.inf, squared / np.maximum(2 * across, 1e-300)).min()), spacing


def _onto(landscape: Landscape, rank: int, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method onto Γ from points (N, D) close to it, and whether it has got there."""
    _, corrections = _foot_tapes(landscape.definition, rank)
    dimension = Y.shape[1]
    for _ in range(3):
        step = evaluate_tape(corrections, np.concatenate([Y, Y], -1), landscape.values)[:, dimension:]
        Y = Y - step
    size = 1 + np.linalg.norm(Y, axis=-1)
    return Y, np.linalg.norm(step, axis=-1) <= 1e-6 * size


def _from_known(
    landscape: Landscape, rank: int, X: np.ndarray, feet: np.ndarray, distance: np.ndarray, known: cKDTree
) -> np.ndarray:
    """The least (N,) of `distance`, NaN where it is not trusted, and of what the search finds from the nearest known points.

    A nearer foot point than one at hand has a known point about it that is hardly farther, and not near to the one at hand.
    """
    count = min(NEIGHBOURS, len(known.data))
    lengths, index = (found.reshape(len(X), count) for found in known.query(X, k=count))
    near, best = known.data[index], distance.copy()
    unknown = np.flatnonzero(np.isnan(best))
    best[unknown] = _descend(landscape, rank, X[unknown], near[unknown, 0])
    feet = np.where(np.isnan(distance)[:, None], near[:, 0], feet)
    apart, spacing = np.linalg.norm(near - feet[:, None], axis=-1), _known(landscape, rank, known)[1][index]
    hardly = lengths**2 <= np.fmax(best, 0.0)[:, None] ** 2 + spacing**2
    apart = np.where(hardly, apart - np.maximum(CLOSE * best[:, None], 2 * spacing), -1.0)
    rival = apart.argmax(axis=-1)
    rows = np.flatnonzero(apart[np.arange(len(X)), rival] > 0)
    best[rows] = np.fmin(best[rows], _descend(landscape, rank, X[rows], near[rows, rival[rows]]))
    return best


def _descend(landscape: Landscape, rank: int, X: np.ndarray, start: np.ndarray) -> np.ndarray:
    _, corrections = _foot_tapes(landscape.definition, rank)
    dimension = X.shape[1]
    foot, found = _onto(landscape, rank, start)
    best = np.where(found, np.linalg.norm(X - foot, axis=-1), np.nan)
    scale = np.ones(len(X))
    active = np.flatnonzero(found)
    for _ in range(MAX_DESCENT):
        if len(active) == 0:
            break
        here = foot[active]
        along = evaluate_tape(corrections, np.concatenate([here, X[active]], -1), landscape.values)[:, :dimension]
        trial = here + scale[active, None] * along
        for _ in range(2):
            trial -= evaluate_tape(corrections, np.concatenate([trial, X[active]], -1), landscape.values)[:, dimension:]
        length = np.linalg.norm(X[active] - trial, axis=-1)
        shorter = length < best[active]
        gain = best[active] - length
        moved = active[shorter]
        foot[moved], best[moved] = trial[shorter], length[shorter]
        scale[active[~shorter]] /= 2
        settled = np.where(shorter, gain < DESCENDED**2 * length, scale[active] < 1e-3)
        active = active[~settled]
    last, _, exact = _newton(landscape, rank, X, foot)
    length = np.linalg.norm(X - last, axis=-1)
    return np.where(exact & (length <= best * (1 + DESCENDED)), length, best)
