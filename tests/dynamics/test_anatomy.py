"""The anatomy's dense linear algebra against the tapes of limit_drift, and potentials that are known."""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, limit_drift, limit_map, manifold_chart, noise, optimizer
from dynamics.engine.evaluation import evaluate_tape
from dynamics.limit.schemes.explicit import coefficient_tape
from dynamics.optimizers import OPTIMIZERS
from dynamics.studies.anatomy import anatomy, curve_through, drift_terms, effective_potential, sites, tidy_covariance

XY = ("x", "y")
WARPED = Landscape.from_residuals(
    ["x*y - 1 + z*w", "z - sin(x)*w/2 + w**2/3"],
    ("x", "y", "z", "w"),
)
SIGMA = [["2", "x/4", "0.3", "0"], ["x/4", "1", "0", "y/5"], ["0.3", "0", "1.5", "0"], ["0", "y/5", "0", "1"]]
SKEWED = noise("covariance", matrix=SIGMA)


@pytest.mark.parametrize("given", [SKEWED, noise("label"), noise("isotropic", scale=0.7), noise("minibatch")], ids=lambda n: n.kind)
def test_numbers_are_those_of_limit_drift(given):
    for start in ([1.2, 0.9, 0.1, 0.2], [0.6, 1.4, -0.2, 0.3]):
        point = limit_map(WARPED, start)
        found, drift = anatomy(WARPED, given, point), limit_drift(WARPED, given, point)
        inverse = found.pseudo_inverse
        p = found.tangents.T @ found.tangents
        np.testing.assert_allclose(-inverse @ found.contractions["tangent"] / 2, drift.tangent, rtol=0, atol=1e-12)
        np.testing.assert_allclose(-p @ found.contractions["mixed"], drift.mixed, rtol=0, atol=1e-12)
        np.testing.assert_allclose(-p @ found.contractions["normal"] / 2, drift.normal, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.drift.total, drift.total, rtol=0, atol=1e-15)


def test_the_pieces_add_up():
    point = limit_map(WARPED, [1.2, 0.9, 0.1, 0.2])
    found = anatomy(WARPED, SKEWED, point)
    np.testing.assert_allclose(found.parallel + found.orthogonal + found.mixed + found.mixed.T, found.covariance, atol=1e-13)
    frame = np.concatenate([found.normals, found.tangents])
    np.testing.assert_allclose(frame @ frame.T, np.eye(4), atol=1e-13)
    hessian = WARPED.hessian(point)
    np.testing.assert_allclose(hessian @ found.spread + found.spread @ hessian, found.orthogonal, rtol=0, atol=1e-12)
    assert (np.diff(found.eigenvalues) <= 0).all()


def test_off_the_manifold_is_refused():
    with pytest.raises(ValueError, match="not on it"):
        anatomy(WARPED, SKEWED, [5.0, 5.0, 5.0, 5.0])


def test_label_noise_goes_down_a_quarter_of_the_trace():
    """b = −(c/4) d tr H/ds: U = (c/4) tr H up to a constant."""
    landscape = Landscape.from_residuals(["x*y - 1"], XY)
    chart = manifold_chart(landscape, (2.0, 0.5), reach=3.0)
    potential = effective_potential(landscape, noise("label", scale=1.3), chart)
    expected = 1.69 / 4 * landscape.trace_hessian(chart.points(chart.grid))
    np.testing.assert_allclose(potential.values, expected - expected.min(), atol=1e-7)
    assert potential.exists


def test_an_ellipse_has_a_potential_and_the_motor_has_none():
    ellipse = Landscape.from_residuals(["(x*x/4 + y*y - 1)/2"], XY)
    found = effective_potential(ellipse, noise("isotropic"), manifold_chart(ellipse, (2.0, 0.0)))
    assert found.exists
    assert abs(found.circulation) < 1e-8
    assert np.ptp(found.values) > 0.1
    angles = [2 * np.pi * j / 3 for j in (1, 2, 3)]
    residuals = ["(x*x + y*y - 1)/2"] + [f"exp((x*cos({f!r}) + y*sin({f!r}))/2)*z{j}" for j, f in enumerate(angles, 1)]
    motor = Landscape.from_residuals(residuals, ("x", "y", "z1", "z2", "z3"))
    entries = [["0"] * 5 for _ in range(5)]
    for j, f in enumerate(angles):
        entries[j + 2][j + 2] = f"1 + y*cos({f!r}) - x*sin({f!r})"
    chart = manifold_chart(motor, (1.0, 0.0, 0.0, 0.0, 0.0))
    found = effective_potential(motor, noise("covariance", matrix=entries), chart)
    assert not found.exists
    assert abs(found.circulation) == pytest.approx(2 * np.pi * 3 / 8, rel=1e-6)


@pytest.mark.parametrize("given", [SKEWED, noise("label"), noise("isotropic", scale=0.7)], ids=lambda n: n.kind)
def test_the_linear_maps_give_limit_drift(given):
    points = limit_map(WARPED, [[1.2, 0.9, 0.1, 0.2], [1.25, 0.9, 0.1, 0.2], [0.6, 1.4, -0.2, 0.3]])
    found, drift = sites(WARPED, given, points), limit_drift(WARPED, given, points)
    entries = found.covariances[(slice(None), *np.triu_indices(4))]
    parts = np.einsum("spmd,sm->psd", found.maps, entries)
    np.testing.assert_allclose(parts, [drift.tangent, drift.mixed, drift.normal], rtol=0, atol=1e-12)
    single = anatomy(WARPED, given, points[2])
    np.testing.assert_allclose(found.eigenvalues[2], single.eigenvalues, rtol=0, atol=1e-12)
    projector = found.tangents.swapaxes(-1, -2) @ found.tangents
    np.testing.assert_allclose(projector[2], single.tangents.T @ single.tangents, rtol=0, atol=1e-12)


