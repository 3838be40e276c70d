"""Optimizers as a setting of an experiment: links, clocks, refusals, and what a run says of them."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, limit_drift, noise, optimizer, simulate
from dynamics.files import from_toml, to_toml
from dynamics.optimizers import OPTIMIZERS, SGD
from dynamics.optimizers.dropout import units
from dynamics.settings import in_words
from dynamics.studies.exact import exact_density
from figures.caption import caption

OTHERS = [name for name in OPTIMIZERS if name != "sgd"]


def experiment(name, **settings):
    made = optimizer(name, **settings)
    return Experiment(landscape="hyperbola", noise="label", optimizer=made, learning_rate=0.01, horizon=0.1, paths=20, frames=20)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_links_and_files_keep_an_optimizer(name):
    made = optimizer(name)
    changed = {
        setting.name: next(value for value in (True, "cyclic", 7, 0.25) if _accepts(setting, value) and value != setting.default)
        for setting in made.settings
    }
    for given in (made, optimizer(name, **changed)):
        asked = Experiment(landscape="hyperbola", noise="label", optimizer=given, learning_rate=0.03)
        assert Experiment.from_query(asked.to_query()) == asked
        assert from_toml(to_toml(asked)) == asked


def _accepts(setting, value):
    try:
        return setting.of_field(value) == value
    except ValueError:
        return False


def test_a_link_without_an_optimizer_is_sgd():
    assert Experiment.from_query({"v": "1", "landscape": "circle"}).optimizer == SGD
    assert "optimizer" not in Experiment(landscape="circle").to_query()


@pytest.mark.parametrize(
    ("query", "sentence", "kept"),
    [
        ({"optimizer": "lion"}, "Unknown optimizer “lion”", SGD),
        ({"optimizer": "momentum", "optimizer.beta": "1.5"}, "between 0 and 0.999", optimizer("momentum", beta=0.999)),
        ({"optimizer": "momentum", "optimizer.rho": "1"}, "no setting “rho”", optimizer("momentum")),
        ({"optimizer": "adam", "noise": "covariance", "noise.matrix": "1,0;0,0"}, "which is 0 in y", SGD),
        ({"optimizer": "adam", "optimizer.kappa": "1e4", "learning_rate": "0.5"}, "must be below 1", SGD),
        ({"optimizer": "reshuffling", "noise.memory": "0.5"}, "without replacement", SGD),
        ({"optimizer": "one_sam", "landscape": "valley"}, None, None),
        ({"optimizer": "sam", "scheme": "projective"}, "choose the explicit one", optimizer("sam")),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_loses_nothing(query, sentence, kept):
    query = {"v": "1", "landscape": "hyperbola", "horizon": "0.5"} | query
    notes: list[str] = []
    found = Experiment.from_query(query, notes)
    if sentence is None:
        assert found.landscape.has_residuals or notes
        return
    assert any(sentence in note for note in notes), notes
    assert found.optimizer == kept
    assert found.landscape.name == "hyperbola"
    assert found.horizon == 0.5
    with pytest.raises(ValueError, match=r"\.$"):
        Experiment.from_query(query)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_goes_to_its_horizon_on_its_own_clock(name):
    asked = experiment(name)
    outcome = simulate(asked)
    assert outcome.status in ("ok", "left_manifold"), outcome.status.told
    assert outcome.steps[-1] == asked.steps
    assert outcome.times[-1] == pytest.approx(0.1, rel=0.05)
    assert np.isfinite(outcome.sgd).all()
    assert np.isfinite(outcome.limit).all()
    if not asked.random:
        assert np.ptp(outcome.sgd, axis=1).max() == 0


@pytest.mark.parametrize(
    ("name", "clock"), [("momentum", 0.05**2 / 0.1**2), ("sam", 0.05e-4), ("adam", 0.05**2), ("normalized", 0.05**2)]
)
def test_slow_time_of_a_step(name, clock):
    assert optimizer(name).slow_time(0.05) == pytest.approx(clock)


@pytest.mark.parametrize("kind", ["cosine", "inverse_sqrt", "cyclic"])
def test_a_schedule_counts_the_squares_of_its_rates(kind):
    made, rate, total = optimizer("schedule", kind=kind), 0.1, 5_000
    share = (np.arange(total) + 0.5) / total
    rates = (
        rate
        * {
            "cosine": (1 + np.cos(np.pi * share)) / 2,
            "inverse_sqrt": 1 / np.sqrt(1 + 99 * share),
            "cyclic": 0.1 + 0.9 * (1 - np.cos(10 * np.pi * share)) / 2,
        }[kind]
    )
    steps = np.array([0, 1_000, 2_345, total])
    slow = np.array([(rates[:step] ** 2).sum() for step in steps])
    np.testing.assert_allclose(made.slow_times(steps, rate, total), slow, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(made.fast_times(steps, rate, total), [rates[:step].sum() for step in steps], rtol=1e-4, atol=1e-9)
    assert made.slow_time(rate) == pytest.approx(slow[-1] / total, rel=1e-4)
    np.testing.assert_allclose(made.steps_at(slow[1:3], rate, total), steps[1:3], atol=2)


def test_finer_keeps_what_the_limit_depends_on():
    asked = experiment("local_sgd", local_steps=8)
    half = asked.at_rate(asked.learning_rate / 2)
    assert half.optimizer == optimizer("local_sgd", local_steps=16)
    assert experiment("sam", radius=0.02).at_rate(asked.learning_rate / 2).optimizer.radius == pytest.approx(0.01)


def test_the_parts_of_a_drift_are_those_of_the_optimizer():
    asked = experiment("weight_decay", decay=0.5)
    point = np.array([2.0, 0.5])
    plain = limit_drift(asked.landscape, asked.noise, point)
    decayed = asked.optimizer.limit_drift(asked.landscape, asked.noise, point)
    np.testing.assert_allclose(decayed.normal, plain.normal)
    across = np.array([0.5, 2.0]) / np.hypot(0.5, 2.0)
    np.testing.assert_allclose(decayed.own, -0.5 * (point - across * (across @ point)))
    np.testing.assert_allclose(decayed.total, plain.total + decayed.own)
    assert plain.own == 0


def test_a_switch_is_said_where_it_is_on():
    assert optimizer("momentum", beta=0.5).words == "SGD with momentum (β = 0.5)"
    assert optimizer("momentum", beta=0.5, nesterov=True).words == "SGD with momentum (β = 0.5, Nesterov's form)"
    assert optimizer("sgd").words == "SGD"
    assert optimizer("adam").words[:4] == "Adam"  # a name
    assert optimizer("dropout").words == "dropout of units (σ = 0.1)"
    assert optimizer("dropout").heading == "Dropout of units (σ = 0.1)"


def test_momentum_that_rings_is_told():
    asked = experiment("momentum", beta=0.9)
    point = np.array([2.0, 0.5])
    assert "rings" in asked.optimizer.warning(asked.landscape, point, 0.05)
    assert asked.optimizer.warning(asked.landscape, point, 1e-4) == ""


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_momentum_rings_where_its_modes_are_complex(beta, nesterov):
    made, valley = optimizer("momentum", beta=beta, nesterov=nesterov), Landscape.from_loss("y*y/2", ("x", "y"))
    for product, rings in ((0.98 * made.rings, False), (1.02 * made.rings, True)):
        first = [1 - product * (1 + beta), -(beta**2)] if nesterov else [1 - product, -beta]  # of (x, ηm)
        modes = np.linalg.eigvals([first, [product, beta]])
        assert (np.abs(modes.imag).max() > 0) == rings
        assert ("rings" in made.warning(valley, np.zeros(2), product)) == rings


@pytest.mark.parametrize(("name", "horizon"), [("sam", 1.6), ("normalized", 4.0), ("sqrt_loss", 6.0)])
def test_where_the_sharpest_directions_meet_the_orbit_needs_a_coupling(name, horizon):
    """xy = 1 and zw = 1: without a coupling the orbit stays across the first, as nothing starts one across the second."""
    made = optimizer(name, **({"radius": 0.004} if name == "sam" else {}))
    found = []
    for coupling in (0.0, 0.01):
        place = Landscape.from_residuals([f"x*y + {coupling}*z - 1", f"z*w + {coupling}*x - 1"], ("x", "y", "z", "w"))
        asked = Experiment(
            landscape=place, noise="label", optimizer=made, start=(2.0, 0.501, 1.5, 0.668), learning_rate=0.02, horizon=horizon,
            paths=1, frames=40,
        )  # fmt: skip
        outcome = simulate(asked)
        steps, limit = (np.linalg.eigvalsh(place.hessian(each[-1, 0].astype(float)))[-1] for each in (outcome.sgd, outcome.limit))
        found.append((steps / limit, outcome.warning))
    (apart, told), (together, untold) = found
    assert apart > 1.1
    assert "λ₁ and λ₂ are equal" in told
    assert together == pytest.approx(1.0, abs=0.03)
    assert untold == ""


def test_without_momentum_nothing_rings():
    valley = Landscape.from_loss("y*y/2", ("x", "y"))
    assert optimizer("momentum", beta=0.0).warning(valley, np.zeros(2), 1.5) == ""


def test_where_adam_divides_by_nothing_its_limit_ends_and_says_so():
    asked = Experiment(landscape="ellipse", noise="label", optimizer=optimizer("adam", kappa=5), paths=4, frames=20)
    outcome = simulate(asked)
    assert outcome.status == "left_manifold"
    assert "divides by nothing" in outcome.status.sentence
    assert (outcome.limit_frozen >= 0).all()
    assert np.isfinite(outcome.limit).all()


@pytest.mark.parametrize(("kappa", "beta1"), [(0.5, 0.0), (25.0, 0.9)])
@pytest.mark.parametrize("learning_rate", [0.01, 0.001])
def test_a_coordinate_without_noise_leaps_under_adam_by_what_its_refusal_says(kappa, beta1, learning_rate):
    """On xy = 1 from a point off Γ; noise in x alone, so that y's v is 0."""
    adam = optimizer("adam", kappa=kappa, beta1=beta1)
    off, axis = np.array([2.0, 0.6]), noise("covariance", matrix=[["1", "0"], ["0", "0"]])
    one = adam.stepper(landscape("hyperbola"), axis, off, learning_rate, 0, 0, 1)
    one.advance(1)
    assert abs(one.points[1, 0] - off[1]) == pytest.approx(adam.leap, rel=1e-3)
    with pytest.raises(ValueError, match=f"would be {in_words(adam.leap, 2)} long"):
        adam.check(landscape("hyperbola"), axis, tuple(off), learning_rate)


