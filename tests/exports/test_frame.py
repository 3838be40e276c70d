"""A run in a frame: all of it in one attribute, and in the view that is asked for."""

from html.parser import HTMLParser

import pytest

import figures
from dynamics import Experiment, simulate
from exports import standalone_html
from exports.frame import frame

OUTCOME = simulate(Experiment(landscape="hyperbola", paths=4, frames=5, horizon=0.1))


def attributes(html: str) -> dict[str, str | None]:
    found: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(html)
    ((tag, given),) = found
    assert tag == "iframe"
    return dict(given)


def test_the_frame_holds_the_page_that_plays() -> None:
    given = attributes(frame(OUTCOME))
    assert given["srcdoc"] == standalone_html(OUTCOME)
    assert given["title"] == "SGD and its limit on “Hyperbola” (a = 1)"


def test_the_frame_is_called_by_its_optimizer() -> None:
    run = simulate(Experiment(landscape="hyperbola", optimizer="sam", paths=1, frames=3, horizon=1e-4))
    assert attributes(frame(run))["title"] == f"{run.experiment.optimizer.label} and its limit on “Hyperbola” (a = 1)"


def test_what_is_no_outcome_is_not_shown() -> None:
    for shown, height in ((OUTCOME.experiment, 500), (OUTCOME, "high"), (OUTCOME, 0)):
        with pytest.raises(ValueError, match=r"\.$"):
            figures.show(shown, height=height)


def test_show_has_views_and_a_height() -> None:
    given = attributes(figures.show(OUTCOME, "surface", height=500)._repr_html_() or "")
    assert given["srcdoc"] == standalone_html(OUTCOME, "surface")
    assert "height: 500px" in (given["style"] or "")
    with pytest.raises(ValueError, match="no view “behind”"):
        figures.show(OUTCOME, "behind")._repr_html_()
