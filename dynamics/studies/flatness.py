"""Flatness seeking: what an optimizer's limit flows down, along both of them, and the least of it on Γ as the floor beneath.

Under label noise SGD's limit flows down tr H; `optimizers.measures` has what others do. Where it is nothing, tr H is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import minimize

from dynamics.engine.ensemble import Progress
from dynamics.experiment import Experiment
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import hessian_rank, limit_map_with_outcome
from dynamics.models import DiagonalNet, MatrixSensing, Model, OverparametrizedLinear, overparametrized_linear, wave_regression
from dynamics.models.from_landscape import LandscapeModel
from dynamics.models.label_noise import label_noise_flow
from dynamics.models.manifold_flow import arrival, onto
from dynamics.models.network import wave_start
from dynamics.models.oracles import minimum_l1
from dynamics.models.problems import sparse_problem
from dynamics.models.training import train
from dynamics.noise import noise
from dynamics.observables import Summary, summarize
from dynamics.optimizers import SGD, Optimizer
from dynamics.optimizers.measures import TRACE, Measure
from dynamics.outcome import Outcome
from dynamics.settings import Number, table
from dynamics.simulate import arrival as beginning
from dynamics.simulate import simulate

STARTS = 12  # of the scatter
SPREAD = 0.25  # of the starts on a landscape, relative to 1 + ‖x₀‖
MODEL_PATHS = 8
LANDSCAPE_PATHS = 60  # that are seen through Φ
FRAMES = 81
SEARCHES = 4  # of the flattest point
ROUNDS, GAINED = 20, 1e-10  # of a search along a Γ that is known by its loss, and what the last of them may gain, relative

Heard = Callable[[float], None] | None
Cancel = Callable[[], bool] | None


@dataclass(frozen=True, eq=False)
class Floor:
    """The least of a measure on Γ that a search has found, and where."""

    value: float
    point: np.ndarray


@dataclass(frozen=True, eq=False)
class Ends:
    """The measure at S starts on Γ, and at the end of SGD (mean over paths) and of the limit from there; NaN where there is none.

    From `left_out` more starts no limit begins.
    """

    starts: np.ndarray
    sgd: np.ndarray
    limit: np.ndarray
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class Flatness:
    """What is known so far; what is not yet is None. Summaries are mean, low and high of the measure at slow times `times`, over
    all paths: NaN once one is lost, for nobody knows what it is there.

    The optimizer's is taken where it belongs to a point of Γ: at Φ(x) on a landscape, where Gauss–Newton from x ends on a model,
    O(η) from Φ(x). At x itself it would differ by O(η) and could lie below the floor.
    """

    times: np.ndarray
    limit: Summary
    sgd: Summary | None
    paths: int
    floor: Floor | None
    searched: bool
    ends: Ends
    sentence: str = ""
    finite: np.ndarray | None = None  # along the limit corrected to first order in η, where that is known
    optimizer: Optimizer = SGD
    measure: Measure = TRACE  # what its limit flows down; where that is nothing, tr H


@dataclass(frozen=True)
class Example:
    """A model with its data, and starts for it, by seed."""

    title: str
    text: str
    build: Callable[[], Model]
    start: Callable[[Model, np.random.Generator], np.ndarray]
    learning_rate: float
    horizon: float


def _linear() -> Model:
    design, targets, _ = sparse_problem(d=40, n=20, sparsity=3)
    return overparametrized_linear(design, targets)


def _diagonal() -> Model:
    design, targets, _ = sparse_problem(d=40, n=20, sparsity=3)
    return DiagonalNet(design, targets, depth=3)


def _matrix() -> Model:
    random = np.random.default_rng(0)
    measurements, (left, right) = random.normal(size=(20, 6, 6)), random.normal(size=(2, 6))
    return MatrixSensing(measurements, np.einsum("nij,i,j->n", measurements, left, right), rank=6)


EXAMPLES = {
    "linear": Example(
        "Linear, w = u² − v²",
        "The overparametrized linear model: 40 features, 20 samples of a vector with three ones. The flattest point is the "
        "interpolator of least ℓ1 norm.",
        _linear, lambda model, random: random.uniform(0.4, 1.1, model.dimension), 0.0025, 4.0,
    ),
    "diagonal": Example(
        "Diagonal net, w = u³ − v³",
        "A diagonal net of depth 3 on the same data. Its flattest point has the least Σ|w|^(4/3): less sparse than at depth 2.",
        _diagonal, lambda model, random: random.uniform(0.5, 1.0, model.dimension), 0.005, 2.0,
    ),
    "matrix": Example(
        "Matrix sensing, UVᵀ",
        "Twenty random measurements of a 6 × 6 matrix of rank 1, factors of rank 6. Flat means balanced factors and a small "
        "nuclear norm.",
        _matrix, lambda model, random: 0.5 * random.normal(size=model.dimension), 0.004, 1.5,
    ),
    "network": Example(
        "Network, 10 tanh units",
        "One hidden layer of 10 units through six points of a sine wave.",
        lambda: wave_regression()[0],
        wave_start, 0.02, 40.0,
    ),
}  # fmt: skip


OF_A_MODEL = table(  # by name; where one is None it is the example's own
    Number(
        name="rate",
        title="learning rate",
        symbol="η",
        minimum=1e-4,
        maximum=1.0,
        step=0.001,
        meaning="The length of a step. Try half of it: closer to the limit, in four times as many steps.",
    ),
    Number(
        name="span",
        title="horizon",
        symbol="T",
        minimum=0.01,
        maximum=1000.0,
        step=1.0,
        meaning="The slow time kη² at which the run ends. Try more, to see whether the floor is reached.",
    ),
    Number(
        name="delta",
        title="noise on the label",
        symbol="δ",
        minimum=0.01,
        maximum=100.0,
        step=0.1,
        meaning="Each step sees its label with an error of ±δ, in units of the label. The drift’s speed goes with δ²: try 2.",
    ),
    Number(
        name="draws",
        title="seed",
        heading="Seed of starts and noise",
        minimum=0,
        maximum=9_999,
        whole=True,
        meaning="The number that decides starts and noise. Try another, to see what is chance.",
    ),
)


def numbers_on(name: str, chosen: Mapping[str, Any]) -> tuple[float, float, float, int]:
    """Learning rate, horizon, δ and seed on one of EXAMPLES, from what is chosen of OF_A_MODEL."""
    example = EXAMPLES[name]
    rate, span = chosen.get("rate") or example.learning_rate, chosen.get("span") or example.horizon
    return rate, span, chosen.get("delta") or 1.0, int(chosen.get("draws") or 0)


def of_model(
    name: str,
    *,
    learning_rate: float,
    scale: float,
    horizon: float,
    seed: int = 0,
    progress: Heard = None,
    cancel: Cancel = None,
) -> Iterator[Flatness]:
    """tr H of one of EXAMPLES under label noise ±`scale`, in stages. Raises ValueError, with a sentence."""
    example = EXAMPLES[name]
    model = example.build()
    steps = round(horizon / learning_rate**2)
    starts = [arrival(model, example.start(model, np.random.default_rng([seed, k]))) for k in range(STARTS)]
    times = learning_rate**2 * np.unique(np.linspace(0, steps, FRAMES).round())
    of_limit = model.trace_hessian(label_noise_flow(model, starts[0], times, scale))
    ends = Ends(model.trace_hessian(np.array(starts)), np.full(STARTS, np.nan), np.full(STARTS, np.nan))
    found = Flatness(times, Summary(of_limit, of_limit, of_limit), None, MODEL_PATHS, None, False, ends)
    yield found
    found = replace(found, floor=flattest(model, starts, cancel), searched=True)
    yield found
    total = MODEL_PATHS + STARTS - 1
    runs = []
    for k in range(total):
        origin = max(0, k - MODEL_PATHS + 1)
        run = train(
            model, starts[origin], learning_rate=learning_rate, steps=steps, noise=noise("label", scale=scale),
            seed=1000 * seed + k, frames=FRAMES if origin == 0 else 2, cancel=cancel,
            progress=lambda part, k=k: progress((k + part) / total) if progress else None,  # type: ignore[misc]
        )  # fmt: skip
        if run.status == "cancelled":
            return
        if run.status == "diverged":
            yield replace(found, sentence=run.status.told)
            return
        along = np.array([_below(model, point) for point in run.points])
        if origin == 0:
            runs.append(along)
            found = replace(found, sgd=_range(np.array(runs)))
            end, flow_end = float(found.sgd.mean[-1]), float(of_limit[-1])  # type: ignore[union-attr]
        else:
            there = label_noise_flow(model, starts[origin], [horizon], scale)[-1]
            end, flow_end = float(along[-1]), float(model.trace_hessian(there))
        found = replace(found, ends=_with_end(found.ends, origin, end, flow_end))
        yield found


def of_landscape(experiment: Experiment, *, progress: Heard = None, cancel: Cancel = None) -> Iterator[Flatness]:
    """What the optimizer's limit flows down, else tr H, on a landscape, in stages. Raises ValueError, with a sentence."""
    landscape, optimizer = experiment.landscape, experiment.optimizer
    measure = optimizer.measure(experiment.noise, experiment.learning_rate) or TRACE

    def part(low: float, high: float) -> Heard:
        return None if progress is None else (lambda fraction: progress(low + (high - low) * fraction))

    outcome = simulate(experiment, progress=part(0.0, 0.5), cancel=cancel)
    if outcome.status == "cancelled":
        return
    starts = _starts(experiment)
    index = np.unique(np.linspace(0, len(outcome.times) - 1, FRAMES).astype(int))
    limit = _of_limit(outcome, measure, index)
    sgd, without = _seen_through_limit_map(outcome, measure, index)
    absent = np.full(len(starts), np.nan)
    on_manifold = measure.value(landscape, np.array([on for _, on in starts])) if starts else absent
    ends = Ends(on_manifold, absent, absent, STARTS - len(starts))
    paths = min(experiment.paths, LANDSCAPE_PATHS) if experiment.random else 1
    lost = _lost_sentence(outcome, without)
    finite = None if outcome.finite is None else _measured(measure, landscape, outcome.finite[index].astype(float))
    found = Flatness(outcome.times[index], limit, sgd, paths, None, False, ends, lost, finite, optimizer, measure)
    yield found
    found = replace(found, floor=least_on_manifold(landscape, measure, [on for _, on in starts], cancel), searched=True)
    yield found
    for k, (start, _) in enumerate(starts):
        there = outcome
        if not np.array_equal(start, experiment.start):
            moved = replace(experiment, start=tuple(start), paths=min(experiment.paths, LANDSCAPE_PATHS), frames=10)
            done = 0.5 + 0.5 * np.array([k, k + 1]) / len(starts)
            there = simulate(moved, progress=part(*done), cancel=cancel)
        if there.status == "cancelled":
            return
        last = np.array([len(there.times) - 1])
        end = float(_seen_through_limit_map(there, measure, last)[0].mean[0])
        found = replace(found, ends=_with_end(found.ends, k, end, float(_of_limit(there, measure, last).mean[0])))
        yield found


