"""What is given as an array: points, one point, slow times. Whatever it is instead is refused with a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dynamics.settings import quoted


def numbers_of(values: Any, what: str) -> np.ndarray:
    """An array of numbers, float64. Raises ValueError, with a sentence about `what`."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{what} are arrays of numbers.") from error


def points_of(X: Any, dimension: int) -> np.ndarray:
    """Points (..., D), float64. Raises ValueError, with a sentence."""
    points = numbers_of(X, "Points")
    if points.shape[-1:] != (dimension,):
        raise ValueError(f"Points must have {dimension:,} coordinates on their last axis; these have shape {points.shape}.")
    return points


def point_of(x: Any, dimension: int) -> np.ndarray:
    """One point (D,), float64. Raises ValueError, with a sentence."""
    point = points_of(x, dimension)
    if point.ndim != 1:
        raise ValueError(f"A point is {dimension:,} numbers; this has shape {point.shape}.")
    return point


def start_of(start: Any, variables: Sequence[str]) -> np.ndarray:
    """A start (D,), float64: one number for each of `variables`. Raises ValueError, with a sentence that names them."""
    needed, names = len(variables), ", ".join(variables)
    if isinstance(start, str):  # whose characters might read as numbers
        raise ValueError(f"The start is {needed} numbers for {names}; not {quoted(start)}.")
    try:
        point = np.array([float(value) for value in start])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"The start is {needed} numbers for {names}.") from error
    if len(point) != needed:
        raise ValueError(f"The start has {len(point)} numbers; this landscape needs {needed}, for {names}.")
    return point


def times_of(times: Any, what: str, endless: bool = False) -> np.ndarray:
    """Slow times (F,) that increase, from 0 or more; the last of them may be infinite where `endless`.

    Raises ValueError, with a sentence about `what` they are of.
    """
    given = np.atleast_1d(numbers_of(times, f"The times of {what}"))
    bounded = given[:-1] if endless else given
    if not (given.ndim == 1 and len(given) and np.isfinite(bounded).all() and given[0] >= 0 and (np.diff(given) > 0).all()):
        raise ValueError(f"The times of {what} increase, from 0 or more.")
    return given
