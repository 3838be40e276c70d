"""What decides a computation is in its key: a changed page shows nothing of the run before, and another look needs no other run."""

from collections.abc import Callable, Hashable
from importlib import import_module
from types import SimpleNamespace

import pytest

from pages.clocks import Clocks
from pages.convergence import Question
from pages.densities import Densities
from pages.flatness import FlatnessScene
from pages.gallery import Gallery
from pages.large_steps import LargeSteps
from pages.network import RealNetwork
from pages.phases import Phases
from pages.recovery import Sparse
from pages.shared.progress import state_of

SCENES = {
    "convergence": Question, "clocks": Clocks, "densities": Densities, "flatness": FlatnessScene, "recovery": Sparse,
    "phases": Phases, "network": RealNetwork, "gallery": Gallery, "large_steps": LargeSteps,
}  # fmt: skip
QUICK = {"landscape": "circle", "learning_rate": "0.2", "horizon": "0.2", "noise": "isotropic"}
CONVERGENCE, FLATNESS = {**QUICK, "rungs": "3"}, {"on": "linear", "rate": "0.02", "span": "0.02"}
OWN = {"diagram": "own", "dimension": "10"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Hashable, Callable]]:
    """Of a page and its link: the key of what it computes, and the work."""

    def of(page: str, query: dict[str, str]) -> tuple[Hashable, Callable]:
        scene, notes = SCENES[page].from_query(query)
        assert notes == []
        module, caught = import_module(f"pages.{page}"), []
        monkeypatch.setattr(module, "begin", lambda *_, **__: SimpleNamespace(scene=scene))
        monkeypatch.setattr(module, "follow", lambda place, key, work, *_, **__: caught.append((key, work)))
        module.render()
        return caught[0]

    return of


@pytest.mark.parametrize(
    ("page", "query", "changed"),
    [
        ("convergence", CONVERGENCE, {"moment": "0.5"}),
        ("convergence", CONVERGENCE, {"accuracy": "0.3"}),
        ("convergence", CONVERGENCE, {"observable": "x"}),
        ("convergence", CONVERGENCE, {"rungs": "4"}),
        ("clocks", QUICK, {"observable": "sharpness"}),
        ("densities", QUICK, {"seed": "1"}),
        ("flatness", QUICK, {"seed": "1"}),
        ("flatness", FLATNESS, {"draws": "1"}),
        ("flatness", FLATNESS, {"delta": "0.5"}),
        ("recovery", {}, {"data": "gaussian"}),
        ("recovery", {}, {"draws": "1"}),
        ("network", {}, {"layers": "2"}),
        ("network", {}, {"runs": "4"}),
        ("gallery", {}, {"draws": "1"}),
        ("large_steps", {}, {"draws": "1"}),
        ("phases", OWN, {"seeds": "2"}),
        ("phases", OWN, {"method": "l1"}),
    ],
)
def test_a_change_of_what_decides_is_another_run(asked, page: str, query: dict[str, str], changed: dict[str, str]) -> None:
    assert asked(page, query)[0] == asked(page, query)[0]
    assert asked(page, query)[0] != asked(page, {**query, **changed})[0]


@pytest.mark.parametrize(
    ("page", "query", "look"),
    [
        ("convergence", CONVERGENCE, {"richardson": "1"}),
        ("recovery", {}, {"clock": "slow"}),
        ("densities", QUICK, {"target": "1"}),
        ("network", {}, {"landscape": "circle"}),
        ("flatness", FLATNESS, {"landscape": "circle"}),
    ],
)
def test_another_look_at_the_same_is_the_same_run(asked, page: str, query: dict[str, str], look: dict[str, str]) -> None:
    assert asked(page, query)[0] == asked(page, {**query, **look})[0]


def test_laws_are_compared_at_the_moment_that_is_chosen(asked) -> None:
    _, work = asked("convergence", {**CONVERGENCE, "moment": "0.5"})
    found = next(work(progress=lambda fraction: None, cancel=lambda: False))
    assert found.times[-1] == pytest.approx(0.1)
    assert [rung.learning_rate for rung in found.rungs] == [0.2, 0.1, 0.05]


def test_clocks_show_the_observable_that_is_chosen(asked) -> None:
    _, work = asked("clocks", {**QUICK, "observable": "x*y", "paths": "4", "frames": "10"})
    assert next(work(progress=lambda fraction: None, cancel=lambda: False)).observable == "x*y"


def test_the_time_left_is_told_in_minutes_and_seconds() -> None:
    for seconds, told in ((7.4, "7 s"), (185.0, "3 min 05 s")):
        assert state_of(SimpleNamespace(started=0.0, seconds_left=seconds)) == f"Simulating: {told} left"
