"""A landscape looked over before anything runs: whether the theorem's assumptions hold around a start, each as a sentence.

What is said of Γ holds at the points of Γ that `probing` found; that there is nothing else is likely, not proved.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dynamics.arrays import start_of
from dynamics.engine import formula
from dynamics.engine.graph import landscape_graph
from dynamics.inspection.probing import Probe, approach, explore, on_zero_loss, onto, scatter, search_box
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import REASONS, TOO_SLOW, ZERO_LOSS, gradient_flow, hessian_rank
from dynamics.noise import CovarianceNoise, Noise
from dynamics.settings import finite, in_words

PLACES = 96  # from where Γ is looked for; two thirds of them from four variables on
FLOW_STEPS = 1_500
MARGIN = 0.5  # of 2/λ_max: up to there SGD does not overshoot Γ
NEGATIVE = 1e-9  # relative to the largest eigenvalue of Σ
NOTHING = 1e-12  # a covariance relative to what it is near the start
NEARLY = 1e-2  # an eigenvalue relative to its median along Γ that is worth a word
LEARNING_RATES = (1e-5, 10.0)

Level = Literal["ok", "note", "warning", "error"]
LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a sentence with its number and, where there is one, a remedy.

    `topic` is one of start, smoothness, zero, sign, dimension, rank, pieces, sharpness, noise, limit. `value` is the number (or the
    point) in the sentence. `suggestion` holds fields of an Experiment that mend it.
    """

    topic: str
    level: Level
    sentence: str
    value: Any = None
    remedy: str = ""
    suggestion: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Findings:
    """All findings, in the order in which they are read; what could not be found is None.

    `end` is Φ(start), (D,) to about 1e-6 along Γ; `dimension` is that of Γ there, and `rank` that of ∇²L; `pieces` says how many Γ
    has in and around the box searched; `sharpness` is λ_max at `end`, and `largest_learning_rate` 2/λ_max.
    """

    items: tuple[Finding, ...]
    end: tuple[float, ...] | None = None
    dimension: int | None = None
    rank: int | None = None
    pieces: int | None = None
    sharpness: float | None = None
    largest_learning_rate: float | None = None

    @property
    def worst(self) -> Level:
        """The gravest level among the items."""
        return max((item.level for item in self.items), key=LEVELS.index, default="ok")


def check(landscape: Landscape, start, noise: Noise | None = None, learning_rate: float | None = None) -> Findings:
    """What `Landscape.check` returns, which see."""
    point = _checked_start(landscape, start)
    if learning_rate is not None:
        learning_rate = finite(learning_rate) or 0.0
        if learning_rate <= 0:
            raise ValueError("The learning rate is a positive number.")
    with np.errstate(all="ignore"):
        return _checked(landscape, point, noise, learning_rate)


def _checked_start(landscape: Landscape, start) -> np.ndarray:
    point = start_of(start, landscape.variables)
    if not np.isfinite(point).all():
        raise ValueError("A coordinate of the start is not a number.")
    return point


