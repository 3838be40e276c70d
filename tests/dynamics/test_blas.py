"""Linear algebra does not fight for the cores with the threads that the engine has of its own, and importing changes nothing."""

import subprocess
import sys
from threading import Barrier, Thread

from threadpoolctl import threadpool_info, threadpool_limits

from dynamics.engine.blas import one_thread

IMPORTED = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "3"
import numba, numpy, scipy.linalg
from threadpoolctl import threadpool_info
threads = lambda: {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
before, folder = threads(), numba.config.CACHE_DIR
import dynamics, dynamics.models, dynamics.studies.convergence
assert threads() == before == {3}, (before, threads())
assert numba.config.CACHE_DIR == folder
from dynamics.engine.blas import one_thread_for_good
one_thread_for_good()
assert threads() == {1}
"""


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_importing_changes_nothing_and_a_server_takes_one_thread_for_good() -> None:
    subprocess.run([sys.executable, "-c", IMPORTED], check=True)


def test_one_thread_while_anybody_is_inside() -> None:
    seen: dict[str, set[int]] = {}
    met, leave = Barrier(2), Barrier(2)

    def longer() -> None:
        with one_thread():
            met.wait()
            leave.wait()
            seen["after the other left"] = blas_threads()

    with threadpool_limits(2, user_api="blas"):
        other = Thread(target=longer)
        other.start()
        with one_thread():
            met.wait()
            seen["both"] = blas_threads()
        leave.wait()
        other.join()
        assert seen == {"both": {1}, "after the other left": {1}}
        assert blas_threads() == {2}
