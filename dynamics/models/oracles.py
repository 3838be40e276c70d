"""Interpolators that are found by other means than descent: what the end points of a training run are compared with."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog, minimize_scalar
from scipy.stats import norm


def minimum_l1(design: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """argmin Σ_j weights_j |w_j| subject to design @ w = targets: (d,), by linear programming (HiGHS).

    Raises ValueError, with a sentence, where nothing interpolates.
    """
    d = design.shape[1]
    cost = np.ones(d) if weights is None else np.asarray(weights, dtype=float)
    # HiGHS' dual simplex method: it ends at a vertex, and takes half the time of the interior-point method here.
    found = linprog(
        np.concatenate([cost, cost]), A_eq=np.hstack([design, -design]), b_eq=targets, bounds=(0, None), method="highs-ds"
    )
    if found.x is None:
        raise ValueError("No vector fits these data: their equations contradict each other.")
    return found.x[:d] - found.x[d:]


def minimum_l2(design: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """argmin ‖w‖₂ subject to design @ w = targets: (d,), by least squares."""
    return np.linalg.lstsq(design, targets, rcond=None)[0]


def weak_threshold(sparsity: float, dimension: int) -> float:
    """The number of Gaussian samples at which minimum ℓ1 recovers a `sparsity`-sparse vector in half of all cases, as d grows.

    d ψ(κ/d), ψ(ρ) = min over τ ≥ 0 of ρ(1 + τ²) + (1 − ρ) E (|g| − τ)₊², g standard normal: the statistical dimension of the
    descent cone (Amelunxen, Lotz, McCoy, Tropp 2014, section 4.5), which is the weak threshold of Donoho and Tanner (2009).
    """
    share = sparsity / dimension

    def at(tau: float) -> float:
        tail = 2 * ((1 + tau**2) * norm.sf(tau) - tau * norm.pdf(tau))
        return share * (1 + tau**2) + (1 - share) * tail

    return dimension * float(minimize_scalar(at, bounds=(0.0, 12.0), method="bounded").fun)
