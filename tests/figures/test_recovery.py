"""What the panels of sparse recovery draw, by value."""

import numpy as np
import pytest

from dynamics.status import Status
from dynamics.studies.recovery import MEASURES, Recovered, Recovery, Run
from figures.recovery import measure_panel, stems_panel, summary


@pytest.fixture
def found() -> Recovered:
    """Runs that are told apart by every number; the truth has its ones at 1 and 3."""
    random, steps = np.random.default_rng(0), np.array([0, 10, 100, 1000])
    setting = Recovery(features=5, samples=3, sparsity=2, learning_rate=0.05, horizon=2.5)

    def run() -> Run:
        return Run(random.uniform(0.1, 1, (4, 5)), {name: random.uniform(0.1, 1, 4) for name in MEASURES}, Status("ok"))

    truth = np.array([0.0, 1, 0, 1, 0])
    return Recovered(setting, truth, truth + 0.1, truth - 0.2, steps, steps * 0.05**2, run(), run(), run(), True)


def test_stems_are_of_their_runs_the_truth_first(found: Recovered) -> None:
    order = [1, 3, 0, 2, 4]
    panel = stems_panel(found)
    truth, sgd, gd, l1, l2 = panel.figure["data"]
    expected = (found.truth, found.sgd.coefficients[-1], found.gd.coefficients[-1], found.l1, found.l2)
    for trace, values in zip((truth, sgd, gd, l1, l2), expected, strict=True):
        np.testing.assert_array_equal(trace["y"], values[order])
    assert [trace["name"] for trace in (l1, l2)] == ["ℓ1 oracle", "ℓ2 oracle"]
    assert panel.frames is not None
    for update in panel.frames.updates:
        run = {1: found.sgd, 2: found.gd}[update["trace"]]
        np.testing.assert_array_equal(update["values"], run.coefficients[:, order])


@pytest.mark.parametrize("clock", ["logarithmic", "slow"])
def test_measures_are_of_their_runs_and_reaches_are_powers_of_the_rate(found: Recovered, clock: str) -> None:
    layout = measure_panel(found, "l1_norm", clock).figure["layout"]
    for name in MEASURES:
        runs = [found.sgd, found.gd] + ([] if name == "loss" else [found.flow])
        for trace, run in zip(measure_panel(found, name, clock).figure["data"], runs, strict=True):
            np.testing.assert_array_equal(trace["y"], run.measures[name])
            np.testing.assert_array_equal(trace["x"], np.maximum(found.steps, 0.5) if clock == "logarithmic" else found.times)
    steps = np.array([1 / 0.05, 0.05**-1.6, 0.05**-2])
    expected = steps if clock == "logarithmic" else steps * 0.05**2
    assert [shape["x0"] for shape in layout["shapes"]] == pytest.approx(expected)
    marks = [label["x"] for label in layout["annotations"]]
    assert marks == pytest.approx(np.log10(expected) if clock == "logarithmic" else expected)


def test_the_summary_has_both_test_errors(found: Recovered) -> None:
    sgd, gd = (run.measures["test_error"][-1] for run in (found.sgd, found.gd))
    assert f": label-noise SGD has the test error {sgd:.2g}" in summary(found)
    assert f"gradient descent has the test error {gd:.2g}" in summary(found)
