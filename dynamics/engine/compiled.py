"""The one way to compile a kernel: no GIL, kept on disk, strict about NaN."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def _cache_folder() -> str:
    """A folder for the kernels of exactly these sources: Numba looks at a kernel's own file only, not at those it calls into."""
    here = Path(__file__).parent.parent  # dynamics
    sources = [path.read_bytes() for path in sorted(here.glob("**/*.py"))]
    compiled = (source for source in sources if b"\n@kernel\n" in source or b"\n@summing\n" in source)
    digest = hashlib.sha256(b"".join(compiled)).hexdigest()[:12]
    parent = here / "__pycache__" if os.access(here, os.W_OK) else Path(tempfile.gettempdir(), "after-zero-loss")
    return str(parent / f"kernels-{digest}")


def _compiler(**options: Any) -> Callable[[Any], Any]:
    """Numba's own with a cache folder of ours, which is looked up when a kernel is declared: nobody else's kernels move there."""

    def declared(function: Any) -> Any:
        before = settings.CACHE_DIR
        settings.CACHE_DIR = before or _FOLDER
        try:
            return numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function)
        finally:
            settings.CACHE_DIR = before

    return declared


settings: Any = numba.config
_FOLDER = _cache_folder()
kernel = _compiler()
summing = _compiler(fastmath={"reassoc", "contract"})
"""A kernel whose sums may be taken in any order, so that they vectorize; still strict about NaN."""
