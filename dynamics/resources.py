"""Where the files are that the program reads: in `assets/` of a checkout, or within the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "data"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "assets"


def resource(*parts: str) -> Path:
    """A file or folder of assets/."""
    return FOLDER.joinpath(*parts)
