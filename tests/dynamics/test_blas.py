"""Linear algebra does not fight for the cores with the threads that the engine has of its own, and importing changes nothing."""

import subprocess
import sys

from threadpoolctl import threadpool_info, threadpool_limits

from dynamics import Experiment, simulate
from dynamics.engine.blas import one_thread

IMPORTED = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "2"
import numba, numpy, scipy.linalg
from threadpoolctl import threadpool_info
threads = lambda: {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
before, folder = threads(), numba.config.CACHE_DIR
import dynamics, dynamics.models, dynamics.studies.convergence
assert threads() == before, (before, threads())
assert numba.config.CACHE_DIR == folder
from dynamics.engine.blas import one_thread_for_good
one_thread_for_good()
assert threads() == {1}
"""


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_importing_changes_nothing_and_a_server_takes_one_thread_for_good() -> None:
    subprocess.run([sys.executable, "-c", IMPORTED], check=True)


def test_hot_calls_have_one_thread_and_put_back_what_was() -> None:
    seen = set[int]()

    def look() -> bool:
        seen.update(blas_threads())
        return False

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        simulate(Experiment(landscape="hyperbola", paths=2, frames=3), cancel=look)
        with one_thread():
            assert blas_threads() == {1}
        assert blas_threads() == before
    assert seen == {1}
