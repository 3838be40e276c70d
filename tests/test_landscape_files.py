"""The built-in landscapes: each file loads, keeps the theory's assumptions, opens with a good demonstration, and says the truth."""

import itertools
import re
import tomllib

import numpy as np
import pytest

import dynamics
from dynamics import Experiment, Landscape, limit_drift, limit_map, manifold_samples
from dynamics.landscapes.catalogue import FOLDER
from dynamics.limit.flow import hessian_rank

NAMES = dynamics.landscape_names()
KEYS = {"title", "variables", "residuals", "text", "start", "learning_rate", "horizon", "noise", "parameters", "views", "manifold"}
OPENS_WITH = {"cross": "rank_changed"}  # it is there to show what the theorem does not promise
AXES = {"contour": 2, "plane": 2, "surface": 3, "space": 3}

every_landscape = pytest.mark.parametrize("name", NAMES)


def at_corners(name: str) -> list[Landscape]:
    """The landscape at its defaults, and at every combination of its parameters' ends."""
    default = dynamics.landscape(name)
    ends = [(spec.minimum, spec.maximum) for spec in default.parameters]
    names = [spec.name for spec in default.parameters]
    return [default, *(default.with_parameters(**dict(zip(names, corner, strict=True))) for corner in itertools.product(*ends))]


def on_manifold(landscape: Landscape) -> np.ndarray:
    return np.concatenate([piece.reshape(-1, landscape.dimension) for piece in manifold_samples(landscape)])


def spacing(landscape: Landscape) -> float:
    """The longest way between neighbouring samples of Γ."""
    gaps = (np.diff(piece, axis=axis) for piece in manifold_samples(landscape) for axis in range(piece.ndim - 1))
    return max(np.linalg.norm(gap, axis=-1).max() for gap in gaps)


def contains(view, landscape: Landscape, points: np.ndarray) -> np.ndarray:
    low, high = np.array(view.box).T
    seen = landscape.evaluate(view.axes, points)
    return ((low <= seen) & (seen <= high)).all(axis=-1)


def test_the_promised_landscapes_are_there():
    assert set(NAMES) >= {
        "valley", "valley_gaussian", "valley_cauchy", "circle", "ellipse", "sphere", "torus", "hyperbola", "product", "motor",
        "trefoil", "neuron", "diagonal",
    }  # fmt: skip


@every_landscape
def test_a_file_has_the_known_keys_and_no_others(name):
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(content) | {"parameters"} == KEYS
    for spec in content.get("parameters", {}).values():
        assert set(spec) == {"default", "minimum", "maximum", "meaning"}
    for view in content["views"]:
        assert set(view) == {"name", "title", "kind", "axes", "labels", "box"}
    for piece in content["manifold"]:
        assert set(piece) in ({"u", "points", "samples"}, {"u", "v", "points", "samples"})


@every_landscape
def test_a_landscape_is_documented(name):
    landscape = dynamics.landscape(name)
    sentences = re.findall(r"[.?!](?=\s|$)", landscape.text)
    assert 2 <= len(sentences) <= 3
    assert landscape.text[-1] in ".?"
    assert 15 <= len(landscape.text.split()) <= 60
    assert " ".join(landscape.text.split()) == landscape.text
    assert 3 <= len(landscape.title) <= 40
    assert landscape.latex
    for spec in landscape.parameters:
        assert spec.meaning
        assert spec.minimum <= spec.default <= spec.maximum


@every_landscape
def test_views_are_well_formed(name):
    landscape = dynamics.landscape(name)
    assert len({view.name for view in landscape.views}) == len(landscape.views) >= 2
    for view in landscape.views:
        assert re.fullmatch(r"[a-z]{3,8}", view.name)
        assert view.title
        assert len(view.axes) == len(view.labels) == len(view.box) == AXES[view.kind]
        assert all(low < high for low, high in view.box)
        if view.kind in ("contour", "surface"):
            assert view.axes[:2] == landscape.variables


