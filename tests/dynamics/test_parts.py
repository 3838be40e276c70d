"""Parts of the limit's drift switched off: SGD agrees with the limit that has all of them, and with no other."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, simulate
from dynamics.limit.coefficients import PARTS

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
TWISTED = noise("covariance", matrix=[["x*x + y*y - x*y", "(x*x - y*y)/2"], ["(x*x - y*y)/2", "x*x + y*y + x*y"]])
SMALL = {"paths": 4_000, "frames": 4, "substeps": 256, "horizon": 1.5, "learning_rate": 0.05}
DISCRETE = 3e-3  # what second order in η and first order in the scheme's step leave
CASES = {  # where the part matters, and a number that shows it
    "tangent": (Experiment(landscape=CIRCLE, noise=noise("isotropic", scale=0.7), start=(1, 0), **SMALL), lambda p: (p**2).sum(-1)),
    "mixed": (Experiment(landscape=CIRCLE, noise=TWISTED, start=(1, 0), **SMALL), lambda p: p[:, 1]),
    "normal": (
        Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2, 0.5), **SMALL),
        lambda p: p[:, 0] ** 2 - p[:, 1] ** 2,
    ),
}


def sample(points, function):
    values = function(points.astype(float))
    return values.mean(), values.std() / len(values) ** 0.5


def extrapolated(experiment, function):
    """SGD's mean at the horizon for η → 0, from two learning rates, and its standard error."""
    coarse, fine = (sample(simulate(replace(experiment, learning_rate=rate)).sgd[-1], function) for rate in (0.05, 0.025))
    return 2 * fine[0] - coarse[0], np.hypot(2 * fine[1], coarse[1])


@pytest.mark.parametrize("part", PARTS)
def test_sgd_needs_every_part(part):
    experiment, function = CASES[part]
    expected, error = extrapolated(experiment, function)
    for parts in (PARTS, tuple(name for name in PARTS if name != part)):
        outcome = simulate(replace(experiment, parts=parts))
        assert outcome.status == "ok"
        found, sampling = sample(outcome.limit[-1], function)
        allowed = 5 * np.hypot(error, sampling) + DISCRETE
        assert abs(found - expected) < allowed if parts == PARTS else abs(found - expected) > 2 * allowed


def test_without_the_tangent_part_the_limit_leaves_the_manifold_and_the_distance_says_so():
    outcome = simulate(replace(CASES["tangent"][0], parts=()))
    radius = np.linalg.norm(outcome.limit.astype(float), axis=-1)
    distance, loss = outcome.observables["distance"].limit, outcome.observables["loss"].limit
    np.testing.assert_allclose(distance.mean, (radius - 1).mean(axis=-1), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(loss.mean, ((radius**2 - 1) ** 2 / 8).mean(axis=-1), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose((radius[-1] ** 2).mean(), 1 + 0.49 * 1.5, rtol=0.02)


def test_all_parts_are_the_default_bit_by_bit_in_any_order():
    experiment = replace(CASES["mixed"][0], paths=20)
    reordered = replace(experiment, parts=["normal", "tangent", "mixed"])
    assert reordered == experiment
    assert simulate(reordered).limit.tobytes() == simulate(experiment).limit.tobytes()


def test_the_projective_scheme_has_no_parts():
    with pytest.raises(ValueError, match="explicit scheme"):
        replace(CASES["mixed"][0], scheme="projective", parts=("mixed",))
    with pytest.raises(ValueError, match="not “sideways”"):
        replace(CASES["mixed"][0], parts=("sideways",))
