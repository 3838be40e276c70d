"""Both integrators of the limiting SDE: measured orders, staying on Γ, agreement path by path, and what they do when they fail."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss

from dynamics import SCHEMES, Landscape, limit_map, noise
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.evaluation import evaluate_tape
from dynamics.limit import limiting
from dynamics.limit.flow import flow_tapes, limit_map_with_outcome
from dynamics.limit.schemes import Pace, explicit, projective
from dynamics.limit.schemes.base import LEFT_MANIFOLD, RANK_CHANGED, Problem

XY, XYZ = ("x", "y"), ("x", "y", "z")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
SPHERE = Landscape.from_residuals(["(x*x + y*y + z*z - 1)/2"], XYZ)
GAUSSIAN = Landscape.from_residuals(["exp(x*x/2)*y"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
CURVE = Landscape.from_residuals(["x - cos(z)", "2*y - sin(z)*(1 + x/3)"], XYZ)
SCALE = 0.9
ISOTROPIC, LABEL = noise("isotropic", scale=SCALE), noise("label", scale=SCALE)
TWISTED = noise("covariance", matrix=[["x*x + y*y - x*y", "(x*x - y*y)/2"], ["(x*x - y*y)/2", "x*x + y*y + x*y"]])
START = {CIRCLE: (1.0, 0.0), SPHERE: (1.0, 0.0, 0.0), GAUSSIAN: (0.8, 0.0), HYPERBOLA: (2.0, 0.5)}


def one_step(name, landscape, given, points, draws, h):
    """Where one step of a scheme takes points (N, D) with normal draws (N, m)."""
    rank, size = landscape.dimension - 1 if landscape is not SPHERE else 1, landscape.dimension
    make = explicit.coefficient_tape if name == "explicit" else projective.kick_tape
    parts = evaluate_tape(make(landscape.definition, given.canonical, rank), points, (*landscape.values, *given.values))
    factor = parts[:, size:-3].reshape(len(points), -1, size)
    kicked = points + np.sqrt(h) * np.einsum("nkd,nk->nd", factor, draws)
    if name == "projective":
        return limit_map_with_outcome(landscape, kicked, rank)[0]
    landed = np.ascontiguousarray((kicked + h * parts[:, :size]).T)
    back, arrived = flow_tapes(landscape.definition, rank).newton, np.ones(len(points), dtype=bool)
    explicit.newton(back.body, back.outputs, back.bind(landscape.values, 160), landed, np.ascontiguousarray(points.T), arrived)
    assert arrived.all()
    return landed.T


def draws_of(given, landscape):
    return 1 if given.kind == "label" else landscape.dimension


# Weak order: the mean of one step, without sampling


def mean_after_one_step(name, landscape, given, function, h):
    """E f(Y_h) by Gauss quadrature over the step's normal numbers."""
    size = draws_of(given, landscape)
    nodes, weights = hermegauss(8)
    draws = np.stack(np.meshgrid(*[nodes] * size), -1).reshape(-1, size)
    weight = np.prod(np.stack(np.meshgrid(*[weights / weights.sum()] * size), -1).reshape(-1, size), axis=-1)
    start = np.broadcast_to(np.asarray(START[landscape]), (len(draws), landscape.dimension))
    return weight @ function(one_step(name, landscape, given, start, draws, h).T)


C = SCALE**2
CASES = {  # landscape, noise, f, E f(Y_h) or its first two terms in h
    "circle, x": (CIRCLE, ISOTROPIC, lambda p: p[0], lambda h: np.exp(-C * h / 2)),
    "circle, x² − y²": (CIRCLE, ISOTROPIC, lambda p: p[0] ** 2 - p[1] ** 2, lambda h: np.exp(-2 * C * h)),
    "circle that turns, x": (CIRCLE, TWISTED, lambda p: p[0], lambda h: np.exp(-h / 2) * np.cos(h / 2)),
    "circle that turns, y": (CIRCLE, TWISTED, lambda p: p[1], lambda h: -np.exp(-h / 2) * np.sin(h / 2)),
    "sphere, x": (SPHERE, ISOTROPIC, lambda p: p[0], lambda h: np.exp(-C * h)),
    "sphere, 3x² − 1": (SPHERE, ISOTROPIC, lambda p: 3 * p[0] ** 2 - 1, lambda h: 2 * np.exp(-3 * C * h)),
    "Ornstein–Uhlenbeck, x": (GAUSSIAN, ISOTROPIC, lambda p: p[0], lambda h: 0.8 * np.exp(-C * h / 2)),
    "Ornstein–Uhlenbeck, x²": (GAUSSIAN, ISOTROPIC, lambda p: p[0] ** 2, lambda h: 1 - 0.36 * np.exp(-C * h)),
    "hyperbola, (x² − y²)²": (
        HYPERBOLA, ISOTROPIC, lambda p: (p[0] ** 2 - p[1] ** 2) ** 2, lambda h: 3.75**2 + 4 * C * 4.25 * h
    ),
    "hyperbola, label noise": (HYPERBOLA, LABEL, lambda p: p[0] ** 2 - p[1] ** 2, lambda h: 3.75 * np.exp(-C * h)),
}  # fmt: skip


