"""Runs are shared, kept, and stop when nobody wants them."""

from threading import Event
from time import monotonic, sleep

import numpy as np
import pytest

from dynamics import Experiment
from figures.panel import Panel
from server import runs, work
from server.kept import Kept, measured
from tests.pages.test_simulator import opened, settled


def short(seed: int) -> Experiment:
    return Experiment(landscape="circle", paths=4, frames=10, horizon=0.05, seed=seed)  # type: ignore[arg-type]


def long(seed: int) -> Experiment:
    return Experiment(landscape="circle", paths=2000, learning_rate=1e-3, horizon=5.0, seed=seed)  # type: ignore[arg-type]


def test_an_outcome_is_kept() -> None:
    run = runs.simulation(short(1))
    outcome = run.future.result(60)
    run.leave()
    assert runs.known(short(1)) is outcome


def test_two_who_want_the_same_share_one_run_which_goes_on_until_the_last_leaves() -> None:
    first, second = runs.simulation(long(2)), runs.simulation(long(2))
    assert first is second
    first.leave()
    sleep(0.2)
    assert not second.future.done()
    second.leave()
    started = monotonic()
    assert second.future.result(60).status == "cancelled"
    assert monotonic() - started < 30
    assert runs.known(long(2)) is None


def test_a_run_that_was_given_up_is_not_joined() -> None:
    given_up = runs.simulation(long(3))
    given_up.leave()
    anew = runs.simulation(long(3))
    assert anew is not given_up
    anew.leave()
    assert anew.future.result(60).status == "cancelled"


def test_the_least_recently_used_go_first() -> None:
    kept: Kept[str] = Kept(10, len)
    kept.put("a", "aaaa")
    kept.put("b", "bbbb")
    assert kept.get("a") == "aaaa"
    kept.put("c", "cccc")
    assert kept.get("b") is None
    assert kept.get("a") == "aaaa"
    assert kept.get("c") == "cccc"


def test_what_is_larger_than_the_room_is_still_kept_alone() -> None:
    kept: Kept[str] = Kept(3, len)
    kept.put("a", "aaaa")
    assert kept.get("a") == "aaaa"


@pytest.fixture
def nothing_else() -> None:
    """What other tests have begun, and nobody wants any more, is over."""
    ends = monotonic() + 60
    while runs._unfinished:
        assert monotonic() < ends, f"{list(runs._running)} go on"
        sleep(0.02)


def waits_for(event: Event) -> runs.Work[str]:
    def work(progress, cancel):
        while not event.wait(0.01) and not cancel():
            pass
        yield "found"

    return work


@pytest.mark.usefixtures("nothing_else")
def test_a_full_queue_says_so_at_once_and_has_places_again(monkeypatch) -> None:
    monkeypatch.setattr(runs, "MAX_RUNS", 1)
    monkeypatch.setattr(runs, "MAX_WAITING", 1)
    over = Event()
    both = [runs.request(("full", number), waits_for(over)) for number in range(2)]
    with pytest.raises(runs.Full, match="The server is busy: 2 computations"):
        runs.request(("full", 2), waits_for(over))
    assert runs.request(("full", 1), waits_for(over)) is both[1]  # who wants what is under way takes no place
    over.set()
    for run in both:
        assert run.future.result(30) == "found"
    assert runs.request(("full", 2), waits_for(over)).future.result(30) == "found"


@pytest.mark.usefixtures("nothing_else")
def test_a_page_whose_run_has_no_place_keeps_its_picture(monkeypatch) -> None:
    page = opened(landscape="circle", paths="20", frames="20")
    before = page.session_state.shown[0]
    over = Event()
    under_way = runs.request("takes all places", waits_for(over))
    monkeypatch.setattr(runs, "MAX_RUNS", 1)
    monkeypatch.setattr(runs, "MAX_WAITING", 0)
    page.button(key="reseed").click().run()
    assert not page.exception
    assert page.warning[0].value.startswith("The server is busy: 1 computations")
    assert page.session_state.shown[0] == before
    page = opened(view="clocks", landscape="circle", horizon="0.02")
    assert not page.exception
    assert page.warning[0].value.startswith("The server is busy")
    over.set()
    under_way.future.result(30)
    page.button(key="clocks-try").click().run()
    assert not page.warning


