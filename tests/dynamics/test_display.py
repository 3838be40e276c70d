"""A run shows itself in a notebook where there is something to draw it with, and is text where there is not."""

import sys

import pytest

from dynamics import Experiment, Outcome, simulate


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(Experiment(landscape="hyperbola", paths=4, frames=5, horizon=0.1))


def test_it_is_the_player_in_a_frame(outcome: Outcome) -> None:
    html = outcome._repr_html_()
    assert html is not None
    assert html.startswith("<iframe ")
    assert "&lt;script" in html
    assert "<script" not in html


def test_it_is_text_without_what_draws(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "exports"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "exports", None)
    assert outcome._repr_html_() is None
    assert repr(outcome) == "<Outcome: 4 paths of SGD and of its limit on hyperbola, 5 frames up to t = 0.1, ok>"
