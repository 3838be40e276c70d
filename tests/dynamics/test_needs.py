"""Which parts SGD needs: known where theory says it, and wrong parts are found wrong."""

from dataclasses import replace

import numpy as np
import pytest

from dynamics import Experiment, Landscape, manifold_chart, noise, simulate
from dynamics.limit.coefficients import PARTS
from dynamics.studies.needs import Trials, _coordinate, _course, left_out, trials
from figures.needs import verdict

XY = ("x", "y")
CIRCLE = Landscape.from_residuals(["(x*x + y*y - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
TWISTED = noise("covariance", matrix=[["x*x + y*y - x*y", "(x*x - y*y)/2"], ["(x*x - y*y)/2", "x*x + y*y + x*y"]])
SMALL = {"horizon": 1.0, "learning_rate": 0.05}
CASES = {  # what is needed, by theory section 3
    "tangent": Experiment(landscape=CIRCLE, noise=noise("isotropic", scale=0.7), start=(1, 0), **SMALL),
    "mixed": Experiment(landscape=CIRCLE, noise=TWISTED, start=(1, 0), paths=3000, **SMALL),
    "normal": Experiment(landscape=HYPERBOLA, noise=noise("label"), start=(2, 0.5), **SMALL),
}


@pytest.fixture(scope="module", params=PARTS)
def case(request):
    experiment = CASES[request.param]
    return request.param, list(trials(experiment, manifold_chart(experiment.landscape, experiment.start)))


def test_the_part_that_makes_the_drift_is_needed(case):
    part, stages = case
    assert stages[-1].needs(part)
    needed = {other for other in PARTS if stages[-1].needs(other)}
    assert needed <= {part, "tangent"}  # the circle needs that one wherever there is noise along it
    assert stages[-1].limits.keys() == {PARTS, *map(left_out, PARTS)}


def test_nothing_is_known_before_it_has_been_tried(case):
    part, stages = case
    assert stages[0].limits.keys() == {PARTS}
    assert stages[0].needs(part) is None


def test_a_closed_curve_is_gone_round_more_than_once():
    """The motor turns at the constant rate 3abc/8."""
    motor = Experiment(landscape="motor", start=(1, 0, 0, 0, 0), horizon=20.0, learning_rate=0.1)
    last = list(trials(motor, manifold_chart(motor.landscape, motor.start)))[-1]
    assert last.limits[PARTS].along[-1] == pytest.approx(7.5, rel=0.01)  # more than 2π
    assert last.sgd.along[-1] == pytest.approx(7.5, rel=0.03)
    assert last.limits[left_out("normal")].along[-1] == pytest.approx(0, abs=1e-6)


def test_on_a_surface_the_way_is_along_the_drift():
    sphere = Experiment(landscape="sphere", start=(0, 0, 1), horizon=0.5)
    last = list(trials(sphere, None))[-1]
    assert not last.on_curve
    assert last.needs("tangent")
    assert last.sgd.along[-1] == pytest.approx(1 - np.exp(-0.5), abs=0.05)


def test_the_parts_that_are_on_come_first():
    stages = trials(replace(CASES["normal"], parts=("tangent",)), None)
    assert next(stages).limits.keys() == {("tangent",)}


def test_cancelled_it_ends():
    assert list(trials(CASES["normal"], None, cancel=lambda: True)) == []


def losing(course, count):
    """The course with `count` of its paths lost, and places that span 4."""
    return replace(course, lost=count, span=4.0)


def test_where_lost_paths_could_decide_it_nothing_is_said_and_they_are_counted(case):
    part, stages = case
    last, paths = stages[-1], stages[-1].experiment.paths
    half = replace(last, sgd=losing(last.sgd, paths // 2))
    assert half.needs(part) is None
    assert f"{paths // 2:,} paths of SGD are lost" in verdict(half)
    without = {left_out(part): losing(last.limits[left_out(part)], paths // 2)}
    gone = replace(last, limits=last.limits | without)
    if not gone.leaves(gone.limits[left_out(part)]):
        assert gone.needs(part) is None
        assert f"{paths // 2:,} paths of the limit without it are lost" in verdict(gone)


def test_lost_paths_of_an_outcome_are_in_its_course():
    experiment = replace(CASES["normal"], paths=40, frames=11)
    outcome = simulate(experiment)
    frozen = outcome.limit_frozen.copy()
    frozen[:10] = 3
    course = _course(replace(outcome, limit_frozen=frozen), "limit", _coordinate(experiment, None))
    assert course.lost == 10
    assert course.span == np.ptp(_coordinate(experiment, None)(outcome.limit[:, 10:].astype(float)))


def test_a_course_and_the_gap_of_two_are_known_to_their_standard_errors():
    outcome = simulate(Experiment(landscape=CIRCLE, noise=noise("isotropic"), start=(1, 0), paths=200, frames=20, **SMALL))
    along = lambda points: points[..., 1]  # noqa: E731
    course = _course(outcome, "sgd", along)
    last = outcome.sgd[-1, :, 1].astype(float)
    assert course.along[-1] == pytest.approx(last.mean(), rel=1e-6)
    assert course.error[-1] == pytest.approx(last.std() / np.sqrt(200), rel=1e-6)
    limit = _course(outcome, "limit", along)
    both = Trials(outcome.experiment, outcome.times, False, course, outcome.status, {})
    low, high = both._gap(limit)
    other = outcome.limit[-1, :, 1].astype(float)
    assert low == high
    assert low == pytest.approx(abs(last.mean() - other.mean()) / np.sqrt((last.var() + other.var()) / 200), rel=1e-5)
