"""One pool for all: computations take turns, whatever they cost."""

from collections.abc import Iterator
from threading import Event, Lock, Thread
from time import sleep

import numpy as np
import pytest

from dynamics import Experiment, simulate
from dynamics.engine import turns
from dynamics.engine.turns import carry_out, each, threads_available


def test_a_light_computation_ends_while_a_heavy_one_has_all_threads() -> None:
    over, begun = Event(), Event()

    def endless() -> Iterator[None]:
        begun.set()
        while not over.wait(0.001):
            yield

    heavy = Thread(target=carry_out, args=([endless() for _ in range(10 * threads_available())],))
    heavy.start()
    assert begun.wait(30)
    found: list[list[int]] = []
    light = Thread(target=lambda: found.append(each(lambda item: item**2, range(50))))
    light.start()
    light.join(30)
    ended = not light.is_alive()
    over.set()
    heavy.join(30)
    assert ended
    assert found == [[item**2 for item in range(50)]]
    assert not heavy.is_alive()


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_are_begun_and_not_ended_than_may_run_at_once(most: int) -> None:
    lock, open_tasks, largest = Lock(), [0], [0]

    def task() -> Iterator[None]:
        with lock:
            open_tasks[0] += 1
            largest[0] = max(largest[0], open_tasks[0])
        for _ in range(20):
            yield
        with lock:
            open_tasks[0] -= 1

    both = [Thread(target=carry_out, args=([task() for _ in range(9)],), kwargs={"most": most}) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert open_tasks == [0]
    assert 1 <= largest[0] <= 2 * most


def test_a_failure_is_told_and_ends_the_others() -> None:
    seen: list[int] = []

    def task(number: int) -> Iterator[None]:
        if number == 0:
            raise ValueError("It cannot be.")
        while True:
            seen.append(number)
            yield

    with pytest.raises(ValueError, match="It cannot be"):
        carry_out(task(number) for number in range(5))
    assert each(str, [1, 2]) == ["1", "2"]  # the pool goes on


def test_nothing_to_do_is_done() -> None:
    carry_out([])
    assert each(str, []) == []


def test_experiments_at_once_are_as_one_after_the_other() -> None:
    experiments = [Experiment(landscape="hyperbola", paths=700, frames=20, horizon=0.3, seed=seed) for seed in range(3)]
    alone = [simulate(experiment) for experiment in experiments]
    together: dict[int, object] = {}
    threads = [
        Thread(target=lambda i=i, experiment=experiment: together.__setitem__(i, simulate(experiment)))
        for i, experiment in enumerate(experiments)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, outcome in enumerate(alone):
        np.testing.assert_array_equal(outcome.sgd, together[i].sgd)  # type: ignore[attr-defined]
        np.testing.assert_array_equal(outcome.limit, together[i].limit)  # type: ignore[attr-defined]


def had(seconds: float) -> turns.Account:
    account = turns.Account()
    account.seconds = seconds
    return account


def test_the_place_goes_to_who_has_had_least_and_of_equals_to_who_came_first() -> None:
    gate, order = turns._Gate(1), list[str]()
    gate.enter(had(0.0))

    def stand(name: str, account: turns.Account) -> Thread:
        def wait() -> None:
            gate.enter(account)
            order.append(name)
            gate.leave()

        before = len(gate._line)
        thread = Thread(target=wait)
        thread.start()
        while len(gate._line) == before:
            pass
        return thread

    unwanted = had(7.0)
    threads = [stand("long", had(5.0)), stand("short", had(1.0)), stand("as short", had(1.0)), stand("unwanted", unwanted)]
    unwanted.hurry()
    gate.leave()
    for thread in threads:
        thread.join(30)
    assert order == ["unwanted", "short", "as short", "long"]


def test_who_has_had_less_than_all_in_line_goes_on() -> None:
    gate = turns._Gate(1)
    gate.enter(had(0.0))
    other = Thread(target=lambda: (gate.enter(had(2.0)), gate.leave()))
    other.start()
    while not gate._line:
        pass
    gate.give_way(had(1.0))
    assert gate._line  # still there
    gate.give_way(had(3.0))  # the other has had its turn when this comes back
    assert not gate._line
    gate.leave()
    other.join(30)


def test_what_a_computation_carries_out_one_after_another_is_counted_together() -> None:
    def task() -> Iterator[None]:
        sleep(0.01)
        yield

    with turns.one_computation():
        carry_out([task()])
        first = turns._here.account.seconds
        carry_out([task()])
        assert turns._here.account.seconds >= first + 0.01 >= 0.02
    assert turns._here.account is None