# On the sphere the explicit scheme's first two orders cancel at longer steps. Gradient flow ends within 1e-7 of Γ, which shorter
# steps of the projective one would show.
LONGEST = {"explicit": 2.5e-3, "projective": 1e-2}


def weak_order(name, case):
    """The error of one step falls as h^{order + 1}."""
    landscape, given, function, exact = CASES[case]
    steps = LONGEST[name] / 2.0 ** np.arange(4)
    errors = [abs(mean_after_one_step(name, landscape, given, function, h) - exact(h)) for h in steps]
    return -np.polyfit(np.arange(4), np.log2(errors), 1)[0] - 1


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", SCHEMES)
def test_weak_order(name, case):
    assert weak_order(name, case) > SCHEMES[name].weak_order - 0.15


@pytest.mark.parametrize(
    ("part", "case"),
    [("normal", "Ornstein–Uhlenbeck, x"), ("normal", "hyperbola, label noise"), ("mixed", "circle that turns, y"),
     ("tangent_factor", "sphere, x")],
)  # fmt: skip
def test_a_wrong_coefficient_costs_the_order(monkeypatch, part, case):
    def wrong(*arguments, right=limiting.limit_coefficients):
        parts = right(*arguments)
        return replace(parts, **{part: 0.97 * getattr(parts, part)})

    with monkeypatch.context() as patched:
        patched.setattr(limiting, "limit_coefficients", wrong)
        explicit.coefficient_tape.cache_clear()
        found = weak_order("explicit", case)
    explicit.coefficient_tape.cache_clear()
    assert found < 0.5


# Strong order: coarse and fine steps with the same Brownian motion


def walk(name, landscape, given, horizon, normals):
    """The end points (N, D) of steps with the normal draws (K, N, m)."""
    points = np.broadcast_to(np.asarray(START[landscape]), (normals.shape[1], landscape.dimension))
    for draws in normals:
        points = one_step(name, landscape, given, points, draws, horizon / len(normals))
    return points


def strong_order(name, landscape, given, paths, levels, scramble=False):
    """Of E‖Y_h − Y_{h/2}‖ for halved steps h."""
    normals = np.random.default_rng(3).normal(size=(2 ** (levels[-1] + 1), paths, draws_of(given, landscape)))
    ends = [walk(name, landscape, given, 0.5, normals)]
    for level in range(levels[-1], levels[0] - 1, -1):
        normals = (normals[0::2] + normals[1::2]) / np.sqrt(2)
        ends.append(walk(name, landscape, given, 0.5, normals[::-1] if scramble and level % 2 == 0 else normals))
    gaps = [np.linalg.norm(fine - coarse, axis=-1).mean() for fine, coarse in pairwise(ends)]
    return np.polyfit(np.arange(len(gaps)), np.log2(gaps), 1)[0]


@pytest.mark.parametrize("landscape", [SPHERE, HYPERBOLA, GAUSSIAN], ids=["sphere", "hyperbola", "Ornstein–Uhlenbeck"])
def test_strong_order_of_the_explicit_scheme(landscape):
    assert strong_order("explicit", landscape, ISOTROPIC, 2_000, (5, 8)) > explicit.EXPLICIT.strong_order - 0.1


@pytest.mark.parametrize("landscape", [SPHERE, HYPERBOLA], ids=["sphere", "hyperbola"])
def test_strong_order_of_the_projective_scheme(landscape):
    assert strong_order("projective", landscape, ISOTROPIC, 300, (4, 6)) > projective.PROJECTIVE.strong_order - 0.15


def test_another_brownian_motion_costs_the_strong_order():
    assert strong_order("explicit", SPHERE, ISOTROPIC, 2_000, (5, 8), scramble=True) < 0.3


# As ensembles run them


