"""What a simulation returns: arrays, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dynamics.display import as_html
from dynamics.experiment import Experiment
from dynamics.limit.flow import Flow
from dynamics.observables import SUMMARIES, Observable, Summary
from dynamics.status import Status


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """F frames of N paths in D dimensions. Absent points are NaN: frames not reached, or a limit that does not exist.

    A path that failed stays at the last point it held from frame `*_frozen` on (−1: it never failed).
    """

    experiment: Experiment
    steps: np.ndarray  # (F,) int64: steps k
    times: np.ndarray  # (F,): slow time, of SGD t = kη²
    sgd: np.ndarray  # (F, N, D) float32, the optimizer's paths
    limit: np.ndarray  # (F, N, D) float32
    finite: np.ndarray | None  # (F, D) float32: the limit's one path corrected to first order in η, where that is known
    sgd_frozen: np.ndarray  # (N,) int32
    limit_frozen: np.ndarray  # (N,) int32
    flow: Flow  # gradient flow from the start, in fast time
    observables: dict[str, Observable]  # "loss", "distance", "trace_hessian", "sharpness"
    status: Status
    stability: float | None  # η λ_max at Φ(start): above 2 SGD is unstable there, another optimizer above its `stable`
    rank: int | None  # of ∇²L on Γ, D − dim Γ

    def until(self, frames: int) -> Outcome:
        """The first so many frames: the same run, seen no further. What ends later has not ended."""
        part = slice(0, frames)
        return replace(
            self,
            steps=self.steps[part], times=self.times[part], sgd=self.sgd[part], limit=self.limit[part],
            finite=None if self.finite is None else self.finite[part],
            sgd_frozen=np.where(self.sgd_frozen < frames, self.sgd_frozen, -1).astype(np.int32),
            limit_frozen=np.where(self.limit_frozen < frames, self.limit_frozen, -1).astype(np.int32),
            observables={
                name: Observable(_part(each.sgd, part), _part(each.limit, part), each.finite and _part(each.finite, part))
                for name, each in self.observables.items()
            },
            status=self.status if frames >= len(self.steps) else Status("ok"),
        )  # fmt: skip

    @property
    def warning(self) -> str:
        """The sentence that says what its optimizer's limit assumes and these numbers strain, or nothing."""
        if self.rank is None:
            return ""
        optimizer, landscape = self.experiment.optimizer, self.experiment.landscape
        return optimizer.warning(landscape, self.flow.points[-1], self.experiment.learning_rate) or optimizer.warning_along(
            landscape, self.times, self.limit[:, 0]
        )

    def __repr__(self) -> str:
        chosen, last = self.experiment, self.times[-1]
        whose = f"{chosen.paths:,} paths of {chosen.optimizer.label} and of its limit on {chosen.landscape.name}"
        told = f"{whose}, {len(self.times)} frames up to t = {last:.6g}, {self.status}"
        return f"<Outcome: {told}>"

    def _repr_html_(self) -> str | None:
        """The player, in a notebook; `figures.show` has choices."""
        return as_html(self)

    @property
    def nbytes(self) -> int:
        """Of the points, which are most of it."""
        return self.sgd.nbytes + self.limit.nbytes


def _part(summary: Summary, frames: slice) -> Summary:
    return Summary(*(getattr(summary, name)[frames] for name in SUMMARIES))
