"""The convergence page, without a browser."""

from time import sleep

import pytest

from pages.convergence import Question
from tests.pages.test_simulator import link, opened, said, scene


def test_what_is_run_and_what_it_costs_is_said_after_the_verdict() -> None:
    page = opened(view="convergence", landscape="circle", learning_rate="0.2", horizon="0.5")
    assert not page.exception
    assert said(page) == ""
    words = page.main.caption[-1].value
    assert "0.2, 0.1, 0.05, 0.025" in words
    assert "path-steps" in words


def test_a_link_is_read_and_written_back() -> None:
    query = {
        "landscape": "hyperbola", "rungs": "3", "observable": "x*x - y*y", "accuracy": "0.05", "moment": "0.5", "richardson": "1",
    }  # fmt: skip
    question, notes = Question.from_query(query)
    assert notes == []
    assert query.items() <= question.to_query().items()
    assert Question.from_query(question.to_query()) == (question, [])
    assert question.asked.horizon == question.experiment.horizon / 2


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"rungs": "40"}, "The number of learning rates is one of 3, 4, 5, 6; not 40."),
        ({"rungs": "few"}, "The number of learning rates is a whole number; not “few”."),
        ({"accuracy": "0.5"}, "The accuracy is one of"),
        ({"moment": "2"}, "The moment, a share of the horizon, is one of"),
        ({"observable": "x +* y"}, "The usual observable is taken instead."),
        ({"observable": "q"}, "“q” is unknown here"),
    ],
)
def test_what_is_wrong_is_replaced_with_a_sentence(query: dict[str, str], sentence: str) -> None:
    question, notes = Question.from_query(query)
    assert any(sentence in note for note in notes), notes
    assert Question.from_query(question.to_query()) == (question, [])


def test_controls_are_in_the_link_and_a_wrong_formula_loses_nothing() -> None:
    page = opened(view="convergence", landscape="circle", learning_rate="0.2", horizon="0.5")
    page.text_input(key="control.observable").set_value("x").run()
    assert link(page)["observable"] == "x"
    page.text_input(key="control.observable").set_value("x +").run()
    assert said(page)
    assert scene(page).observable == "x"
    page.toggle(key="control.richardson").set_value(True).run()
    assert not page.exception


def test_where_gamma_is_a_point_there_is_a_sentence() -> None:
    page = opened(view="convergence", residuals="x;y", variables="x,y", start="1,1")
    assert not page.exception
    assert "Γ is a point here" in said(page)


def test_where_every_path_diverges_there_is_a_verdict_and_nothing_to_draw() -> None:
    page = opened(view="convergence", landscape="hyperbola", start="9,0.2", learning_rate="0.5", horizon="4", rungs="3")
    for _ in range(60):
        words = " ".join(text.value for text in page.markdown)
        if "too large" in words:
            break
        sleep(0.5)
        page.run()
    assert not page.exception
    assert "The learning rates are too large to tell" in words
    assert "At η = 0.125, 960 of 960 paths diverged" in words
