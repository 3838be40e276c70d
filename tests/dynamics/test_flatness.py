"""tr H along SGD and its limit, and the floor beneath them."""

from dataclasses import replace
from itertools import islice
from math import factorial

import numpy as np
import pytest

from dynamics import Experiment, Landscape, label_noise_flow, landscape, limit_map, noise, optimizer, simulate
from dynamics.models import MatrixSensing
from dynamics.models.from_landscape import LandscapeModel
from dynamics.models.manifold_flow import arrival
from dynamics.optimizers.measures import LOGARITHM, ROOT_OF_DIAGONAL, SHARPNESS, TRACE, Measure, averaged, decayed
from dynamics.status import Status
from dynamics.studies.flatness import EXAMPLES, Flatness, flattest, least_on_manifold, of_landscape, of_model
from figures.flatness import verdict


def last(stages) -> Flatness:
    *_, found = stages
    return found


@pytest.mark.parametrize(
    ("name", "floor"),
    [("hyperbola", 2.0), ("product", 3.0), ("valley", 1.0), ("circle", 1.0)],
)
def test_the_floor_of_a_landscape_is_the_known_one(name: str, floor: float) -> None:
    place = landscape(name)
    for found in (
        least_on_manifold(place, TRACE, [limit_map(place, place.start)]),
        flattest(LandscapeModel(place), [np.array(place.start)]),
    ):
        assert found is not None
        assert found.value == pytest.approx(floor, rel=1e-8)
        assert np.abs(place.residuals(found.point)).max() < 1e-9


@pytest.mark.parametrize(
    ("name", "measure", "floor"),
    [
        ("hyperbola", SHARPNESS, 2.0),  # x² + y² on xy = 1
        ("hyperbola", LOGARITHM, np.log(2.0)),
        ("hyperbola", ROOT_OF_DIAGONAL, 2.0),  # |x| + |y|
        ("sphere", ROOT_OF_DIAGONAL, 1.0),  # ‖x‖₁ on ‖x‖ = 1: a kink at the axes
        ("torus", ROOT_OF_DIAGONAL, 0.96),  # ‖∇f‖ is least, 2·0.4·1.2, on the inner equator, and ‖∇f‖₁ there where it meets an axis
        ("hyperbola", decayed(1.0, 0.5), 1.0),  # ¼·2 + ¼·2 at x = y
        ("hyperbola", averaged(4, 0.4), 2 + 3 * sum((-1.6) ** k / (k * factorial(k)) for k in range(2, 30)) / 0.8),
    ],
)
def test_the_floor_of_what_another_optimizer_flows_down_is_the_known_one(name: str, measure: Measure, floor: float) -> None:
    place = landscape(name)
    random, start = np.random.default_rng(1), np.array(place.start)
    starts = limit_map(place, start + 0.5 * random.standard_normal((12, len(start))))
    found = least_on_manifold(place, measure, list(starts))
    assert found is not None
    assert found.value == pytest.approx(floor, rel=1e-6)
    assert np.abs(place.residuals(found.point)).max() < 1e-9


@pytest.mark.parametrize(
    ("residuals", "start", "floor"),
    [
        (["x*y - 1", "x*y/2 - 1/2"], (2.0, 0.5), 1.25),  # (1 + ¼)(x² + y²)/2
        (["x*y", "y*(1 + x^2)"], (1.0, 0.0), 0.5),  # [x² + (1 + x²)²]/2 on the x-axis
        (["x*y - 1", "x*z - 1", "x*(y + z) - 2"], (1.2, 0.9, 0.7), 2 * 24**0.5 / 3),  # (4x² + 6/x²)/3 at y = z = 1/x
    ],
)
def test_the_floor_beneath_residuals_that_depend_on_each_other(residuals, start, floor) -> None:
    place = Landscape.from_residuals(residuals, ("x", "y", "z")[: len(start)])
    found = least_on_manifold(place, TRACE, [limit_map(place, np.array(start))])
    assert found is not None
    assert found.value == pytest.approx(floor, rel=1e-7)


def test_there_is_no_floor_where_the_hessian_loses_rank() -> None:
    """On the cross every measure falls towards where Γ crosses itself, and there the theory ends."""
    place = landscape("cross")
    assert least_on_manifold(place, LOGARITHM, [limit_map(place, place.start)]) is None


