"""Densities beside SGD: one experiment's exact law in arc length and the paths seen through Φ."""

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import norm

from dynamics import Experiment, noise, optimizer
from dynamics.studies.exact import exact_density
from dynamics.studies.projected import lost_sentence


def stages(**settings) -> list:
    return list(exact_density(Experiment(**settings), moments=6))


def test_the_ornstein_uhlenbeck_valley() -> None:
    found = stages(landscape="valley_gaussian", start=(1.0, 0.0), noise="isotropic", horizon=1.0)[0]
    mean, deviation = np.exp(-0.5), np.sqrt(1 - np.exp(-1.0))
    exact = norm.pdf(found.chart.points(found.chart.grid)[:, 0], mean, deviation)
    assert np.abs(found.density[-1] - exact).sum() * found.chart.cell / 2 < 1e-4
    assert found.paths == 0


def test_weight_decay_pulls_the_valleys_law_together() -> None:
    """In the valley ds = −½s dt + dW; the decay adds −ωs, so that it is an Ornstein–Uhlenbeck process still."""
    decay = optimizer("weight_decay", decay=1.5)
    found = stages(landscape="valley_gaussian", start=(1.0, 0.0), noise="isotropic", horizon=1.0, optimizer=decay)[0]
    mean, deviation = np.exp(-2.0), np.sqrt((1 - np.exp(-4.0)) / 4)
    exact = norm.pdf(found.chart.points(found.chart.grid)[:, 0], mean, deviation)
    assert np.abs(found.density[-1] - exact).sum() * found.chart.cell / 2 < 3e-4
    assert found.stationary is not None
    at_rest = norm.pdf(found.chart.points(found.chart.grid)[:, 0], 0.0, 0.5)
    assert np.abs(found.stationary - at_rest).sum() * found.chart.cell / 2 < 1e-3


def _psi(z: float) -> float:
    return 1 + np.expm1(-z) / z


@pytest.mark.parametrize(
    ("name", "settings", "rate"),
    [  # −d ln q/dt of q = x² − y² on xy = 1, where λ = √(q² + 4)
        ("sam", {}, lambda sharpness: 2.0),
        ("weight_noise", {}, lambda sharpness: 2.0),
        ("normalized", {}, lambda sharpness: 1 / sharpness),
        ("sqrt_loss", {}, lambda sharpness: 0.5),
        ("reshuffling", {}, lambda sharpness: 1.0),
        ("weight_decay", {"decay": 0.5}, lambda sharpness: 2.0),
        ("local_sgd", {"workers": 4, "local_steps": 5}, lambda sharpness: 1 + 3 * _psi(2 * 0.25 * sharpness)),
    ],
)
def test_a_flow_along_the_hyperbola_is_a_point_that_goes_by_its_law(name: str, settings: dict, rate) -> None:
    given = {"landscape": "hyperbola", "start": (2.0, 0.5), "noise": "label", "learning_rate": 0.05, "horizon": 0.5}
    found = next(exact_density(Experiment(**given, optimizer=optimizer(name, **settings)), moments=5))  # type: ignore[arg-type]
    law = solve_ivp(lambda _, q: -rate(np.sqrt(q**2 + 4)) * q, (0.0, 0.5), [3.75], t_eval=found.times, rtol=1e-10, atol=1e-12).y[0]
    assert not found.diffuses
    x, y = found.chart.points(found.centre).T
    np.testing.assert_allclose(x**2 - y**2, law, rtol=1e-6)
    assert found.first_passage(0.5) is None


def test_where_all_paths_are_one_no_more_are_drawn() -> None:
    _, found = stages(landscape="hyperbola", noise="label", optimizer="sqrt_loss", horizon=0.5)
    assert np.ptp(found.sgd, axis=1) == pytest.approx(0.0)
    assert found.sgd[-1, 0] == pytest.approx(found.centre[-1], abs=0.02)