@pytest.mark.usefixtures("nothing_else")
def test_a_run_waits_until_there_is_memory_for_it() -> None:
    over, begun = Event(), Event()
    large = runs.request("large", waits_for(over), 0.7 * work.MAX_MEMORY)

    def other(progress, cancel):
        begun.set()
        yield "found"

    waiting = runs.request("as large", other, 0.7 * work.MAX_MEMORY)
    small = runs.request("small", waits_for(over), 0.1 * work.MAX_MEMORY)
    assert not begun.wait(0.2)
    assert waiting.started is None
    over.set()
    assert [run.future.result(30) for run in (large, small, waiting)] == ["found"] * 3
    assert runs.request("larger than all", other, 2 * work.MAX_MEMORY).future.result(30) == "found"


@pytest.mark.usefixtures("nothing_else")
def test_a_run_that_waits_for_memory_and_is_left_ends() -> None:
    over = Event()
    large = runs.request("large again", waits_for(over), work.MAX_MEMORY)
    waiting = runs.request("waits and is left", waits_for(Event()), work.MAX_MEMORY)
    waiting.leave()
    assert waiting.future.result(30) == "found"
    over.set()
    large.future.result(30)


def test_an_error_of_the_program_is_a_sentence_on_the_page_and_a_line_in_the_log(monkeypatch, caplog) -> None:
    def broken(*given, **named):
        raise ZeroDivisionError("100 % of /a/secret/path")

    monkeypatch.setattr(runs, "simulate", broken)
    page = opened(landscape="circle", paths="20", frames="21", seed="5")
    assert not page.exception
    assert page.warning[0].value == "This could not be computed, because of an error in this program. The server has noted it."
    assert "ZeroDivisionError: 100 % of /a/secret/path" in caplog.text


def test_a_stage_is_encoded_once_for_all_who_follow_it(monkeypatch) -> None:
    made = []
    encode = Panel.encode
    monkeypatch.setattr(Panel, "encode", lambda panel: made.append(panel.title) or encode(panel))
    query = {"view": "convergence", "landscape": "hyperbola", "horizon": "0.2", "seed": "77", "rungs": "3"}
    pages = [opened(**query) for _ in range(4)]
    for page in pages:
        settled(page, lambda page: not page.session_state.following["convergence"].under_way)
    assert not any(page.exception for page in pages)
    shown = [page.get("bidi_component") for page in pages]
    assert all(shown)
    for page in pages:
        page.run()
    stages = max(made.count(title) for title in set(made))
    assert stages <= 8  # a ladder doubles its paths seven times at most
    before = len(made)
    opened(**query)
    assert len(made) == before


def test_a_result_is_as_large_as_the_arrays_that_hang_on_it() -> None:
    points = np.zeros((300, 1000))
    assert measured(points) == points.nbytes
    held = measured({"one": (points, points[:10]), "same": points, "words": "x" * 1000})
    assert points.nbytes * 1.03 < held < points.nbytes * 1.04 + 10_000
    outcome = runs.simulation(short(9)).future.result(60)
    assert outcome.nbytes < measured(outcome) < 40 * outcome.nbytes + 100_000
    assert measured(runs) < 1000  # a module is nobody's result


def test_the_time_left_is_as_long_as_the_rest_takes_at_the_pace_so_far() -> None:
    run: runs.Run[int] = runs.Run(lambda progress, cancel: iter([1]))
    assert run.seconds_left is None
    run.started, run.fraction = monotonic() - 30.0, 0.75
    assert run.seconds_left == pytest.approx(10.0, abs=0.5)
    run.fraction = 0.01
    assert run.seconds_left is None


def test_what_is_kept_is_counted_in_bytes_and_what_goes_makes_room() -> None:
    kept: Kept[str] = Kept(10, len)
    for key, value in {"a": "a" * 4, "b": "b" * 4, "c": "c" * 4, "d": "d" * 2}.items():
        kept.put(key, value)
    assert [key for key in "abcd" if kept.get(key)] == ["b", "c", "d"]