def test_the_drift_of_local_sgd_without_a_learning_rate_is_that_of_sgd():
    given, on_manifold, label = landscape("hyperbola"), [[2.0, 0.5], [1.0, 1.0]], noise("label")
    local = optimizer("local_sgd")
    expected = limit_drift(given, label, on_manifold).total
    assert local.limit_drift(given, label, on_manifold).total == pytest.approx(expected, abs=1e-12)
    assert local.limit_drift(given, label, on_manifold, 1e-9).total == pytest.approx(expected, abs=1e-6)


def test_no_drift_at_all_is_a_sentence_and_none_at_some_points_is_not():
    adam, label = optimizer("adam"), noise("label")
    line = Landscape.from_residuals(["(x^2 + 1)*y"], ("x", "y"))  # the noise is across, along y alone
    with pytest.raises(ValueError, match="vanishes in a coordinate"):
        adam.limit_drift(line, label, [[1.5, 0.0]])
    circle = landscape("circle")
    some = adam.limit_drift(circle, label, [[1.0, 0.0], [0.6, 0.8]]).total
    assert np.isnan(some[0]).all()
    assert np.isfinite(some[1]).all()
    assert adam.limit_drift(circle, label, np.zeros((0, 2))).total.shape == (0, 2)


def test_every_optimizer_has_a_finite_drift_as_it_is_asked_for():
    for name in OPTIMIZERS:
        assert np.isfinite(optimizer(name).limit_drift(landscape("hyperbola"), noise("label"), [2.0, 0.5]).total).all(), name