class Run:
    """Paths of a scheme from Φ(start), at slow times."""

    def __init__(self, name, landscape, given, start, times, pace, width=160, seed=1):
        point = limit_map(landscape, start)
        eigenvalues = np.linalg.eigvalsh(landscape.hessian(point))
        rank = int((eigenvalues > 1e-9).sum())
        problem = Problem(landscape, given, point, rank, seed)
        self.stepper = SCHEMES[name].stepper(problem, pace, 0, width)
        self.points = np.full((len(times), width, landscape.dimension), np.nan, dtype=np.float32)
        for _ in self.stepper.carry(np.asarray(times), self.points):
            pass
        self.points = self.points.astype(float)

    @property
    def lost(self):
        return self.stepper.frozen_at >= 0

    @property
    def failures(self):
        return set(self.stepper.failure[self.lost])


@pytest.mark.parametrize(
    ("landscape", "given", "start"),
    [
        (CIRCLE, TWISTED, (1.5, 0.3)),
        (SPHERE, ISOTROPIC, (0.1, 0.5, 2.0)),
        (HYPERBOLA, ISOTROPIC, (1.0, 2.0)),
        (CURVE, noise("isotropic", scale=0.5), (1.0, 0.2, 0.1)),
        (CURVE, noise("label"), (1.0, 0.2, 0.1)),
    ],
    ids=["circle", "sphere", "hyperbola", "space curve", "space curve, label noise"],
)
@pytest.mark.parametrize("name", SCHEMES)
def test_points_stay_on_the_manifold(name, landscape, given, start):
    run = Run(name, landscape, given, start, [0.25, 0.5, 0.75, 1.0], Pace(0.01))
    assert np.abs(landscape.residuals(run.points)).max() < 1e-6  # float32
    assert not run.lost.any()
    moved = np.abs(run.points[-1] - run.points[0]).max() if given.kind == "label" else np.ptp(run.points[-1], axis=0).max()
    assert moved > 0.02


@pytest.mark.parametrize(
    ("landscape", "given", "start"),
    [
        (SPHERE, ISOTROPIC, (1.0, 0.2, 0.0)),
        (HYPERBOLA, noise("isotropic", scale=0.5), (2.0, 0.5)),
        (CIRCLE, TWISTED, (1.0, 0.0)),
        (CURVE, noise("covariance", matrix=[["1", "x/4", "0.3"], ["x/4", "1", "0"], ["0.3", "0", "0.5"]]), (1.0, 0.2, 0.1)),
    ],
    ids=["sphere", "hyperbola", "circle that turns", "space curve"],
)
def test_the_schemes_agree_path_by_path(landscape, given, start):
    """They draw the same numbers, so the difference of two paths falls with √h and its mean with h."""
    gaps = []
    for h in (0.02, 0.005):
        one, other = (Run(name, landscape, given, start, [0.6], Pace.fixed(h)).points[-1] for name in ("explicit", "projective"))
        difference = one - other
        gaps.append(np.linalg.norm(difference, axis=-1).mean())
        error = difference.std(axis=0) / np.sqrt(len(difference))
        assert (np.abs(difference.mean(axis=0)) < h + 7 * error).all()
    assert gaps[-1] < 0.3 * np.linalg.norm(one - one.mean(axis=0), axis=-1).mean()
    assert gaps[1] < 0.7 * gaps[0]


@pytest.mark.parametrize("name", SCHEMES)
def test_frames_change_what_is_kept_and_never_where_a_path_goes(name):
    few = Run(name, HYPERBOLA, ISOTROPIC, (2.0, 0.5), [0.3, 1.0], Pace(0.02))
    times = np.unique(np.append(np.linspace(0.0, 1.0, 90), 0.3))
    many = Run(name, HYPERBOLA, ISOTROPIC, (2.0, 0.5), times, Pace(0.02))
    np.testing.assert_array_equal(few.points[-1], many.points[-1])
    # Inside a step a path is known in law only.
    at = many.points[times == 0.3][0, :, 0], few.points[0, :, 0]
    assert abs(at[0].mean() - at[1].mean()) < 4 * np.hypot(*(values.std() for values in at)) / np.sqrt(len(at[0]))


def test_frames_inside_a_step_have_the_law_of_the_path():
    """One step of one path, seen at 40 times: a Brownian motion on a line, to both ends of the step."""
    line = Landscape.from_residuals(["y"], XY)
    times = np.linspace(0.0, 1.0, 41)
    x = Run("explicit", line, ISOTROPIC, (0.0, 0.0), times, Pace.fixed(1.0)).points[:, :, 0] / SCALE
    increments = np.diff(x, axis=0) * np.sqrt(40)
    count = increments.size
    assert abs(increments.mean()) < 4 / np.sqrt(count)
    assert abs((increments**2).mean() - 1) < 4 * np.sqrt(2 / count)
    neighbours = (increments[1:] * increments[:-1]).mean()
    assert abs(neighbours) < 4 / np.sqrt(count)


