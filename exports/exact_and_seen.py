"""What the engine gives where the answer is known, as a table with a row for each answer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dynamics.studies.closed_forms import ClosedForm, Seen
from exports.numbers import Column, Numbers


def exact_and_seen(rows: Mapping[ClosedForm, Seen], said: Mapping[str, str]) -> Numbers:
    """The formulas, their values, and what was seen of each, in full precision; units are those of the formulas."""

    def texts(name: str, meaning: str) -> Column:
        return Column(np.array([getattr(row, name) for row in rows]), meaning, "")

    found = list(rows.values())
    columns = {
        "what": texts("title", "what is compared"),
        "formula": texts("formula", "what it is exactly, in LaTeX"),
        "exact": Column(np.array([row.exact for row in rows], dtype=float), "the formula’s value"),
        "seen": Column(np.array([each.value for each in found], dtype=float), "what the engine gives"),
        "standard_error": Column(
            np.array([each.standard_error for each in found], dtype=float), "of what is seen; 0 where nothing is sampled"
        ),
        "source": texts("source", "where the formula is from"),
    }
    return Numbers(dict(said), columns)
