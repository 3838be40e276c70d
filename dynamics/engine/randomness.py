"""Random numbers with an address: (seed, role, block, stream) always names the same stream.

A generator of its own for every path of a block of fixed size and every stream: so results do not depend on the number of threads,
on how the steps are cut into slices, or on how many paths there are besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dynamics.engine import lanes

TAG = "SFC64/1"  # stored in links: which generator, and which way of addressing it
BLOCK = 160  # paths in a block: the usual 300 are two, one a core; a multiple of every vector width
SGD, LIMIT = range(2)  # roles
SHUFFLED = 512  # steps whose order is drawn at once


DrawKind = Literal["normal", "student", "sign", "sample", "order", "counts", "repeat"]


@dataclass(frozen=True)
class Draw:
    """`size` random numbers of one kind that each step of each path consumes.

    normal: N(0, 1). student: t of `freedom` degrees of freedom, of variance 1 where it has one. sign: ±1. sample: an index uniform
    on 0..n-1. order: the same without replacement, n steps an epoch. counts: how often each of n samples is in a batch. repeat:
    none of its own, but with `probability` all of a path's numbers before it are those of its step before.
    """

    kind: DrawKind
    size: int
    samples: int = 1
    batch: int = 1
    freedom: float = math.inf
    probability: float = 0.0


class BlockDraws:
    """The draws of the first `width` paths of one block: each Draw of a step has a stream of its own."""

    def __init__(self, draws: tuple[Draw, ...], seed: int, role: int, block: int, width: int = BLOCK) -> None:
        self.rows = sum(draw.size for draw in draws)
        self.fillers: list[Callable[[np.ndarray], None]] = []
        row = stream = 0
        for draw in draws:
            if not (draw.kind == "sample" and draw.samples == 1):  # the one sample is always 0
                seeds = np.random.SeedSequence(seed, spawn_key=(role, block, stream))
                self.fillers.append(_filler(draw, seeds, row, width))
                stream += 1
            row += draw.size

    def fill(self, numbers: np.ndarray) -> None:
        """Put the numbers of the next steps into `numbers` (steps, rows, width), zeros before."""
        for fill in self.fillers:
            fill(numbers)


def _filler(draw: Draw, seeds: np.random.SeedSequence, row: int, width: int) -> Callable[[np.ndarray], None]:
    """What fills the rows of one Draw, from `row` on."""
    if draw.kind == "counts":  # NumPy draws a batch of any size at one cost
        source = np.random.Generator(np.random.SFC64(seeds))
        shares = np.full(draw.samples, 1 / draw.samples)

        def counts(numbers: np.ndarray) -> None:
            drawn = source.multinomial(draw.batch, shares, (len(numbers), BLOCK))
            numbers[:, row : row + draw.size] = np.swapaxes(drawn[:, :width], 1, 2)

        return counts

    if draw.kind == "order":
        shuffled = _epochs(np.random.Generator(np.random.SFC64(seeds)), draw.samples)

        def order(numbers: np.ndarray) -> None:
            for step in numbers:
                step[row] = next(shuffled)[:width]

        return order

    state = lanes.lanes(seeds, BLOCK, width)
    match draw.kind:
        case "normal":
            return lambda numbers: lanes.normals(state, numbers, row, draw.size)
        case "student":
            unit = math.sqrt((draw.freedom - 2) / draw.freedom) if draw.freedom > 2 else 1.0
            return lambda numbers: lanes.students(state, numbers, row, draw.size, draw.freedom, unit)
        case "repeat":
            before = np.full((row, width), np.nan)
            return lambda numbers: lanes.repeats(state, numbers, before, draw.probability)
        case "sign":
            return lambda numbers: lanes.signs(state, numbers, row, draw.size)
        case "sample":
            return lambda numbers: lanes.samples(state, numbers, row, draw.size, draw.samples)
    raise AssertionError(draw.kind)


def _epochs(source: np.random.Generator, samples: int) -> Iterator[np.ndarray]:
    """The indices 0..samples-1 in a new order every epoch, one step after the other, (BLOCK,); many epochs are shuffled at once."""
    unshuffled = np.tile(np.arange(samples)[:, None], (max(1, SHUFFLED // samples), 1, BLOCK))
    while True:
        for epoch in source.permuted(unshuffled, axis=1):
            yield from epoch