def flattest(model: Model, starts: Sequence[np.ndarray], cancel: Cancel = None) -> Floor | None:
    """The least tr H on Γ: exact for diagonal nets; else what sequential quadratic programming (SLSQP) finds from points of Γ.

    None where no search comes to an end. An end is put onto Γ by Gauss–Newton before its tr H is taken.
    """
    if isinstance(model, OverparametrizedLinear | DiagonalNet) and model.signs == 2:
        return _flattest_diagonal(model)
    searched = (_searched(model, start, model.trace_hessian, model.trace_hessian_gradient) for start in starts[:SEARCHES])
    return _least(searched, model.trace_hessian, cancel)


def least_on_manifold(landscape: Landscape, measure: Measure, starts: Sequence[np.ndarray], cancel: Cancel = None) -> Floor | None:
    """The least of a measure on a landscape's Γ, where H has the rank of the starts, by the same search."""

    def search(start: np.ndarray) -> np.ndarray | None:
        point: np.ndarray | None = start
        for each in measure.rounded or (measure,):
            if point is not None:
                point = step(point, partial(each.value, landscape), partial(each.gradient, landscape))
        return point if point is not None and hessian_rank(landscape.hessian(point)) == rank else None

    rank = int(hessian_rank(landscape.hessian(starts[0]))) if starts else 0
    independent = len(landscape.definition.residuals) == rank  # else their gradients are no constraints that SLSQP can take
    step = partial(_searched, LandscapeModel(landscape)) if independent else partial(_searched_by_loss, landscape, rank)
    return _least(map(search, starts), partial(measure.value, landscape), cancel)


