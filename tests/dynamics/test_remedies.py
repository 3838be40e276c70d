"""What a remedy says to write, found in the text that was typed."""

import pytest

from dynamics.landscapes.remedies import Fix, fixes
from dynamics.landscapes.typed import read_landscape


def offered(text: str) -> list[str]:
    (problem, *_) = read_landscape(text).problems
    place = sum(len(line) + 1 for line in text.split("\n")[: problem.line]) + problem.column
    return [fix.applied(text) for fix in fixes(text, place, problem.remedy, lambda changed: not read_landscape(changed).problems)]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("y - 1/2x", ["y - 1/(2*x)", "y - (1/2)*x"]),
        ("x*y\nsin x^2 - y", ["x*y\nsin(x)^2 - y", "x*y\nsin(x^2) - y"]),
        ("tanh x y; x", ["tanh(x)*y; x", "tanh(x*y); x"]),
        ("2e x", ["2*e x"]),
        ("cot(x)", []),  # what is written for an example is not for this formula
        ("|x|y|", []),
        ("x*(y", []),
    ],
)
def test_a_remedy_is_a_change_that_mends(text: str, changed: list[str]) -> None:
    assert offered(text) == changed


def test_another_name_is_written_for_the_one_that_is_there() -> None:
    assert fixes("cosx + y", 0, "write sin", lambda _: True) == (Fix(0, 4, "sin"),)
    assert fixes("cosx + y", 0, "write sin", lambda _: False) == ()
    assert fixes("cosx + y", 0, "check brackets", lambda _: True) == ()