@every_landscape
def test_parametrized_points_have_zero_loss_and_the_right_rank_at_every_corner(name):
    for landscape in at_corners(name):
        for piece, points in zip(landscape.manifold, manifold_samples(landscape), strict=True):
            points = points.reshape(-1, landscape.dimension)
            assert np.isfinite(points).all()
            assert (landscape.loss(points) < 1e-20).all(), landscape.parameter_values
            assert (hessian_rank(landscape.hessian(points)) == landscape.dimension - len(piece.ranges)).all()


@every_landscape
def test_the_start_flows_to_the_parametrized_manifold_at_every_corner(name):
    for landscape in at_corners(name):
        end = limit_map(landscape, landscape.start)
        assert landscape.loss(end) < 1e-16, landscape.parameter_values
        nearest = np.linalg.norm(on_manifold(landscape) - end, axis=-1).min()
        assert nearest <= spacing(landscape), landscape.parameter_values


@every_landscape
def test_all_formulas_are_finite_at_every_corner(name):
    for landscape in at_corners(name):
        points = np.concatenate([on_manifold(landscape), [landscape.start]])
        for view in landscape.views:
            assert np.isfinite(landscape.evaluate(view.axes, points)).all()
            grid = np.stack(np.meshgrid(*(np.linspace(*side, 9) for side in view.box[:2])), axis=-1)
            if view.kind in ("contour", "surface"):
                assert np.isfinite(landscape.evaluate(view.axes, grid)).all()
        noise = Experiment(landscape=landscape).noise
        assert np.isfinite(noise.covariance(landscape, points)).all()
        assert np.isfinite(limit_drift(landscape, noise, on_manifold(landscape)).total).all()


@every_landscape
def test_every_view_frames_the_story(name):
    landscape = dynamics.landscape(name)
    story = np.array([landscape.start, limit_map(landscape, landscape.start)])
    for view in landscape.views:
        assert contains(view, landscape, story).all(), view.name
        assert contains(view, landscape, on_manifold(landscape)).mean() > 0.5, view.name


