"""Curves of Γ by continuation: a step along the tangent, Newton's method back, all pieces that seeds lie on.

A curve ends where it closes, where it leaves the box (on its face), and short of a singular point: there the smallest normal
eigenvalue of H vanishes, and a curve that went on would choose one of several ways. The root of that eigenvalue goes to zero like
the distance, so its last two values say how far the singular point is; steps of half that way come as near as is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from dynamics.landscapes.landscape import Landscape
from dynamics.manifold.newton import onto, orientation, tangents_and_stiffness

STEPS = 90  # across the diagonal of the box, at least
TURN = 0.2  # radians a step, at most
SHORTEST = 1e-6  # of the box's diagonal
NEAR_SINGULAR = 1e-3  # of the box's diagonal: where a curve ends short of a singular point
BETWEEN = 3  # points put between two nodes
SAME = 0.04  # of a segment: a seed that is so near to it lies on it


@dataclass(frozen=True, eq=False)
class Curve:
    """A piece of Γ in order, points (K, D); if closed, the last is joined to the first."""

    points: np.ndarray
    closed: bool = False


@dataclass(frozen=True, eq=False)
class Trace:
    curves: tuple[Curve, ...]
    singular: np.ndarray  # (S, D), the ends short of singular points
    complete: bool  # whether every seed lies on a curve


@dataclass(frozen=True, eq=False)
class _Arm:
    points: list[np.ndarray]
    tangents: list[np.ndarray]
    closed: bool
    singular: bool


def trace_curves(
    landscape: Landscape, rank: int, seeds: np.ndarray, box: np.ndarray, most_steps: int, stopped: Callable[[], bool]
) -> Trace:
    """The curves of Γ within `box` (D, 2) through the points of Γ `seeds` (S, D), in at most `most_steps` steps."""
    walk = _Walk(landscape, rank, box, most_steps, stopped)
    curves: list[Curve] = []
    singular: list[np.ndarray] = []
    left = seeds
    while len(left) and not walk.exhausted:
        forth = walk.arm(left[0], +1.0)
        back = None if forth.closed else walk.arm(left[0], -1.0)
        points, tangents, ends = forth.points, forth.tangents, []
        if back is not None:
            points = back.points[:0:-1] + points
            tangents = [-tangent for tangent in back.tangents[:0:-1]] + tangents
            ends = [arm.points[-1] for arm in (back, forth) if arm.singular]
        left = left[1:]
        for end in ends:  # seeds between the ends of curves that stop short of one singular point
            left = left[np.linalg.norm(left - end, axis=-1) > 8 * NEAR_SINGULAR * walk.diagonal]
        curve = Curve(_denser(landscape, rank, np.array(points), np.array(tangents), forth.closed), forth.closed)
        singular += ends
        if len(curve.points) > 1:
            curves.append(curve)
            left = left[~_lies_on(curve, left)]
    return Trace(tuple(curves), _distinct(singular, walk.diagonal, box.shape[0]), not len(left))


class _Walk:
    def __init__(self, landscape: Landscape, rank: int, box: np.ndarray, most_steps: int, stopped: Callable[[], bool]) -> None:
        self.landscape, self.rank, self.box = landscape, rank, box
        self.diagonal = float(np.linalg.norm(box[:, 1] - box[:, 0]))
        self.left, self.stopped = most_steps, stopped

    @property
    def exhausted(self) -> bool:
        return self.left <= 0 or self.stopped()

    def arm(self, origin: np.ndarray, sign: float) -> _Arm:
        """From `origin` one way, to where the curve ends or closes."""
        longest = self.diagonal / STEPS
        frame, stiffness = tangents_and_stiffness(self.landscape, origin[None], self.rank)
        first = frame[0, 0] * sign * (1.0 if frame[0, 0, np.argmax(np.abs(frame[0, 0]))] > 0 else -1.0)
        facing = orientation(self.landscape, origin, first)
        points, tangents, stiff = [origin], [first], float(stiffness[0])
        step = 0.02 * longest  # until two values of the stiffness are known
        while not self.exhausted:
            self.left -= 1
            here, tangent = points[-1], tangents[-1]
            landed, reached = onto(self.landscape, (here + step * tangent)[None], self.rank, longest=step)
            trial, ahead = landed[0], None
            if reached[0] and np.linalg.norm(trial - here - step * tangent) < 0.3 * step:
                frame, stiffness = tangents_and_stiffness(self.landscape, landed, self.rank)
                ahead = frame[0, 0] if frame[0, 0] @ tangent > 0 else -frame[0, 0]
                passed = facing * orientation(self.landscape, trial, ahead) < 0
                if ahead @ tangent < np.cos(TURN) or passed:
                    ahead = None
            if ahead is None:
                step /= 2
                if step < SHORTEST * self.diagonal:
                    return _Arm(points, tangents, False, singular=True)
                continue
            if ((trial < self.box[:, 0]) | (trial > self.box[:, 1])).any():
                face = self._on_face(here, trial)
                return _Arm(points + face, tangents + [ahead] * len(face), False, singular=False)
            chord = float(np.linalg.norm(trial - here))
            if len(points) > 2 and _passes(points[0], first, here, tangent, chord):
                return _Arm(points, tangents, True, singular=False)
            softer = stiff - float(stiffness[0])
            stiff = float(stiffness[0])
            points.append(trial)
            tangents.append(ahead)
            step = min(longest, (2.0 if ahead @ tangent > np.cos(TURN / 2) else 1.0) * step)
            if softer > 0:
                to_singular = stiff * chord / softer
                if to_singular < NEAR_SINGULAR * self.diagonal:
                    return _Arm(points, tangents, False, singular=True)
                step = min(step, to_singular / 2)
        return _Arm(points, tangents, False, singular=False)

    def _on_face(self, inside: np.ndarray, outside: np.ndarray) -> list[np.ndarray]:
        """The point where Γ leaves the box between two of its points; none where it is not found."""
        low, high = self.box.T
        face = np.where(outside < low, low, np.where(outside > high, high, np.nan))
        with np.errstate(all="ignore"):
            share = np.where(np.isfinite(face), (face - inside) / (outside - inside), np.inf)
        axis = int(np.argmin(share))
        if share[axis] <= 1e-9:
            return []
        guess = inside + share[axis] * (outside - inside)
        guess[axis] = face[axis]
        free = np.ones((1, len(guess)))
        free[0, axis] = 0.0
        landed, reached = onto(self.landscape, guess[None], self.rank, free, longest=float(np.linalg.norm(outside - inside)))
        return [landed[0]] if reached[0] and (landed[0] >= low).all() and (landed[0] <= high).all() else []


def _passes(origin: np.ndarray, first: np.ndarray, here: np.ndarray, tangent: np.ndarray, chord: float) -> bool:
    """Whether the step from `here` goes by the point where the curve began."""
    gap = origin - here
    along = float(gap @ tangent)
    aside = float(np.linalg.norm(gap - along * tangent))
    return 0 < along <= 1.05 * chord and aside < 0.2 * along and float(first @ tangent) > 0.8


def _denser(landscape: Landscape, rank: int, nodes: np.ndarray, tangents: np.ndarray, closed: bool) -> np.ndarray:
    """Points of Γ between the nodes too, from Hermite's cubic through them."""
    if len(nodes) < 2:
        return nodes
    after = np.roll(nodes, -1, axis=0) if closed else nodes[1:]
    ahead = np.roll(tangents, -1, axis=0) if closed else tangents[1:]
    before, behind = nodes[: len(after)], tangents[: len(after)]
    chord = np.linalg.norm(after - before, axis=-1)[:, None, None]
    t = (np.arange(1, BETWEEN + 1) / (BETWEEN + 1))[None, :, None]
    cubic = (
        (1 + 2 * t) * (1 - t) ** 2 * before[:, None] + t * t * (3 - 2 * t) * after[:, None]
        + chord * (t * (1 - t) ** 2 * behind[:, None] - t * t * (1 - t) * ahead[:, None])
    )  # fmt: skip
    flat = cubic.reshape(-1, nodes.shape[1])
    landed, reached = onto(landscape, flat, rank)
    reached &= np.linalg.norm(landed - flat, axis=-1) < 0.1 * np.repeat(chord.ravel(), BETWEEN)
    parts = landed.reshape(cubic.shape)
    kept = reached.reshape(cubic.shape[:2])
    joined = [np.concatenate([before[i : i + 1], parts[i][kept[i]]]) for i in range(len(after))]
    return np.concatenate(joined if closed else [*joined, nodes[-1:]])


def _lies_on(curve: Curve, points: np.ndarray) -> np.ndarray:
    """Which of `points` (S, D) lie on the curve, (S,)."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    nodes = np.concatenate([curve.points, curve.points[:1]]) if curve.closed else curve.points
    nearest = cKDTree(nodes).query(points)[1]
    on = np.zeros(len(points), dtype=bool)
    for first in (nearest - 1, nearest):
        first = first % (len(nodes) - 1) if curve.closed else np.clip(first, 0, len(nodes) - 2)
        along = nodes[first + 1] - nodes[first]
        length = np.linalg.norm(along, axis=-1)
        share = ((points - nodes[first]) * along).sum(axis=-1) / np.maximum(length**2, 1e-300)
        foot = nodes[first] + np.clip(share, 0, 1)[:, None] * along
        on |= np.linalg.norm(points - foot, axis=-1) <= SAME * length + 1e-9
    return on


def _distinct(points: list[np.ndarray], diagonal: float, dimension: int) -> np.ndarray:
    kept: list[np.ndarray] = []
    for point in points:
        if all(np.linalg.norm(point - other) > 8 * NEAR_SINGULAR * diagonal for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, dimension)