@pytest.mark.parametrize(("name", "measure", "floor"), [("sam", "λ₁", 1.0), ("normalized", "ln λ₁", 0.0)])
def test_the_page_follows_what_the_optimizer_flows_down(name: str, measure: str, floor: float) -> None:
    """On the ellipse x²/4 + y² = 1, where λ₁ = x²/4 + 4y²; normalized descent takes ln λ₁ down by ¼ |P∇ ln λ₁|² per slow time."""
    experiment = Experiment(landscape="ellipse", optimizer=optimizer(name), horizon=0.2, paths=300, frames=40)  # type: ignore[arg-type]
    found = last(of_landscape(experiment))
    assert found.measure.name == measure
    assert found.floor is not None
    assert found.floor.value == pytest.approx(floor, abs=1e-6)
    assert found.paths == 1
    point = limit_map(experiment.landscape, experiment.start)
    sharpness = point[0] ** 2 / 4 + 4 * point[1] ** 2
    assert found.limit.mean[0] == pytest.approx(sharpness if name == "sam" else np.log(sharpness), rel=1e-5)
    assert (np.diff(found.limit.mean) < 1e-6).all()
    normal, slope = np.array([point[0] / 2, 2 * point[1]]), np.array([point[0] / 2, 8 * point[1]])
    slope -= normal * (normal @ slope) / (normal @ normal)
    speed = slope @ slope / 2 if name == "sam" else slope @ slope / (4 * sharpness**2)
    seen = (found.limit.mean[4] - found.limit.mean[0]) / (found.times[4] - found.times[0])
    assert seen == pytest.approx(-speed, rel=0.05)
    assert found.sgd is not None
    assert found.sgd.mean[-1] == pytest.approx(found.limit.mean[-1], rel=0.05)


def test_adams_starts_are_where_its_own_flow_arrives() -> None:
    """Its flow scales each coordinate: from a start off Γ it arrives elsewhere than gradient flow, and there its limit begins."""
    given = {"landscape": "ellipse", "optimizer": "adam", "start": (1.2, 1.2), "horizon": 0.02, "paths": 20, "frames": 10}
    found = last(of_landscape(Experiment(**given)))
    assert found.measure.name == "tr √Diag(H)"
    assert found.ends.starts[0] == pytest.approx(found.limit.mean[0], rel=1e-5)
    x, y = limit_map(landscape("ellipse"), (1.2, 1.2))
    assert abs(found.ends.starts[0] - (x / 2 + 2 * y)) > 0.01


@pytest.mark.parametrize("name", ["linear", "diagonal"])
def test_the_floor_of_a_diagonal_net_is_where_the_flow_ends(name: str) -> None:
    example = EXAMPLES[name]
    model = example.build()
    floor = flattest(model, [])
    assert floor is not None
    assert np.abs(model.residuals(floor.point)).max() < 1e-7
    end = label_noise_flow(model, example.start(model, np.random.default_rng(0)), [300.0])[-1]
    assert floor.value <= float(model.trace_hessian(end)) <= (1 + 1e-4) * floor.value


def test_the_floor_of_a_whole_matrix_is_its_nuclear_norm() -> None:
    """All d² entries are seen: tr H = (‖U‖² + ‖V‖²)/d, at least 2/d times the nuclear norm."""
    product = np.random.default_rng(3).normal(size=(3, 3))
    model = MatrixSensing(np.eye(9).reshape(9, 3, 3), product.ravel(), 3)
    starts = [arrival(model, np.random.default_rng(k).normal(size=18)) for k in range(3)]
    floor = flattest(model, starts)
    assert floor is not None
    assert floor.value == pytest.approx(2 / 3 * np.linalg.norm(product, "nuc"), rel=1e-6)


def test_label_noise_comes_down_to_the_floor_from_every_start() -> None:
    found = last(of_landscape(Experiment(landscape="hyperbola", horizon=4.0, paths=60)))  # type: ignore[arg-type]
    assert found.floor is not None
    assert found.floor.value == pytest.approx(2.0)
    assert found.ends.starts.max() > 2 * found.floor.value
    assert found.ends.limit == pytest.approx(found.floor.value, rel=0.01)
    assert found.ends.sgd == pytest.approx(found.ends.limit, rel=0.02)
    assert found.sgd is not None
    assert (found.sgd.low >= found.floor.value - 1e-9).all()  # on Γ nothing is below it


