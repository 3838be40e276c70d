"""Label noise as flatness seeking: tr H along SGD and along its limit, and the least tr H on Γ as the floor beneath them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from dynamics.experiment import Experiment
from dynamics.limit.flow import limit_map, limit_map_with_outcome
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
from dynamics.outcome import Outcome
from dynamics.simulate import simulate

STARTS = 12  # of the scatter
SPREAD = 0.25  # of the starts on a landscape, relative to 1 + ‖x₀‖
MODEL_PATHS = 8
LANDSCAPE_PATHS = 60  # that are seen through Φ
FRAMES = 81
SEARCHES = 4  # of the flattest point

Progress = Callable[[float], None] | None
Cancel = Callable[[], bool] | None


@dataclass(frozen=True, eq=False)
class Floor:
    """The least tr H on Γ that a search has found, and where."""

    value: float
    point: np.ndarray


@dataclass(frozen=True, eq=False)
class Ends:
    """tr H at S starts on Γ, and at the end of SGD (mean over paths) and of the limit from there; NaN where there is none.

    From `left_out` more starts gradient flow does not lead to Γ.
    """

    starts: np.ndarray
    sgd: np.ndarray
    limit: np.ndarray
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class Flatness:
    """What is known so far; what is not yet is None. Summaries are mean, low and high of tr H at slow times `times`, over all
    paths: NaN once one is lost, for nobody knows tr H there.

    SGD's is taken where it belongs to a point of Γ: at Φ(x) on a landscape, where Gauss–Newton from x ends on a model, O(η) from
    Φ(x). At x itself it would differ by O(η) and could lie below the floor.
    """

    times: np.ndarray
    limit: Summary
    sgd: Summary | None
    paths: int
    floor: Floor | None
    searched: bool
    ends: Ends
    sentence: str = ""


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


def of_model(
    name: str,
    *,
    learning_rate: float,
    scale: float,
    horizon: float,
    seed: int = 0,
    progress: Progress = None,
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


def of_landscape(experiment: Experiment, *, progress: Progress = None, cancel: Cancel = None) -> Iterator[Flatness]:
    """tr H on a landscape, whatever its noise, in stages. Raises ValueError, with a sentence."""
    landscape = experiment.landscape
    model = LandscapeModel(landscape)

    def part(low: float, high: float) -> Progress:
        return None if progress is None else (lambda fraction: progress(low + (high - low) * fraction))

    outcome = simulate(experiment, progress=part(0.0, 0.5), cancel=cancel)
    if outcome.status == "cancelled":
        return
    starts = _starts(experiment)
    index = np.unique(np.linspace(0, len(outcome.times) - 1, FRAMES).astype(int))
    limit = _of_limit(outcome, index)
    sgd, without = _seen_through_limit_map(outcome, index)
    absent = np.full(len(starts), np.nan)
    on_manifold = landscape.trace_hessian(np.array([on for _, on in starts])) if starts else absent
    ends = Ends(on_manifold, absent, absent, STARTS - len(starts))
    paths = min(experiment.paths, LANDSCAPE_PATHS)
    found = Flatness(outcome.times[index], limit, sgd, paths, None, False, ends, _lost_sentence(outcome, without))
    yield found
    found = replace(found, floor=flattest(model, [on for _, on in starts], cancel), searched=True)
    yield found
    for k, (start, _) in enumerate(starts):
        there = outcome
        if not np.array_equal(start, experiment.start):
            moved = replace(experiment, start=tuple(start), paths=paths, frames=10)
            done = 0.5 + 0.5 * np.array([k, k + 1]) / len(starts)
            there = simulate(moved, progress=part(*done), cancel=cancel)
        if there.status == "cancelled":
            return
        last = np.array([len(there.times) - 1])
        end, of_limit = float(_seen_through_limit_map(there, last)[0].mean[0]), float(_of_limit(there, last).mean[0])
        found = replace(found, ends=_with_end(found.ends, k, end, of_limit))
        yield found


def flattest(model: Model, starts: Sequence[np.ndarray], cancel: Cancel = None) -> Floor | None:
    """The least tr H on Γ: exact for diagonal nets; else what sequential quadratic programming (SLSQP) finds from points of Γ.

    None where no search comes to an end. An end is put onto Γ by Gauss–Newton before its tr H is taken.
    """
    if isinstance(model, OverparametrizedLinear | DiagonalNet) and model.signs == 2:
        return _flattest_diagonal(model)
    best: Floor | None = None
    for start in starts[:SEARCHES]:
        if cancel and cancel():
            return best
        with np.errstate(all="ignore"):
            search = minimize(
                lambda x: float(model.trace_hessian(x)), start, jac=model.trace_hessian_gradient, method="SLSQP",
                constraints={"type": "eq", "fun": model.residuals, "jac": model.jacobian}, options={"ftol": 1e-10, "maxiter": 300},
            )  # fmt: skip
        if not search.success or not np.isfinite(search.x).all():
            continue
        try:
            point = onto(model, search.x)
        except ValueError:
            continue
        value = float(model.trace_hessian(point))
        if best is None or value < best.value:
            best = Floor(value, point)
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


def _of_limit(outcome: Outcome, index: np.ndarray) -> Summary:
    """tr H along the limit at some frames (F,)."""
    trace = outcome.observables["trace_hessian"].limit
    lost = outcome.limit_frozen[outcome.limit_frozen >= 0].min(initial=len(outcome.times))
    return Summary(*(np.where(index < lost, getattr(trace, field)[index], np.nan) for field in ("mean", "low", "high")))


def _lost_sentence(outcome: Outcome, without: int) -> str:
    """What became of paths that are lost, SGD's and the limit's; `without` of SGD's have no Φ at some frame."""
    words = [outcome.status.sentence] if outcome.status.sentence else []
    gone = int((outcome.limit_frozen >= 0).sum())
    if gone and outcome.status == "diverged":
        words.append(f"{gone:,} of {len(outcome.limit_frozen):,} paths of the limit are lost.")
    if without:
        words.append(f"{without:,} of {min(len(outcome.sgd_frozen), LANDSCAPE_PATHS):,} paths of SGD are not seen on Γ throughout.")
    return " ".join([*words, "Lines end where the first path is lost."]) if words and (gone or without) else " ".join(words)


