"""Lectures: what a file may say, that every link and claim in them holds, and that nobody goes on without an answer."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from content.lectures import Lecture, lecture_of, lectures
from content.questions import ON_THE_PICTURE
from dynamics import Experiment, Outcome, limit_drift, noise, simulate
from pages.lecture import Given
from pages.shared import classroom, takeaway
from pages.shared.scene import Picture
from server.room.store import SqliteStore
from tests.pages.test_simulator import opened
from tests.pages.test_simulator import said as warned

GOOD = """# A title
An abstract.

## One
Before.

```experiment
landscape=circle&until=0.5
```
```ask
Which?
- This
= That
```
After.

## Two
Only text.
"""


def said(page: AppTest) -> str:
    return "\n".join(block.value for block in page.markdown)


def test_a_file_is_read_as_it_says() -> None:
    lecture = lecture_of("good", GOOD)
    one, two = lecture.steps
    assert (lecture.title, lecture.abstract) == ("A title", "An abstract.")
    assert (one.title, one.before, one.after) == ("One", "Before.", "After.")
    assert (one.query, one.until) == ((("landscape", "circle"),), 0.5)
    assert one.question is not None
    assert (one.question.text, one.question.answers, one.question.right) == ("Which?", ("This", "That"), 1)
    assert (two.question, two.query, two.before) == (None, (), "Only text.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no title", "begins with"),
        ("# Title\nand no step", "begins with"),
        ("# T\n## S\n```dance\nx\n```\n", "cannot have"),
        ("# T\n## S\n```ask\nWhy?\n- a\n- b\n```\n", "one is right"),
        ("# T\n## S\n```ask\nWhy?\n= a\n```\n", "two answers"),
        ("# T\n## S\n```mark\nWhere?\n```\n", "no picture"),
        ("# T\n## S\n```arrow\nWhere to?\n```\n", "no picture"),
        ("# T\n## S\n```order\nWhich?\n1. a\n2. b\n```\n", "two answers"),
        ("# T\n## S\n```experiment\nlandscape=circle\n```\n```sketch\nloud: How?\n```\n", "none of the curves"),
        ("# T\n## S\n```ask\nWhat is $H$?\n= a\n- b\n```\n", "formulas"),
        ("# T\n## S\n```ask\nWhy?\n= a\n- b\n```\n```mark\nWhere?\n```\n", "one of them"),
    ],
)
def test_what_is_wrong_in_a_file_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lecture_of("wrong", text)


@pytest.mark.parametrize("lecture", lectures().values(), ids=lambda lecture: lecture.name)
def test_every_experiment_of_a_lecture_is_what_its_link_says(lecture: Lecture) -> None:
    assert len(lecture.steps) >= 6
    for step in lecture.steps:
        if step.query:
            picture, notes = Picture.from_query(dict(step.query))
            assert notes == []
            assert dict(step.query).items() <= picture.to_query().items()
        if step.question is not None and step.question.kind in ON_THE_PICTURE:
            assert Picture.from_query(dict(step.query))[0].view.kind == "contour"


def test_what_the_first_lecture_says_is_so() -> None:
    """The numbers and directions in its text and answers, computed."""
    hyperbola = simulate(Experiment(landscape="hyperbola"))
    end, loss, trace = (
        hyperbola.sgd[-1].mean(axis=0),
        hyperbola.observables["loss"].sgd.mean,
        hyperbola.observables["trace_hessian"],
    )
    np.testing.assert_allclose(end, 1.0, atol=0.1)  # where both weights are equal
    assert loss[-100:].mean() == pytest.approx(hyperbola.experiment.learning_rate / 4 * 2.0, rel=0.1)  # (ηδ²/4) tr H at (1, 1)
    arrived = 100  # frames of the fast phase
    np.testing.assert_allclose(loss[-20:].mean() / loss[arrived], trace.limit.mean[-1] / trace.limit.mean[arrived], rtol=0.25)

    ellipse = simulate(Experiment(landscape="ellipse"))
    assert abs(ellipse.sgd[-1].mean(axis=0)[1]) < 0.1  # one weight vanishes, on the side where it began
    assert ellipse.sgd[-1].mean(axis=0)[0] > 1.8

    still = simulate(Experiment(landscape="hyperbola", noise="minibatch"))
    np.testing.assert_allclose(still.sgd[-1].mean(axis=0), still.sgd[arrived].mean(axis=0), atol=2e-3)

    sphere = simulate(Experiment(landscape="sphere", paths=2000))
    mean = np.linalg.norm(sphere.limit[-1].mean(axis=0))
    assert mean == pytest.approx(np.exp(-sphere.times[-1]), abs=4 / np.sqrt(2000))  # e^{−s²t} on the unit sphere

    motor = Experiment(landscape="motor")
    angles = np.linspace(0, 2 * np.pi, 7)
    points = np.stack([np.cos(angles), np.sin(angles), *np.zeros((3, 7))], axis=-1)
    drift = limit_drift(motor.landscape, motor.noise, points).total
    speed = drift[:, 1] * np.cos(angles) - drift[:, 0] * np.sin(angles)
    np.testing.assert_allclose(speed, speed[0], rtol=1e-6)
    assert abs(speed[0]) == pytest.approx(3 / 8)


def run(**query: str) -> Outcome:
    return simulate(Experiment.from_query(query))


def test_what_the_lecture_on_flat_and_sparse_solutions_says_is_so() -> None:
    valley = run(landscape="valley")
    on_floor = np.array([[1.3, 0.0]])
    np.testing.assert_allclose(limit_drift(valley.experiment.landscape, noise("label"), on_floor).total, [[-0.65, 0.0]], atol=1e-9)
    np.testing.assert_allclose(valley.limit[-1, 0, 0], valley.limit[0, 0, 0] * np.exp(-valley.times[-1] / 2), rtol=2e-3)
    distance = valley.observables["distance"].sgd.mean
    np.testing.assert_allclose(distance[-100:].mean(), distance[100:200].mean(), rtol=0.1)

    torus = run(landscape="torus")
    radius = np.linalg.norm(torus.limit[-1, :, :2], axis=-1)
    values = torus.experiment.landscape.parameter_values
    assert np.linalg.norm(torus.flow.points[-1][:2]) > values["R"]  # the outer side
    np.testing.assert_allclose(radius, values["R"] - values["r"], rtol=0.03)
    turned = np.arctan2(*torus.limit[-1].mean(axis=0)[1::-1]) - np.arctan2(*torus.flow.points[-1][1::-1])
    assert abs(turned) < 1e-3  # nothing moves it along that circle

    product = run(landscape="product")
    x, y, z = product.flow.points[-1]
    np.testing.assert_allclose([x, y, z], [2.1, 1.5, 0.3], atol=0.05)
    np.testing.assert_allclose(
        product.experiment.landscape.trace_hessian([x, y, z]), (y * z) ** 2 + (x * z) ** 2 + (x * y) ** 2, rtol=1e-6
    )
    np.testing.assert_allclose(product.sgd[-1].mean(axis=0), 1.0, atol=0.1)
    ordered = [product.experiment.landscape.trace_hessian(weights) for weights in ([1, 1, 1], [2, 1, 0.5], [2.1, 1.5, 0.3])]
    np.testing.assert_allclose(ordered, [3.0, 5.25, 10.5], atol=0.03)

    diagonal = run(landscape="diagonal")
    arrival = diagonal.flow.points[-1]
    np.testing.assert_allclose(diagonal.experiment.landscape.trace_hessian(arrival), 4 * (arrival**2).sum(), rtol=1e-6)
    np.testing.assert_allclose(diagonal.sgd[-1].mean(axis=0), [1.0, 0.0], atol=0.1)

    neuron = run(landscape="neuron")
    assert neuron.flow.points[-1][2] == pytest.approx(2.26, abs=0.05)
    assert neuron.sgd[-1].mean(axis=0)[2] < 1.2
    trace = neuron.observables["trace_hessian"].sgd.mean
    assert trace[len(trace) // 5] == pytest.approx(5.5, abs=0.2)
    assert trace[-1] == pytest.approx(1.0, abs=0.15)


def test_what_the_lecture_on_the_three_parts_says_is_so() -> None:
    without = run(landscape="circle", parts="mixed,normal", paths="2000")
    squares = (without.limit[-1].astype(float) ** 2).sum(axis=-1)
    assert squares.mean() == pytest.approx(1 + without.times[-1], abs=4 * squares.std() / np.sqrt(2000))

    floor = np.array([[0.7, 0.0]])
    gaussian = Experiment(landscape="valley_gaussian")
    np.testing.assert_allclose(limit_drift(gaussian.landscape, gaussian.noise, floor).normal, [[-0.35, 0.0]], atol=1e-9)

    tilted = {"landscape": "circle", "noise": "covariance", "noise.matrix": "1,0;0,0.04", "learning_rate": "0.05", "horizon": "5"}
    whole, part = run(**tilted, paths="2000"), run(**tilted, paths="2000", parts="tangent,normal")
    sideways = [
        (points[:, 0] / np.linalg.norm(points, axis=-1)) ** 2 for points in (whole.sgd[-1], whole.limit[-1], part.limit[-1])
    ]
    for evenly in sideways[:2]:
        assert evenly.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 8 / 2000))
    assert sideways[2].mean() > 0.75

    motor = Experiment(landscape="motor")
    parts = limit_drift(motor.landscape, motor.noise, np.array([[1.0, 0.0, 0.0, 0.0, 0.0]]))
    np.testing.assert_allclose([parts.tangent, parts.mixed], 0.0, atol=1e-12)
    assert np.linalg.norm(parts.normal) > 0.3


def test_nobody_goes_on_without_an_answer_and_the_answer_stays() -> None:
    page = opened(view="lecture")
    assert not page.exception
    assert page.button(key="next").disabled
    assert "comes to rest" not in said(page)
    page.session_state.answers = {"zero_loss.1.ask": 3}  # as tests/browser/test_lecture_hall.py gives it
    page.run()
    assert not page.exception
    assert "comes to rest" in said(page)
    page.button(key="next").click().run()
    assert page.session_state.scene.step == 2
    assert page.button(key="next").disabled
    page.button(key="back").click().run()
    assert page.session_state.answers == {"zero_loss.1.ask": 3}
    assert "comes to rest" in said(page)


def test_the_lecturer_may_reveal_without_an_answer() -> None:
    page = opened(view="lecture", step="5")
    page.button(key="skip").click().run()
    assert not page.exception
    assert not page.button(key="next").disabled
    assert "stands still" in said(page)


def test_a_step_that_is_not_there_is_the_last_one() -> None:
    scene, notes = Given.from_query({"lecture": "zero_loss", "step": "40"})
    assert scene.step == len(scene.content.steps)
    assert len(notes) == 1
    assert Given.from_query({"lecture": "nowhere"})[0].lecture == "zero_loss"


def test_where_no_file_can_be_read_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.lecture.lectures", dict)
    scene, _ = Given.from_query({})
    assert "log" in scene.here.before


def test_where_rooms_have_no_place_the_lecture_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("no disk")

    page = opened(view="lecture")
    monkeypatch.setattr("pages.shared.classroom.store", broken)
    page.button(key="room.open").click().run()
    assert not page.exception
    assert "goes on without" in page.warning[0].value
    page.session_state.room = "BBBBB.0"  # opened before
    page.run()
    assert not page.exception
    assert page.button(key="skip")  # as without a room


@pytest.fixture
def rooms(monkeypatch, tmp_path):
    kept = SqliteStore(tmp_path / "rooms.sqlite")
    monkeypatch.setattr(classroom, "store", lambda: kept)
    return kept


def in_a_room() -> AppTest:
    page = opened(view="lecture", lecture="zero_loss", step="1")
    page.button(key="room.open").click().run()
    assert not page.exception
    assert page.session_state.room
    return page


def test_a_run_of_the_page_looks_for_its_room_once(monkeypatch, rooms) -> None:
    page = in_a_room()
    looked = []
    found = classroom.room.lecturers
    monkeypatch.setattr(classroom.room, "lecturers", lambda *given: looked.append(1) or found(*given))
    page.run()
    assert looked == [1]


@pytest.mark.parametrize("fails", ["show", "revealed", "answers", "lecturers"])
def test_a_store_that_fails_on_the_way_costs_the_room_and_not_the_lecture(fails: str, monkeypatch, rooms) -> None:
    page = in_a_room()

    def broken(*given):
        raise OSError("/a/secret/rooms.sqlite")

    monkeypatch.setattr(classroom.room, fails, broken)
    page.query_params["step"] = "4"
    page.run()
    assert not page.exception
    assert "secret" not in warned(page)
    if fails == "show":
        assert "The room cannot be reached now." in warned(page)
    monkeypatch.undo()


def test_a_room_that_cannot_be_reached_is_left_open_with_a_sentence(monkeypatch, rooms) -> None:
    page = in_a_room()

    def broken(code):
        raise OSError("no disk")

    monkeypatch.setattr(rooms, "end", broken)
    page.button(key="room.close").click().run()
    assert not page.exception
    assert "The room cannot be reached now" in warned(page)


def test_a_step_gives_away_its_run_once_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that plays and numbers, of the very experiment of the step; before its answer they would give that away."""
    made: dict[str, Callable[[], str | bytes]] = {}
    monkeypatch.setattr(takeaway, "download", lambda label, file, make, meaning: made.update({file: make}))
    lecture = next(each for each in lectures().values() if each.steps[0].question is not None and each.steps[0].query)
    page = opened(view="lecture", lecture=lecture.name)
    assert not page.exception
    assert made == {}
    page.button(key="skip").click().run()
    assert not page.exception
    assert {"lecture.run.html", "lecture.run.csv", "lecture.run.npz", "lecture.run.curves.parquet"} <= made.keys()
    experiment = Experiment.from_query(dict(lecture.steps[0].query))
    text = made["lecture.run.csv"]()
    assert isinstance(text, str)
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    where = rows[0].split(",").index("loss_sgd_mean")
    assert float(rows[-1].split(",")[where]) == simulate(experiment).observables["loss"].sgd.mean[-1]
    html = made["lecture.run.html"]()
    assert isinstance(html, str)
    assert f"lecture={lecture.name}" in html
    assert len(html) < 2e6
