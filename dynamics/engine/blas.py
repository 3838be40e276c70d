"""Linear algebra on one thread, where the work is divided already.

BLAS threads wait for one another by spinning: on a busy machine that turned 0.3 s of a flow at d = 1,000 into 15 s. The limit is
the process's, and threadpoolctl lets the first thread that asks have it; so it is taken around hot calls and put back after them,
and importing this package changes nothing. A server or a worker, which does nothing else, takes it for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    import numpy  # noqa: F401  the libraries that are limited have to be there first
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra has one thread inside. Also a decorator."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


def one_thread_for_good() -> None:
    """The same for a process that serves or works."""
    _controller().limit(limits=1, user_api="blas")