def _seen_through_limit_map(outcome: Outcome, index: np.ndarray) -> tuple[Summary, int]:
    """tr H at Φ(x) of the first paths of SGD at some frames (F,), and how many of them are lost or have no Φ at one of these."""
    landscape = outcome.experiment.landscape
    points = outcome.sgd[index, :LANDSCAPE_PATHS].astype(float)
    frames = np.arange(len(outcome.times))[index, None]
    frozen = outcome.sgd_frozen[None, :LANDSCAPE_PATHS]
    points[(frozen >= 0) & (frames >= frozen)] = np.nan
    values = np.full(points.shape[:-1], np.nan)
    if outcome.rank is not None:
        finite = np.isfinite(points).all(axis=-1)
        landed, _ = limit_map_with_outcome(landscape, points[finite], outcome.rank)
        with np.errstate(all="ignore"):
            values[finite] = landscape.trace_hessian(landed)
    absent = ~np.isfinite(values)
    values[absent.any(axis=-1)] = np.nan
    return summarize(values), int(absent.any(axis=0).sum())


def _starts(experiment: Experiment) -> list[tuple[np.ndarray, np.ndarray]]:
    """Starts around the experiment's own, which is the first, and their Φ; those that have none are left out."""
    landscape, centre = experiment.landscape, np.array(experiment.start)
    random = np.random.default_rng(experiment.seed)
    spread = SPREAD * (1 + np.linalg.norm(centre))
    starts = []
    for k in range(STARTS):
        start = centre + (spread * random.standard_normal(len(centre)) if k else 0.0)
        try:
            starts.append((start, limit_map(landscape, start)))
        except ValueError:
            continue
    return starts


def _range(runs: np.ndarray) -> Summary:
    return Summary(runs.mean(axis=0), runs.min(axis=0), runs.max(axis=0))


def _with_end(ends: Ends, index: int, sgd: float, limit: float) -> Ends:
    of_sgd, of_limit = ends.sgd.copy(), ends.limit.copy()
    of_sgd[index], of_limit[index] = sgd, limit
    return replace(ends, sgd=of_sgd, limit=of_limit)
