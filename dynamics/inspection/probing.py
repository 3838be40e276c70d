"""Γ felt for from outside: points of it in a box, how they hang together, and where the Hessian loses rank among them.

Everything is Newton's method on batches of points, from ∇L and ∇²L alone and bounded in iterations, so that it is cheap for any
formula. What it finds is there; what it does not find may be there all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import ZERO_LOSS, hessian_rank

APPROACH = 40  # iterations of damped Newton
RETURN = 4  # of plain Newton, back to Γ from nearby
SMALL_ANGLE = 0.35  # sine of the angle up to which a chord counts as tangent
ASTRAY = 0.12  # of the chord's length: how far its middle may be from Γ
DETOUR = 1.5  # the same, up to which the way round is tried
HALVINGS = 8
MAX_PIECES = 24  # of a chord that is halved
MAX_WALKERS = 8  # pieces whose ends are walked on from
STRIDES = 30
CRUMBS = 4  # points that a piece has on average, or it is not known for one
JOINS = 3  # rounds of trying to join pieces
DESCENTS = 24  # iterations of the search for a vanishing eigenvalue
VANISHED = 1e-10  # relative to the eigenvalue's median along Γ
MEETING = 1e-3  # relative to 1 + ‖y‖: two points where the rank drops, known to √VANISHED, that are one
SAME = 1e-5  # relative to 1 + ‖y‖: two points that are one
DIFFERENCE = 1e-5  # step of central differences, relative to 1 + ‖y‖


@dataclass(frozen=True, eq=False)
class Probe:
    """What was found of Γ in `box` (D, 2): S points with the rank of the point first asked about, and M with another rank."""

    box: np.ndarray
    points: np.ndarray  # (S, D)
    eigenvalues: np.ndarray  # (S, r), the largest r of ∇²L, growing
    piece: np.ndarray  # (S,): which connected piece each point is on, from 0
    others: np.ndarray  # (M, D)
    other_ranks: np.ndarray  # (M,)
    weakest: np.ndarray  # (D,): where the smallest of the r eigenvalues is least, or the nearest point where it vanishes
    weakest_ratio: float  # that eigenvalue over its median along Γ; 0 where the rank drops

    @property
    def weakest_eigenvalue(self) -> float:
        return self.weakest_ratio * float(np.median(self.eigenvalues[:, 0]))

    @property
    def pieces(self) -> int:
        return int(self.piece.max()) + 1

    @property
    def crumbled(self) -> bool:
        """Whether so many pieces have so few points each that the points are too sparse to link, rather than Γ in pieces."""
        return self.pieces > max(4, len(self.points) // CRUMBS)


def search_box(landscape: Landscape, *points: np.ndarray) -> np.ndarray:
    """Where to look for Γ, (D, 2): the box of a view along the variables, or one around `points` and their mirror images."""
    for view in landscape.views:
        if view.axes[: landscape.dimension] == landscape.variables:
            return np.array(view.box[: landscape.dimension])
    reach = 1.0 + 1.5 * float(np.abs(np.array(points)).max())
    return np.tile([-reach, reach], (landscape.dimension, 1))


def scatter(box: np.ndarray, centre: np.ndarray, count: int) -> np.ndarray:
    """Places to look from: the same each time, half of them spread over the box and half around `centre`."""
    random = np.random.Generator(np.random.SFC64(0))
    wide = random.uniform(box[:, 0], box[:, 1], (count - count // 2, len(box)))
    near = centre + random.normal(size=(count // 2, len(box))) * (box[:, 1] - box[:, 0]) / 8
    mirrored = centre * random.choice([-1.0, 1.0], (min(2 ** len(box), count // 4), len(box)))
    return np.concatenate([centre[None], wide, near, mirrored])


def explore(landscape: Landscape, rank: int, start: np.ndarray, end: np.ndarray, count: int) -> Probe:
    """Look for Γ from `count` places in and about the box around a start and the point `end` of Γ that it leads to."""
    box = search_box(landscape, start, end)
    return probe(landscape, rank, end, box, scatter(box, end, count))


def _widened(box: np.ndarray) -> np.ndarray:
    """A box of twice the size: what leaves the box may come back to it."""
    half = (box[:, 1] - box[:, 0]) / 2
    return box + half[:, None] * [-1.0, 1.0]


def _inside(box: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.all((points >= box[:, 0]) & (points <= box[:, 1]), axis=-1)


def probe(landscape: Landscape, rank: int, end: np.ndarray, box: np.ndarray, places: np.ndarray) -> Probe:
    """Look for Γ from `places` (N, D), knowing the point `end` of Γ, where the Hessian has rank `rank`."""
    found = approach(landscape, places, rank)
    found = found[_inside(_widened(box), found)]
    ranks = hessian_rank(landscape.hessian(found)) if len(found) else np.zeros(0, dtype=int)
    points = _distinct(np.concatenate([end[None], onto(landscape, found[ranks == rank], rank)]))
    others, other_ranks = found[ranks != rank], ranks[ranks != rank]
    eigenvalues, normals = _frames(landscape, points, rank)[:2]
    piece = _linked(landscape, rank, points, normals)
    lowest, ratio, on = _weakest(landscape, rank, points, eigenvalues[:, 0], piece, _widened(box))
    dropped = ratio <= VANISHED
    piece = _joined(piece, lowest[dropped], on[dropped])
    nearest = np.where(dropped, np.linalg.norm(lowest - end, axis=-1), np.inf)
    best = int(nearest.argmin() if dropped.any() else ratio.argmin())
    return Probe(box, points, eigenvalues, piece, others, other_ranks, lowest[best], 0.0 if dropped.any() else float(ratio[best]))


def approach(landscape: Landscape, places: np.ndarray, rank: int) -> np.ndarray:
    """Points of Γ (K, D), reached from those of `places` (N, D) from where Newton's method, kept from climbing, finds one.

    It goes along the directions in which the loss curves most, `rank` of them where they are not known to be normal to Γ.
    """
    x = places[np.isfinite(landscape.loss(places))]
    loss = landscape.loss(x)
    radius = 0.3 * (1 + np.linalg.norm(x, axis=-1))
    active = np.arange(len(x))
    for _ in range(APPROACH):
        if len(active) == 0:
            break
        values, vectors, slope = _curvature(landscape, x[active])
        strength = np.abs(values)
        floor = 1e-9 * strength.max(axis=-1, keepdims=True) if landscape.has_residuals else np.sort(strength)[:, -rank, None]
        along = np.divide(slope, strength, out=np.zeros_like(slope), where=(strength >= floor) & (strength > 0))
        step = -np.einsum("nij,nj->ni", vectors, along)
        length = np.linalg.norm(step, axis=-1)
        step *= np.minimum(1.0, radius[active] / np.maximum(length, 1e-300))[:, None]
        trial = x[active] + step
        there = landscape.loss(trial)
        lower = there < loss[active]
        taken = active[lower]
        x[taken], loss[taken] = trial[lower], there[lower]
        radius[active] *= np.where(lower, 2.0, 0.25)
        resting = (length <= 1e-9 * (1 + np.linalg.norm(x[active], axis=-1))) | (radius[active] < 1e-9)
        active = active[~resting]
    return x[on_zero_loss(landscape, x)]


def on_zero_loss(landscape: Landscape, points: np.ndarray) -> np.ndarray:
    """Whether points (N, D) have zero loss and zero gradient, within rounding, (N,)."""
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    size = 1 + np.linalg.norm(points, axis=-1)
    stiffness = np.maximum(np.linalg.norm(landscape.hessian(points), axis=(-2, -1)), 1e-12)
    flat = np.linalg.norm(landscape.gradient(points), axis=-1) <= 1e-6 * stiffness * size
    return flat & (np.abs(landscape.loss(points)) <= ZERO_LOSS * np.maximum(1.0, stiffness) * size**2)


def onto(landscape: Landscape, points: np.ndarray, rank: int, iterations: int = RETURN) -> np.ndarray:
    """Newton's method onto Γ from close by, along the `rank` stiffest directions: (N, D)."""
    for _ in range(iterations):
        if len(points):
            points = points - _frames(landscape, points, rank)[2]
    return points


