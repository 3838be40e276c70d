"""What another program hands to the public functions and should not: each is a ValueError with a sentence, never anything else."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import dynamics
from dynamics import Experiment, Landscape
from dynamics.simulate import limit_pace

HYPERBOLA = dynamics.landscape("hyperbola")
ISOTROPIC = dynamics.noise("isotropic")
NOT_A_NUMBER, ENDLESS = float("nan"), float("inf")
ODD = {
    "NaN": NOT_A_NUMBER, "infinity": ENDLESS, "−1": -1, "no text": "", "text": "a", "bytes": b"a", "complex": 1j, "None": None,
    "empty list": [], "empty dict": {}, "ragged": [[1, 2], [3]], "array": np.array([0.1, 0.2]), "huge": 10**5000,
    "object": object(),
}  # fmt: skip
PYTHONS_OWN = ("could not convert", "inhomogeneous", "ambiguous", "broadcast", "operand", "cannot convert", "Exceeds", "reshape")

DESIGN, TARGETS, _ = dynamics.sparse_problem(d=4, n=2, sparsity=1)
MODEL = dynamics.overparametrized_linear(DESIGN, TARGETS)

CHART = dynamics.manifold_chart(HYPERBOLA, (1.0, 1.0), cells=64)


def experiment(**settings):
    return Experiment(landscape=HYPERBOLA, **settings)


def trained(**settings):
    return dynamics.train(MODEL, np.ones(8), **{"learning_rate": 0.01, "steps": 10} | settings)


# A call with one argument that is odd, and what of ODD is not odd there.
CALLS = {
    "landscape": (lambda odd: Experiment(landscape=odd), ()),
    "noise": (lambda odd: experiment(noise=odd), ("None",)),
    "optimizer": (lambda odd: experiment(optimizer=odd), ()),
    "start": (lambda odd: experiment(start=odd), ("None", "array")),
    "learning rate": (lambda odd: experiment(learning_rate=odd), ("None",)),
    "parts": (lambda odd: experiment(parts=odd), ("None", "empty list", "empty dict")),
    "scheme": (lambda odd: experiment(scheme=odd), ("None",)),
    "name of a landscape": (dynamics.landscape, ()),
    "name of a noise": (dynamics.noise, ()),
    "name of an optimizer": (dynamics.optimizer, ()),
    "law": (lambda odd: dynamics.noise("isotropic", law=odd), ()),
    "switch": (lambda odd: dynamics.optimizer("momentum", nesterov=odd), ()),
    "parameter": (lambda odd: dynamics.landscape("hyperbola", a=odd), ()),
    "own parameter": (lambda odd: Landscape.from_loss("a*x*x", ("x",), {"a": odd}), ("−1",)),
    "parameters": (lambda odd: Landscape.from_loss("x*x", ("x",), odd), ("None", "empty dict")),
    "residuals": (lambda odd: Landscape.from_residuals(odd, ("x", "y")), ()),
    "variables": (lambda odd: Landscape.from_loss("x*x", odd), ()),
    "a variable": (lambda odd: Landscape.from_loss("x*x", [odd]), ()),
    "points": (lambda odd: HYPERBOLA.loss(odd), ("array",)),
    "a matrix": (lambda odd: HYPERBOLA.third_derivative([1.0, 1.0], odd), ()),
    "Φ": (lambda odd: dynamics.limit_map(HYPERBOLA, odd), ("array",)),
    "gradient flow": (lambda odd: dynamics.gradient_flow(HYPERBOLA, odd), ("array",)),
    "drift": (lambda odd: dynamics.limit_drift(HYPERBOLA, ISOTROPIC, odd), ()),
    "drift of another": (lambda odd: dynamics.optimizer("sam").limit_drift(HYPERBOLA, ISOTROPIC, odd), ()),
    "place of a chart": (lambda odd: dynamics.manifold_chart(HYPERBOLA, odd), ("array",)),
    "reach": (lambda odd: dynamics.manifold_chart(HYPERBOLA, (1.0, 1.0), reach=odd), ("None",)),
    "cells": (lambda odd: dynamics.manifold_chart(HYPERBOLA, (1.0, 1.0), cells=odd), ("None",)),
    "start of a density": (lambda odd: dynamics.fokker_planck(HYPERBOLA, ISOTROPIC, CHART, odd, [0.1]), ("−1", "array")),
    "times of a density": (lambda odd: dynamics.fokker_planck(HYPERBOLA, ISOTROPIC, CHART, 0.0, odd), ("array",)),
    "times of a flow": (lambda odd: dynamics.label_noise_flow(MODEL, np.ones(8), odd), ("infinity", "array")),
    "scale of a flow": (lambda odd: dynamics.label_noise_flow(MODEL, np.ones(8), [0.1], scale=odd), ()),
    "design": (lambda odd: dynamics.overparametrized_linear(odd, TARGETS), ()),
    "signs": (lambda odd: dynamics.overparametrized_linear(DESIGN, TARGETS, odd), ()),
    "a model's point": (MODEL.gradient, ()),
    "widths": (lambda odd: dynamics.network(DESIGN, TARGETS, widths=odd), ()),
    "a width": (lambda odd: dynamics.network(DESIGN, TARGETS, widths=(4, odd, 1)), ()),
    "activation": (lambda odd: dynamics.network(DESIGN, TARGETS, widths=(4, 3, 1), activation=odd), ()),
    "features": (lambda odd: dynamics.sparse_problem(d=odd, n=2, sparsity=1), ()),
    "sparsity": (lambda odd: dynamics.sparse_problem(d=4, n=2, sparsity=odd), ()),
    "rate of training": (lambda odd: trained(learning_rate=odd), ()),
    "steps": (lambda odd: trained(steps=odd), ()),
    "seed": (lambda odd: trained(seed=odd), ()),
    "learning rates": (lambda odd: dynamics.convergence(experiment(), odd), ("None",)),
    "learning rates of the clocks": (lambda odd: dynamics.two_clocks(experiment(), odd), ("None", "array")),
    "a link": (Experiment.from_query, ("empty dict",)),
    "what a link holds": (lambda odd: Experiment.from_query({"paths": odd}), ("huge",)),
    "formulas": (lambda odd: HYPERBOLA.evaluate(odd, [1.0, 1.0]), ("text", "empty list", "empty dict")),
    "start of a sample of Γ": (lambda odd: dynamics.sample_manifold(HYPERBOLA, odd), ("array",)),
    "box of a sample of Γ": (lambda odd: dynamics.sample_manifold(HYPERBOLA, (1.0, 1.0), odd), ("None",)),
    "points of a table": (lambda odd: dynamics.limit_table(HYPERBOLA, ISOTROPIC, odd), ()),
    "target of a passage": (lambda odd: dynamics.mean_first_passage_time(HYPERBOLA, ISOTROPIC, CHART, odd), ("−1", "array")),
    "rate of a check": (lambda odd: HYPERBOLA.check((1.0, 1.0), None, odd), ("None",)),
    "start of a check": (HYPERBOLA.check, ("array",)),
    "another learning rate": (lambda odd: experiment().at_rate(odd), ()),
    "accuracy": (lambda odd: dynamics.convergence(experiment(), [0.1, 0.05, 0.02], accuracy=odd), ()),
    "workers": (lambda odd: dynamics.simulate(experiment(), workers=odd), ("None",)),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_odd_is_a_sentence(name: str) -> None:
    call, fine = CALLS[name]
    for what, odd in ODD.items():
        if what in fine:
            continue
        with pytest.raises(ValueError, match=r"[.?]$") as refused:
            call(odd)
        assert not any(words in str(refused.value) for words in PYTHONS_OWN), (what, refused.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: experiment(start="12"),
        lambda: experiment(noise=0),
        lambda: dynamics.limit_map(HYPERBOLA, [[1.0, 2.0, 3.0]]),
        lambda: HYPERBOLA.third_derivative([1.0, 1.0], np.eye(3)),
        lambda: dynamics.fokker_planck(HYPERBOLA, ISOTROPIC, CHART, (1.0, 1.0, 1.0), [0.1]),
        lambda: dynamics.fokker_planck(HYPERBOLA, ISOTROPIC, CHART, 0.0, [[0.1, 0.2]]),
        lambda: dynamics.network(DESIGN, TARGETS, widths=(4, 5.5, 1)),
        lambda: dynamics.convergence(experiment(), [0.1, 0.1, 0.1]),
        lambda: dynamics.two_clocks(experiment(), []),
        lambda: dynamics.sample_manifold(HYPERBOLA, (1.0, 1.0), [[3.0, -3.0], [-3.0, 3.0]]),
        lambda: dynamics.sample_manifold(HYPERBOLA, [[1.0, 1.0], [2.0, 0.5]]),
        lambda: dynamics.train(HYPERBOLA, (1.0, 1.0), learning_rate=0.01, steps=10),
    ],
)
def test_what_is_nearly_right_is_a_sentence_too(call) -> None:
    with pytest.raises(ValueError, match=r"[.?]$") as refused:
        call()
    assert not any(words in str(refused.value) for words in PYTHONS_OWN)


def test_numbers_of_numpy_are_numbers() -> None:
    given = Experiment(
        landscape=HYPERBOLA, start=np.array([2.0, 0.5]), learning_rate=np.float64(0.1), paths=np.int64(20), seed=np.uint8(3)
    )
    assert given == Experiment(landscape=HYPERBOLA, start=(2.0, 0.5), learning_rate=0.1, paths=20, seed=3)
    rate = np.float32(0.0078125)
    assert np.array_equal(
        dynamics.train(MODEL, [1.0] * 8, learning_rate=rate, steps=np.int64(10)).points,
        dynamics.train(MODEL, np.ones(8), learning_rate=float(rate), steps=10).points,
    )
    assert MODEL.loss([1.0] * 8) == MODEL.loss(np.ones(8))


def test_a_choice_that_equals_an_option_is_that_option_and_so_is_its_link() -> None:
    for batch in (True, 1.0, np.int64(1)):
        given = Experiment(landscape=HYPERBOLA, noise=dynamics.noise("label", scale=0.5, batch=batch))
        assert type(given.noise.batch) is int
        assert Experiment.from_query(given.to_query()) == given
    assert dynamics.noise("label", law=np.str_("gaussian")).to_query()["noise.law"] == "gaussian"


def test_one_part_of_the_drift_is_a_list_of_one() -> None:
    assert Experiment(landscape=HYPERBOLA, parts="tangent").parts == ("tangent",)


def test_a_link_may_hold_numbers_and_learning_rates_be_an_array() -> None:
    assert Experiment.from_query({"seed": 3, "v": 1}).seed == 3
    curves = dynamics.two_clocks(experiment(horizon=0.1, paths=2), np.array([0.1, 0.05, 0.1])).curves
    assert [curve.learning_rate for curve in curves] == [0.1, 0.05]


def test_where_the_hessian_vanishes_no_dimension_is_claimed() -> None:
    cross = dynamics.landscape("cross")
    for ask in (lambda: dynamics.manifold_chart(cross, (0.0, 0.0)), lambda: dynamics.limit_drift(cross, ISOTROPIC, (0.0, 0.0))):
        with pytest.raises(ValueError, match="Hessian vanishes"):
            ask()


def test_no_points_have_no_limits() -> None:
    assert dynamics.limit_map(HYPERBOLA, np.zeros((0, 2))).shape == (0, 2)


def test_sentences_tell_whole_numbers_in_full_and_no_infinite_ends() -> None:
    with pytest.raises(ValueError, match="between 0 and 4,294,967,295; not −1"):
        Experiment(landscape=HYPERBOLA, seed=-1)
    with pytest.raises(ValueError, match="must be at least 2; not 1"):
        dynamics.train(MODEL, np.ones(8), learning_rate=0.01, steps=10, frames=1)


def test_a_network_is_pickled_with_its_activation() -> None:
    for activation in ("tanh", "sigmoid", "softplus", "identity"):
        net = dynamics.network(DESIGN, TARGETS, widths=(4, 3, 1), activation=activation)
        point = net.random_start(1.0, seed=0)
        assert np.array_equal(pickle.loads(pickle.dumps(net)).gradient(point), net.gradient(point))


def test_the_limits_steps_are_few_where_one_step_outruns_the_horizon() -> None:
    given = Experiment(landscape=HYPERBOLA, learning_rate=10.0, horizon=1e-4, paths=1, frames=2)
    assert given.steps * given.optimizer.slow_time(10.0) == 100.0
    assert limit_pace(given).longest == pytest.approx(100.0 / (25 * given.substeps))