def _searched(model: Model, start: np.ndarray, value: Callable, gradient: Callable) -> np.ndarray | None:
    """Where a search from a start on Γ ends, put onto Γ; None if it does not."""
    with np.errstate(all="ignore"):
        search = minimize(
            lambda x: float(value(x)), start, jac=gradient, method="SLSQP",
            constraints={"type": "eq", "fun": model.residuals, "jac": model.jacobian}, options={"ftol": 1e-10, "maxiter": 300},
        )  # fmt: skip
    if not search.success or not np.isfinite(search.x).all():
        return None
    try:
        return onto(model, search.x)
    except ValueError:
        return None


def _searched_by_loss(landscape: Landscape, rank: int, start: np.ndarray, value: Callable, gradient: Callable) -> np.ndarray | None:
    """The same where Γ is known by the loss alone, as ∇L = 0: in the normal directions of the last end, until nothing is gained."""
    point = start
    for _ in range(ROUNDS):
        normals = np.linalg.eigh(landscape.hessian(point))[1][:, -rank:].T
        constraint = {
            "type": "eq", "fun": lambda x, normals=normals: normals @ landscape.gradient(x),
            "jac": lambda x, normals=normals: normals @ landscape.hessian(x),
        }  # fmt: skip
        with np.errstate(all="ignore"):
            search = minimize(
                lambda x: float(value(x)), point, jac=gradient, method="SLSQP", constraints=constraint,
                options={"ftol": 1e-12, "maxiter": 300},
            )  # fmt: skip
        end = limit_map_with_outcome(landscape, search.x, rank)[0]
        if not search.success or not np.isfinite(end).all():
            return None
        if value(end) >= value(point) - GAINED * (1 + abs(value(point))):
            return min(point, end, key=value)
        point = end
    return None


