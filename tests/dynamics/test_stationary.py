"""What the limit settles to, or a sentence why nothing: no warnings, no false currents, no spikes."""

import numpy as np
import pytest
from scipy.integrate import quad

from dynamics import Landscape, fokker_planck, landscape, manifold_chart, noise, probability_current, stationary_density
from dynamics.limit.arc_length import noiseless_points
from dynamics.limit.fokker_planck import carried
from dynamics.limit.stationary import stationary_law
from tests.dynamics.test_densities import CIRCLE, GAUSSIAN_VALLEY, ISOTROPIC, XY

TWO_RESIDUALS = Landscape.from_residuals(["x*y - 1", "z - x"], ("x", "y", "z"))
LEMNISCATE = Landscape.from_residuals(["(x**2 + y**2)**2 - (x**2 - y**2)"], XY)


def covariance(*rows):
    return noise("covariance", matrix=rows)


def test_label_noise_with_two_residuals_gathers_mass_at_the_flattest_point():
    chart = manifold_chart(TWO_RESIDUALS, (2.0, 0.5, 2.0))
    law = stationary_law(TWO_RESIDUALS, noise("label"), chart)
    assert law.density is None
    assert law.current is None
    assert "gathers at s = " in law.reason
    # tr H = (y² + x² + 2)/2 is least at the balanced point.
    np.testing.assert_allclose(chart.points(np.array(law.gathers)), [[1.0, 1.0, 1.0]], atol=1e-6)


def test_a_limit_that_stands_still_says_so():
    chart = manifold_chart(TWO_RESIDUALS, (2.0, 0.5, 2.0))
    assert "stays where it starts" in stationary_law(TWO_RESIDUALS, noise("minibatch"), chart).reason
    for law in (noise("label"), noise("minibatch"), noise("isotropic", scale=0.0)):  # tr H is constant on the circle
        assert "stays where it starts" in stationary_law(CIRCLE, law, manifold_chart(CIRCLE, (1.0, 0.0))).reason
    still = fokker_planck(TWO_RESIDUALS, noise("minibatch"), chart, 0.7, [1.0, 9.0])
    np.testing.assert_allclose(still @ chart.grid * chart.cell, 0.7, atol=1e-9)


def test_a_crossing_ends_the_theory_without_current_or_spike():
    """Isotropic noise on the lemniscate: near the crossing a Bessel process of dimension 0, which gets there and stays."""
    chart = manifold_chart(LEMNISCATE, (1.0, 0.2), cells=256)
    law = stationary_law(LEMNISCATE, ISOTROPIC, chart)
    assert law.density is None
    assert probability_current(LEMNISCATE, ISOTROPIC, chart) is None
    assert "the theory ends" in law.reason
    density = fokker_planck(LEMNISCATE, ISOTROPIC, chart, 0.0, [0.1, 0.5, 1.0, 5.0])
    mass = density.sum(axis=1) * chart.cell
    assert (np.diff(mass) < 0).all()
    assert mass[-1] < 1e-3
    assert (density[:, [0, -1]].max(axis=1) < 0.05 * density.max(axis=1)).all()
    other = manifold_chart(LEMNISCATE, (1.0, 0.2), cells=512)
    np.testing.assert_allclose(fokker_planck(LEMNISCATE, ISOTROPIC, other, 0.0, [0.5]).sum() * other.cell, mass[1], rtol=3e-4)


def test_the_mass_that_reaches_a_crossing():
    """On the cross a Bessel process of dimension 0 from r has reached 0 by t with probability e^{−r²/(2t)}."""
    cross = Landscape.from_residuals(["x*y"], XY)
    chart = manifold_chart(cross, (0.2, 1.0))
    r = np.linalg.norm(chart.points(0.0))
    times = np.array([0.1, 0.5, 2.0])
    mass = fokker_planck(cross, ISOTROPIC, chart, 0.0, times).sum(axis=1) * chart.cell
    np.testing.assert_allclose(1 - mass, np.exp(-(r**2) / (2 * times)), atol=2e-4)


def test_noise_that_vanishes_at_points_where_the_drift_does_too():
    chart = manifold_chart(CIRCLE, (1.0, 0.0))
    across = covariance(["1", "0"], ["0", "0"])
    points = noiseless_points(CIRCLE, across, chart)
    assert [point.sign for point in points] == [0, 0]
    np.testing.assert_allclose(np.abs(chart.points(np.array([point.s for point in points]))), [[1, 0], [1, 0]], atol=1e-7)
    assert "both vanish" in stationary_law(CIRCLE, across, chart).reason


def test_noise_that_vanishes_where_the_drift_goes_on():
    """A rank-1 Σ on the ellipse, aslant: a² = 0 twice, and both are crossed one way: the limit goes round."""
    ellipse = Landscape.from_residuals(["(x*x/4 + y*y - 1)/2"], XY)
    chart = manifold_chart(ellipse, (1.0, 0.8))
    aslant = covariance(["1", "0.5"], ["0.5", "0.25"])
    law = stationary_law(ellipse, aslant, chart)
    assert len(noiseless_points(ellipse, aslant, chart)) == 2
    assert law.density is not None
    assert law.density.sum() * chart.cell == pytest.approx(1.0, abs=1e-9)
    other = manifold_chart(ellipse, (1.0, 0.8), cells=4096)
    assert law.current == pytest.approx(probability_current(ellipse, aslant, other), rel=0.01)


def test_the_motor_without_noise_spends_its_time_evenly():
    motor = landscape("motor")
    chart = manifold_chart(motor, motor.start)
    law = stationary_law(motor, noise("covariance", matrix=dict(dict(motor.suggestions)["noise"])["matrix"]), chart)
    np.testing.assert_allclose(law.density, 1 / (2 * np.pi), rtol=1e-8)
    assert abs(law.current) == pytest.approx(3 / 8 / (2 * np.pi), rel=1e-8)


