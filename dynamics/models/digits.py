"""Handwritten threes and eights as a regression set: which digit it is, ±1, from 64 pixels (assets/studies/digits_3_8.csv)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dynamics.resources import resource

FILE = resource("studies", "digits_3_8.csv")
WHITEST = 16.0  # of a pixel
COUNT = 357  # images in the file


@dataclass(frozen=True, eq=False)
class Digits:
    inputs: np.ndarray  # (n, 64) pixels from 0 to 1, less their means over these images
    targets: np.ndarray  # (n,) +1 is an 8, −1 a 3
    test_inputs: np.ndarray  # (m, 64) all other images, less the same means
    test_targets: np.ndarray  # (m,)


@lru_cache(maxsize=1)
def _images() -> tuple[np.ndarray, np.ndarray]:
    """Pixels in [0, 1], (357, 64), and the digits, (357,)."""
    rows = np.loadtxt(FILE, delimiter=",", comments="#")
    return rows[:, 1:] / WHITEST, rows[:, 0]


def digits(samples: int, seed: int = 0) -> Digits:
    """`samples` of the images, drawn at random, to train on, and the others to test on. Raises ValueError, with a sentence."""
    pixels, digit = _images()
    if not 2 <= samples < len(digit):
        raise ValueError(f"There are {len(digit)} images: between 2 and {len(digit) - 1} of them can be trained on; not {samples}.")
    order = np.random.default_rng(seed).permutation(len(digit))
    targets = np.where(digit == 8, 1.0, -1.0)[order]
    pixels = pixels[order]
    pixels = pixels - pixels[:samples].mean(axis=0)
    return Digits(pixels[:samples], targets[:samples], pixels[samples:], targets[samples:])
