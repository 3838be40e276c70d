"""Random numbers with an address: golden hashes, and what a block's draws depend on."""

import hashlib

import numpy as np
import pytest

from dynamics.noise import Draw
from dynamics.randomness import BLOCK, LIMIT, SGD, TAG, BlockDraws

DRAWS = {
    "normal": (Draw("normal", 3),),
    "sign": (Draw("sign", 2),),
    "sample": (Draw("sample", 1, samples=5),),
    "counts": (Draw("counts", 4, samples=4, batch=3),),
    "label": (Draw("sample", 1, samples=7), Draw("sign", 1)),
}
# Of the first 5 steps at seed 2110, SGD, block 1. A change means that old links show other paths: then TAG must change too.
GOLDEN = {
    "normal": "e87bc9849197f8cc",
    "sign": "c44ccc968cb6579d",
    "sample": "9fc19f8592c68ea0",
    "counts": "8e9ebc5a216c68f0",
    "label": "2cc709603841d650",
}


def digest(numbers: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("kind", DRAWS)
def test_golden_draws(kind):
    assert TAG == "SFC64/1"
    assert digest(BlockDraws(DRAWS[kind], 2110, SGD, 1).next(5)) == GOLDEN[kind]


@pytest.mark.parametrize("kind", DRAWS)
def test_slices_do_not_matter(kind):
    whole = BlockDraws(DRAWS[kind], 3, SGD, 0).next(12)
    sliced = BlockDraws(DRAWS[kind], 3, SGD, 0)
    np.testing.assert_array_equal(whole, np.concatenate([sliced.next(n) for n in (1, 4, 7)]))
    assert whole.shape == (12, sum(draw.size for draw in DRAWS[kind]), BLOCK)


def test_every_address_has_its_own_numbers():
    addresses = [(seed, role, block) for seed in (0, 1, 2**32 - 1) for role in (SGD, LIMIT) for block in (0, 1)]
    assert len({digest(BlockDraws(DRAWS["normal"], *address).next(1)) for address in addresses}) == len(addresses)


def test_the_draws_have_the_law_they_are_named_for():
    count = 4000 * BLOCK
    normal = BlockDraws(DRAWS["normal"], 0, SGD, 0).next(4000)[:, 0]
    assert abs(normal.mean()) < 6 / count**0.5
    assert abs(normal.var() - 1) < 6 * (2 / count) ** 0.5
    sign = BlockDraws(DRAWS["sign"], 0, SGD, 0).next(4000)[:, 0]
    assert set(np.unique(sign)) == {-1.0, 1.0}
    assert abs(sign.mean()) < 6 / count**0.5
    sample = BlockDraws(DRAWS["sample"], 0, SGD, 0).next(4000)[:, 0]
    frequency = np.bincount(sample.ravel().astype(int), minlength=5) / count
    np.testing.assert_allclose(frequency, 0.2, atol=6 * (0.16 / count) ** 0.5)
    counts = BlockDraws(DRAWS["counts"], 0, SGD, 0).next(4000)
    np.testing.assert_array_equal(counts.sum(axis=1), 3)
    np.testing.assert_allclose(counts.mean(axis=(0, 2)), 0.75, atol=6 * (0.5625 / count) ** 0.5)
