"""L = ½ zᵀA(x)z over a line, any normal noise: dx/dt = −½ ⟨A'(x), X⟩ with AX + XA = Σ⊥, by SciPy's Lyapunov and ODE solvers."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import solve_continuous_lyapunov

from dynamics import Landscape, noise
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, extrapolated, mean

LANDSCAPE = Landscape.from_loss("((2 + sin(x))*y*y + 1.6*cos(2*x)*y*z + (1.5 + x*x/4)*z*z)/2", ("x", "y", "z"))
SIGMA = np.array([[1.5, -1.1], [-1.1, 1.0]])
NOISE = noise("covariance", matrix=[["0", "0", "0"], ["0", "1.5", "-1.1"], ["0", "-1.1", "1"]])
START, HORIZON = 0.4, 1.5


def stiffness(x):
    return np.array([[2 + np.sin(x), 0.8 * np.cos(2 * x)], [0.8 * np.cos(2 * x), 1.5 + x * x / 4]])


def slope(x):
    return np.array([[np.cos(x), -1.6 * np.sin(2 * x)], [-1.6 * np.sin(2 * x), x / 2]])


def exact(sigma):
    def velocity(_, x):
        return [-(slope(x[0]) * solve_continuous_lyapunov(stiffness(x[0]), sigma)).sum() / 2]

    return solve_ivp(velocity, (0, HORIZON), [START], rtol=1e-10, atol=1e-12).y[0, -1]


def check_limit(scheme, sigma=SIGMA):
    sizes, paths, bias = ((1 / 200, 1 / 400), 2, 1e-4) if scheme == "explicit" else ((1 / 20, 1 / 40), 1_500, 0.005)
    ends = [
        limit(LANDSCAPE, NOISE, (START, 0.0, 0.0), HORIZON, round(HORIZON / size), paths, scheme, seed)[:, 0]
        for seed, size in enumerate(sizes)
    ]
    assert_estimate(extrapolated(sizes, [mean(end) for end in ends]), exact(sigma), bias=bias)


def check_sgd(sigma=SIGMA):
    rates = (0.08, 0.04, 0.02)
    ends = [sgd(LANDSCAPE, NOISE, (START, 0.0, 0.0), rate, HORIZON, 8_000, seed)[:, 0] for seed, rate in enumerate(rates)]
    assert_estimate(extrapolated(rates, [mean(end) for end in ends]), exact(sigma), bias=0.005)


@pytest.mark.parametrize("scheme", ["explicit", "projective"])
def test_limit(scheme):
    check_limit(scheme)


def test_sgd():
    check_sgd()


def test_a_wrong_covariance_is_seen():
    """Without the correlation of the two normal directions."""
    for check in (lambda sigma: check_limit("explicit", sigma), lambda sigma: check_limit("projective", sigma), check_sgd):
        with pytest.raises(AssertionError, match="is allowed"):
            check(np.diag(np.diag(SIGMA)))


def test_planted_drift_is_seen(plant_in_limit):
    plant_in_limit(normal=0.99)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit("explicit")


def test_a_planted_lyapunov_solution_is_seen(monkeypatch, plant_in_limit):
    """½ H†Σ⊥ instead of 𝓛⁻¹Σ⊥: the same wherever H and Σ⊥ commute."""

    from dynamics.limit import coefficients

    def wrong(frame, covariance):
        import casadi as ca

        half = ca.diag(1 / frame.eigenvalues) @ covariance / 2
        return frame.normals.T @ ((half + half.T) / 2) @ frame.normals

    monkeypatch.setattr(coefficients, "lyapunov", wrong)
    plant_in_limit()
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit("explicit")
