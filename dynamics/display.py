"""How a run shows itself in a notebook.

What draws it stands above `dynamics`. So it is not imported but found by its name, when a notebook first asks; where `dynamics` is
alone a notebook shows text.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

DRAWN_BY = "exports.frame:frame"


def as_html(outcome: Any, **options: Any) -> str | None:
    """HTML for a notebook, or None where there is nothing to draw with. `options` are those of exports/frame.py."""
    try:
        draw = resolve_name(DRAWN_BY)
    except ImportError:
        return None
    return draw(outcome, **options)
