"""Landscapes from the literature, as a person would type them, and what is known of their limits. With L = (1/2n) Σ f_i², c = δ².

Sources: Li, Wang and Arora 2022 (arXiv:2110.06914); Du, Hu and Lee 2018 (arXiv:1806.00900); Woodworth et al. 2020
(arXiv:2002.09277); HaoChen et al. 2021 (arXiv:2006.08680); Vaškevičius, Kanade and Rebeschini 2019 (arXiv:1909.05122); Pesme,
Pillaud-Vivien and Flammarion 2021 (arXiv:2106.09524); Wei and Schwab 2019 (arXiv:1910.00195); Damian, Ma and Lee 2021
(arXiv:2106.06530); Blanc et al. 2020 (arXiv:1904.09080).
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Experiment, Landscape, limit_map, manifold_chart, noise, simulate, stationary_density
from dynamics.typed import read_landscape

SCALE = 0.8
C = SCALE**2
T = 1.5


@dataclass(frozen=True)
class Known:
    """Where label noise is the limit's only noise, `invariant` (points (N, D)ᵀ) is multiplied by exp(−rate · c t)."""

    source: str
    residuals: tuple[str, ...]
    variables: tuple[str, ...]
    start: tuple[float, ...]
    invariant: object
    rate: float


KNOWN = (
    Known("Du, Hu, Lee", ("x*y - 0.7",), ("x", "y"), (1.5, 0.3), lambda p: p[0] ** 2 - p[1] ** 2, 1.0),
    Known("Woodworth et al.", ("u² - v² - 0.5",), ("u", "v"), (1.2, 0.9), lambda p: p[0] * p[1], 4.0),
    Known("HaoChen et al.", ("v1² + 2 v2² - 2",), ("v1", "v2"), (0.9, 0.8), lambda p: p[1] / p[0] ** 2, 4.0),
    Known("Vaškevičius et al.", ("u1² - v1² - 1", "u2² - v2²- 0.2"), ("u1", "v1", "u2", "v2"), (1.2, 0.5, 0.7, 0.6),
          lambda p: np.array([p[0] * p[1], p[2] * p[3]]), 2.0),
    Known("Damian, Ma, Lee", ("sqrt(1 + x²) y",), ("x", "y"), (1.1, 0.2), lambda p: p[0], 0.5),
)  # fmt: skip


def typed(residuals, variables) -> Landscape:
    found = read_landscape("\n".join(residuals), variables=list(variables))
    assert found.landscape is not None, found.problems
    return found.landscape


def limit_end(landscape, given, start, horizon=T):
    """Where the limit is at slow time `horizon`, which label noise alone does not make random, and where it began."""
    experiment = Experiment(landscape=landscape, noise=given, start=start, learning_rate=0.1, horizon=horizon, paths=2, frames=3)
    outcome = simulate(experiment)
    assert (outcome.limit_frozen < 0).all()
    return outcome.limit[-1, 0].astype(float), limit_map(landscape, start)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.source)
def test_label_noise_forgets_the_start(known):
    end, begin = limit_end(typed(known.residuals, known.variables), noise("label", scale=SCALE), known.start)
    np.testing.assert_allclose(known.invariant(end), known.invariant(begin) * np.exp(-known.rate * C * T), rtol=2e-3, atol=2e-5)


def test_li_wang_arora_label_noise_balances_three_factors():
    end, _ = limit_end(typed(["x*y*z - 1"], "xyz"), noise("label", scale=1.0), (1.8, 0.9, 0.7), 12.0)
    np.testing.assert_allclose(np.abs(end), 1.0, atol=1e-3)


def test_blanc_et_al_label_noise_lowers_the_gradient_of_the_network():
    x1, target = 0.8, 0.5
    landscape = typed([f"a*tanh(w*{x1}) - {target}"], "aw")
    end, begin = limit_end(landscape, noise("label", scale=1.0), (0.7, 2.0))

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
    landscape = typed(["u1² - v1² - 1", "u2² - v2² - 0.2"], ("u1", "v1", "u2", "v2"))
    end, begin = limit_end(landscape, noise("minibatch", batch=1), (1.2, 0.5, 0.7, 0.6))
    np.testing.assert_allclose(end, begin, atol=1e-6)


def test_wei_and_schwab_isotropic_noise_settles_where_the_valley_is_wide():
    landscape = typed(["(1 + x²)² y"], "xy")
    chart = manifold_chart(landscape, (0.0, 0.0), reach=40.0)
    found = stationary_density(landscape, noise("isotropic", scale=SCALE), chart)
    x = chart.points(chart.grid)[:, 0]
    exact = 2 / np.pi / (1 + x**2) ** 2
    np.testing.assert_allclose(found, exact, atol=2e-3)


def test_a_planted_rate_is_seen(plant_in_limit):
    plant_in_limit(normal=1.05)
    with pytest.raises(AssertionError):
        test_label_noise_forgets_the_start(KNOWN[0])
