"""Linear algebra on one thread, where the work is divided already.

BLAS threads wait for one another by spinning: on a busy machine that turned 0.3 s of a flow at d = 1,000 into 15 s. The limit is
the process's, not a thread's; so it holds while anyone inside asks for it, and importing this package changes nothing. A server
or a worker, which does nothing else, takes it for good.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@cache
def _controller() -> ThreadpoolController:
    import numpy  # noqa: F401  the libraries that are limited have to be there first
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """While anybody is inside, on whatever thread, linear algebra has one thread. Also a decorator."""
    global _inside, _limit
    with _lock:
        if _inside == 0:
            _limit = _controller().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()


def one_thread_for_good() -> None:
    """The same for a process that serves or works."""
    _controller().limit(limits=1, user_api="blas")