def test_neighbouring_sites_have_neighbouring_frames():
    circle = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
    chart = manifold_chart(circle, (1.0, 0.0))
    found = sites(circle, noise("isotropic"), chart.points(chart.grid))
    for frame in (found.normals, found.tangents):
        assert ((frame[1:] * frame[:-1]).sum(axis=-1) > 0.9).all()


def test_a_point_has_nothing_to_drift_along():
    with pytest.raises(ValueError, match="single point"):
        sites(Landscape.from_loss("x*x + y*y", XY), noise("isotropic"), [[0.0, 0.0]])


@pytest.mark.parametrize("scale", [1e-4, 1.0, 37.0])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_tidy_covariance_is_close_and_positive_semidefinite(scale, rank):
    factor = scale * np.random.default_rng(rank).normal(size=(3, rank))
    tidied = tidy_covariance(factor @ factor.T)
    values = np.array([[float(entry) for entry in row] for row in tidied])
    np.testing.assert_allclose(values, factor @ factor.T, atol=1e-3 * np.trace(factor @ factor.T))
    assert np.linalg.eigvalsh(values)[0] > -1e-12 * np.trace(values)
    assert max(len(entry) for row in tidied for entry in row) <= 16


def test_no_noise_is_tidy():
    assert tidy_covariance(np.zeros((2, 2))) == (("0", "0"), ("0", "0"))


def test_the_curve_begins_where_the_start_leads_if_it_is_the_same_one():
    hyperbola = Landscape.from_residuals(["x*y - 1"], XY)
    near = curve_through(hyperbola, (2.0, 0.5), np.array([1.0, 1.0]))
    assert near is not None
    np.testing.assert_allclose(near.points(0.0), [2.0, 0.5], atol=1e-9)
    other_arm = curve_through(hyperbola, (2.0, 0.5), np.array([-1.0, -1.0]))
    assert other_arm is not None
    np.testing.assert_allclose(other_arm.points(0.0), [-1.0, -1.0], atol=1e-9)
    sphere = Landscape.from_residuals(["(x*x + y*y + z*z - 1)/2"], ("x", "y", "z"))
    assert curve_through(sphere, (1.0, 0.0, 0.0), np.array([1.0, 0.0, 0.0])) is None


@pytest.mark.parametrize("place", ["ellipse", "trefoil"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizers_terms_sum_to_the_drift_that_its_limits_integrator_takes(name: str, place: str) -> None:
    """Which has all but the tangent part: that comes of the way back to Γ."""
    land, made = landscape(place), optimizer(name)
    size = land.dimension
    given = noise("label") if name == "reshuffling" else noise("covariance", matrix=(0.4 + 0.6 * np.eye(size)).tolist())
    experiment = Experiment(landscape=land, noise=given, optimizer=made, learning_rate=0.04)
    point = limit_map(land, np.array(land.start))
    parts = drift_terms(experiment, point)
    assert list(parts) == [term.name for term in made.terms]
    acting = experiment.limit_noise
    rank = size - 1
    tape = coefficient_tape(land.definition, acting.canonical, rank, limiting=made.canonical)
    values = (*land.values, *acting.values, *made.limit_values(0.04))
    along = evaluate_tape(tape, np.concatenate([point, made.slow_start(land, given, point)]), values)[:size]
    total = sum(vector for part, vector in parts.items() if part != "tangent")
    np.testing.assert_allclose(total, along, rtol=0, atol=1e-12)
    if place == "ellipse":
        assert np.abs(total).max() > 1e-3
    if "tangent" in parts and not made.slow_rows(size):
        scale = float(land.trace_hessian(point)) ** -2 if name == "gauss_newton" else 1.0
        np.testing.assert_allclose(parts["tangent"], scale * limit_drift(land, acting, point).tangent, rtol=0, atol=1e-12)


def test_a_closed_forms_part_is_the_optimizers_own() -> None:
    """On xy = 1 with λ = x² + y²: −½P∇λ takes q = x² − y² down by dq = −2q, and the decay −ωPx by dq = −2ωq."""
    point = np.array([2.0, 0.5])
    along = np.array([2 * point[0], -2 * point[1]])
    for name, speed in (("sam", 2.0), ("weight_decay", 1.0)):
        experiment = Experiment(landscape="hyperbola", start=(2.0, 0.5), noise="label", optimizer=name)
        assert drift_terms(experiment, point)["own"] @ along == pytest.approx(-speed * 3.75, rel=1e-9)


def test_where_adam_has_ended_there_is_a_sentence() -> None:
    experiment = Experiment(landscape="ellipse", noise="label", optimizer="adam")
    with pytest.raises(ValueError, match="The limit of Adam has no drift here: the gradient’s noise vanishes"):
        drift_terms(experiment, np.array([2.0, 0.0]))