def _checked(landscape: Landscape, start: np.ndarray, noise: Noise | None, learning_rate: float | None) -> Findings:
    places = scatter(search_box(landscape, start), start, PLACES if landscape.dimension <= 3 else 2 * PLACES // 3)
    unfit = _unfit(landscape, noise)
    undefined = _undefined(landscape, start, places)
    if undefined:
        return Findings((undefined, *unfit))
    negative = _sign(landscape, places)
    still = _flat_everywhere(landscape, places)
    end, arrival = (None, still) if still else _arrival(landscape, start, places, negative)
    if end is None:
        kinks = [_kink(text, where, None) for text, where, _ in _kinks(landscape)]
        return Findings((arrival, *filter(None, [negative]), *kinks, *unfit))
    rank = int(hessian_rank(landscape.hessian(end)))
    dimension = landscape.dimension - rank
    shape = _dimension(landscape, end, rank)
    known = {"end": tuple(end.tolist()), "dimension": dimension, "rank": rank}
    if rank == 0:
        return Findings((arrival, *filter(None, [negative]), shape, *unfit), **known)  # type: ignore[arg-type]
    found = explore(landscape, rank, start, end, len(places))
    sharpness = float(landscape.sharpness(end))
    rough = _smoothness(landscape, found)
    items = [
        arrival,
        negative or _never_negative(landscape, places, found),
        *rough,
        shape,
        *_other_parts(landscape, found),
        _pieces(found, dimension, kinked=any(finding.level == "warning" for finding in rough)),
        _rank(found, end, rank),
        _stability(found, sharpness, learning_rate),
        *unfit,
    ]
    if noise is not None and not unfit:
        items += _noise(landscape, noise, places, found, rank)
    pieces = None if found.crumbled else found.pieces
    return Findings(tuple(items), pieces=pieces, sharpness=sharpness, largest_learning_rate=2 / sharpness, **known)  # type: ignore[arg-type]


# Where the start leads


def _undefined(landscape: Landscape, start: np.ndarray, places: np.ndarray) -> Finding | None:
    def defined(points: np.ndarray) -> np.ndarray:
        return np.isfinite(landscape.loss(points)) & np.isfinite(landscape.gradient(points)).all(axis=-1)

    if defined(start):
        return None
    fine = places[defined(places)]
    if len(fine) == 0:
        return Finding(
            "start", "error", f"The loss is not defined at the start, nor at any of the {len(places)} points tried around it.",
            remedy="Look for a root or logarithm of something negative, or a division by zero.",
        )  # fmt: skip
    nearest = _short(fine[np.linalg.norm(fine - start, axis=-1).argmin()])
    fitting = ((("start", nearest),)) if defined(np.array(nearest)) else ()
    return Finding(
        "start", "error", f"The loss or its gradient is not defined at the start; it is at {_point(nearest)}, for example.",
        value=nearest, remedy=f"Start at {_point(nearest)}.", suggestion=fitting,
    )  # fmt: skip


def _flat_everywhere(landscape: Landscape, places: np.ndarray) -> Finding | None:
    """The finding where no gradient is anywhere but 0, and the loss is not."""
    gradients, losses = landscape.gradient(places), landscape.loss(places)
    fine = np.isfinite(losses) & np.isfinite(gradients).all(axis=-1)
    if gradients[fine].any() or not losses[fine].any():
        return None
    if np.ptp(losses[fine]) == 0:
        return Finding(
            "zero", "error",
            f"The loss is constant, {in_words(losses[fine][0], 4)}: its gradient is 0 everywhere and nothing moves.",
            value=float(losses[fine][0]), remedy="Let the formula depend on its variables.",
        )  # fmt: skip
    return Finding(
        "zero", "error",
        f"The gradient is 0 at all {fine.sum()} points tried, though the loss goes from {in_words(losses[fine].min(), 4)} to "
        f"{in_words(losses[fine].max(), 4)}: it is a staircase, on which nothing moves.",
        value=0.0, remedy="Replace floor and sign by something that slopes, such as tanh.",
    )  # fmt: skip


def _arrival(
    landscape: Landscape, start: np.ndarray, places: np.ndarray, negative: Finding | None
) -> tuple[np.ndarray | None, Finding]:
    """Φ(start), if gradient flow gets there, and the finding."""
    rest, reason = start, ""
    try:
        rest = gradient_flow(landscape, start, samples=2, max_steps=FLOW_STEPS).points[-1]
    except ValueError as error:
        reason = str(error)
    rank = int(hessian_rank(landscape.hessian(rest))) if np.isfinite(landscape.hessian(rest)).all() else 0
    foot = onto(landscape, rest[None], rank)[0] if rank else rest
    scale = 1 + float(np.linalg.norm(start))
    near = np.linalg.norm(foot - rest) < 1e-3 * scale  # false where it is not finite
    if not reason and near and on_zero_loss(landscape, foot[None])[0]:
        away = float(np.linalg.norm(foot - start))
        where = f"at {_point(foot)}, {_number(away)} away" if away > 1e-6 * scale else "at once: the start is on Γ"
        return foot, Finding("zero", "ok", f"Gradient flow from the start reaches L = 0 {where}.", value=tuple(foot.tolist()))
    if negative:
        return None, Finding(
            "zero", "error", "From the start the loss does not come to rest at 0: it goes below.", remedy=negative.remedy
        )  # fmt: skip
    loss = float(landscape.loss(rest))
    if reason:
        sentence, value, remedy = reason, None, ""
        if REASONS[TOO_SLOW] in reason:
            remedy = "Is it a loss that grows more slowly than a square beside Γ? Give the residual itself, not a power of it."
    elif rank == 0 or loss <= ZERO_LOSS * (1 + start @ start):
        sentence = f"Gradient flow from the start ends at {_point(rest)}, where the Hessian vanishes: there is no Γ to drift along."
        value, remedy = loss, ""
    else:
        kind = "rests at once" if np.linalg.norm(rest - start) < 1e-9 * scale else f"comes to rest at {_point(rest)}"
        sentence, value, remedy = f"L does not reach 0 from here: gradient flow {kind}, with L = {_number(loss)}.", loss, ""
        lowest = np.linalg.eigvalsh(landscape.hessian(rest))[0]
        if lowest < -1e-6 * max(float(landscape.sharpness(rest)), 1e-6):
            remedy = f"That is a saddle or a maximum (∇²L has the eigenvalue {_number(lowest)}): start a little beside it."
        elif not landscape.has_residuals:
            remedy = f"If that is the minimum, subtract it: write … - {loss:.6g}."
        else:
            remedy = "The residuals cannot all be 0 near there: drop some, or let them agree."
    suggestion = _other_start(landscape, places)
    if suggestion:
        remedy = f"{remedy} From {_point(suggestion)} it reaches 0.".strip()
    elif not remedy:
        remedy = "Choose another start, or a loss that reaches 0."
    return None, Finding("zero", "error", sentence, value, remedy, (("start", suggestion),) if suggestion else ())


def _other_start(landscape: Landscape, places: np.ndarray) -> tuple[float, ...] | None:
    """A point like the start from which gradient flow reaches Γ: on the way to the nearest point of Γ that can be found."""
    rank = len(landscape.definition.residuals) or max(1, landscape.dimension - 1)
    found = approach(landscape, places, min(rank, landscape.dimension))
    start = places[0]
    for target in found[np.argsort(np.linalg.norm(found - start, axis=-1))][:2]:
        for part in (0.5, 0.9):
            beside = _short(start + part * (target - start) + 0.05 * (1 - part))
            try:
                end = gradient_flow(landscape, beside, samples=2, max_steps=FLOW_STEPS // 3).points[-1]
            except ValueError:
                continue
            if hessian_rank(landscape.hessian(end)) and on_zero_loss(landscape, end[None])[0]:
                return beside
    return None


def _sign(landscape: Landscape, places: np.ndarray) -> Finding | None:
    """The finding where the loss is negative at one of the places, or at the lowest point that Newton's method finds from them."""
    if landscape.has_residuals:
        return None
    losses = landscape.loss(places)
    if not np.isfinite(losses).any():
        return None
    worst = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
    lowest = float(losses[worst])
    if lowest >= -1e-12 * max(1.0, float(np.nanmedian(np.abs(losses)))):
        return None
    return Finding(
        "sign", "error", f"L is negative: {_number(lowest)} at {_point(places[worst])}. A loss must be at least 0, and 0 on Γ.",
        value=lowest, remedy="Square what should be zero: write (…)^2/2, or give it as a residual.",
    )  # fmt: skip


def _never_negative(landscape: Landscape, places: np.ndarray, found: Probe) -> Finding:
    if landscape.has_residuals:
        return Finding("sign", "ok", "L is never negative: it is a sum of squares.", value=0.0)
    everywhere = landscape.loss(np.concatenate([places, found.points]))
    lowest = float(np.nanmin(everywhere))
    return Finding("sign", "ok", f"L is not negative at any of the {len(everywhere)} points tried.", value=max(lowest, 0.0))


# Smoothness


def _kinks(landscape: Landscape) -> Iterator[tuple[str, str, str]]:
    """Functions in the landscape's formulas with a kink or a jump: their text, where it is, and the formula that is 0 there."""
    definition = landscape.definition
    names = definition.variables + definition.parameters
    seen = set()
    for text in definition.residuals or (definition.loss,):
        for node in ast.walk(formula.parse(text, names)):
            match node:
                case ast.Call(func=ast.Name(id="abs" | "sign" | "sqrt" as name), args=[inner]):
                    zero = ast.unparse(inner)
                    where = f"{zero} = 0"
                case ast.Call(func=ast.Name(id="floor" as name), args=[inner]):
                    zero = f"sin(pi*({ast.unparse(inner)}))"
                    where = f"{ast.unparse(inner)} is a whole number"
                case ast.Call(func=ast.Name(id="min" | "max" as name), args=[one, other]):
                    zero = f"({ast.unparse(one)}) - ({ast.unparse(other)})"
                    where = f"{ast.unparse(one)} = {ast.unparse(other)}"
                case _:
                    continue
            whole = f"{name}({', '.join(ast.unparse(argument) for argument in node.args)})"
            if whole not in seen:
                seen.add(whole)
                yield whole.replace("**", "^"), where.replace("**", "^"), zero


def _smoothness(landscape: Landscape, found: Probe) -> list[Finding]:
    findings = []
    kinks = list(_kinks(landscape))
    if not kinks:
        return []
    values = landscape.evaluate([zero for _, _, zero in kinks], found.points)
    for (text, where, _), at in zip(kinks, values.T, strict=True):
        touched = np.abs(at) <= 1e-9 * (1 + np.abs(found.points).max())
        across = False
        for k in range(found.pieces):
            sides = np.sign(at[found.piece == k])
            across |= bool(sides.min(initial=1) < 0 < sides.max(initial=-1))
        if touched.any() or across:
            point = found.points[np.abs(at).argmin()]
            findings.append(_kink(text, where, point))
    if not findings:
        texts = ", ".join(text for text, _, _ in kinks)
        findings.append(Finding("smoothness", "ok", f"The loss is smooth on Γ: {texts} has its kink elsewhere."))
    return findings


def _kink(text: str, where: str, point: np.ndarray | None) -> Finding:
    near = f", which is on Γ near {_point(point)}" if point is not None else ""
    return Finding(
        "smoothness", "warning",
        f"{text} is not smooth where {where}{near}: the theorem needs three derivatives there.",
        value=None if point is None else tuple(point.tolist()),
        remedy="Smooth it: for example sqrt(u^2 + 0.01) for abs(u), softplus(u) for max(u, 0), tanh(u) for sign(u).",
    )  # fmt: skip


# The shape of Γ


def _dimension(landscape: Landscape, end: np.ndarray, rank: int) -> Finding:
    whole = landscape.dimension
    if rank == 0:
        return Finding(
            "dimension", "error", "The Hessian vanishes where gradient flow ends: the theory needs a positive rank.",
            value=0, remedy="Give the residual itself, not a power of it.",
        )  # fmt: skip
    if rank == whole:
        return Finding(
            "dimension", "warning", f"Γ is a single point here (∇²L has full rank {rank}): there is nothing to drift along.",
            value=0, remedy="Use fewer residuals than variables.",
        )  # fmt: skip
    kind = {1: "a curve", 2: "a surface"}.get(whole - rank, f"a manifold of dimension {whole - rank}")
    true = _extends(landscape, end, rank)
    if not true:
        return Finding(
            "dimension", "error",
            f"∇²L has rank {rank} of {whole} here, but the loss is not 0 along all of its kernel: it grows there more slowly than "
            "a square, and the theorem's assumption on the rank fails.",
            value=whole - rank, remedy="Give the residual itself, not a power of it.",
        )  # fmt: skip
    return Finding("dimension", "ok", f"Γ is {kind} in {whole} dimensions here: ∇²L has rank {rank}.", value=whole - rank)


def _extends(landscape: Landscape, end: np.ndarray, rank: int) -> bool:
    """Whether Γ goes on in each direction of the kernel of ∇²L."""
    values, vectors = np.linalg.eigh(landscape.hessian(end))
    size = 1e-2 * (1 + np.linalg.norm(end))
    kernel = vectors[:, : landscape.dimension - rank].T
    feet = onto(landscape, end + size * np.concatenate([kernel, -kernel]), rank)
    feet = feet[np.isfinite(feet).all(axis=-1)]
    return bool((np.abs(landscape.loss(feet)) <= 1e-7 * values[-1] * size**2).all())


def _other_parts(landscape: Landscape, found: Probe) -> list[Finding]:
    """Parts of another dimension, if they are more than stray points."""
    findings = []
    for rank in np.unique(found.other_ranks):
        here = found.others[found.other_ranks == rank]
        if len(here) >= 3 and rank:
            fact = (
                f"Γ also has points where ∇²L has rank {rank}, near {_point(here[0])}: "
                f"there its dimension is {landscape.dimension - rank}."
            )
            remedy = "Stay away from them: the theorem holds where the rank is constant."
            findings.append(Finding("rank", "warning", fact, tuple(here[0].tolist()), remedy))
    return findings


def _pieces(found: Probe, dimension: int, kinked: bool) -> Finding:
    where = f"In the box {_box(found.box)} and around it"
    sure = f"{len(found.points)} points of Γ were found and linked; a small piece can have been missed"
    if dimension == 0:
        points = "one point" if found.pieces == 1 else f"{found.pieces} points"
        return Finding("pieces", "ok", f"{where} Γ is {points}.", value=found.pieces)
    if found.crumbled:
        fact = f"{where} {len(found.points)} points of Γ were found, too few to tell how many pieces it is."
        return Finding("pieces", "note", fact)
    if found.pieces == 1:
        return Finding("pieces", "ok", f"{where} Γ is one piece ({sure}).", value=1)
    meeting = "; some may meet where it has kinks" if kinked else "; the limit stays on the piece where it begins"
    return Finding("pieces", "note", f"{where} Γ is {found.pieces} pieces ({sure}){meeting}.", value=found.pieces)


def _rank(found: Probe, end: np.ndarray, rank: int) -> Finding:
    at, ratio, lowest = found.weakest, found.weakest_ratio, found.weakest_eigenvalue
    away = float(np.linalg.norm(at - end))
    at = np.where(np.abs(at) < 1e-4 * (1 + np.linalg.norm(end)), 0.0, at)
    if ratio == 0.0:
        return Finding(
            "rank", "warning",
            f"∇²L loses rank on Γ at {_point(at)}, {_number(away)} from where the start leads: an eigenvalue vanishes there, "
            "and paths of the limit that reach it stop.",
            value=tuple(at.tolist()), remedy="Shorten the horizon, or start farther from that point.",
        )  # fmt: skip
    if ratio < NEARLY:
        return Finding(
            "rank", "note",
            f"∇²L nearly loses rank on Γ at {_point(at)}: its smallest eigenvalue that is not 0 is {in_words(lowest, 2)} there, "
            f"{in_words(ratio, 2)} of the median.",
            value=lowest, remedy="Expect SGD to be slow and to stray far there.",
        )  # fmt: skip
    return Finding(
        "rank", "ok",
        f"∇²L keeps rank {rank} at all points of Γ found; its smallest eigenvalue that is not 0 is {_number(lowest)}.",
        value=lowest,
    )  # fmt: skip


# The learning rate


def _stability(found: Probe, sharpness: float, learning_rate: float | None) -> Finding:
    largest = 2 / sharpness
    good = min(LEARNING_RATES[1], pleasant(MARGIN * largest))
    offered = (("learning_rate", good),) if good >= LEARNING_RATES[0] else ()
    highest = float(found.eigenvalues[:, -1].max())
    elsewhere = f" Along Γ λ_max goes up to {_number(highest)}." if highest > 1.5 * sharpness else ""
    fact = (
        f"At Φ(start) the sharpness is λ_max = {in_words(sharpness, 4)}, and SGD is stable up to η = 2/λ_max = "
        f"{_number(largest)}.{elsewhere}"
    )
    remedy = f"η = {good:g} is on the safe side."
    if learning_rate is None:
        return Finding("sharpness", "ok", fact, largest, remedy, offered)
    if learning_rate > largest:
        return Finding("sharpness", "error", f"{fact} η = {learning_rate:g} is too large.", largest, f"Take η = {good:g}.", offered)
    if learning_rate > MARGIN * largest:
        return Finding(
            "sharpness", "warning", f"{fact} With η = {learning_rate:g} SGD overshoots at every step.", largest,
            f"Take η = {good:g}.", offered,
        )  # fmt: skip
    if learning_rate > 2 / highest:
        there = f"η = {pleasant(MARGIN * 2 / highest):g} is on the safe side there, too."
        return Finding("sharpness", "note", f"{fact} There η = {learning_rate:g} is too large.", largest, there, ())
    return Finding("sharpness", "ok", fact, largest, "", ())


def pleasant(number: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a positive number."""
    power = math.floor(math.log10(number))
    choices = [float(f"{digit}e{power + step}") for step in (-1, 0, 1) for digit in (1, 2, 5)]
    return max(choice for choice in choices if choice <= number * (1 + 1e-9))


# The noise


def _unfit(landscape: Landscape, noise: Noise | None) -> list[Finding]:
    """The finding where the noise cannot act on the landscape."""
    if noise is None:
        return []
    try:
        noise.check(landscape_graph(landscape.definition))
    except ValueError as error:
        return [Finding("noise", "error", str(error))]
    return []


def _noise(landscape: Landscape, noise: Noise, places: np.ndarray, found: Probe, rank: int) -> list[Finding]:
    findings = [Finding("noise", "warning", noise.assumption)] if noise.assumption else []
    points = np.concatenate([found.points, places[:1]])  # the first place is the start
    if isinstance(noise, CovarianceNoise):
        bad = _no_covariance(landscape, noise, points)
        if bad:
            return [*findings, bad]
        findings.append(Finding("noise", "ok", "Σ is symmetric and positive semidefinite at the start and on Γ, as far as found."))
    sigma = noise.covariance(landscape, points)
    size = np.trace(sigma, axis1=-2, axis2=-1)
    if not np.isfinite(size).all():
        at = points[np.flatnonzero(~np.isfinite(size))[0]]
        return [*findings, Finding("noise", "error", f"Σ is not a number at {_point(at)}.", value=tuple(at.tolist()))]
    elsewhere = np.trace(noise.covariance(landscape, places), axis1=-2, axis2=-1)
    scale = float(np.nanmax(np.concatenate([size, elsewhere])))
    on_manifold = size[:-1]
    if scale == 0.0:
        return [*findings, Finding("noise", "warning", "The noise is 0: SGD is gradient descent, and the limit stands still.", 0.0)]
    if on_manifold.max() <= NOTHING * scale:
        fact = "The noise is 0 on all of Γ: the limit stands still, and SGD stops where it reaches L = 0."
        return [*findings, Finding("noise", "note", fact, 0.0, "Choose label or isotropic noise to see a drift.")]
    low, high = (_number(value) for value in (on_manifold.min(), on_manifold.max()))
    along = f", and along Γ it goes from {low} to {high}" if low != high else ", as all along Γ"
    fact = f"The noise does not vanish on Γ: tr Σ = {_number(size[0])} at Φ(start){along}."
    findings.append(Finding("noise", "ok", fact, float(size[0])))
    if rank < landscape.dimension:
        findings.append(_diffusion(landscape, found, sigma[:-1], rank))
    return findings


def _no_covariance(landscape: Landscape, noise: CovarianceNoise, points: np.ndarray) -> Finding | None:
    """The finding where the matrix is not a covariance: the first point at which it is none, with its most negative eigenvalue."""
    flat = landscape.evaluate([entry for row in noise.matrix for entry in row], points)
    sigma = flat.reshape(len(points), landscape.dimension, landscape.dimension)
    finite = np.isfinite(sigma).all(axis=(-2, -1))
    if not finite.all():
        at = points[np.flatnonzero(~finite)[0]]
        remedy = "Look for a root of something negative, or a division by zero."
        return Finding("noise", "error", f"Σ is not a number at {_point(at)}.", tuple(at.tolist()), remedy)
    skew = np.abs(sigma - sigma.swapaxes(-1, -2)).max(axis=(-2, -1))
    worst = int(skew.argmax())
    if skew[worst] > NEGATIVE * max(1.0, float(np.abs(sigma[worst]).max())):
        return Finding(
            "noise", "error",
            f"Σ is not symmetric at {_point(points[worst])}: entries (i, j) and (j, i) differ by {_number(skew[worst])}.",
            float(skew[worst]), "Give entry (i, j) and entry (j, i) the same formula.",
        )  # fmt: skip
    eigenvalues = np.linalg.eigvalsh(sigma)
    worst = int(eigenvalues[:, 0].argmin())
    lowest = float(eigenvalues[worst, 0])
    if lowest < -NEGATIVE * max(float(eigenvalues[worst, -1]), 1e-300):
        place = "the start" if worst == len(points) - 1 else "a point of Γ"
        return Finding(
            "noise", "error",
            f"Σ is not positive semidefinite at {_point(points[worst])}, {place}: it has the eigenvalue {_number(lowest)}.", lowest,
            "Choose a covariance that is one everywhere, for example by squares or max(0, …) on the diagonal.",
        )  # fmt: skip
    return None


def _diffusion(landscape: Landscape, found: Probe, sigma: np.ndarray, rank: int) -> Finding:
    kernel = np.linalg.eigh(landscape.hessian(found.points))[1][:, :, : landscape.dimension - rank]
    along = np.einsum("nik,nij,njk->n", kernel, sigma, kernel)
    total = np.trace(sigma, axis1=-2, axis2=-1)
    if (along <= 1e-9 * total.max()).all():
        return Finding(
            "limit", "note", "The limit has no noise of its own: PΣP = 0 on Γ, and Y follows a deterministic flow along Γ.", 0.0
        )  # fmt: skip
    return Finding("limit", "ok", f"The limit is a diffusion along Γ: tr PΣP = {_number(along[0])} at Φ(start).", float(along[0]))


# Words for numbers


def _number(value: float) -> str:
    return in_words(value + 0.0, 3)


def _point(point) -> str:
    shown = [_number(value) for value in np.where(np.abs(point) < 1e-9, 0.0, point)]
    return f"({', '.join(shown[:4] + ['…'] * (len(shown) > 4))})"


def _box(box: np.ndarray) -> str:
    ranges = [f"[{_number(low)}, {_number(high)}]" for low, high in box]
    if len(box) > 1 and len(set(ranges)) == 1:
        return ranges[0] + str(len(box)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return " × ".join(ranges[:3]) + " × …" * (len(box) > 3)


def _short(point) -> tuple[float, ...]:
    """The point with three digits a coordinate."""
    return tuple(float(f"{value:.3g}") for value in point)
