"""How sharp Γ is where the paths of the limit go: one measure for all that is said of a learning rate that is too large."""

from __future__ import annotations

import numpy as np

RARE = 0.01  # of the paths may meet more than what is called the largest


def comfortable(stable: float) -> float:
    """η λ_max: half of what throws an optimizer off."""
    return stable / 2


def largest_met(values: np.ndarray) -> np.ndarray:
    """The largest finite value that each path has met, (N,) of (F, N); 0 where it has met none."""
    return np.where(np.isfinite(values), values, 0.0).max(axis=0)


def all_but_rare(values: np.ndarray) -> float:
    """What all but RARE of the paths stay below; 0 without paths."""
    return float(np.quantile(values, 1 - RARE)) if len(values) else 0.0
