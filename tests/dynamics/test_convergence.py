"""The verdict on convergence in law: slopes on limits that are known, and both kinds of error."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.stats import energy_distance, ks_2samp, wasserstein_distance

from dynamics import Experiment, Landscape, manifold_chart, noise
from dynamics.limit import arc_length
from dynamics.settings import in_words
from dynamics.studies import laws
from dynamics.studies.convergence import _log_slope, _moment_gaps, convergence, ladder, ladder_cost, stages
from dynamics.studies.laws import Law

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
VALLEY = Landscape.from_residuals(["sqrt(1 + x*x)*y"], XY)
SPHERE = Landscape.from_residuals(["(x*x + y*y + z*z - 1)/2"], ("x", "y", "z"))
LABEL = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2.0, 0.5), learning_rate=0.2, horizon=1.0)
BROWNIAN = Experiment(landscape=CIRCLE, noise=noise("isotropic"), start=(1.0, 0.0), learning_rate=0.2, horizon=1.0)


def test_distances_against_scipy():
    random = np.random.default_rng(0)
    one, other = random.normal(size=500), random.normal(0.3, 1.2, size=800)
    found = laws.distances(Law.of(one), Law.of(other))
    assert found.wasserstein == pytest.approx(wasserstein_distance(one, other))
    assert found.kolmogorov == pytest.approx(ks_2samp(one, other).statistic)
    assert found.energy == pytest.approx(energy_distance(one, other))
    ties = laws.distances(Law.of([0.0, 0.0, 1.0]), Law.of([0.0, 1.0], [2.0, 1.0]))
    assert ties.wasserstein == pytest.approx(0.0)
    assert ties.kolmogorov == pytest.approx(0.0)


def test_bootstrap_spread_is_that_of_new_samples():
    random = np.random.default_rng(1)
    other = Law.of(np.linspace(-3, 3, 400))
    fresh = [laws.distances(Law.of(random.normal(size=300)), other).wasserstein for _ in range(300)]
    boot = laws.bootstrap(Law.of(random.normal(size=300)), other, random, 300).wasserstein
    assert np.std(boot) == pytest.approx(np.std(fresh), rel=0.3)


@pytest.mark.parametrize(
    ("experiment", "observable"),
    [
        (LABEL, "x*x - y*y"),
        (Experiment(landscape=CIRCLE, noise=noise("isotropic"), start=(1.0, 0.0), learning_rate=0.1, horizon=1.0), "x"),
        (Experiment(landscape=VALLEY, noise=noise("label"), start=(1.5, 0.0), learning_rate=0.2, horizon=2.0), None),
    ],
    ids=["hyperbola with label noise", "Brownian motion on the circle", "valley with label noise"],
)
def test_weak_slope_is_one(experiment, observable):
    last = None
    for last in stages(experiment, observable=observable, accuracy=0.03):
        if last.weak_slope()[1] < 0.05:
            break
    assert last.exact
    assert last.slope == pytest.approx(1.0, abs=0.25)
    assert last.verdict != "disagrees"
    assert (np.diff(last.distances) < 0).all()
    assert (last.standard_errors > 0).all()


def verdicts(seeds, experiment):
    rates = (0.2, 0.1, 0.05)
    return [next(stages(replace(experiment, seed=seed), rates)).verdict for seed in seeds]


def planted(factor, *arguments, original):
    tangent, mixed, normal, factor_of_noise = original(*arguments)
    return tangent, mixed, factor * normal, factor_of_noise


def test_a_wrong_drift_is_called_wrong_and_a_right_one_is_not(monkeypatch):
    right = verdicts(range(10), LABEL)
    assert right == ["agrees"] * 10, right
    monkeypatch.setattr(arc_length, "limit_parts", partial(planted, 2.0, original=arc_length.limit_parts))
    wrong = verdicts(range(100, 110), LABEL)
    assert wrong == ["disagrees"] * 10, wrong


def test_a_right_limit_with_diffusion_is_not_called_wrong():
    assert "disagrees" not in verdicts(range(5), BROWNIAN)


def test_too_few_paths_is_said_with_how_many_would_do():
    first = next(stages(BROWNIAN, (0.1, 0.05, 0.025), accuracy=0.02))
    assert first.verdict == "not enough paths"
    assert first.paths_needed > 5 * first.rungs[0].paths
    assert f"about {in_words(first.paths_needed, 2)} paths" in first.reason


def test_a_learning_rate_beyond_stability_is_said():
    diverging = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(3.0, 0.5), learning_rate=0.8, horizon=40.0)
    result = next(stages(diverging, (1.2, 1.0, 0.8)))
    assert result.verdict == "learning rate too large"
    assert "diverged" in result.reason


def test_one_learning_rate_that_loses_paths_is_named():
    steep = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(3.0, 0.5), learning_rate=0.1, horizon=4.0)
    result = next(stages(steep, (0.4, 0.1, 0.05)))
    assert [rung.lost > 0 for rung in result.rungs] == [True, False, False]
    assert result.verdict == "learning rate too large"
    assert result.reason.startswith("At η = 0.4, ")


def test_a_surface_is_compared_with_an_ensemble():
    experiment = Experiment(landscape=SPHERE, noise=noise("isotropic"), start=(1.0, 0.0, 0.0), learning_rate=0.2, horizon=1.0)
    result = convergence(experiment, (0.1, 0.05, 0.025), accuracy=0.3)
    assert not result.exact
    assert result.observable == "x"
    assert result.verdict == "agrees"
    # E x = e^{-s²(D−1)t/2}
    error = (result.limit[-1].variance / len(result.limit[-1].values)) ** 0.5
    assert result.limit[-1].mean == pytest.approx(np.exp(-1.0), abs=6 * error + 0.01)


def test_paths_are_added_and_the_same_seed_repeats():
    one, other = (list(stages(BROWNIAN, (0.2, 0.1, 0.05), accuracy=0.15)) for _ in range(2))
    assert [stage.rungs[0].paths for stage in one] == sorted({stage.rungs[0].paths for stage in one})
    np.testing.assert_array_equal(one[-1].distances, other[-1].distances)


def test_a_verdict_does_not_depend_on_the_observables_unit():
    one, other = (convergence(BROWNIAN, (0.2, 0.1, 0.05), observable=formula, accuracy=0.3) for formula in ("x", "8*x"))
    assert (one.verdict, one.reason) == (other.verdict, other.reason)
    np.testing.assert_allclose(other.extrapolated, one.extrapolated * [8, 64], rtol=1e-6)


def test_the_ladder_is_halves_and_affordable():
    rates = ladder(BROWNIAN)
    assert len(rates) >= 3
    np.testing.assert_allclose(np.array(rates[1:]) / rates[:-1], 0.5)
    dear = replace(BROWNIAN, learning_rate=0.001)
    assert ladder_cost(dear, ladder(dear), 960) <= 3e8


def test_no_comparison_without_a_limit():
    with pytest.raises(ValueError, match="not zero"):
        convergence(Experiment(landscape=Landscape.from_loss("x*x + y*y + 1", XY), start=(1.0, 1.0)))
    with pytest.raises(ValueError, match="at least 3"):
        convergence(BROWNIAN, (0.1, 0.05))
    with pytest.raises(ValueError, match="point"):
        convergence(Experiment(landscape=Landscape.from_residuals(["x", "y"], XY), start=(1.0, 1.0)))
    with pytest.raises(ValueError, match="unknown"):
        convergence(BROWNIAN, observable="q + 1")


def test_cancel_ends_the_stages():
    assert list(stages(BROWNIAN, cancel=lambda: True)) == []


def test_a_limit_without_one_of_its_parts_is_called_wrong():
    without_normal = replace(LABEL, parts=("tangent", "mixed"), learning_rate=0.05)
    *_, last = stages(without_normal, observable="x*x - y*y")
    assert last.verdict == "disagrees"
    assert not last.exact


def test_paths_of_sgd_that_cross_to_another_piece_of_the_manifold_are_counted():
    lines = Landscape.from_residuals(["y*(y - 1)"], XY)
    experiment = Experiment(landscape=lines, noise=noise("isotropic"), start=(0.0, 0.0), learning_rate=0.2, horizon=1.0)
    found = next(stages(experiment, (0.2, 0.1, 0.05)))
    assert "came back to Γ off the curve" in found.reason
    assert found.verdict in ("learning rate too large", "lost paths")


def test_points_beyond_a_chart_or_on_another_piece_are_not_on_it():
    chart = manifold_chart(HYPERBOLA, (1.0, 1.0), reach=2.0)
    s, elsewhere = chart.arc_length_on(np.array([[1.0, 1.0], [2.0, 0.5], [-1.0, -1.0], [8.0, 0.125], [np.nan, 1.0]]))
    assert elsewhere.tolist() == [False, False, True, True, False]
    assert np.isfinite(s).tolist() == [True, True, False, False, False]


def test_moments_and_their_errors_are_those_of_a_sample():
    """Against many samples: the mean of the gap is that of the laws, its spread the standard error."""
    random = np.random.default_rng(5)
    limit = Law.of(np.linspace(-1, 1, 2001) * np.sqrt(3))  # uniform, of variance 1
    gaps, _ = np.array([_moment_gaps(Law.of(0.5 + random.exponential(1.0, 20)), limit, 20, np.inf) for _ in range(4000)]).swapaxes(
        0, 1
    )
    # Exponential: mean 1, variance 1, fourth central moment 9; Var s² = (9 − 17/19)/20 of 20.
    np.testing.assert_allclose(gaps.mean(axis=0), [1.5, 0.0], atol=5 * gaps.std(axis=0).max() / np.sqrt(4000))
    np.testing.assert_allclose(gaps.std(axis=0), [np.sqrt(1 / 20), np.sqrt((9 - 17 / 19) / 20)], rtol=0.1)
    large = Law.of(random.exponential(1.0, 100_000))
    np.testing.assert_allclose(_moment_gaps(large, limit, 100_000, np.inf)[1], np.sqrt(np.array([1, 8]) / 100_000), rtol=0.1)
    both = _moment_gaps(large, Law.of(random.normal(size=100_000)), 100_000, 100_000)[1]
    np.testing.assert_allclose(both, np.sqrt(np.array([1 + 1, 8 + 2]) / 100_000), rtol=0.1)


def test_a_fitted_slope_is_that_of_weighted_least_squares():
    rates, values, errors = np.array([0.2, 0.1, 0.05]), np.array([0.5, 0.2, 0.12]), np.array([0.01, 0.03, 0.02])
    slope, error = _log_slope(rates, values, errors)
    fitted, covariance = np.polyfit(np.log(rates), np.log(values), 1, w=values / errors, cov="unscaled")
    assert slope == pytest.approx(fitted[0])
    assert error == pytest.approx(np.sqrt(covariance[0, 0]))


def test_progress_comes_to_its_end():
    told = []
    convergence(Experiment(landscape="hyperbola", noise="label", horizon=0.2), [0.1, 0.05, 0.025], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