def adam_in_the_valley(kappa: float) -> Experiment:
    return Experiment(
        landscape="valley_gaussian", noise=noise("covariance", matrix=[["1+x^2", "0"], ["0", "4"]]), start=(1.5, 0.0),
        optimizer=optimizer("adam", kappa=kappa), horizon=3.0, learning_rate=0.05,
    )  # fmt: skip


def test_adams_stationary_density_for_slaved_second_moments() -> None:
    """In the valley of h with Σ = diag(a, b): dX = dW − ¼√(b/a) (ln h)′ dt. With h = e^{x²}, a = 1 + x², b = 4: ∝ e^{−2√(1+x²)}."""
    found = next(exact_density(adam_in_the_valley(100.0)))
    x = found.chart.points(found.chart.grid)[:, 0]
    np.testing.assert_allclose(found.coefficients.variance, 1.0, rtol=1e-6)
    np.testing.assert_allclose(found.coefficients.drift * np.sign(x[-1] - x[0]), -x / np.sqrt(1 + x**2), atol=1e-6)
    law = np.exp(-2 * np.sqrt(1 + x**2))
    assert found.stationary is not None
    np.testing.assert_allclose(found.stationary, law / (law.sum() * found.chart.cell), atol=2e-4)


def test_the_coupled_system_tends_to_the_density_for_slaved_second_moments() -> None:
    """Means of x and x² at three times, within four standard errors; at κ = 0.1 the spread is another."""

    def moments(kappa: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        stages = exact_density(adam_in_the_valley(kappa))
        next(stages)
        found = next(stages)
        at = [7, 15, 31]
        x = found.chart.points(found.chart.grid)[:, 0]
        seen = found.chart.points(found.simulated[at])[..., 0]
        law = np.array([(found.density[at] * x**power).sum(axis=1) * found.chart.cell for power in (1, 2)])
        powers = np.array([seen, seen**2])
        return law, powers.mean(axis=-1), powers.std(axis=-1) / np.sqrt(seen.shape[-1])

    law, seen, error = moments(60.0)
    assert np.abs((seen - law) / error).max() < 4
    law, seen, error = moments(0.1)
    assert (law - seen)[1, -1] > 8 * error[1, -1]


def test_where_adam_only_flows_both_are_points() -> None:
    """On the hyperbola x − y falls as e^{−t/2} for κ → ∞; at κ = 5 it is 0.9391 at t = 1, from (2, ½)."""
    adam = optimizer("adam", kappa=5.0)
    stages = exact_density(Experiment(landscape="hyperbola", noise="label", optimizer=adam, horizon=1.0, start=(2.0, 0.5)))
    next(stages)
    found = next(stages)
    assert not found.diffuses
    for place, law in ((found.centre[-1], 1.5 * np.exp(-0.5)), (found.simulated[-1, 0], 0.9391)):
        x, y = found.chart.points(place)
        assert x - y == pytest.approx(law, abs=2e-3)


def test_where_adam_divides_by_nothing_there_is_no_density() -> None:
    with pytest.raises(ValueError, match="On its way along Γ the limit of Adam ends: there the gradient’s noise vanishes"):
        next(exact_density(Experiment(landscape="ellipse", noise="label", optimizer="adam")))


def test_paths_are_added_and_those_before_stay() -> None:
    first, second, third = stages(landscape="circle", noise="isotropic", learning_rate=0.05)[:3]
    assert (first.paths, second.paths < third.paths) == (0, True)
    assert np.array_equal(third.sgd[:, : second.paths], second.sgd)


def test_the_histogram_is_a_density_with_binomial_errors() -> None:
    found = stages(landscape="circle", noise="isotropic", learning_rate=0.02)[-1]
    edges = np.linspace(found.chart.origin, found.chart.origin + found.chart.length, 21)
    histogram, error, expected = found.histogram(edges)
    width = edges[1] - edges[0]
    assert histogram.sum(axis=1) * width == pytest.approx(1.0)
    assert expected.sum(axis=1) * width == pytest.approx(1.0, abs=1e-9)
    deviations = (histogram - expected)[-1] / error[-1]
    assert np.sqrt(np.mean(deviations**2)) < 2  # within the noise, but for what η = 0.02 adds
    assert np.abs(np.roll(expected[-1], 3) - histogram[-1]).max() > 5 * error[-1].max()


def test_a_limit_without_noise_is_a_point_that_the_motor_turns() -> None:
    found = next(exact_density(Experiment(landscape="motor", horizon=4.0), moments=4))  # type: ignore[arg-type]
    assert not found.diffuses
    assert found.current == pytest.approx(3 / 8 / (2 * np.pi), rel=1e-6)
    assert np.abs(np.diff(found.centre, prepend=0.0)) == pytest.approx(np.full(4, 0.375), rel=1e-6)
    assert found.first_passage(1.0) is None


def test_where_gamma_is_no_curve_there_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="a manifold of dimension 2"):
        next(exact_density(Experiment(landscape="sphere")))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a point"):
        next(exact_density(Experiment(**custom_bowl())))


