"""A few pages are made at once, in the order in which they came; who takes long or waits for something holds nobody up."""

from collections.abc import Callable
from threading import Event, Thread

import pytest

from server import pace

SOON = 10.0  # seconds


def begun(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


class Page:
    """A page that is made until it is told to end; it has called `aside` if it is told so first."""

    def __init__(self, name: str, order: list[str]) -> None:
        self.inside, self.waits, self.goes_on, self.ends = (Event() for _ in range(4))
        self.back = Event()
        self.name, self.order = name, order
        self.thread = begun(self._make)

    def _make(self) -> None:
        with pace.let_in():
            self.order.append(self.name)
            self.inside.set()
            self.waits.wait(SOON)
            if not self.ends.is_set():
                with pace.aside():
                    self.goes_on.wait(SOON)
                self.order.append(f"{self.name} again")
                self.back.set()
                self.ends.wait(SOON)

    def end(self) -> None:
        self.ends.set()
        self.waits.set()
        self.thread.join(SOON)
        assert not self.thread.is_alive()


@pytest.fixture
def patient(monkeypatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", SOON)


def pages(count: int, order: list[str]) -> list[Page]:
    """One after another: each stands in line, or is inside, before the next comes."""
    made = []
    for number in range(count):
        made.append(Page(str(number), order))
        while len(pace._inside) + len(pace._line) <= number:
            pass
    return made


@pytest.mark.usefixtures("patient")
def test_a_few_are_inside_and_the_others_follow_in_order() -> None:
    order: list[str] = []
    made = pages(pace.AT_ONCE + 2, order)
    assert sorted(order) == [str(number) for number in range(pace.AT_ONCE)]
    made[0].end()
    assert made[pace.AT_ONCE].inside.wait(SOON)
    made[1].end()
    assert made[pace.AT_ONCE + 1].inside.wait(SOON)
    assert order[pace.AT_ONCE :] == [str(pace.AT_ONCE), str(pace.AT_ONCE + 1)]
    for page in made:
        page.end()
    assert not pace._inside
    assert not pace._line


@pytest.mark.usefixtures("patient")
def test_who_waits_for_something_lets_others_in_and_comes_back_before_later_ones() -> None:
    order: list[str] = []
    made = pages(pace.AT_ONCE + 2, order)
    made[0].waits.set()
    assert made[pace.AT_ONCE].inside.wait(SOON)  # in its place
    made[0].goes_on.set()
    while len(pace._line) < 2:
        pass
    made[1].end()
    assert made[0].back.wait(SOON)
    assert not made[pace.AT_ONCE + 1].inside.is_set()
    for page in made:
        page.end()


def test_who_takes_long_holds_nobody_up(monkeypatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", 0.01)
    order: list[str] = []
    made = pages(pace.AT_ONCE, order)
    late = Page("late", order)
    assert late.inside.wait(SOON)
    for page in [*made, late]:
        page.end()


def test_a_page_that_fails_gives_its_place_back() -> None:
    for _ in range(pace.AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), pace.let_in():
            _ = 1 / 0
    assert not pace._inside
