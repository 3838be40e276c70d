"""The parts that a limit's drift is made of, as they are shown: what each is called, and its formula."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A part of the drift, by a name of `LimitDrift`."""

    name: str
    title: str
    text: str  # its formula in a line of text
    latex: str


TANGENT, MIXED, NORMAL = "Tangent-noise compensation", "Mixed regularization", "Normal regularization"
OF_NOISE = (
    Term("tangent", TANGENT, "−½ H† T[Σ∥]", r"-\tfrac12 H^\dagger\, T[\Sigma_\parallel]"),
    Term("mixed", MIXED, "−P T[H† Σ⊥∥]", r"-P\, T[H^\dagger \Sigma_{\perp\parallel}]"),
    Term("normal", NORMAL, "−½ P T[𝓛⁻¹ Σ⊥]", r"-\tfrac12 P\, T[\mathcal{L}^{-1} \Sigma_\perp]"),
)


def own(title: str, text: str, latex: str) -> Term:
    """What an optimizer adds to what the noise does, or all that there is."""
    return Term("own", title, text, latex)
