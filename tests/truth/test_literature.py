"""What is known of the limits of landscapes from the literature (tests/literature.py), with L = (1/2n) Σ f_i² and c = δ²."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Experiment, limit_map, manifold_chart, noise, simulate, stationary_density
from tests import literature as papers

SCALE = 0.8
C = SCALE**2
T = 1.5

FORGETS = (  # what label noise multiplies by exp(−rate · c t)
    (papers.DU_HU_LEE, lambda p: p[0] ** 2 - p[1] ** 2, 1.0),
    (papers.WOODWORTH, lambda p: p[0] * p[1], 4.0),
    (papers.HAOCHEN, lambda p: p[1] / p[0] ** 2, 4.0),
    (papers.VASKEVICIUS, lambda p: np.array([p[0] * p[1], p[2] * p[3]]), 2.0),
    (papers.DAMIAN_MA_LEE, lambda p: p[0], 0.5),
)


def limit_end(paper, given, horizon=T):
    """Where the limit is at slow time `horizon`, which label noise alone does not make random, and where it began."""
    landscape, start = paper.landscape, paper.start
    experiment = Experiment(landscape=landscape, noise=given, start=start, learning_rate=0.1, horizon=horizon, paths=2, frames=3)
    outcome = simulate(experiment)
    assert (outcome.limit_frozen < 0).all()
    return outcome.limit[-1, 0].astype(float), limit_map(landscape, start)


@pytest.mark.parametrize(("paper", "quantity", "rate"), FORGETS, ids=[paper.source for paper, *_ in FORGETS])
def test_label_noise_forgets_the_start(paper, quantity, rate):
    end, begin = limit_end(paper, noise("label", scale=SCALE))
    np.testing.assert_allclose(quantity(end), quantity(begin) * np.exp(-rate * C * T), rtol=2e-3, atol=2e-5)


def test_li_wang_arora_label_noise_balances_three_factors():
    end, _ = limit_end(papers.LI_WANG_ARORA, noise("label"), 12.0)
    np.testing.assert_allclose(np.abs(end), 1.0, atol=1e-3)


def test_blanc_et_al_label_noise_lowers_the_gradient_of_the_network():
    x1, target = 0.8, 0.5
    end, begin = limit_end(papers.BLANC, noise("label"))

    def steepness(w):
        a = target / np.tanh(w * x1)
        return np.tanh(w * x1) ** 2 + (a * x1 / np.cosh(w * x1) ** 2) ** 2

    def flow(_, w):  # −(c/4) of the slope of tr H along Γ, in the coordinate w
        rise = (steepness(w[0] + 1e-5) - steepness(w[0] - 1e-5)) / 2e-5
        stretch = 1 + (target * x1 / np.sinh(w[0] * x1) ** 2) ** 2
        return [-rise / (4 * stretch)]

    exact = solve_ivp(flow, (0, T), [begin[1]], rtol=1e-9, atol=1e-11).y[0, -1]
    assert abs(exact - begin[1]) > 0.01
    assert end[1] == pytest.approx(exact, rel=1e-3)


def test_pesme_et_al_minibatches_at_zero_loss_are_without_noise():
    end, begin = limit_end(papers.PESME, noise("minibatch", batch=1))
    np.testing.assert_allclose(end, begin, atol=1e-6)


def test_wei_and_schwab_isotropic_noise_settles_where_the_valley_is_wide():
    landscape = papers.WEI_SCHWAB.landscape
    chart = manifold_chart(landscape, (0.0, 0.0), reach=40.0)
    found = stationary_density(landscape, noise("isotropic", scale=SCALE), chart)
    x = chart.points(chart.grid)[:, 0]
    exact = 2 / np.pi / (1 + x**2) ** 2
    np.testing.assert_allclose(found, exact, atol=2e-3)


def test_gunasekar_et_al_label_noise_completes_a_matrix_with_the_least_nuclear_norm():
    """W = UUᵀ, 2 × 2, of which W₁₁ = 1 and W₁₂ = ½ are measured. On Γ tr H = (5 + W₂₂)/2, so that W₂₂ falls to ¼, where W has
    rank one. With z = W₂₂ − ¼ the squared slope of W₂₂ along Γ is z (5 + 4z)/(1 + z), and dz/dt = −(c/8) of it."""
    end, begin = limit_end(papers.GUNASEKAR, noise("label", scale=SCALE), 3.0)

    def excess(point):
        return point[2] ** 2 + point[3] ** 2 - 0.25

    def fall(_, z):
        return -C / 8 * z * (5 + 4 * z) / (1 + z)

    exact = solve_ivp(fall, (0, 3.0), [excess(begin)], rtol=1e-10, atol=1e-12).y[0, -1]
    assert excess(begin) > 2 * exact > 0
    assert excess(end) == pytest.approx(exact, rel=2e-3)
    longer, _ = limit_end(papers.GUNASEKAR, noise("label", scale=SCALE), 40.0)
    assert excess(longer) == pytest.approx(0.0, abs=1e-3)
    np.testing.assert_allclose(np.linalg.det(longer.reshape(2, 2)), 0.0, atol=0.03)


def test_a_planted_rate_is_seen(plant_in_limit):
    plant_in_limit(normal=1.05)
    with pytest.raises(AssertionError):
        test_label_noise_forgets_the_start(*FORGETS[0])
