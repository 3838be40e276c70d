"""A block's random numbers, drawn for all its paths at once: one SFC64 generator a path, advanced side by side.

Each lane is NumPy's SFC64, seeded as NumPy seeds it; the loops over lanes vectorize, so that a normal costs 2 ns where NumPy's one
generator after the other takes 8. Normals by the ziggurat of Marsaglia and Tsang (2000) with 256 layers, the layer drawn
from bits of its own.

A kernel fills rows `row`..`row + size - 1` of `numbers` (steps, rows, lanes) from the lanes' `state` (4, lanes).
"""

from __future__ import annotations

import math

import numpy as np

from dynamics.engine.compiled import kernel

LAYERS = 256
TAIL = 3.6541528853610088  # where the base layer's tail begins
WARM_UP = 12  # as NumPy's


def _edges() -> np.ndarray:
    """x_0 > x_1 = TAIL > … > x_256 = 0: layers of one area under exp(−x²/2), the lowest with its tail counted as a strip."""
    area = TAIL * math.exp(-(TAIL**2) / 2) + math.sqrt(math.pi / 2) * math.erfc(TAIL / math.sqrt(2))
    edges = [area * math.exp(TAIL**2 / 2), TAIL]
    while len(edges) < LAYERS:
        edges.append(math.sqrt(-2 * math.log(area / edges[-1] + math.exp(-(edges[-1] ** 2) / 2))))
    return np.array([*edges, 0.0])


EDGES = _edges()
HEIGHTS = np.exp(-(EDGES**2) / 2)
WIDTHS = EDGES[:-1] / 2.0**52  # of the 53-bit signed integers' unit
INSIDE = (2.0**52 * (EDGES[1:] / EDGES[:-1])).astype(np.int64)  # integers below it are under the curve for certain

ONE, THREE, ELEVEN, FORTY, LEFT, LAYER = (np.uint64(number) for number in (1, 3, 11, 40, 24, LAYERS - 1))


def lanes(seeds: np.random.SeedSequence, count: int, first: int | None = None) -> np.ndarray:
    """The state of the `first` of `count` generators, or of all."""
    seeded = seeds.generate_state(3 * count, np.uint64).reshape(3, count)[:, :first]
    return _warmed(np.vstack([seeded, np.ones_like(seeded[:1])]))


def fork(state: np.ndarray, stream: int) -> np.ndarray:
    """Further generators from the seeds of others: `stream` > 0 sets their counters apart, and with them their cycles."""
    state = state.copy()
    state[3] += np.uint64(stream << 32)
    return _warmed(state)


def _warmed(state: np.ndarray) -> np.ndarray:
    bits = np.empty(state.shape[1], dtype=np.uint64)
    for _ in range(WARM_UP):
        advance(state, bits)
    return state


@kernel
def advance(state, bits):
    """bits[i] = the next 64 bits of lane i."""
    for i in range(len(bits)):
        bits[i] = state[0, i] + state[1, i] + state[3, i]
        state[3, i] += ONE
        state[0, i] = state[1, i] ^ (state[1, i] >> ELEVEN)
        state[1, i] = state[2, i] + (state[2, i] << THREE)
        state[2, i] = ((state[2, i] << LEFT) | (state[2, i] >> FORTY)) + bits[i]


@kernel
def _uniform(state, lane):
    """A number of [0, 1) from one lane."""
    return (_next(state, lane) >> ELEVEN) * 2.0**-53


@kernel
def _next(state, lane):
    bits = state[0, lane] + state[1, lane] + state[3, lane]
    state[3, lane] += ONE
    state[0, lane] = state[1, lane] ^ (state[1, lane] >> ELEVEN)
    state[1, lane] = state[2, lane] + (state[2, lane] << THREE)
    state[2, lane] = ((state[2, lane] << LEFT) | (state[2, lane] >> FORTY)) + bits
    return bits


