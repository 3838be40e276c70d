"""What the benchmarks compare is the same work."""

import numpy as np
import pytest

from dynamics import landscape
from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.optimizers import OPTIMIZERS, optimizer

jax = pytest.importorskip("jax")


@pytest.fixture(scope="module")
def bench():
    jax.config.update("jax_enable_x64", True)
    from benchmarks import optimizers

    return optimizers


def test_every_optimizer_has_a_row(bench) -> None:
    assert list(bench.ROWS) == list(OPTIMIZERS)
    for name, row in bench.ROWS.items():
        assert row == optimizer(name, **bench.SETTINGS.get(name, {}))
    assert set(OPTIMIZERS) - set(bench.RULES) == {"one_sam", "reshuffling", "dropout"}
    assert set(bench.SETTINGS) | set(bench.RULES) <= set(OPTIMIZERS)


@pytest.mark.parametrize("name", ["sam", "normalized", "sqrt_loss"])
def test_steps_in_jax_are_those_of_the_engine(bench, name: str) -> None:
    land, rule = landscape(bench.LANDSCAPE), bench.RULES[name]
    start = np.array(land.start) + 0.01
    point = np.array(rule.step(start[:, None], rule.begin(start[:, None]), None)[0])[:, 0]

    def stepper(block, width):
        return bench.ROWS[name].stepper(land, bench.NOISE, start, bench.LEARNING_RATE, 0, block, width, steps=1)

    assert run_ensemble(stepper, np.array([1]), 1, 3, Progress(1.0, None, None)).points[0, 0] == pytest.approx(point, rel=1e-6)


def test_sgd_alike_draws_and_keeps_what_the_optimizer_does(bench) -> None:
    from dynamics.engine.graph import landscape_graph

    graph = landscape_graph(landscape(bench.LANDSCAPE).definition)
    for row in bench.ROWS.values():
        alike = bench.Alike(other=row)
        assert alike.draws(graph, bench.NOISE) == row.draws(graph, bench.NOISE)
        assert alike.rows(3) == row.rows(3)


def test_the_loop_by_hand_goes_where_the_engine_does(bench) -> None:
    from benchmarks import without_draws

    stepper = bench.ROWS["sam"].stepper(landscape(bench.LANDSCAPE), bench.NOISE, without_draws.START, bench.LEARNING_RATE, 0, 0, 1)
    stepper.advance(50)
    fused = without_draws.by_hand(3, 50)
    np.testing.assert_allclose(fused, np.tile(stepper.points, 3), rtol=1e-9)
    assert np.abs(fused[:, 0] - without_draws.START).max() > 1e-3
    np.testing.assert_allclose(np.array(without_draws.in_jax(3, 50)()).T, fused, rtol=1e-9)
