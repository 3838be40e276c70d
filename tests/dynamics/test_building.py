"""Graphs and tapes are built by one thread at a time, and each once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, simulate
from dynamics.engine.building import alone, built_once


def test_one_at_a_time_and_once():
    inside, most, calls = 0, 0, []

    def build(key):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.002)
        calls.append(key)
        inside -= 1
        return key

    cached, guarded = built_once(64)(build), alone(build)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda k: (cached(k % 5), guarded(-1))[0], range(40)))
    assert most == 1
    assert answers == [k % 5 for k in range(40)]
    assert sorted(key for key in calls if key >= 0) == list(range(5))


def test_what_is_built_is_found_while_another_is_being_built():
    cached, began, over = built_once(4)(lambda key: key()), threading.Event(), threading.Event()
    quick = str

    def slow():
        began.set()
        return over.wait(60)

    cached(quick)
    with ThreadPoolExecutor(2) as pool:
        building = pool.submit(cached, slow)
        began.wait(60)
        try:
            assert pool.submit(cached, quick).result(30) == ""
            assert not building.done()
        finally:
            over.set()


def test_what_could_not_be_built_is_tried_again():
    troubles = [ZeroDivisionError()]

    @built_once(4)
    def build(key):
        if troubles:
            raise troubles.pop()
        return key

    with pytest.raises(ZeroDivisionError):
        build(3)
    assert build(3) == 3


def test_a_builder_may_use_another():
    inner = built_once(4)(lambda key: key + 1)
    assert built_once(4)(lambda key: inner(key) * 2)(3) == 8


def test_many_sessions_with_one_new_formula_agree():
    barrier = threading.Barrier(6)

    def session(_: int) -> bytes:
        barrier.wait()
        landscape = Landscape.from_residuals(["x*y*1.0625 - 1 + sin(x)/16", "(x - y)*z"], ("x", "y", "z"))
        given = noise("covariance", matrix=[["1", "0", "x/8"], ["0", "1+y*y", "0"], ["x/8", "0", "1"]])
        run = Experiment(landscape=landscape, noise=given, start=(1.2, 1.0, 0.3), paths=20, frames=10, horizon=0.2)
        return simulate(run).limit.tobytes()

    with ThreadPoolExecutor(6) as pool:
        results = set(pool.map(session, range(6)))
    assert len(results) == 1
    assert np.isfinite(np.frombuffer(results.pop(), dtype=np.float32)).all()
