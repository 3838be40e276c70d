"""The anatomy's numbers: the limit's drift and the noise at one point of Γ, as a table with a row for each variable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dynamics.optimizers import SGD, Optimizer
from dynamics.studies.anatomy import Anatomy
from exports.numbers import Column, Numbers

MATRICES = {
    "covariance": "the noise covariance Σ", "parallel": "Σ∥ = PΣP", "orthogonal": "Σ⊥ = QΣQ", "mixed": "Σ⊥∥ = QΣP",
    "spread": "𝓛⁻¹Σ⊥", "pseudo_inverse": "H†",
}  # fmt: skip


def at_a_point(
    found: Anatomy,
    variables: tuple[str, ...],
    said: Mapping[str, str],
    optimizer: Optimizer = SGD,
    parts: Mapping[str, np.ndarray] | None = None,
) -> Numbers:
    """The point, the frame of H, the parts of the drift and the matrices; of these a column each, row by row a variable.

    `parts` are those of an optimizer's drift (`drift_terms`), else SGD's. A limit that only flows has no matrices.
    """
    parts = parts or {term.name: getattr(found.drift, term.name) for term in SGD.terms}
    columns = {
        "variable": Column(np.array(variables), "which variable a row is of", ""),
        "point": Column(found.point, "the point of Γ"),
    }
    meanings = {term.name: f"{term.title[0].lower()}{term.title[1:]}, {term.text}" for term in optimizer.terms}
    for part, vector in {**parts, "total": sum(parts.values(), np.zeros_like(found.point))}.items():
        meaning = meanings.get(part, "all parts together")
        columns[f"drift_{part}"] = Column(vector, f"the limit’s drift a unit of slow time: {meaning}")
    for k, (value, normal) in enumerate(zip(found.eigenvalues, found.normals, strict=True), 1):
        columns[f"normal_{k}"] = Column(normal, f"unit normal of Γ, to the eigenvalue {float(value)!r} of the Hessian H")
    for k, tangent in enumerate(found.tangents, 1):
        columns[f"tangent_{k}"] = Column(tangent, "unit tangent of Γ, where H is 0")
    for name, meaning in MATRICES.items() if optimizer.diffuses else ():
        for variable, column in zip(variables, getattr(found, name).T, strict=True):
            columns[f"{name}_{variable}"] = Column(column, f"{meaning}: its column of variable {variable}")
    return Numbers(dict(said), columns)
