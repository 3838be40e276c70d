"""What a simulation returns: arrays, and what became of the paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynamics.experiment import Experiment
from dynamics.limit.flow import Flow
from dynamics.observables import Observable

STATUSES = ("ok", "diverged", "left_manifold", "rank_changed", "cancelled")


class Status(str):
    """One of STATUSES; a string that also says at which SGD step it first happened, to how many paths, and why.

    `sentence` describes it, and ends with the `reason`, by what numbers it came so; `hint` says what to try. Each may be empty.
    """

    step: int | None
    paths: int
    sentence: str
    hint: str
    reason: str

    def __new__(
        cls, kind: str, step: int | None = None, paths: int = 0, sentence: str = "", hint: str = "", reason: str = ""
    ) -> Status:
        if kind not in STATUSES:
            raise ValueError(f"unknown status {kind}")
        status = super().__new__(cls, kind)
        status.step, status.paths, status.sentence, status.hint, status.reason = step, paths, sentence, hint, reason
        return status

    @property
    def told(self) -> str:
        """The sentence and the hint."""
        return f"{self.sentence} {self.hint}".strip()

    @property
    def brief(self) -> str:
        """The same without the reason: for places with little room."""
        return f"{self.sentence.removesuffix(self.reason).rstrip()} {self.hint}".strip()

    def __reduce__(self):
        return Status, (str(self), self.step, self.paths, self.sentence, self.hint, self.reason)


@dataclass(frozen=True, eq=False)
class Outcome:
    """F frames of N paths in D dimensions. Absent points are NaN: frames not reached, or a limit that does not exist.

    A path that failed stays at the last point it held from frame `*_frozen` on (−1: it never failed).
    """

    experiment: Experiment
    steps: np.ndarray  # (F,) int64: SGD steps k
    times: np.ndarray  # (F,): slow time t = kη²
    sgd: np.ndarray  # (F, N, D) float32
    limit: np.ndarray  # (F, N, D) float32
    sgd_frozen: np.ndarray  # (N,) int32
    limit_frozen: np.ndarray  # (N,) int32
    flow: Flow  # gradient flow from the start, in fast time
    observables: dict[str, Observable]  # "loss", "distance", "trace_hessian", "sharpness"
    status: Status
    stability: float | None  # η λ_max at Φ(start): above 2 SGD is unstable there
    rank: int | None  # of ∇²L on Γ, D − dim Γ

    @property
    def nbytes(self) -> int:
        """Of the points, which are most of it."""
        return self.sgd.nbytes + self.limit.nbytes
