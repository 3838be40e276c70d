"""What a class predicted is drawn where it pointed, and a sketch goes on where what is known ends."""

import numpy as np
import pytest

from dynamics import Experiment, limit_drift, simulate
from figures.landscape_figure import landscape_views
from figures.prediction import arrow, drift_arrow, origin_of_arrows, sketch


@pytest.fixture(scope="module")
def outcome():
    return simulate(Experiment(landscape="hyperbola", paths=30, frames=60, horizon=1.0))


def test_an_arrow_goes_towards_the_click_and_is_as_long_as_any_other() -> None:
    mark = arrow((1.0, 2.0), (4.0, 6.0), ((0.0, 10.0), (0.0, 5.0)), "class")
    assert mark.origin == (1.0, 2.0)
    assert mark.at == pytest.approx((1 + 0.28 * 5 * 0.6, 2 + 0.28 * 5 * 0.8))
    assert mark.who == "class"
    assert arrow((1.0, 2.0), (1.0, 2.0), ((0.0, 10.0), (0.0, 5.0)), "own").at == (1.0, 2.0)


def test_the_truth_points_along_the_limits_drift_from_the_middle_of_the_cloud(outcome) -> None:
    view = landscape_views(outcome.experiment.landscape)[0]
    points = outcome.limit[-1].astype(float)
    drift = limit_drift(outcome.experiment.landscape, outcome.experiment.noise, points).total.mean(axis=0)
    mark = drift_arrow(outcome, view)
    assert mark is not None
    assert mark.origin == pytest.approx(tuple(points.mean(axis=0))) == origin_of_arrows(outcome, view)
    way = np.subtract(mark.at, mark.origin)
    np.testing.assert_allclose(way / np.linalg.norm(way), drift / np.linalg.norm(drift), atol=1e-6)


def test_a_sketch_knows_the_first_frames_and_has_room_for_the_rest(outcome) -> None:
    told = sketch(outcome, "trace_hessian", 20)
    values = outcome.observables["trace_hessian"].sgd.mean
    assert told["title"] == "Trace of H"
    assert (told["from"], told["to"]) == pytest.approx((outcome.times[19], outcome.times[-1]))
    assert told["known"][-1] == pytest.approx((outcome.times[19], values[19]), abs=1e-5)
    assert told["truth"][0] == pytest.approx((outcome.times[20], values[20]), abs=1e-5)
    assert told["truth"][-1] == pytest.approx((outcome.times[-1], values[-1]), abs=1e-5)
    assert told["top"] >= 1.05 * values[20:].max()
