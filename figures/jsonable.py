"""A figure as JSON has it: arrays as lists, and nothing for what is no finite number."""

from __future__ import annotations

from typing import Any

import numpy as np


def jsonable(value: Any, digits: int = 17) -> Any:
    """Numbers to so many digits; 17 keep them as they are."""
    if isinstance(value, np.ndarray | np.generic):
        return jsonable(value.tolist(), digits)
    if isinstance(value, dict):
        return {key: jsonable(each, digits) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(each, digits) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if np.isfinite(value) else None
    return value
