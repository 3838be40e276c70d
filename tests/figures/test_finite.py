"""The second line of the theory, at a finite learning rate, on each page that draws a limit: by value, on the hyperbola."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import Experiment, manifold_chart, noise, optimizer, simulate, two_clocks
from dynamics.studies.convergence import stages
from dynamics.studies.exact import exact_density
from dynamics.studies.flatness import of_landscape
from dynamics.studies.needs import trials
from figures.caption import caption
from figures.clocks import clocks_panel
from figures.convergence import quantile_panel
from figures.densities import density_panel
from figures.finite import DASH, NAME, finite_words
from figures.flatness import trace_panel
from figures.needs import along_panel

RATE = 0.1
EXPERIMENT = Experiment(landscape="hyperbola", start=(2.0, 0.5), learning_rate=RATE, horizon=1.0, paths=40, frames=21)
CORRECTED = "The dotted line is the limit corrected to first order in η, where the noise is weak."


def balance(times, rate: float = RATE) -> np.ndarray:
    """q = x² − y² of dq = −2q/(2 − ηλ) dt, λ = √(q² + 4)."""

    def slope(_, q):
        return -2 * q / (2 - rate * np.sqrt(q**2 + 4))

    return solve_ivp(slope, (0, 1), [3.75], t_eval=np.minimum(times, 1.0), rtol=1e-10, atol=1e-12).y[0]


def trace(times, rate: float = RATE) -> np.ndarray:
    return np.sqrt(balance(times, rate) ** 2 + 4)


def dotted(panel) -> list[dict]:
    return [each for each in panel.figure["data"] if each.get("line", {}).get("dash") == DASH]


def test_flatness_has_it():
    found = next(of_landscape(EXPERIMENT))
    panel = trace_panel(found, "a place", EXPERIMENT.noise, RATE)
    (line,) = dotted(panel)
    assert line["name"] == NAME
    np.testing.assert_allclose(line["y"], trace(found.times), rtol=2e-4)
    assert CORRECTED in panel.caption


def test_two_clocks_have_one_for_each_learning_rate():
    found = two_clocks(EXPERIMENT, [0.1, 0.05], observable="trace_hessian")
    lines = dotted(clocks_panel(found, "slow"))
    assert [line["hovertemplate"].split("extra>")[1][:-2] for line in lines] == ["limit at η = 0.1", "limit at η = 0.05"]
    assert [line["showlegend"] for line in lines] == [True, False]
    for line, curve in zip(lines, found.finite, strict=True):
        np.testing.assert_allclose(line["y"], trace(curve.times, curve.learning_rate), rtol=2e-4)
    assert "The dotted lines are the limit corrected" in clocks_panel(found, "slow").caption
    assert not dotted(clocks_panel(found, "steps"))


def test_the_moving_point_of_densities_has_it():
    found = next(exact_density(EXPERIMENT))
    (line,) = dotted(density_panel(found))
    points = found.chart.points(found.finite)
    np.testing.assert_allclose((points**2).sum(axis=-1), trace(found.times), rtol=2e-4)
    np.testing.assert_allclose(line["x"], [found.finite[-1]] * 2)
    assert CORRECTED in density_panel(found).caption


def test_convergence_has_it_at_the_rates_that_are_shown():
    found = next(stages(EXPERIMENT, [0.1, 0.05, 0.025], observable="x^2 - y^2"))
    lines = {line["name"]: line["y"] for line in dotted(quantile_panel(found)) if "limit" in line["name"]}
    assert set(lines) == {"limit at η = 0.1", "limit at η = 0.025"}
    np.testing.assert_allclose(lines["limit at η = 0.1"], balance(found.times), rtol=2e-4)
    np.testing.assert_allclose(lines["limit at η = 0.025"], balance(found.times, 0.025), rtol=2e-4)


def test_the_anatomys_trials_have_it():
    chart = manifold_chart(EXPERIMENT.landscape, EXPERIMENT.start)
    found = next(trials(EXPERIMENT, chart))
    (line,) = dotted(along_panel(found))
    gone = chart.points(chart.arc_length(np.array(EXPERIMENT.start)) + np.asarray(line["y"]))
    np.testing.assert_allclose((gone**2).sum(axis=-1), trace(found.times), rtol=2e-4)


@pytest.mark.parametrize(
    ("made", "acting", "said"),
    [
        ("momentum", "label", "is SGD’s, so no dotted line is drawn for momentum"),
        ("sgd", "isotropic", ""),
        ("normalized", "label", ""),
        ("sgd", noise("label", memory=0.5), "independent noise of finite variance"),
        ("sgd", noise("label", law="student", freedom=2.0), "independent noise of finite variance"),
        ("sgd", noise("label", law="student", freedom=5.0), "are not stable"),
    ],
)
def test_why_there_is_none_is_said(made, acting, said):
    acting = noise(acting) if isinstance(acting, str) else acting
    assert said in finite_words(optimizer(made), acting, 0)
    assert bool(said) == bool(finite_words(optimizer(made), acting, 0))


def test_where_steps_are_not_stable_there_is_none():
    outcome = simulate(Experiment(landscape="hyperbola", start=(1.2, 0.9), learning_rate=1.05, horizon=22.0, paths=2, frames=4))
    assert "not stable all along the limit, so no dotted line is drawn" in caption(outcome, None, 2)
