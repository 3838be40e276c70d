"""The page of the two clocks, without a browser."""

from pages.clocks import Clocks
from tests.pages.test_simulator import link, opened, said, scene


def test_it_opens_and_tells_the_collapse() -> None:
    page = opened(view="clocks", learning_rate="0.2", horizon="1", frames="40")
    assert not page.exception
    assert said(page) == ""
    assert any("slow time" in text.value for text in page.markdown)


def test_an_observable_is_in_the_link() -> None:
    page = opened(view="clocks", learning_rate="0.2", horizon="1", frames="40")
    page.selectbox(key="control.observable").set_value("trace_hessian").run()
    assert not page.exception
    assert link(page)["observable"] == "trace_hessian"
    assert Clocks.from_query(link(page)) == (scene(page), [])


def test_a_formula_may_be_one_and_a_wrong_one_is_a_sentence() -> None:
    clocks, notes = Clocks.from_query({"observable": "x*x - y*y"})
    assert (clocks.observable, notes) == ("x*x - y*y", [])
    clocks, notes = Clocks.from_query({"observable": "x +"})
    assert clocks.observable == "displacement"
    assert "The distance from Φ(x₀) is shown instead." in notes[0]
