"""How a run ended: a word, and what there is to say of it."""

from __future__ import annotations

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
