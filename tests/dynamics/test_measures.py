"""What limits flow down: their drift is a multiple of minus the gradient along Γ, of what the measure's own values say."""

import numpy as np
import pytest
from scipy.integrate import quad

from dynamics import landscape, limit_map, noise, optimizer
from dynamics.optimizers import OPTIMIZERS
from dynamics.optimizers.measures import averaged

RATE = 0.05
SPEEDS = {  # of −P∇, under label noise δ = 1.3; Gauss–Newton's is 1/(tr H)² times as large
    "sgd": 1.69 / 4, "schedule": 1.69 / 4, "momentum": 1.69 / 4, "weight_decay": 1.0, "weight_noise": 1 / 2, "anti_pgd": 1 / 2,
    "sam": 1 / 2, "one_sam": 1 / 2, "normalized": 1 / 4, "sqrt_loss": 1 / 8, "reshuffling": 1.69 / 4, "local_sgd": 1.69 / 4,
    "gauss_newton": 1.69 / 4, "dropconnect": 1 / 2, "dropout": 1 / 2,
}  # fmt: skip
LABEL = noise("label", scale=1.3)
STEP = 1e-5


@pytest.mark.parametrize("name", SPEEDS)
@pytest.mark.parametrize("place", ["trefoil", "torus"])
def test_the_limit_flows_down_its_measure(name: str, place: str) -> None:
    land, made = landscape(place), optimizer(name)
    measure = made.measure(LABEL, RATE)
    assert measure is not None
    assert measure.name == made.goes_down(LABEL)
    point = limit_map(land, np.array(land.start))
    values, vectors = np.linalg.eigh(land.hessian(point))
    tangents = vectors[:, values < 1e-6 * values[-1]].T
    speed = SPEEDS[name] / (float(land.trace_hessian(point)) ** 2 if name == "gauss_newton" else 1.0)
    for tangent in tangents:  # along Γ, by values alone
        ahead, behind = (limit_map(land, point + sign * STEP * tangent) for sign in (1, -1))
        slope = (measure.value(land, ahead) - measure.value(land, behind)) / (2 * STEP)
        assert made.limit_drift(land, LABEL, point, RATE).total @ tangent == pytest.approx(-speed * slope, rel=1e-5, abs=1e-7)
        assert measure.gradient(land, point) @ tangent == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_adam_goes_down_its_measure_where_its_second_moment_has_settled() -> None:
    land, made = landscape("ellipse"), optimizer("adam")
    point = limit_map(land, np.array(land.start))
    drift = made.limit_drift(land, LABEL, point, RATE).total
    measure = made.measure(LABEL, RATE)
    assert measure is not None
    x, y = point
    root = np.array([x / 2, 2 * y])  # √Diag(H)
    projected = np.array([0.5, 2.0]) / root  # D^{-½} ∇ tr D^½, in the metric of which ker H is left
    normal = root
    scaled = normal / root
    expected = -0.5 * (projected - scaled * (normal @ projected) / (normal @ scaled))
    along = np.array([-root[1], root[0]]) / np.linalg.norm(root)
    assert drift @ along == pytest.approx(expected @ along, rel=1e-5)
    assert drift @ measure.gradient(land, point) < 0


def test_nothing_is_said_of_other_noise() -> None:
    assert {name for name, kind in OPTIMIZERS.items() if kind().measure(LABEL, RATE)} == {*SPEEDS, "adam"}
    for name, kind in OPTIMIZERS.items():
        assert (kind().measure(noise("isotropic"), RATE) is None) == (kind.uses_noise or kind.diffuses), name


def test_the_integral_of_psi_is_one() -> None:
    """Of H = diag(λ) on a line of points, tr F(2αH)/2α is what quadrature says, for large and for tiny α."""
    land = landscape("hyperbola")
    point = np.array([2.0, 0.5])
    for alpha in (1e-7, 1e-5, 1e-2, 3.0):
        z = 2 * alpha * 4.25
        expected = quad(lambda u: u / 2 - u**2 / 6 if u < 1e-4 else (u - 1 + np.exp(-u)) / u, 0, z)[0]
        found = averaged(3, alpha).value(land, point) - 4.25
        assert found == pytest.approx(2 * expected / (2 * alpha), rel=1e-5, abs=1e-9)
