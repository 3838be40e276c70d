"""Odd inputs on every page that takes a landscape: each ends in a picture or in a sentence, never in an exception or a “nan”."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_literature import VIEWS
from tests.pages.test_simulator import opened

TWELVE = [f"x{index}" for index in range(1, 13)]
ODD = {
    "one path": {"landscape": "circle", "paths": "1"},
    "two frames": {"landscape": "hyperbola", "frames": "2"},
    "twelve variables": {
        "loss": f"({' + '.join(f'{name}^2' for name in TWELVE)} - 1)^2/2", "variables": ",".join(TWELVE),
        "start": ",".join(["1"] * 12), "noise": "isotropic", "paths": "2", "frames": "2",
    },
    "η near 2/λ_max": {"landscape": "circle", "noise": "isotropic", "learning_rate": "1.9"},
    "a noise of rank 0": {"landscape": "circle", "noise": "isotropic", "noise.scale": "0"},
    "a noise that vanishes on Γ": {"landscape": "hyperbola", "noise": "minibatch", "noise.batch": "1"},
    "a start where the rank drops": {"residuals": "x*y", "variables": "x,y", "start": "0,0", "noise": "isotropic"},
    "a limit that stops": {"residuals": "x*y", "variables": "x,y", "start": "0.2,0.05", "noise": "isotropic", "horizon": "2"},
    "no zero of the loss": {"loss": "x^2 + y^2 + 1", "variables": "x,y", "start": "1,1", "noise": "isotropic"},
    "Γ is a point": {"residuals": "x;y", "variables": "x,y", "start": "1,1", "noise": "isotropic"},
    "a kink": {"residuals": "abs(x) - 1", "variables": "x,y", "start": "1.5,0.3", "noise": "isotropic"},
    "a staircase": {"loss": "floor(x)", "variables": "x,y", "start": "1,1", "noise": "isotropic"},
    "one variable": {"residuals": "x^2 - 1", "variables": "x", "start": "2", "noise": "isotropic"},
    "a name twice": {"residuals": "x", "variables": "x,x", "start": "1,1"},
    "a constant": {"residuals": "5", "variables": "x,y", "start": "1,1"},
    "what is not a number": {"landscape": "circle", "learning_rate": "nan", "horizon": "inf", "start": "one,two", "paths": "-3"},
}  # fmt: skip


@pytest.mark.parametrize("query", ODD.values(), ids=ODD)
def test_each_page_answers(query: dict[str, str]) -> None:
    for view in VIEWS:
        page = opened(**{"view": view, "paths": "6", "frames": "5", "horizon": "0.05"} | query)
        assert not page.exception, (view, page.exception)
        assert not re.search(r"\b(nan|NaN|None|Traceback|inf)\b", re.sub(r"“[^”]*”", "", words(page))), (view, words(page))


def words(page: AppTest) -> str:
    """All that is told; what a person typed stands in quotation marks."""
    parts = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info]
    return "\n".join([*(part.value for part in parts), *(html.proto.body for html in page.get("html"))])