def test_local_sgd_with_one_worker_is_sgd_and_says_so():
    asked = experiment("local_sgd", workers=1)
    plain, alone = simulate(replace(asked, optimizer=SGD)), simulate(asked)
    np.testing.assert_allclose(alone.sgd, plain.sgd, rtol=1e-5)
    np.testing.assert_allclose(alone.limit, plain.limit, rtol=1e-5)
    assert "this is SGD" in caption(alone, None, 10)
    assert "this is SGD" not in caption(simulate(experiment("local_sgd", workers=2)), None, 10)
    assert alone.warning == ""  # nothing is strained


def test_a_flow_off_the_start_follows_adams_own_metric():
    """S is fixed while x falls to Γ: x' = −S∇L does not end where gradient flow does."""
    asked = replace(experiment("adam"), start=(3.0, 1.2))
    plain = simulate(replace(asked, optimizer=SGD)).flow.points[-1]
    scaled = simulate(asked).flow.points[-1]
    x, y, (s, r) = *asked.start, 1 / np.sqrt(np.diag(asked.noise.covariance(asked.landscape, np.array(asked.start))))
    # On xy = 1: x²/s − y²/r is kept, as dx/dt = −s y f and dy/dt = −r x f.
    assert scaled[0] ** 2 / s - scaled[1] ** 2 / r == pytest.approx(x * x / s - y * y / r, rel=1e-5)
    assert abs(scaled[0] - plain[0]) > 0.05