@every_landscape
def test_the_opening_run_is_stable_short_and_shows_both_phases(name):
    experiment = Experiment(landscape=name, paths=40, frames=60)
    landscape, eta = experiment.landscape, experiment.learning_rate
    start = np.array(experiment.start)
    end = limit_map(landscape, start)
    assert 500 <= experiment.steps <= 50_000
    assert (eta * landscape.sharpness([start, end]) < 1).all()
    outcome = dynamics.simulate(experiment)
    assert outcome.status == OPENS_WITH.get(name, "ok")
    view = landscape.views[0]
    width = max(high - low for low, high in view.box)

    def seen(points: np.ndarray) -> np.ndarray:
        return landscape.evaluate(view.axes, points.astype(float))

    assert np.linalg.norm(seen(end) - seen(start)) > 0.05 * width, "the fall to Γ is too short to see"
    final = seen(outcome.limit[-1])
    assert np.linalg.norm(final - seen(end), axis=-1).mean() > 0.1 * width, "the drift along Γ is too short to see"
    visited = outcome.sgd[len(outcome.times) // 3 :]
    assert contains(view, landscape, visited.astype(float)).mean() > 0.98


def opening_drift(name: str, **parameters: float) -> tuple[Landscape, np.ndarray, np.ndarray]:
    """The landscape, points of Γ, and there the limit's drift under the suggested noise."""
    landscape = dynamics.landscape(name, **parameters)
    points = on_manifold(landscape)
    return landscape, points, limit_drift(landscape, Experiment(landscape=landscape).noise, points).total


def agree(computed, exact) -> None:
    np.testing.assert_allclose(computed, exact, rtol=1e-9, atol=1e-9)


def test_the_claims_on_the_circle_and_the_sphere():
    for name, rate in (("circle", 0.5), ("sphere", 1.0)):
        _, points, drift = opening_drift(name, r=1.3)
        agree(drift, -rate / 1.3**2 * points)


def test_the_claims_on_valleys():
    _, points, drift = opening_drift("valley", a=2.0)
    agree(drift, np.stack([-points[:, 0], 0 * points[:, 0]], axis=-1))
    _, points, drift = opening_drift("valley_gaussian", a=0.5)
    agree(drift[:, 0], -0.25 * points[:, 0])
    _, points, drift = opening_drift("valley_cauchy", p=4.0)
    agree(drift[:, 0], -2 * points[:, 0] / (1 + points[:, 0] ** 2))


def test_the_claims_on_balance():
    _, points, drift = opening_drift("hyperbola", a=2.0)
    x, y = points.T
    agree(2 * x * drift[:, 0] - 2 * y * drift[:, 1], y**2 - x**2)
    _, points, drift = opening_drift("diagonal", a=2.0)
    u, v = points.T
    agree(u * drift[:, 1] + v * drift[:, 0], -4 * u * v)
    landscape, points, _ = opening_drift("product", a=2.0)
    balanced = np.full(3, 2 ** (1 / 3))
    assert landscape.loss(balanced) < 1e-30
    agree(limit_drift(landscape, Experiment(landscape=landscape).noise, balanced).total, np.zeros(3))
    assert (landscape.trace_hessian(points) >= landscape.trace_hessian(balanced) - 1e-9).all()


def test_the_claims_on_the_cross():
    """On an arm the limit is a Bessel process of dimension 0: from x it has reached 0 by t with probability exp(−x²/2s²t)."""
    experiment = Experiment(landscape="cross", paths=4_000, frames=200)
    outcome = dynamics.simulate(experiment)
    start = limit_map(experiment.landscape, experiment.start)
    expected = np.exp(-(start @ start) / (2 * experiment.noise.scale**2 * experiment.horizon))
    stopped = outcome.limit_frozen >= 0
    assert abs(stopped.mean() - expected) < 0.03
    assert np.abs(outcome.limit[-1, stopped]).max() < 0.1
    x, y = outcome.sgd[-1].T
    for arm in (x > abs(y), x < -abs(y), y > abs(x), y < -abs(x)):
        assert arm.mean() > 0.1


def test_the_claim_on_the_motor():
    for a, b, c in ((1.0, 1.0, 1.0), (0.5, -1.0, 0.7), (1.5, 0.0, 1.0)):
        _, points, drift = opening_drift("motor", a=a, b=b, c=c)
        x, y = points[:, :2].T
        agree(drift, 3 * a * b * c / 8 * np.stack([-y, x, 0 * x, 0 * x, 0 * x], axis=-1))


def test_the_claims_on_where_it_is_flattest():
    ellipse, points, _ = opening_drift("ellipse", a=1.5, b=2.0)
    agree(abs(points[ellipse.trace_hessian(points).argmin()]), [0.0, 2.0])
    torus, points, drift = opening_drift("torus")
    agree(np.sqrt(torus.trace_hessian(points)), 0.8 * np.hypot(points[:, 0], points[:, 1]))
    assert ((drift[:, 2] * points[:, 2])[points[:, 0] ** 2 + points[:, 1] ** 2 < 2.0**2] <= 1e-12).all()
    for p in (0.0, 0.5, 1.0, 1.25):
        trefoil, points, _ = opening_drift("trefoil", p=p)
        relative = trefoil.trace_hessian(points) / (1 + (points**2).sum(axis=-1)) ** (2 * p - 2)
        agree(relative / relative[0], np.ones(len(points)))


def test_the_claims_on_the_neuron():
    _, points, drift = opening_drift("neuron")
    saturated = points[:, 2] < 1.05
    assert (drift[~saturated, 2] < 0).all()
    _, points, _ = opening_drift("neuron", y1=1.2, y2=1.2)
    agree(points[:, 0], np.zeros(len(points)))