def _least(points: Iterator[np.ndarray | None], value: Callable, cancel: Cancel) -> Floor | None:
    best: Floor | None = None
    for point in points:
        if cancel and cancel():
            break
        if point is not None and (best is None or value(point) < best.value):
            best = Floor(float(value(point)), point)
    return best


def _flattest_diagonal(model: OverparametrizedLinear | DiagonalNet) -> Floor:
    """tr H is least where u or v is 0, and there ½L² Σ s_j |w_j|^p, p = 2 − 2/L. Over Zw = y this is a convex program.

    At depth 2 a linear one. Deeper, its dual has n variables: w_j = sign(q_j) (|q_j|/(p s_j))^{1/(p−1)}, q = Zᵀμ.
    """
    design, targets, depth = model.design, model.targets, getattr(model, "depth", 2)
    squares, power = (design**2).mean(axis=0), 2 - 2 / depth
    if depth == 2:
        found = minimum_l1(design, targets, squares)
    else:

        def coefficients(multiplier: np.ndarray) -> np.ndarray:
            q = multiplier @ design
            return np.sign(q) * (np.abs(q) / (power * squares)) ** (1 / (power - 1))

        def dual(multiplier: np.ndarray) -> tuple[float, np.ndarray]:
            w = coefficients(multiplier)
            return float((power - 1) * squares @ np.abs(w) ** power - targets @ multiplier), design @ w - targets

        found = coefficients(minimize(dual, np.linalg.lstsq(design.T, squares, rcond=None)[0], jac=True, options={"gtol": 1e-10}).x)
    point = np.concatenate([np.maximum(found, 0.0), np.maximum(-found, 0.0)]) ** (1 / depth)
    return Floor(float(model.trace_hessian(point)), point)


