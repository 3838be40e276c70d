"""Noise outside the theorem's assumptions: what it does to SGD's limit, and the sentence that says which assumption fails."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, noise, simulate

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
ISOTROPIC = Experiment(landscape=CIRCLE, noise=noise("isotropic", scale=0.5), start=(1, 0), horizon=1, paths=4_000, frames=2)
LABEL = Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2, 0.5), horizon=0.5, paths=2_000, frames=2)
MATRIX = [["y*y", "x*y"], ["x*y", "x*x"]]  # of label noise: H on Γ


def cosine(points):
    return points[:, 0] / np.hypot(*points.T)


def imbalance(points):
    return points[:, 0] ** 2 - points[:, 1] ** 2


def extrapolated(experiment, given, function):
    """The mean of SGD's last points for η → 0 from two learning rates, and its standard error."""
    means, errors = [], []
    for learning_rate in (0.04, 0.02):
        outcome = simulate(replace(experiment, noise=given, learning_rate=learning_rate))
        values = function(outcome.sgd[-1].astype(float))
        means.append(values.mean())
        errors.append(values.std() / len(values) ** 0.5)
    return 2 * means[1] - means[0], np.hypot(2 * errors[1], errors[0])


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_memory_multiplies_a_constant_covariance(memory):
    found, error = extrapolated(ISOTROPIC, noise("isotropic", scale=0.5, memory=memory), cosine)
    decay = 0.125 * (1 + memory) / (1 - memory)
    assert abs(found - np.exp(-decay)) < 4 * error + 0.002
    assert abs(found - np.exp(-2 * decay)) > 4 * error + 0.002


@pytest.mark.parametrize("given", [{"kind": "label"}, {"kind": "covariance", "matrix": MATRIX}], ids=lambda given: given["kind"])
def test_memory_leaves_the_limit_of_label_noise_alone(given):
    found, error = extrapolated(LABEL, noise(**given, memory=0.5), imbalance)
    exact, threefold = (3.75 * np.exp(-rate * 0.5) for rate in (1, 3))
    assert abs(found - exact) < 4 * error + 0.01 * exact
    assert abs(found - threefold) > 20 * (4 * error + 0.01 * exact)


def test_students_t_of_finite_variance_has_the_gaussian_limit():
    found, error = extrapolated(ISOTROPIC, noise("isotropic", scale=0.5, law="student", freedom=5), cosine)
    assert abs(found - np.exp(-0.125)) < 4 * error + 0.002
    assert error < 0.01


def test_infinite_variance_has_another():
    given = noise("isotropic", scale=0.1, law="student", freedom=1.2)
    outcome = simulate(replace(ISOTROPIC, noise=given, learning_rate=0.05))
    reached = cosine(outcome.sgd[-1].astype(float))
    assert reached.mean() < np.exp(-0.005) - 0.1
    assert np.isfinite(outcome.sgd).all()


def test_the_sentence_names_the_assumption_that_fails():
    assert noise("isotropic").assumption == noise("minibatch").assumption == ""
    assert noise("label", law="student", freedom=2.5).assumption == ""
    assert "finite variance" in noise("label", law="student", freedom=2).assumption
    assert "independent" in noise("isotropic", memory=0.5).assumption
    both = noise("covariance", matrix=[["1"]], law="student", freedom=1, memory=0.5).assumption
    assert "finite variance" in both
    assert "independent" in both


def test_degrees_of_freedom_belong_to_students_t():
    assert noise("isotropic", freedom=9) == noise("isotropic")
    assert noise("isotropic", law="student", freedom=9) != noise("isotropic", law="student")


@pytest.mark.parametrize(
    ("kind", "settings", "word"),
    [
        ("isotropic", {"law": "student", "freedom": 0}, "degrees of freedom"),
        ("label", {"law": "student", "freedom": float("nan")}, "degrees of freedom"),
        ("isotropic", {"memory": 1.0}, "memory"),
        ("isotropic", {"memory": -0.1}, "memory"),
        ("isotropic", {"memory": "long"}, "memory"),
        ("isotropic", {"scale": "1"}, "standard deviation"),
        ("isotropic", {"law": ["gaussian"]}, "law of isotropic"),
        ("label", {"batch": [1]}, "batch of label"),
        ("minibatch", {"batch": True}, "batch size is a whole number"),
        ("minibatch", {"batch": 2.0}, "batch size is a whole number"),
        ("minibatch", {"memory": 0.5}, "no setting"),
        ("minibatch", {"law": "student"}, "law of minibatch"),
    ],
)
def test_wrong_settings_get_a_sentence(kind, settings, word):
    with pytest.raises(ValueError, match=word):
        noise(kind, **settings)