# Itô's sign: J = (b − ½(a²)′)p − ½a²p′, by value where a² is not constant.


def valley_moments(variance, times, reach, cells):
    """Mean and second moment of x on the Gaussian valley, dX = −X/2 dt + a(X) dW: Σ = diag(a², 1)."""
    law = covariance([variance, "0"], ["0", "1"])
    chart = manifold_chart(GAUSSIAN_VALLEY, (1.0, 0.0), reach=reach, cells=cells)
    x = chart.points(chart.grid)[:, 0]
    density = fokker_planck(GAUSSIAN_VALLEY, law, chart, 0.0, times)
    return density @ x * chart.cell, density @ x**2 * chart.cell


def test_exact_moments_with_a_diffusion_that_depends_on_the_state():
    """E X = x₀e^{−t/2} whatever a² is; with a² = 1 + X²/4, E X² = 4/3 + (x₀² − 4/3)e^{−3t/4}."""
    times = np.array([0.1, 0.5, 1.0])
    mean, second = valley_moments("1 + x*x/4", times, 18.0, 1024)
    np.testing.assert_allclose(mean, np.exp(-times / 2), atol=2e-4)
    np.testing.assert_allclose(second, 4 / 3 - np.exp(-0.75 * times) / 3, atol=1e-3)
    mean, _ = valley_moments("1 + sin(2*x)/2", times, 6.0, 512)
    np.testing.assert_allclose(mean, np.exp(-times / 2), atol=2e-4)


def test_stationary_density_with_a_diffusion_that_depends_on_the_state():
    """p ∝ a⁻² exp(∫2b/a²), by quadrature: (1 + x²/4)⁻³ is far from Stratonovich's, and 1 + ½ sin 2x is not even."""
    law = covariance(["1 + sin(2*x)/2", "0"], ["0", "1"])
    chart = manifold_chart(GAUSSIAN_VALLEY, (0.5, 0.0), reach=6.0, cells=512)
    x = chart.points(chart.grid)[:, 0]

    def shape(y):
        return np.exp(-quad(lambda z: z / (1 + np.sin(2 * z) / 2), 0, y)[0]) / (1 + np.sin(2 * y) / 2)

    whole = quad(shape, -8, 8, epsabs=1e-10, limit=200)[0]
    found = stationary_density(GAUSSIAN_VALLEY, law, chart)
    np.testing.assert_allclose(found[7::20], [shape(y) / whole for y in x[7::20]], atol=2e-4)
    wide = covariance(["1 + x*x/4", "0"], ["0", "1"])
    chart = manifold_chart(GAUSSIAN_VALLEY, (0.5, 0.0), reach=18.0)
    x = chart.points(chart.grid)[:, 0]
    exact = (1 + x**2 / 4) ** -3.0
    exact /= 2 * quad(lambda y: (1 + y * y / 4) ** -3.0, 0, np.inf)[0]
    np.testing.assert_allclose(stationary_density(GAUSSIAN_VALLEY, wide, chart), exact, atol=2e-4)


def test_the_balance_of_the_hyperbola_is_a_martingale():
    hyperbola = landscape("hyperbola")
    chart = manifold_chart(hyperbola, (2.0, 0.5), reach=12.0)
    x, y = chart.points(chart.grid).T
    density = fokker_planck(hyperbola, ISOTROPIC, chart, 0.0, [0.25, 1.0])
    np.testing.assert_allclose(density @ (x**2 - y**2) * chart.cell, 4 - 0.25, atol=2e-3)


# Edges of the range of settings.


def test_times_from_none_to_long():
    chart = manifold_chart(LEMNISCATE, (1.0, 0.2), cells=128)
    for law in (ISOTROPIC, noise("label")):
        assert fokker_planck(LEMNISCATE, law, chart, 0.0, [0.0]).shape == (1, 128)
    chart = manifold_chart(GAUSSIAN_VALLEY, (1.0, 0.0), cells=256)
    for scale in (1e-3, 1.0, 30.0):
        law = noise("isotropic", scale=scale)
        density = fokker_planck(GAUSSIAN_VALLEY, law, chart, 0.0, [0.0, 1e-12, 1e-3, 1.0, 100.0])
        np.testing.assert_allclose(density.sum(axis=1) * chart.cell, 1.0, atol=1e-9)
        assert np.isfinite(density).all()


def test_a_drift_much_stronger_than_the_noise_keeps_mass_and_sign():
    chart = manifold_chart(GAUSSIAN_VALLEY, (1.0, 0.0), cells=256)
    strong = covariance(["1e-6", "0"], ["0", "4"])  # dX = −2X dt + 0.001 dW
    density = fokker_planck(GAUSSIAN_VALLEY, strong, chart, 0.0, [0.1, 1.0, 10.0])
    np.testing.assert_allclose(density.sum(axis=1) * chart.cell, 1.0, atol=1e-9)
    x = chart.points(chart.grid)[:, 0]
    np.testing.assert_allclose(density @ x * chart.cell, np.exp(-2 * np.array([0.1, 1.0, 10.0])), atol=chart.cell)


def test_an_end_holds_what_the_drift_carries_there():
    hyperbola = landscape("hyperbola")
    chart = manifold_chart(hyperbola, (2.0, 0.5), reach=0.5)
    s = carried(hyperbola, noise("label"), chart, 0.0, np.array([0.01, 5.0, 50.0]))
    assert (s >= chart.origin).all()
    assert (s <= chart.origin + chart.length).all()
    assert s[-1] == pytest.approx(s[-2], abs=1e-6)
