"""Label noise where there are several samples, and Γ has codimension two: hyperbolas again, so that the limit is known."""

import numpy as np
import pytest

from dynamics import Landscape, noise
from tests.truth.ensembles import limit, sgd
from tests.truth.statistics import assert_estimate, extrapolated, mean

WEIGHTED = Landscape.from_residuals(["x*y - 1", "2*(x*y - 1)"], ("x", "y"))  # H is 5/2 of the hyperbola's: q = q₀ e^{−5ct/2}
# Two hyperbolas in turned coordinates, f₁ ± f₂ for residuals: L = (f₁² + f₂²)/2, and each q = q₀ e^{−ct}.
TURN = np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))[0]
NAMES = ("x", "y", "z", "w")
A, B, C, D = ("(" + " + ".join(f"({number:.16g})*{name}" for number, name in zip(row, NAMES, strict=True)) + ")" for row in TURN)
PAIR = Landscape.from_residuals([f"{A}*{B} - 1 + {C}*{D} - 1", f"{A}*{B} - {C}*{D}"], NAMES)
STRAIGHT = np.array([1.8, 1 / 1.8, 0.6, 1 / 0.6])
SCALE, HORIZON = 0.8, 1.0


def squares(points, landscape):
    if landscape is PAIR:
        points = points @ TURN.T
    return [points[:, i] ** 2 - points[:, i + 1] ** 2 for i in range(0, points.shape[1], 2)]


CASES = {
    "weighted samples": (WEIGHTED, np.array([2.0, 0.5]), [3.75 * np.exp(-2.5 * SCALE**2 * HORIZON)]),
    "codimension two": (
        PAIR,
        TURN.T @ STRAIGHT,
        [(a**2 - b**2) * np.exp(-(SCALE**2) * HORIZON) for a, b in STRAIGHT.reshape(2, 2)],
    ),
}


def check(case, run, sizes, bias):
    landscape, start, exact = CASES[case]
    ends = [squares(run(landscape, start, seed, size), landscape) for seed, size in enumerate(sizes)]
    for k, value in enumerate(exact):
        assert_estimate(extrapolated(sizes, [mean(end[k]) for end in ends]), value, bias=bias)


def check_limit(case, scheme):
    sizes, paths, bias = ((1 / 400, 1 / 800), 2, 1e-4) if scheme == "explicit" else ((1 / 25, 1 / 50), 3_000, 0.02)

    def run(landscape, start, seed, step):
        return limit(landscape, noise("label", scale=SCALE), start, HORIZON, round(HORIZON / step), paths, scheme, seed)

    check(case, run, sizes, bias)


def check_sgd(case, batch):
    def run(landscape, start, seed, rate):
        return sgd(landscape, noise("label", scale=SCALE, batch=batch), start, rate, HORIZON, 20_000, seed)

    check(case, run, (0.08, 0.04, 0.02), 0.02)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scheme", ["explicit", "projective"])
def test_limit(case, scheme):
    check_limit(case, scheme)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch", [1, "full"])
def test_sgd(case, batch):
    check_sgd(case, batch)


@pytest.mark.parametrize("case", CASES)
def test_planted_errors_are_seen(case, plant_in_limit, plant_in_noise):
    plant_in_limit(normal=0.97)
    with pytest.raises(AssertionError, match="is allowed"):
        check_limit(case, "explicit")
    plant_in_noise("label", 1.1)
    with pytest.raises(AssertionError, match="is allowed"):
        check_sgd(case, "full")