def _curvature(landscape: Landscape, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues (N, D) and vectors (N, D, D) of H, and ∇L along the vectors (N, D), which is 0 where they are not finite.

    In residual form H is JᵀJ/n, which is ∇²L on Γ and leads back to Γ from elsewhere.
    """
    gradient = landscape.gradient(points)
    if landscape.has_residuals:
        jacobian = landscape.jacobian(points)
        hessian = jacobian.swapaxes(-1, -2) @ jacobian / jacobian.shape[-2]
    else:
        hessian = landscape.hessian(points)
    finite = np.isfinite(hessian).all(axis=(-2, -1)) & np.isfinite(gradient).all(axis=-1)
    hessian[~finite], gradient[~finite] = np.eye(landscape.dimension), 0.0
    values, vectors = np.linalg.eigh(hessian)
    return values, vectors, np.einsum("nji,nj->ni", vectors, gradient)


def _frames(landscape: Landscape, points: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The largest `rank` eigenvalues (N, r), their unit vectors (N, r, D), and Newton's step H†∇L (N, D)."""
    values, vectors, slope = _curvature(landscape, points)
    top, normals = values[:, -rank:], vectors[:, :, -rank:].swapaxes(-1, -2)
    along = np.divide(slope[:, -rank:], top, out=np.zeros_like(top), where=top > 0)
    return top, normals, np.einsum("nr,nrd->nd", along, normals)


def _distinct(points: np.ndarray) -> np.ndarray:
    """The points without those that are the same as an earlier one."""
    points = points[np.isfinite(points).all(axis=-1)]
    scaled = points / (1 + np.linalg.norm(points, axis=-1, keepdims=True))
    twins = {second for _, second in cKDTree(scaled).query_pairs(SAME)}
    return points[[index for index in range(len(points)) if index not in twins]]


# Pieces


def _linked(landscape: Landscape, rank: int, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The piece of Γ that each point is on, (S,): two are on one if Γ could be followed from the one to the other."""
    tree = minimum_spanning_tree(cdist(points, points)).tocoo()
    joined = _connected(landscape, rank, points, normals, np.stack([tree.row, tree.col], axis=-1).astype(int))
    label = _labels(len(points), joined)
    label, joined = _bridged(landscape, rank, points, normals, label, joined)
    if label.max() == 0:
        return label
    walked, walked_normals, beginnings = _walks(landscape, rank, points, normals, label)
    more = np.stack([np.arange(len(walked)) + len(points), beginnings], axis=-1)
    everything, every_normal = np.concatenate([points, walked]), np.concatenate([normals, walked_normals])
    joined = np.concatenate([joined, more])
    label, _ = _bridged(landscape, rank, everything, every_normal, _labels(len(everything), joined), joined)
    return label[: len(points)]


def _labels(count: int, joined: np.ndarray) -> np.ndarray:
    graph = coo_array((np.ones(len(joined), dtype=bool), (joined[:, 0], joined[:, 1])), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _bridged(landscape: Landscape, rank: int, points: np.ndarray, normals: np.ndarray, label: np.ndarray, joined: np.ndarray):
    """The labels (S,) and pairs that are joined (J, 2), after a few rounds of joining pieces."""
    distances = cdist(points, points)
    for _ in range(JOINS):
        candidates = np.array(list(_bridges(label, distances)), dtype=int).reshape(-1, 2)
        if len(candidates) == 0:
            break
        found = _connected(landscape, rank, points, normals, candidates)
        if len(found) == 0:
            break
        joined = np.concatenate([joined, found])
        label = _labels(len(points), joined)
    return label, joined


def _walks(
    landscape: Landscape, rank: int, points: np.ndarray, normals: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points met by walking from the ends of pieces, straight on along Γ: (W, D), their normals, and the points they began at."""
    begin, outwards = [], []
    for k in range(min(label.max() + 1, MAX_WALKERS)):
        members = np.flatnonzero(label == k)
        offsets = points[members] - points[members].mean(axis=0)
        axis = np.linalg.svd(offsets, full_matrices=False)[2][0] if len(members) > 1 else np.ones(points.shape[1])
        for end, sign in ((members[(offsets @ axis).argmax()], 1.0), (members[(offsets @ axis).argmin()], -1.0)):
            begin.append(end)
            outwards.append(sign * axis)
    at, direction, origin = points[begin], np.array(outwards), np.array(begin)
    normal = normals[begin]
    stride = np.full(len(at), 0.1 * (1 + np.linalg.norm(at, axis=-1)).min())
    met: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _ in range(STRIDES):
        along = direction - np.einsum("nr,nrd->nd", np.einsum("nrd,nd->nr", normal, direction), normal)
        along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-300)
        ahead = at + stride[:, None] * along
        trial = onto(landscape, ahead, rank)
        turned = _frames(landscape, trial, rank)[1]
        good = np.linalg.norm(trial - ahead, axis=-1) <= ASTRAY * stride
        good &= on_zero_loss(landscape, np.where(np.isfinite(trial), trial, 0.0)) & _tangent(at, trial, normal, turned)
        direction[good] = (trial - at)[good]
        at[good], normal[good] = trial[good], turned[good]
        stride *= np.where(good, 1.4, 0.3)
        met.append((at[good].copy(), normal[good].copy(), origin[good]))
    return tuple(np.concatenate(part) for part in zip(*met, strict=True))  # type: ignore[return-value]


def _bridges(label: np.ndarray, distances: np.ndarray, most: int = 40) -> Iterator[tuple[int, int]]:
    """Pairs of points that might join two pieces: the closest two, and one of middling distance with the closest to it."""
    members = [np.flatnonzero(label == k) for k in range(label.max() + 1)]
    gaps = sorted(
        ((distances[np.ix_(a, b)], a, b) for a, b in combinations(members, 2)), key=lambda gap: float(gap[0].min())
    )  # fmt: skip
    for between, a, b in gaps[:most]:
        i, j = np.unravel_index(between.argmin(), between.shape)
        yield int(a[i]), int(b[j])
        if len(a) > 1 and len(b) > 1:
            across = between.min(axis=1)
            middle = int(np.argsort(across)[len(a) // 2])
            yield int(a[middle]), int(b[between[middle].argmin()])


def _connected(landscape: Landscape, rank: int, points: np.ndarray, normals: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Those of the pairs (K, 2) of points that Γ joins: it can be followed along the chord, halved until its parts are tangent."""
    alive = np.ones(len(pairs), dtype=bool)
    owner = np.arange(len(pairs))
    p, q = points[pairs[:, 0]], points[pairs[:, 1]]
    n_p, n_q = normals[pairs[:, 0]], normals[pairs[:, 1]]
    for _ in range(HALVINGS):
        middle = (p + q) / 2
        foot = onto(landscape, middle, rank)
        _, n_m, step = _frames(landscape, foot, rank)
        length = np.linalg.norm(q - p, axis=-1)
        offset = np.linalg.norm(foot - middle, axis=-1)
        good = np.isfinite(foot).all(axis=-1) & (np.linalg.norm(step, axis=-1) <= 1e-6 * (1 + np.linalg.norm(foot, axis=-1)))
        good &= (offset <= DETOUR * length) & on_zero_loss(landscape, np.where(np.isfinite(foot), foot, 0.0))
        alive[owner[~good]] = False
        settled = (offset <= ASTRAY * length) & _tangent(p, q, n_p, n_q) & _tangent(p, foot, n_p, n_m) & _tangent(foot, q, n_m, n_q)
        open_ = alive[owner] & ~settled
        owner, p, q, foot, n_p, n_q, n_m = (part[open_] for part in (owner, p, q, foot, n_p, n_q, n_m))
        owner, p, q = np.concatenate([owner, owner]), np.concatenate([p, foot]), np.concatenate([foot, q])
        n_p, n_q = np.concatenate([n_p, n_m]), np.concatenate([n_m, n_q])
        crowded = np.bincount(owner, minlength=len(alive)) > MAX_PIECES
        alive[crowded] = False
        kept = alive[owner]
        owner, p, q, n_p, n_q = (part[kept] for part in (owner, p, q, n_p, n_q))
        if len(owner) == 0:
            break
    alive[owner] = False
    return pairs[alive]


def _tangent(p: np.ndarray, q: np.ndarray, n_p: np.ndarray, n_q: np.ndarray) -> np.ndarray:
    """Whether the chords from p to q (N, D) are nearly tangent at both ends, and the normals (N, r, D) there nearly the same."""
    chord = q - p
    length = np.linalg.norm(chord, axis=-1)
    leaving, arriving = (np.linalg.norm(np.einsum("nrd,nd->nr", n, chord), axis=-1) for n in (n_p, n_q))
    turned = n_p.shape[1] - (np.einsum("nrd,nsd->nrs", n_p, n_q) ** 2).sum(axis=(-2, -1))
    return (np.maximum(leaving, arriving) <= SMALL_ANGLE * length) & (turned <= 0.5)


# Where the rank drops


def _weakest(
    landscape: Landscape, rank: int, points: np.ndarray, smallest: np.ndarray, piece: np.ndarray, box: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From a few points of each piece down to where the smallest normal eigenvalue λ is least.

    Points (K, D), λ there over its median along Γ (K,), and the piece that each came along (K,).

    Where the rank drops λ goes to 0 as the square of the distance, so √λ has a simple zero, to which Newton's method goes along Γ.
    """
    order = np.argsort(smallest)
    chosen = [order[piece[order] == k][:3] for k in range(min(piece.max() + 1, 8))]
    first = np.unique(np.concatenate([*chosen, order[:4]]))
    y = points[first]
    value = _frames(landscape, y, rank)[0][:, 0]
    reach = 0.25 * np.linalg.norm(box[:, 1] - box[:, 0])
    shrink, active, median = np.ones(len(y)), np.arange(len(y)), float(np.median(smallest))
    for _ in range(DESCENTS):
        slope = _eigenvalue_slope(landscape, rank, y[active])
        square = (slope**2).sum(axis=-1, keepdims=True)
        step = np.divide(-2 * value[active, None] * slope, square, out=np.zeros_like(slope), where=square > 0)
        length = np.linalg.norm(step, axis=-1)
        step *= (np.minimum(1.0, reach / np.maximum(length, 1e-300)) * shrink[active])[:, None]
        trial = onto(landscape, y[active] + step, rank, iterations=2)
        there = _frames(landscape, trial, rank)[0][:, 0]
        better = _inside(box, trial) & (there < value[active]) & on_zero_loss(landscape, np.where(np.isfinite(trial), trial, 0.0))
        moved = active[better]
        y[moved], value[moved] = trial[better], there[better]
        shrink[active] = np.where(better, np.minimum(1.0, 2 * shrink[active]), shrink[active] / 4)
        active = active[(value[active] > VANISHED * median) & (shrink[active] > 1e-3)]
        if len(active) == 0:
            break
    return y, np.maximum(value, 0.0) / median, piece[first]


def _eigenvalue_slope(landscape: Landscape, rank: int, points: np.ndarray) -> np.ndarray:
    """P∇λ for the smallest λ of the `rank` largest eigenvalues of ∇²L, (N, D): its normal's quadratic form, differenced."""
    _, normals, _ = _frames(landscape, points, rank)
    weak = normals[:, 0]
    size = DIFFERENCE * (1 + np.linalg.norm(points, axis=-1))[:, None, None]
    shifts = size * np.eye(points.shape[-1])
    ahead, behind = (landscape.hessian(points[:, None] + sign * shifts) for sign in (1, -1))
    slope = np.einsum("nkij,ni,nj->nk", ahead - behind, weak, weak) / (2 * size[:, 0])
    slope = np.where(np.isfinite(slope), slope, 0.0)
    return slope - np.einsum("nr,nrd->nd", np.einsum("nrd,nd->nr", normals, slope), normals)


def _joined(piece: np.ndarray, drops: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Pieces that reach one point where the rank drops are one: Γ crosses itself there. `drops` (K, D) were reached on `on`."""
    if len(drops) < 2:
        return piece
    count = int(piece.max()) + 1
    meets = np.eye(count, dtype=bool)
    for i, j in cKDTree(drops / (1 + np.linalg.norm(drops, axis=-1, keepdims=True))).query_pairs(MEETING):
        meets[on[i], on[j]] = True
    return connected_components(meets, directed=False)[1][piece]