def test_a_step_that_does_not_find_back_is_split_and_no_path_lost():
    """Steps of a fifth of the circle's radius squared: a fixed frame loses a path in eight."""
    run = Run("explicit", CIRCLE, noise("isotropic", scale=2.0), (1.0, 0.0), [4.0], Pace.fixed(0.2), width=160)
    assert not run.lost.any()
    assert run.stepper.walk.lengths.any()  # some were split
    np.testing.assert_allclose(np.linalg.norm(run.points, axis=-1), 1.0, atol=1e-6)


def test_where_no_step_finds_back_a_path_stops_where_it_was(monkeypatch):
    monkeypatch.setattr(projective.FlowMarcher, "retract", lambda self, points, origins: np.zeros(points.shape[1], dtype=bool))
    run = Run("projective", CIRCLE, ISOTROPIC, (1.0, 0.0), [0.0, 0.5, 1.0], Pace(0.1), width=5)
    assert run.failures == {LEFT_MANIFOLD}
    assert (run.stepper.frozen_at > 0).all()  # the frame at 0 is true
    np.testing.assert_allclose(run.points, np.broadcast_to([1.0, 0.0], run.points.shape), atol=1e-7)


def test_a_rank_that_changes_freezes_a_path():
    cross = Landscape.from_residuals(["x*y"], XY)
    run = Run("explicit", cross, ISOTROPIC, (0.3, 0.0), [0.5, 1.0], Pace(0.01))
    hit = np.exp(-(0.3**2) / (2 * C))  # dx = √c dW − c/(2x) dt, so x² is a squared Bessel process of dimension 0, by t = 1
    assert abs(run.lost.mean() - hit) < 3 * np.sqrt(hit * (1 - hit) / 160)
    assert run.failures == {RANK_CHANGED}
    np.testing.assert_allclose(run.points[:, run.lost & (run.stepper.frozen_at < 0.5)], 0.0, atol=1e-4)


def test_flow_that_does_not_return_splits_the_kick():
    """A kick beyond the top of the hill between Γ and the abyss."""
    landscape = Landscape.from_loss("x^2/2 - x^3/3", XY)
    run = Run("projective", landscape, noise("isotropic", scale=2.0), (0.0, 0.0), [2.0], Pace(0.05))
    np.testing.assert_allclose(run.points[..., 0], 0.0, atol=1e-9)
    assert not run.lost.any()


def test_without_noise_along_the_manifold_nothing_moves():
    for name in SCHEMES:
        run = Run(name, HYPERBOLA, noise("minibatch"), (2.0, 0.5), [0.5, 5.0], Pace(0.05))
        np.testing.assert_allclose(run.points, np.broadcast_to([2.0, 0.5], (2, 160, 2)), atol=1e-7)


def whole_run_errors(scheme, function, exact, paths, counts):
    """Errors of E f(Y(1)) after so many steps of one length, and their standard errors."""
    problem = Problem(GAUSSIAN, ISOTROPIC, np.array([0.8, 0.0]), 1, 4)
    errors, deviations = [], []
    for count in counts:
        stepper = partial(SCHEMES[scheme].stepper, problem, Pace.fixed(1 / count))
        ensemble = run_ensemble(stepper, np.array([1.0]), paths, 2, Progress(1.0, None, None))
        assert (ensemble.frozen_at < 0).all()
        values = function(ensemble.points[-1].astype(float).T)
        errors.append(values.mean() - exact)
        deviations.append(values.std() / np.sqrt(paths))
    return np.array(errors), np.array(deviations)


@pytest.mark.parametrize(("scheme", "paths", "steps"), [("explicit", 200_000, (1, 2, 4)), ("projective", 60_000, (2, 4, 8))])
def test_whole_runs_have_weak_order_one(scheme, paths, steps):
    _, _, function, exact = CASES["Ornstein–Uhlenbeck, x²"]
    errors, deviations = whole_run_errors(scheme, function, exact(1.0), paths, steps)
    assert (np.abs(errors[:2]) > 4 * deviations[:2]).all()  # there is an error to be seen
    for coarse, fine, spread in zip(errors, errors[1:], np.hypot(deviations[1:], deviations[:-1]), strict=False):
        assert abs(fine) < 0.6 * abs(coarse) + 3 * spread