@kernel
def normal(state, lane):
    """One N(0, 1) from one lane: the same numbers as `normals` gives it, one after the other."""
    return _decide(state, lane, _next(state, lane))


@kernel
def normals(state, numbers, row, size):
    """N(0, 1). Of a hundred numbers one is not inside its layer at once: `_decide` sees to it, after the vectorized loops."""
    width = numbers.shape[2]
    bits = np.empty(width, dtype=np.uint64)
    undecided = np.empty(width + 1, dtype=np.int64)
    for s in range(numbers.shape[0]):
        for m in range(row, row + size):
            advance(state, bits)
            for i in range(width):
                numbers[s, m, i] = (np.int64(bits[i]) >> 11) * WIDTHS[bits[i] & LAYER]
            count = 0
            for i in range(width):
                undecided[count] = i
                count += abs(np.int64(bits[i]) >> 11) >= INSIDE[bits[i] & LAYER]
            for k in range(count):
                numbers[s, m, undecided[k]] = _decide(state, undecided[k], bits[undecided[k]])


@kernel
def _decide(state, lane, bits):
    """The normal that begins with these bits."""
    while True:
        layer = np.int64(bits & LAYER)
        integer = np.int64(bits) >> 11
        x = integer * WIDTHS[layer]
        if abs(integer) < INSIDE[layer]:
            return x
        if layer == 0:
            while True:
                beyond = -math.log1p(-_uniform(state, lane)) / TAIL
                if -2.0 * math.log1p(-_uniform(state, lane)) > beyond**2:
                    return math.copysign(TAIL + beyond, x)
        height = HEIGHTS[layer] + _uniform(state, lane) * (HEIGHTS[layer + 1] - HEIGHTS[layer])
        if height < math.exp(-(x**2) / 2):
            return x
        bits = _next(state, lane)


@kernel
def students(state, numbers, row, size, freedom, unit):
    """`unit` times Student's t, by the polar method of Bailey (1994)."""
    for s in range(numbers.shape[0]):
        for m in range(row, row + size):
            for i in range(numbers.shape[2]):
                u, square = 0.0, 2.0
                while not 0.0 < square <= 1.0:
                    u = 2.0 * _uniform(state, i) - 1.0
                    square = u**2 + (2.0 * _uniform(state, i) - 1.0) ** 2
                numbers[s, m, i] = unit * u * math.sqrt(freedom * math.expm1(-2.0 / freedom * math.log(square)) / square)


@kernel
def repeats(state, numbers, before, probability):
    """With this probability a lane's numbers are those of its step before; `before` (rows, lanes) keeps them, NaN = none yet."""
    bits = np.empty(numbers.shape[2], dtype=np.uint64)
    for s in range(numbers.shape[0]):
        advance(state, bits)
        for i in range(len(bits)):
            again = (bits[i] >> ELEVEN) * 2.0**-53 < probability and before[0, i] == before[0, i]
            for m in range(before.shape[0]):
                if again:
                    numbers[s, m, i] = before[m, i]
                else:
                    before[m, i] = numbers[s, m, i]


@kernel
def signs(state, numbers, row, size):
    """−1 or 1."""
    bits = np.empty(numbers.shape[2], dtype=np.uint64)
    for s in range(numbers.shape[0]):
        for m in range(row, row + size):
            advance(state, bits)
            for i in range(len(bits)):
                numbers[s, m, i] = 1.0 if np.int64(bits[i]) >= 0 else -1.0


@kernel
def samples(state, numbers, row, size, count):
    """Whole numbers uniform on 0..count-1, by 53 bits."""
    bits = np.empty(numbers.shape[2], dtype=np.uint64)
    for s in range(numbers.shape[0]):
        for m in range(row, row + size):
            advance(state, bits)
            for i in range(len(bits)):
                numbers[s, m, i] = math.floor((bits[i] >> ELEVEN) * 2.0**-53 * count)