def _below(model: Model, point: np.ndarray) -> float:
    """tr H at the point of Γ that Gauss–Newton finds, NaN if it finds none."""
    try:
        return float(model.trace_hessian(onto(model, point)))
    except ValueError:
        return float("nan")


def _of_limit(outcome: Outcome, measure: Measure, index: np.ndarray) -> Summary:
    """The measure along the limit at some frames (F,)."""
    lost = outcome.limit_frozen[outcome.limit_frozen >= 0].min(initial=len(outcome.times))
    paths = slice(None) if outcome.experiment.optimizer.diffuses else slice(1)  # else all are one
    points = outcome.limit[index, paths].astype(float)
    points[index >= lost] = np.nan
    return summarize(_measured(measure, outcome.experiment.landscape, points))


def _measured(measure: Measure, landscape: Landscape, points: np.ndarray) -> np.ndarray:
    """The measure at points (..., D), NaN where there is none."""
    values, finite = np.full(points.shape[:-1], np.nan), np.isfinite(points).all(axis=-1)
    with np.errstate(all="ignore"):
        values[finite] = measure.value(landscape, points[finite])
    return values


def _lost_sentence(outcome: Outcome, without: int) -> str:
    """What became of paths that are lost, the optimizer's and the limit's; `without` of its have no Φ at some frame."""
    label = outcome.experiment.optimizer.label
    words = [outcome.status.sentence] if outcome.status.sentence else []
    gone = int((outcome.limit_frozen >= 0).sum())
    if gone and outcome.status == "diverged":
        words.append(f"{gone:,} of {len(outcome.limit_frozen):,} paths of the limit are lost.")
    if without:
        seen = min(len(outcome.sgd_frozen), LANDSCAPE_PATHS)
        words.append(f"{without:,} of {seen:,} paths of {label} are not seen on Γ throughout.")
    return " ".join([*words, "Lines end where the first path is lost."]) if words and (gone or without) else " ".join(words)


def _seen_through_limit_map(outcome: Outcome, measure: Measure, index: np.ndarray) -> tuple[Summary, int]:
    """The measure at Φ(x) of the first paths at some frames (F,), and how many of them are lost or have no Φ at one of these."""
    landscape = outcome.experiment.landscape
    points = outcome.sgd[index, :LANDSCAPE_PATHS].astype(float)
    frames = np.arange(len(outcome.times))[index, None]
    frozen = outcome.sgd_frozen[None, :LANDSCAPE_PATHS]
    points[(frozen >= 0) & (frames >= frozen)] = np.nan
    if outcome.rank is None:
        points[:] = np.nan
    else:
        points = limit_map_with_outcome(landscape, points, outcome.rank)[0]
    values = _measured(measure, landscape, points)
    absent = ~np.isfinite(values)
    values[absent.any(axis=-1)] = np.nan
    return summarize(values), int(absent.any(axis=0).sum())


def _starts(experiment: Experiment) -> list[tuple[np.ndarray, np.ndarray]]:
    """Starts around the experiment's own, which is the first, and where the limit begins from each; those without are left out."""
    centre, random = np.array(experiment.start), np.random.default_rng(experiment.seed)
    spread = SPREAD * (1 + np.linalg.norm(centre))
    starts = []
    for k in range(STARTS):
        start = centre + (spread * random.standard_normal(len(centre)) if k else 0.0)
        try:
            _, problem, _ = beginning(replace(experiment, start=tuple(start)), Progress(0.0, None, None))
        except ValueError:
            continue
        if problem is not None:
            starts.append((start, problem.start))
    return starts


def _range(runs: np.ndarray) -> Summary:
    return Summary(runs.mean(axis=0), runs.min(axis=0), runs.max(axis=0))


def _with_end(ends: Ends, index: int, sgd: float, limit: float) -> Ends:
    of_sgd, of_limit = ends.sgd.copy(), ends.limit.copy()
    of_sgd[index], of_limit[index] = sgd, limit
    return replace(ends, sgd=of_sgd, limit=of_limit)