def test_the_motor_minimizes_nothing() -> None:
    found = last(of_landscape(Experiment(landscape="motor", paths=20)))  # type: ignore[arg-type]
    assert found.floor is not None
    late = found.limit.mean[len(found.times) // 2 :]
    assert late.max() > found.floor.value + 0.1
    assert (np.diff(found.limit.mean) > 0).any()
    assert (np.diff(found.limit.mean) < 0).any()


def test_a_model_follows_its_flow_down() -> None:
    stages = list(of_model("linear", learning_rate=0.0025, scale=1.0, horizon=2.0))
    assert stages[0].sgd is None
    assert stages[0].floor is None
    found = stages[-1]
    assert found.sgd is not None
    assert found.floor is not None
    assert found.limit.mean[-1] < found.limit.mean[0] / 3
    assert found.sgd.mean[-1] == pytest.approx(found.limit.mean[-1], rel=0.1)
    assert np.isfinite(found.ends.sgd).all()
    assert np.isfinite(found.ends.limit).all()


def test_what_does_not_end_is_a_sentence() -> None:
    found = last(of_model("linear", learning_rate=0.2, scale=1.0, horizon=4.0))
    assert "diverged" in found.sentence


@pytest.mark.parametrize(("name", "floor"), [("sam", 1.0), ("normalized", 0.0), ("weight_noise", 1.0)])
def test_a_landscape_that_is_given_by_its_loss_has_the_floor_of_its_residuals(name: str, floor: float) -> None:
    """The ellipse x²/4 + y² = 1 as a loss: λ₁ = tr H = x²/4 + 4y² on Γ, least at (±2, 0)."""
    bare = Landscape.from_loss("(x^2/4 + y^2 - 1)^2/2", ["x", "y"])
    given = {"optimizer": name, "start": (1.0, 1.2), "horizon": 0.3, "paths": 10, "frames": 10, "noise": noise("isotropic")}
    (_, found), (_, twin) = (list(islice(of_landscape(Experiment(landscape=land, **given)), 2)) for land in (bare, "ellipse"))
    assert found.floor is not None
    assert found.floor.value == pytest.approx(floor, abs=1e-6)
    np.testing.assert_allclose(found.limit.mean, twin.limit.mean, rtol=1e-4, atol=1e-6)


def test_a_longer_way_along_a_surface_of_its_loss() -> None:
    """On the sphere of radius 1 with weights: f = (x² + 2y² + 4z² − 1)/2 has H = ∇f∇fᵀ, least where the normal is shortest."""
    bare = Landscape.from_loss("(x^2 + 2*y^2 + 4*z^2 - 1)^2/8", ["x", "y", "z"])
    starts = [limit_map(bare, start) for start in ((0.1, 0.2, 0.5), (0.3, 0.5, 0.2))]
    floor = least_on_manifold(bare, TRACE, starts)
    assert floor is not None
    assert floor.value == pytest.approx(1.0, abs=1e-6)  # at (±1, 0, 0)
    assert abs(floor.point[0]) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("who", ["sgd", "limit"])
def test_no_mean_is_taken_of_survivors_and_who_is_lost_is_named(monkeypatch, who):
    def losing(run, **heard):
        outcome = simulate(run, **heard)
        frozen = getattr(outcome, f"{who}_frozen").copy()
        frozen[:7] = 10
        status = Status("diverged", 10, 7, "7 of 20 paths of SGD diverged.")
        return replace(outcome, status=status, **{f"{who}_frozen": frozen})

    monkeypatch.setattr("dynamics.studies.flatness.simulate", losing)
    first = next(of_landscape(Experiment(landscape="hyperbola", paths=20, frames=20)))
    lost, whole = (first.sgd, first.limit) if who == "sgd" else (first.limit, first.sgd)
    for field in ("mean", "low", "high"):
        assert np.isfinite(getattr(lost, field)[:10]).all()
        assert np.isnan(getattr(lost, field)[10:]).all()
        assert np.isfinite(getattr(whole, field)).all()
    assert "7 of 20 paths of SGD" in first.sentence
    assert ("7 of 20 paths of the limit" in first.sentence) == (who == "limit")
    assert ("where the first path is lost" in verdict(first, noise("label"))) == (who == "limit")