def test_the_limit_of_langevin_is_that_of_sgd_under_isotropic_noise_of_variance_two():
    given, point = noise("label"), np.array([2.0, 0.5])
    asked = experiment("langevin", temperature=0.01)
    own = asked.optimizer.limit_drift(asked.landscape, given, point)
    plain = limit_drift(asked.landscape, noise("isotropic", scale=2**0.5), point)
    for part in ("tangent", "mixed", "normal"):
        np.testing.assert_allclose(getattr(own, part), getattr(plain, part))
    tangent, sharpness = point * [1, -1] / np.linalg.norm(point), float(point @ point)
    slope = 2 * (point[0] ** 2 - point[1] ** 2) / np.linalg.norm(point)  # of λ = x² + y², along Γ
    np.testing.assert_allclose(own.normal, -slope / (2 * sharpness) * tangent)  # −½ ∇ln λ


def test_langevin_keeps_half_a_temperature_of_loss_in_each_normal_direction():
    made = optimizer("langevin", temperature=0.01)
    asked = Experiment(landscape="hyperbola", noise="label", optimizer=made, learning_rate=0.01, horizon=0.1, paths=2_000, frames=9)
    loss = simulate(asked).observables["loss"]
    np.testing.assert_allclose(loss.limit.mean, 0.01 / 2, rtol=1e-6)
    assert loss.sgd.mean[-1] == pytest.approx(0.01 / 2, rel=0.15)  # ± 0.03, and ηλ/4


def test_densities_of_langevin_are_those_of_its_own_noise():
    """On the circle E cos of the angle is e^(−t); on the ellipse the density at rest is proportional to λ^(−½)."""
    made = optimizer("langevin", temperature=0.02)
    asked = Experiment(landscape="circle", noise="label", optimizer=made, start=(1, 0), horizon=0.5, learning_rate=0.05)
    found = next(exact_density(asked))
    angle = found.chart.grid / found.chart.length * 2 * np.pi
    assert abs(found.density[-1] @ np.exp(1j * angle)) * found.chart.cell == pytest.approx(np.exp(-0.5), rel=1e-3)
    found = next(exact_density(replace(asked, landscape=landscape("ellipse"), start=(1.0, 0.5))))
    flat = found.stationary * np.sqrt(found.experiment.landscape.sharpness(found.chart.points(found.chart.grid)))
    assert np.ptp(flat) < 1e-3 * flat.mean()


def test_gauss_newtons_step_size_is_a_change_of_time():
    """The curves of SGD, and its drift by a = 1/tr H squared, in codimension two."""
    place = Landscape.from_residuals(["x*y - 1", "z*(1 + x)"], ("x", "y", "z"))
    made, given, point = optimizer("gauss_newton"), noise("isotropic", scale=0.5), np.array([2.0, 0.5, 0.0])
    trace = (2.0**2 + 0.5**2 + 3.0**2) / 2
    found, plain = made.limit_drift(place, given, point), limit_drift(place, given, point)
    for part in ("tangent", "mixed", "normal"):
        np.testing.assert_allclose(getattr(found, part), getattr(plain, part) / trace**2, atol=1e-12)
    assert made.sharpness(place, given, point) == pytest.approx(9 / 2 / trace)
    np.testing.assert_allclose(made.metric(place, given, np.stack([point, point])), np.full((2, 3), 1 / trace))


@pytest.mark.parametrize(("loss", "start", "sentence"), [("x*x*y*y", (1.0, 0.0), "loss only"), ("", (0.0, 0.0), "flat")])
def test_gauss_newtons_step_size_needs_residuals_that_are_not_flat(loss, start, sentence):
    place = Landscape.from_loss(loss, ("x", "y")) if loss else "hyperbola"
    with pytest.raises(ValueError, match=sentence):
        Experiment(landscape=place, optimizer="gauss_newton", start=start)


def test_along_the_manifold_the_sharpness_is_the_optimizers():
    """Adam's is that of S^½HS^½: on the hyperbola, with diag Σ = (y², x²), y²/|y| + x²/|x| = |x| + |y|."""
    points = np.array([[[2.0, 0.5], [1.0, 1.0]], [[0.5, 2.0], [np.nan, 1.0]]])
    found = optimizer("adam").sharpness(experiment("adam").landscape, noise("label"), points)
    np.testing.assert_allclose(found, [[2.5, 2.0], [2.5, np.nan]], rtol=1e-6)