def custom_bowl() -> dict:
    from dynamics import Landscape

    return {"landscape": Landscape.from_residuals(["x", "y"], variables=("x", "y")), "start": (1.0, 1.0)}


LEMNISCATE = {"landscape": None, "start": (1.0, 0.2), "noise": "isotropic", "learning_rate": 0.05, "horizon": 1.0}


def lemniscate(**settings) -> Experiment:
    from dynamics import Landscape

    eight = Landscape.from_residuals(["(x**2 + y**2)**2 - (x**2 - y**2)"], variables=("x", "y"))
    return Experiment(**LEMNISCATE | {"landscape": eight} | settings)


def test_where_the_theory_ends_mass_and_paths_are_counted() -> None:
    first, second = itertools.islice(exact_density(lemniscate(), moments=4), 2)
    assert first.stops == (True, True)
    assert first.stationary is None
    assert first.current is None
    assert (np.diff(first.inside) < 0).all()
    assert 0.2 < first.inside[-1] < 0.5
    assert np.array_equal(second.lost + second.elsewhere.sum(axis=1) + np.isfinite(second.sgd).sum(axis=1), [second.paths] * 4)
    assert sum(second.causes.values()) == second.lost[-1]
    assert second.elsewhere[-1].sum() > 10  # SGD goes on, to the other lobe
    edges = np.linspace(second.chart.origin, second.chart.origin + second.chart.length, 21)
    histogram, _, expected = second.histogram(edges)
    shown = np.isfinite(second.sgd).mean(axis=1)
    assert histogram.sum(axis=1) * (edges[1] - edges[0]) == pytest.approx(shown)
    assert expected.sum(axis=1) * (edges[1] - edges[0]) == pytest.approx(second.inside, abs=1e-9)


def test_label_noise_on_two_residuals_is_a_point_that_moves() -> None:
    from dynamics import Landscape

    bent = Landscape.from_residuals(["x*y - 1", "z - x"], variables=("x", "y", "z"))
    found = next(exact_density(Experiment(landscape=bent, start=(2.0, 0.5, 2.0), noise="label"), moments=4))  # type: ignore[arg-type]
    assert not found.diffuses
    assert found.stationary is None
    assert "gathers at s = " in found.law.reason
    assert found.first_passage(1.0) is None
    assert np.isfinite(found.centre).all()


def test_no_law_is_that_of_what_has_not_yet_reached_the_end_of_the_theory() -> None:
    from dynamics.studies.convergence import _Question

    assert _Question.of(lemniscate(horizon=0.01), None).exact
    assert not _Question.of(lemniscate(), None).exact


def test_what_is_lost_is_named() -> None:
    _, found = itertools.islice(exact_density(lemniscate(learning_rate=0.3), moments=2), 2)
    assert found.lost[-1] == sum(found.causes.values()) > 0
    assert f"{found.paths:,} paths" in lost_sentence(found.causes, found.paths)
