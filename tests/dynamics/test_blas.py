"""Linear algebra does not fight for the cores with the threads that the engine has of its own."""

from threadpoolctl import threadpool_info

import dynamics  # noqa: F401


def test_linear_algebra_has_one_thread() -> None:
    threads = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    assert threads
    assert set(threads) == {1}
