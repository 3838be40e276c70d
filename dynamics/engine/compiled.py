"""The one way to compile a kernel: no GIL, kept on disk, strict about NaN."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba


def _cache_folder() -> str:
    """A folder for the kernels of exactly these sources: Numba looks at a kernel's own file only, not at those it calls into."""
    here = Path(__file__).parent.parent  # dynamics
    sources = [path.read_bytes() for path in sorted(here.glob("**/*.py"))]
    compiled = (source for source in sources if b"\n@kernel\n" in source or b"\n@summing\n" in source)
    digest = hashlib.sha256(b"".join(compiled)).hexdigest()[:12]
    parent = here / "__pycache__" if os.access(here, os.W_OK) else _own_folder()
    return str(parent / f"kernels-{digest}")


def _own_folder() -> Path:
    """A folder for temporary files that nobody else on this machine may write to: kernels that are read back are run."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir(), f"after-zero-loss-{user}")
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = folder.stat()
        if known.st_mode & 0o022 == 0 and known.st_uid in (user, 0):
            return folder
    return Path(tempfile.mkdtemp(prefix="after-zero-loss-"))


def _compiler(**options: Any) -> Callable[[Any], Any]:
    """Numba's own with a cache folder of ours, which is looked up when a kernel is declared: nobody else's kernels move there."""

    def declared(function: Any) -> Any:
        before = settings.CACHE_DIR
        settings.CACHE_DIR = before or _FOLDER
        try:
            return _survives_a_full_disk(numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function))
        finally:
            settings.CACHE_DIR = before

    return declared


def _survives_a_full_disk(compiled: Any) -> Any:
    """A kernel that cannot be kept is compiled again next time."""
    save = compiled._cache.save_overload

    def saved(*given: Any) -> None:
        try:
            save(*given)
        except OSError as error:
            log.warning("A kernel cannot be kept on disk: %s", error)

    compiled._cache.save_overload = saved
    return compiled


settings: Any = numba.config
log = logging.getLogger(__name__)
_FOLDER = _cache_folder()
kernel = _compiler()
summing = _compiler(fastmath={"reassoc", "contract"})
"""A kernel whose sums may be taken in any order, so that they vectorize; still strict about NaN."""