PROJECTORS = (  # onto the tangent of a sphere, each written in its own way; both have rank 2
    "y^2+z^2,-x*y,-x*z;-x*y,x^2+z^2,-y*z;-x*z,-y*z,x^2+y^2",
    "1-x^2/(x^2+y^2+z^2),-x*y/(x^2+y^2+z^2),-x*z/(x^2+y^2+z^2);-x*y/(x^2+y^2+z^2),1-y^2/(x^2+y^2+z^2),-y*z/(x^2+y^2+z^2);"
    "-x*z/(x^2+y^2+z^2),-y*z/(x^2+y^2+z^2),1-z^2/(x^2+y^2+z^2)",
)


@pytest.mark.parametrize("text", PROJECTORS)
def test_a_covariance_of_less_than_full_rank_loses_no_path(text: str) -> None:
    """Where a leading block is nearly singular too, close to a coordinate plane or axis, its factor is known to few digits only."""
    given = noise("covariance", matrix=[row.split(",") for row in text.split(";")])
    outcome = simulate(Experiment(landscape="sphere", noise=given, learning_rate=0.02, paths=1000, frames=20))
    assert outcome.status == "ok"
    points = np.random.default_rng(0).normal(size=(3000, 3)) * 10.0 ** np.random.default_rng(1).uniform(-5, 0, (3000, 3))
    points /= np.linalg.norm(points, axis=-1, keepdims=True)
    found = given.covariance(outcome.experiment.landscape, points)
    np.testing.assert_allclose(found, np.eye(3) - points[:, :, None] * points[:, None, :], atol=2e-3)
    # Brownian motion on the sphere: E cos of the angle from the start is e^{−t}.
    cosines = outcome.limit[-1] @ outcome.limit[0, 0]
    assert cosines.mean() == pytest.approx(np.exp(-outcome.times[-1]), abs=4 * cosines.std() / np.sqrt(1000))


def test_a_negative_variance_still_freezes_the_path() -> None:
    given = noise("covariance", matrix=[["1", "x", "0"], ["x", "1", "0"], ["0", "0", "1"]])
    found = given.covariance(landscape("sphere"), np.array([[0.5, 0.0, 0.0], [1.001, 0.0, 0.0]]))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).any()


@pytest.mark.parametrize("batch", [1, 3])
def test_the_covariance_of_minibatch_sampling_off_the_manifold_is_that_of_drawing_with_replacement(batch: int) -> None:
    """Σ = (1/b) ((1/n) Σ gᵢgᵢᵀ − ḡḡᵀ), gᵢ = fᵢ∇fᵢ: with n, not n − 1, for all samples are there."""
    residuals = ["x*y - 1", "x + y*y - 2", "x*x - y"]
    landscape = Landscape.from_residuals(residuals, variables=["x", "y"])
    x, y = 1.3, -0.4
    values = np.array([x * y - 1, x + y * y - 2, x * x - y])
    jacobian = np.array([[y, x], [1, 2 * y], [2 * x, -1]])
    gradients = values[:, None] * jacobian
    expected = (gradients.T @ gradients / 3 - np.outer(gradients.mean(axis=0), gradients.mean(axis=0))) / batch
    np.testing.assert_allclose(noise("minibatch", batch=batch).covariance(landscape, np.array([x, y])), expected, rtol=1e-10)


@pytest.mark.parametrize("batch", [1, "full"])
def test_a_step_of_label_noise_on_the_manifold_has_the_covariance_of_one_samples_label(batch: int | str) -> None:
    """On Γ, Σ = (δ²/n) JᵀJ: one uniformly drawn sample of n has the error, whatever the others' gradients are."""
    landscape = Landscape.from_residuals(["x - 1", "2*y", "x + y - 1"], variables=["x", "y", "z"])
    jacobian = np.array([[1.0, 0, 0], [0, 2, 0], [1, 1, 0]])
    place, scale, rate = (1.0, 0.0, 0.3), 0.5, 0.1
    label = noise("label", scale=scale, batch=batch)
    expected = scale**2 / 3 * jacobian.T @ jacobian
    np.testing.assert_allclose(label.covariance(landscape, np.array(place)), expected, atol=1e-12)
    step = Experiment(landscape=landscape, noise=label, start=place, learning_rate=rate, horizon=rate**2, paths=10_000, frames=2)
    kicks = (simulate(step).sgd[-1].astype(float) - place) / rate
    products = kicks[:, :, None] * kicks[:, None, :]
    error = products.std(axis=0) / np.sqrt(len(kicks))
    assert (np.abs(products.mean(axis=0) - expected) <= 5 * error + 1e-6).all()
