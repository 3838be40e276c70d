"""How far SGD is from its limit at the end of an experiment, measured: the energy distance between the two ensembles.

It is (2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖)^½ (Székely and Rizzo 2013), 0 exactly if the two laws are equal. What chance alone would
show is found by dealing the paths out anew to the two ensembles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import fisher_exact

from dynamics.limit.flow import LANDED, limit_map_with_outcome
from dynamics.outcome import Outcome
from dynamics.studies.projected import FARTHER

DEALS = 400
MOST = 1000  # paths of each ensemble that are compared
CONFIDENCE = 0.99


@dataclass(frozen=True)
class Disagreement:
    """At the last frame. `distance` is in units of length^½, NaN if one of the ensembles is lost altogether."""

    distance: float  # between those that are left
    by_chance: float  # the CONFIDENCE quantile of what equal laws would show
    shift: float  # by how much the distance can change where lost paths are FARTHER off than any two that are left
    compared: int  # paths of SGD
    diverged: int  # paths of SGD
    lost: int  # paths of SGD that diverged, or have no Φ
    limit_lost: int  # paths of the limit
    paths: int  # of each
    projected: bool  # SGD is seen through Φ; if not, where there is no Φ, as it is
    has_limit: bool  # which there is not where gradient flow does not end on Γ

    @property
    def thrown_off(self) -> bool:
        """Whether SGD diverges more often than the limit is lost, and chance alone would not show it: a disagreement by itself."""
        if not self.has_limit:
            return False
        ends = [[self.diverged, self.paths - self.diverged], [self.limit_lost, self.paths - self.limit_lost]]
        return fisher_exact(ends, alternative="greater").pvalue < 1 - CONFIDENCE

    @property
    def seen(self) -> bool | None:
        """Whether it is more than chance. None where the lost paths could decide it, or there is no limit."""
        if self.thrown_off or self.distance - self.shift > self.by_chance:
            return True
        if np.isnan(self.distance):
            return None
        return False if self.distance + self.shift <= self.by_chance or not self.lost + self.limit_lost else None


def disagreement(outcome: Outcome) -> Disagreement:
    """Compare Φ(x) of SGD's paths with the limit's paths, at the experiment's horizon."""
    sgd = outcome.sgd[-1, outcome.sgd_frozen < 0].astype(float)
    limit = outcome.limit[-1, outcome.limit_frozen < 0].astype(float)
    sgd, limit = sgd[np.isfinite(sgd).all(axis=-1)], limit[np.isfinite(limit).all(axis=-1)]
    projected = outcome.rank is not None and len(sgd) > 0
    if outcome.rank is not None and len(sgd) > 0:
        mapped, how = limit_map_with_outcome(outcome.experiment.landscape, sgd, outcome.rank)
        sgd = mapped[(how == LANDED) & np.isfinite(mapped).all(axis=-1)]
    paths = outcome.sgd.shape[1]
    diverged, lost, limit_lost = int((outcome.sgd_frozen >= 0).sum()), paths - len(sgd), int((outcome.limit_frozen >= 0).sum())
    if len(sgd) < 2 or len(limit) < 2:
        nan = float("nan")
        return Disagreement(nan, nan, nan, len(sgd), diverged, lost, limit_lost, paths, projected, outcome.rank is not None)
    sgd, limit = sgd[:MOST], limit[:MOST]
    pooled = np.concatenate([sgd, limit])
    apart = cdist(pooled, pooled)
    sign = np.concatenate([np.full(len(sgd), 1 / len(sgd)), np.full(len(limit), -1 / len(limit))])
    random = np.random.Generator(np.random.SFC64(outcome.experiment.seed))
    dealt = random.permuted(np.broadcast_to(sign, (DEALS, len(sign))), axis=1)
    squares = -np.einsum("ij,ij->i", dealt @ apart, dealt)
    found = float(np.sqrt(max(-(sign @ apart @ sign), 0.0)))
    chance = float(np.sqrt(max(np.quantile(squares, CONFIDENCE), 0.0)))
    # It is a norm of the difference of two laws: a share of one moves it by that share times a distance, at most (2 max ‖X − Y‖)^½.
    shift = (lost + limit_lost) / paths * float(np.sqrt(2 * FARTHER * apart.max()))
    return Disagreement(found, chance, shift, len(sgd), diverged, lost, limit_lost, paths, projected, outcome.rank is not None)
