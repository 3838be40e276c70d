"""Random numbers with an address: (seed, role, block, stream) always names the same stream.

One SFC64 generator a block of fixed size and a stream: so results do not depend on the number of threads, on how the steps are cut
into slices, or on how many paths there are besides.
"""

from __future__ import annotations

import numpy as np

from dynamics.noise import Draw

TAG = "SFC64/1"  # stored in links: which generator, and which way of addressing it
BLOCK = 160  # paths in a block: the usual 300 are two, one a core; a multiple of every vector width
SGD, LIMIT, START = range(3)  # roles


def generator(seed: int, role: int, block: int, stream: int) -> np.random.Generator:
    """The generator at an address."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(role, block, stream))))


class BlockDraws:
    """The draws of one block: each Draw of a step has a generator of its own."""

    def __init__(self, draws: tuple[Draw, ...], seed: int, role: int, block: int) -> None:
        self.draws = [draw for draw in draws if not (draw.kind == "sample" and draw.samples == 1)]
        self.generators = [generator(seed, role, block, stream) for stream in range(len(self.draws))]
        self.rows = sum(draw.size for draw in draws)
        self.layout = []
        row = 0
        for draw in draws:
            if draw in self.draws:
                self.layout.append(row)
            row += draw.size

    def next(self, steps: int) -> np.ndarray:
        """The numbers of the next `steps` steps, (steps, rows, BLOCK) float64."""
        if len(self.draws) == 1 and self.draws[0].kind == "normal" and self.rows == self.draws[0].size:
            return self.generators[0].standard_normal((steps, self.rows, BLOCK))
        numbers = np.zeros((steps, self.rows, BLOCK))
        for draw, row, source in zip(self.draws, self.layout, self.generators, strict=True):
            numbers[:, row : row + draw.size] = _drawn(draw, source, steps)
        return numbers


def _drawn(draw: Draw, source: np.random.Generator, steps: int) -> np.ndarray:
    shape = (steps, draw.size, BLOCK)
    match draw.kind:
        case "normal":
            return source.standard_normal(shape)
        case "sign":
            return 2.0 * source.integers(0, 2, shape) - 1.0
        case "sample":
            return source.integers(0, draw.samples, shape)
        case "counts":
            counts = source.multinomial(draw.batch, np.full(draw.samples, 1 / draw.samples), (steps, BLOCK))
            return np.swapaxes(counts, 1, 2)
    raise AssertionError(draw.kind)
