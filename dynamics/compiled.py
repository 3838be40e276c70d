"""The one way to compile a kernel: no GIL, kept on disk, strict about NaN."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

if "NUMBA_CACHE_DIR" not in os.environ and not os.access(Path(__file__).parent, os.W_OK):
    os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "after-zero-loss-kernels")

import numba

kernel: Any = numba.njit(nogil=True, cache=True, error_model="numpy")
