"""Sparse regression problems: data, targets, and the sparse vector that explains them (theory section 6)."""

from __future__ import annotations

import numpy as np

from dynamics.settings import Choice, Number

LAWS = {
    "boolean": "±1 with equal chances",
    "gaussian": "standard normal",
    "correlated": "normal, neighbouring features correlated by ½",
}
CORRELATION = 0.5
MOST_ENTRIES = 40_000_000  # of a design: 320 MB

LAW = Choice(name="law", title="law of the data", options=LAWS, default="boolean")
FEATURES = Number(name="d", title="number of features", minimum=1, maximum=MOST_ENTRIES, whole=True)
SAMPLES = Number(name="n", title="number of samples", minimum=1, maximum=MOST_ENTRIES, whole=True)
SPARSITY = Number(name="sparsity", title="sparsity", minimum=1, maximum=MOST_ENTRIES, whole=True)
SEED = Number(name="seed", title="seed", minimum=0, whole=True)


def sparse_problem(
    *, d: int, n: int, sparsity: int, law: str = "boolean", seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A design (n, d), targets (n,) = design @ truth, and the truth (d,) with `sparsity` entries 1 at random places.

    The rows are drawn one after another, and the truth apart from them: with more samples the first ones stay. Raises ValueError,
    with a sentence.
    """
    law, d, n, seed = LAW.checked(law), int(FEATURES.checked(d)), int(SAMPLES.checked(n)), int(SEED.checked(seed))
    if n * d > MOST_ENTRIES:
        raise ValueError(f"{n:,} samples of {d:,} features do not fit into memory here: at most {MOST_ENTRIES:,} numbers do.")
    sparsity = int(SPARSITY.checked(sparsity))
    if sparsity > d:
        raise ValueError(f"The sparsity is between 1 and the number of features, {d:,}; not {sparsity:,}.")
    of_design, of_truth = (np.random.Generator(np.random.SFC64(each)) for each in np.random.SeedSequence(seed).spawn(2))
    boolean = law == "boolean"
    design = of_design.integers(0, 2, size=(n, d)) * 2.0 - 1.0 if boolean else of_design.standard_normal((n, d))
    if law == "correlated":
        for column in range(1, d):
            design[:, column] = CORRELATION * design[:, column - 1] + np.sqrt(1 - CORRELATION**2) * design[:, column]
    truth = np.zeros(d)
    truth[of_truth.permutation(d)[:sparsity]] = 1.0
    return design, design @ truth, truth
