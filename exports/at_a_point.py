"""The anatomy's numbers: the limit's drift and the noise at one point of Γ, as a table with a row for each variable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dynamics.studies.anatomy import Anatomy
from exports.numbers import Column, Numbers

PARTS = {
    "tangent": "tangent-noise compensation, −½ H† T[Σ∥]", "mixed": "mixed regularization, −P T[H† Σ⊥∥]",
    "normal": "normal regularization, −½ P T[𝓛⁻¹ Σ⊥]", "total": "all parts together",
}  # fmt: skip
MATRICES = {
    "covariance": "the noise covariance Σ", "parallel": "Σ∥ = PΣP", "orthogonal": "Σ⊥ = QΣQ", "mixed": "Σ⊥∥ = QΣP",
    "spread": "𝓛⁻¹Σ⊥", "pseudo_inverse": "H†",
}  # fmt: skip


def at_a_point(found: Anatomy, variables: tuple[str, ...], said: Mapping[str, str]) -> Numbers:
    """The point, the frame of H, the parts of the drift and the matrices; of these a column each, row by row a variable."""
    columns = {
        "variable": Column(np.array(variables), "which variable a row is of", ""),
        "point": Column(found.point, "the point of Γ"),
    }
    for part, meaning in PARTS.items():
        columns[f"drift_{part}"] = Column(getattr(found.drift, part), f"the limit’s drift a unit of slow time: {meaning}")
    for k, (value, normal) in enumerate(zip(found.eigenvalues, found.normals, strict=True), 1):
        columns[f"normal_{k}"] = Column(normal, f"unit normal of Γ, to the eigenvalue {float(value)!r} of the Hessian H")
    for k, tangent in enumerate(found.tangents, 1):
        columns[f"tangent_{k}"] = Column(tangent, "unit tangent of Γ, where H is 0")
    for name, meaning in MATRICES.items():
        for variable, column in zip(variables, getattr(found, name).T, strict=True):
            columns[f"{name}_{variable}"] = Column(column, f"{meaning}: its column of variable {variable}")
    return Numbers(dict(said), columns)