@pytest.mark.parametrize(
    ("residual", "found"),
    [
        ("x*y - 1", ["x*y"]),
        ("(x^2 + y^2 - 1)/2", ["x^2/2", "y^2/2"]),
        ("a*(x - (y - 3)) + tanh(x + y) - 2*a", ["a*x", "a*-y", "tanh(x + y)"]),
        ("1 - x*(x + y)", ["-(x*(x + y))"]),
    ],
)
def test_units_are_the_terms_of_a_residual(residual, found):
    place = Landscape.from_residuals([residual], ("x", "y"), {"a": 2.0})
    assert units(place.definition) == (tuple(found),)
    assert sum(place.evaluate(found, [1.3, -0.4])) == pytest.approx(
        place.residuals([1.3, -0.4])[0] - place.residuals([0.0, 0.0])[0]
    )


def test_dropout_hits_each_unit_of_each_residual_by_itself():
    """About Γ a step has the second moment σ² Σ h² ∇f∇fᵀ of each residual, and the mean −½σ²∇R."""
    place = Landscape.from_residuals(["x + 2*y - 3", "x*y - 1"], ("x", "y"))
    made, start = optimizer("dropout", strength=0.1), np.array([1.0, 1.0])
    moved = []
    for seed in range(100):
        stepper = made.stepper(place, noise("isotropic"), start, 1.0, seed, 0, 160)
        stepper.advance(1)
        moved.append(stepper.points[:2].T - start)
    moves = np.concatenate(moved)
    first, second = np.array([1.0, 2.0]), np.array([1.0, 1.0])  # ∇f
    expected = 0.01 / 4 * ((1 + 4) * np.outer(first, first) + np.outer(second, second))
    np.testing.assert_allclose(moves.T @ moves / len(moves), expected, rtol=0.06)
    slope = 0.01 / 2 * (first * np.array([1, 2]) * 2 + 2 * second) / 2  # ½σ² ∇R, R = ½(x² + 4y² + x²y²)
    assert (abs(moves.mean(axis=0) + slope) < 5 * moves.std(axis=0) / len(moves) ** 0.5).all()


def test_dropout_needs_units_and_a_small_strength():
    place = Landscape.from_loss("(x*y - 1)^2", ("x", "y"))
    with pytest.raises(ValueError, match="take DropConnect"):
        Experiment(landscape=place, optimizer="dropout", start=(2.0, 1.0))
    assert Experiment(landscape=place, optimizer="dropconnect", start=(2.0, 1.0)).optimizer.warning(place, None, 0.1) == ""
    assert "0.8" in optimizer("dropout", strength=0.8).warning(place, None, 0.1)


def test_an_experiment_whose_paths_are_one_costs_little():
    many = replace(experiment("sam"), paths=5_000)
    assert not many.random
    assert many.path_steps == 40 * many.steps
    assert experiment("weight_noise").random


def test_isotropic_adam_is_not_lost():
    asked = Experiment(landscape="circle", noise=noise("isotropic"), optimizer=optimizer("adam"), paths=50, frames=20, horizon=0.5)
    assert simulate(asked).status == "ok"


def test_where_a_density_ends_the_reason_is_named():
    """Σ = diag(x, y) is a covariance where both are positive; from outside there is no limit at all."""
    given = noise("covariance", matrix=[["x", "0"], ["0", "y"]])
    for start, where in (((0.8, 0.6), 0.6435), ((-0.8, 0.6), 0.0)):
        with pytest.raises(ValueError, match="Σ is not positive semidefinite") as refused:
            next(exact_density(Experiment(landscape="circle", noise=given, start=start, learning_rate=0.05)))
        at = float(str(refused.value).split("s = ")[1].split()[0])
        assert abs(at) == pytest.approx(where, abs=0.01)


def test_exact_densities_are_those_of_limits_that_are_sgds():
    asked = Experiment(landscape="circle", noise=noise("isotropic"), horizon=0.2, learning_rate=0.05)
    first, second = (next(exact_density(replace(asked, optimizer=optimizer(name)))) for name in ("sgd", "momentum"))
    np.testing.assert_array_equal(first.density, second.density)


def test_a_limit_that_goes_nowhere_is_said_to_stand_still():
    """Dropout of one unit a residual, xy = 1: the unit is 1 all along Γ; of two units the limit moves."""
    still = simulate(experiment("dropout"))
    assert "Here it stands still." in caption(still, None, 10)
    assert "stands still" not in caption(simulate(experiment("sam", radius=0.01)), None, 10)
