"""The limit of whole experiments, of every shape of Γ: no path is lost that the exact process has not lost, and laws are right."""

import math
from functools import partial

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape_names, limit_map, noise
from dynamics.engine.ensemble import Ensemble, Progress, run_ensemble
from dynamics.limit.chart import manifold_chart
from dynamics.limit.fokker_planck import fokker_planck
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.schemes.base import LEFT_MANIFOLD, RANK_CHANGED
from dynamics.simulate import arrival, limit_pace
from tests.truth.manifolds import OWN
from tests.truth.statistics import assert_law, assert_mean

KEEPS_RANK = [name for name in landscape_names() if name != "cross"]
KINDS = ("isotropic", "label", "anisotropic")
COSTLY = ("ellipse 1:20", "steep parabola", "genus 2")


def given_noise(kind: str, dimension: int):
    if kind != "anisotropic":
        return noise(kind)
    return noise("covariance", matrix=[[str(value) for value in row] for row in np.diag([2.0] + [0.2] * (dimension - 1))])


def limit_of(experiment: Experiment, times) -> Ensemble:
    """The limit that `simulate` would draw, at the slow times."""
    watch = Progress(math.inf, None, None)
    _, problem, missing = arrival(experiment, watch)
    assert problem, missing
    stepper = partial(SCHEMES[experiment.scheme].stepper, problem, limit_pace(experiment))
    return run_ensemble(stepper, np.asarray(times, dtype=float), experiment.paths, experiment.landscape.dimension, watch)


def assert_none_is_lost(landscape: Landscape, given, start, paths: int) -> None:
    for horizon in (1.0, 50.0):
        experiment = Experiment(landscape=landscape, noise=given, start=start, horizon=horizon, paths=paths)
        few, many = (limit_of(experiment, np.linspace(0, horizon, frames)) for frames in (2, 400))
        for ensemble in (few, many):
            assert not (ensemble.frozen_at >= 0).any(), ensemble.failure[ensemble.frozen_at >= 0]
            assert landscape.loss(ensemble.points.astype(float)).max() < 1e-9
        np.testing.assert_array_equal(few.points[-1], many.points[-1])  # frames change what is kept, not where a path goes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OWN)
def test_no_path_is_lost(name, kind):
    own = OWN[name]
    if own.loss and kind == "label":
        with pytest.raises(ValueError, match="residual"):
            Experiment(landscape=own.landscape, noise=noise("label"), start=own.start)
        return
    assert_none_is_lost(own.landscape, given_noise(kind, len(own.start)), own.start, paths=4 if name in COSTLY else 16)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", KEEPS_RANK)
def test_no_path_is_lost_on_a_built_in_landscape(name, kind):
    opening = Experiment(landscape=name)
    assert_none_is_lost(opening.landscape, given_noise(kind, opening.landscape.dimension), opening.start, paths=16)


@pytest.mark.parametrize("scheme", ["explicit", "projective"])
def test_where_the_exact_process_ends_its_paths_do(scheme):
    """On the cross x² is a squared Bessel process of dimension 0, which has reached 0 by T with probability e^{−x²/2T}."""
    experiment = Experiment(
        landscape="cross", noise=noise("isotropic"), start=(1.0, 0.0), horizon=2.0, paths=2_000 if scheme == "explicit" else 400,
        scheme=scheme,
    )  # fmt: skip
    for frames in (2, 60):
        ensemble = limit_of(experiment, np.linspace(0, 2, frames))
        assert set(ensemble.failure[ensemble.frozen_at >= 0]) == {RANK_CHANGED}
        assert LEFT_MANIFOLD not in ensemble.failure
        assert_mean(ensemble.frozen_at >= 0, np.exp(-1 / 4), bias=0.005)


@pytest.mark.parametrize("horizon", [1.0, 2.0])
def test_on_a_lemniscate_as_many_paths_end_as_the_density_loses(horizon):
    """Between its crossing and itself the limit is a diffusion on an interval that is absorbed at both ends (Fokker–Planck)."""
    eight = Landscape.from_residuals(["(x^2 + y^2)^2 - 2*(x^2 - y^2)"], ("x", "y"))
    start = limit_map(eight, np.array([1.2, 0.3]))
    chart = manifold_chart(eight, start)
    assert chart.ends == ("singular", "singular")
    left = float(fokker_planck(eight, noise("isotropic"), chart, start, [horizon]).sum()) * chart.cell
    experiment = Experiment(landscape=eight, noise=noise("isotropic"), start=tuple(start), horizon=horizon, paths=3_000)
    for frames in (2, 60):
        ensemble = limit_of(experiment, np.linspace(0, horizon, frames))
        assert set(ensemble.failure[ensemble.frozen_at >= 0]) == {RANK_CHANGED}
        assert_mean(ensemble.frozen_at >= 0, 1 - left, bias=0.005)


CURVES = {
    "ellipse 1:9": "isotropic",
    "varying ring": "isotropic",
    "nearly a lemniscate": "anisotropic",
    "square, rounded": "isotropic",
    "helix": "anisotropic",
    "twisted cubic": "isotropic",
}


def check_law(name: str, horizon: float, scheme: str = "explicit", paths: int = 4_000, substeps: int = 4) -> None:
    own, kind = OWN[name], CURVES[name]
    landscape, given = own.landscape, given_noise(kind, len(own.start))
    experiment = Experiment(
        landscape=landscape, noise=given, start=own.start, horizon=horizon, paths=paths, scheme=scheme, substeps=substeps
    )  # fmt: skip
    times = np.array([horizon / 2, horizon])
    chart, densities = exact(name, horizon)
    edges = chart.origin + chart.cell * np.arange(len(chart.grid) + 1)
    for frames in (times, np.union1d(times, np.linspace(0, horizon, 150))):
        points = limit_of(experiment, frames).points[np.isin(frames, times)].astype(float)
        assert np.isfinite(points).all()
        for density, at in zip(densities, chart.arc_length(points), strict=True):
            below = np.concatenate([[0.0], np.cumsum(density) * chart.cell])
            assert_law(at, partial(np.interp, xp=edges, fp=below), bias=0.012)
            for frequency in (1, 2):
                phase = 2 * np.pi * frequency / chart.length
                for wave in (np.cos, np.sin):
                    assert_mean(wave(phase * at), float((wave(phase * chart.grid) * density).sum() * chart.cell), bias=0.012)


_EXACT = {}


def exact(name: str, horizon: float):
    """The chart of Γ, and the Fokker–Planck densities on it at half the horizon and at the horizon."""
    if (name, horizon) not in _EXACT:
        own = OWN[name]
        experiment = Experiment(landscape=own.landscape, start=own.start)
        point = arrival(experiment, Progress(math.inf, None, None))[1].start
        chart = manifold_chart(own.landscape, point, cells=1_200)
        given = given_noise(CURVES[name], len(own.start))
        _EXACT[name, horizon] = chart, fokker_planck(own.landscape, given, chart, point, [horizon / 2, horizon])
    return _EXACT[name, horizon]


@pytest.mark.parametrize(("horizon", "paths"), [(1.0, 4_000), (4.0, 1_500)])
@pytest.mark.parametrize("name", CURVES)
def test_law_on_a_curve(name, horizon, paths):
    check_law(name, horizon, paths=paths)


@pytest.mark.parametrize("name", ["varying ring", "square, rounded"])
def test_law_of_the_projective_scheme(name):
    check_law(name, 1.0, "projective", 600)


def test_planted_drift_is_seen(plant_in_limit):
    plant_in_limit(normal=0.5)
    with pytest.raises(AssertionError, match="is allowed"):
        check_law("varying ring", 1.0)
