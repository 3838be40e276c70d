"""What is too long to build or to run is refused before anything is built, with what to lower."""

import sys

import casadi as ca
import numpy as np
import pytest

from dynamics import Experiment, Landscape, estimated_cost, landscape, landscape_names, noise
from dynamics.engine import budget
from dynamics.engine.formula import FormulaError
from dynamics.engine.graph import landscape_graph
from dynamics.landscapes.quantities import quantity_tape
from dynamics.landscapes.typed import read_landscape
from dynamics.limit.schemes import explicit

TWELVE = tuple(f"x{k}" for k in range(12))


def net(hidden, data):
    """Residuals of a net of one hidden layer of tanh at as many points."""
    return [
        " + ".join(f"x{3 * i}*tanh({k / 3 - 1:.2f}*x{3 * i + 1} + x{3 * i + 2})" for i in range(hidden)) + f" - {k / 10}"
        for k in range(data)
    ]


def nested(depth, variables):
    text = " + ".join(variables)
    for k in range(depth):
        text = f"sin({text})*cos({variables[k % len(variables)]})"
    return text


@pytest.mark.parametrize("name", landscape_names())
def test_built_in_landscapes_are_far_within_the_budget(name):
    assert budget.operations(landscape(name).definition).total < budget.MAX_OPERATIONS / 10


@pytest.mark.parametrize(
    ("residuals", "variables"),
    [
        (net(4, 12), TWELVE),
        (net(2, 30), TWELVE[:6]),
        (["*".join(TWELVE) + " - 1"], TWELVE),
        ([" + ".join(TWELVE) + f" - {k}" for k in range(64)], TWELVE),
        ([nested(24, TWELVE[:2])] * 5, TWELVE[:2]),
    ],
    ids=["net of 12", "net of 6", "product", "linear", "nested"],
)
def test_what_is_reasonable_is_within_the_budget(residuals, variables):
    assert Landscape.from_residuals(residuals, variables).dimension == len(variables)


@pytest.mark.parametrize(
    ("residuals", "remedy"),
    [
        ([nested(12, TWELVE[k % 12 :] + TWELVE[: k % 12]) for k in range(30)], "fewer residuals, shorter or less nested"),
        (["/".join(f"(1 + {name}^2)" for name in TWELVE) + " + " + nested(25, TWELVE)], "less nested"),
        ([f"{name}^2 - {k}" for k in range(5) for name in TWELVE], "fewer residuals or fewer variables"),
    ],
)
def test_what_takes_too_long_is_refused_before_a_graph_is_built(residuals, remedy, monkeypatch):
    built = []
    monkeypatch.setattr(ca, "jacobian", lambda *arguments: built.append(arguments))
    monkeypatch.setattr(
        sys.modules["dynamics.landscapes.landscape"], "landscape_graph", lambda definition: built.append(definition)
    )
    with pytest.raises(FormulaError, match="operations a step, and 36,000 are allowed") as refusal:
        Landscape.from_residuals(residuals, TWELVE)
    assert remedy in refusal.value.remedy
    assert built == []
    problems = read_landscape("\n".join(residuals), variables=TWELVE).problems
    assert remedy in problems[0].remedy


def test_a_link_that_takes_too_long_is_noted():
    residuals = [nested(3, TWELVE[k % 12 :] + TWELVE[: k % 12]) for k in range(40)]
    query = {"residuals": ";".join(residuals), "variables": ",".join(TWELVE), "start": ",".join(["0.5"] * 12)}
    notes = []
    assert Experiment.from_query(query, notes).landscape == landscape("hyperbola")
    assert any("operations a step" in note for note in notes)


@pytest.mark.parametrize(
    ("residuals", "variables", "rank"),
    [(net(4, 6), TWELVE, 6), ([nested(10, TWELVE[:6])], TWELVE[:6], 1), (net(2, 4), TWELVE[:6], 4), ([nested(24, "xy")], "xy", 1)],
)
def test_the_estimate_is_what_is_built(residuals, variables, rank):
    """Within a factor of two and a half, either way."""
    definition = Landscape.from_residuals(residuals, tuple(variables)).definition
    estimate = budget.operations(definition)
    gradient = ca.Function("gradient", [(graph := landscape_graph(definition)).x, graph.p], [graph.gradient]).n_instructions()
    hessian = len(quantity_tape(definition, "hessian").body)
    step = len(explicit.coefficient_tape(definition, noise("label").canonical, rank).body)
    for built, estimated in ((gradient, estimate.value + estimate.gradient), (hessian, estimate.hessian), (step, estimate.total)):
        assert built / 2.5 < estimated < 2.5 * built + 100


def test_a_covariance_is_bounded_too():
    entry = "+".join(["x"] * 300)
    wide = Landscape.from_residuals(["x - 1"], ("x", *TWELVE[1:]))
    large = noise("covariance", matrix=[[entry if i == j else "0" for j in range(12)] for i in range(12)])
    with pytest.raises(FormulaError, match=r"covariance have 7,320 parts"):
        large.check(landscape_graph(wide.definition))


def test_what_an_experiment_costs():
    small = estimated_cost(Experiment(landscape="hyperbola"))
    large = Experiment(landscape="hyperbola", paths=600, horizon=8.0).cost
    assert large.path_steps == 4 * small.path_steps
    assert large.work == 4 * small.work
    assert large.limit_path_steps == 2 * small.limit_path_steps
    assert 2 * small.seconds < large.seconds < 5 * small.seconds
    assert large.bytes > small.bytes > 300 * 400 * 2 * 2 * 4


def test_operations_times_path_steps_are_bounded():
    deep = Landscape.from_residuals([nested(20, ("x", "y"))] * 8, ("x", "y"))
    settings = {"landscape": deep, "noise": noise("isotropic"), "start": (0.5, 0.5), "learning_rate": 1e-3, "paths": 2_000}
    with pytest.raises(ValueError, match="take fewer paths, a shorter horizon, a larger learning rate or a shorter formula"):
        Experiment(**settings, horizon=5.0)
    assert Experiment(**settings, horizon=0.05).cost.work < budget.MAX_WORK
    with pytest.raises(ValueError, match="take fewer substeps, paths or frames"):
        Experiment(**(settings | {"learning_rate": 0.1, "paths": 20_000}), horizon=0.05, frames=1_200, substeps=256)
    notes = []
    residuals = ";".join(deep.definition.residuals)
    query = {"residuals": residuals, "variables": "x,y", "start": "0.5,0.5", "learning_rate": "0.0001", "paths": "20000"}
    mended = Experiment.from_query(query | {"horizon": "1", "frames": "1000", "substeps": "256"}, notes)
    assert notes
    assert mended.landscape.definition == deep.definition
    assert max(mended.cost.work, mended.cost.limit_work) <= budget.MAX_WORK
    assert np.isfinite(mended.cost.seconds)
