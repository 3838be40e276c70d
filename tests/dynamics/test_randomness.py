"""Random numbers with an address: golden hashes, what a block's draws depend on, and their laws."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from dynamics.engine import lanes
from dynamics.engine.randomness import BLOCK, LIMIT, SGD, TAG, BlockDraws, Draw

DRAWS = {
    "normal": (Draw("normal", 3),),
    "sign": (Draw("sign", 2),),
    "sample": (Draw("sample", 1, samples=5),),
    "counts": (Draw("counts", 4, samples=4, batch=3),),
    "label": (Draw("sample", 1, samples=7), Draw("sign", 1)),
    "student": (Draw("student", 3, freedom=3.0),),
    "repeat": (Draw("sample", 1, samples=7), Draw("normal", 2), Draw("repeat", 0, probability=0.6)),
}
# Of the first 5 steps at seed 2110, SGD, block 1. A change means that old links show other paths: then TAG must change too.
GOLDEN = {
    "normal": "d1a3a6ab2e1943cf",
    "sign": "36dc1111213b242d",
    "sample": "db7ca8530e596a19",
    "counts": "8e9ebc5a216c68f0",
    "label": "d3f4f136e8917813",
    "student": "39a9124187e5e207",
    "repeat": "71682d3fe2632de7",
}


def drawn(draws: BlockDraws, steps: int) -> np.ndarray:
    numbers = np.zeros((steps, draws.rows, BLOCK))
    draws.fill(numbers)
    return numbers


def digest(numbers: np.ndarray) -> str:
    """Of the numbers to nine decimals: the last bits of a normal are the machine's own."""
    return hashlib.sha256(np.round(numbers, 9).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("kind", DRAWS)
def test_golden_draws(kind):
    assert TAG == "SFC64/1"
    assert digest(drawn(BlockDraws(DRAWS[kind], 2110, SGD, 1), 5)) == GOLDEN[kind]


@pytest.mark.parametrize("kind", DRAWS)
def test_slices_do_not_matter(kind):
    whole = drawn(BlockDraws(DRAWS[kind], 3, SGD, 0), 12)
    sliced = BlockDraws(DRAWS[kind], 3, SGD, 0)
    np.testing.assert_array_equal(whole, np.concatenate([drawn(sliced, n) for n in (1, 4, 7)]))
    assert whole.shape == (12, sum(draw.size for draw in DRAWS[kind]), BLOCK)


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("width", [1, 7])
def test_a_path_draws_the_same_whatever_paths_there_are_beside(kind, width):
    whole, few = BlockDraws(DRAWS[kind], 3, SGD, 2), BlockDraws(DRAWS[kind], 3, SGD, 2, width)
    numbers = np.zeros((600, few.rows, width))
    few.fill(numbers)
    np.testing.assert_array_equal(numbers, drawn(whole, 600)[:, :, :width])


def test_every_address_has_its_own_numbers():
    addresses = [(seed, role, block) for seed in (0, 1, 2**32 - 1) for role in (SGD, LIMIT) for block in (0, 1)]
    assert len({digest(drawn(BlockDraws(DRAWS["normal"], *address), 1)) for address in addresses}) == len(addresses)


def test_each_lane_is_numpys_sfc64():
    state = lanes.lanes(np.random.SeedSequence(11), 6)
    expected = []
    for lane in state.T:
        source = np.random.SFC64()
        source.state = {"bit_generator": "SFC64", "state": {"state": lane.copy()}, "has_uint32": 0, "uinteger": 0}
        expected.append(source.random_raw(50))
    bits = np.empty((50, 6), dtype=np.uint64)
    for row in bits:
        lanes.advance(state, row)
    np.testing.assert_array_equal(bits.T, expected)


def test_a_lone_lane_is_seeded_as_numpy_seeds():
    source = np.random.SFC64(np.random.SeedSequence(11))
    np.testing.assert_array_equal(lanes.lanes(np.random.SeedSequence(11), 1)[:, 0], source.state["state"]["state"])


def test_the_layers_of_the_ziggurat_close_at_the_top():
    area = lanes.EDGES[0] * lanes.HEIGHTS[1]
    np.testing.assert_allclose(lanes.EDGES[1:-1] * np.diff(lanes.HEIGHTS)[1:], area, rtol=1e-9)


def test_normals_are_normal():
    numbers = drawn(BlockDraws(DRAWS["normal"], 0, SGD, 0), 20_000).ravel()
    assert stats.kstest(numbers, "norm").pvalue > 1e-7
    beyond = np.abs(numbers) > lanes.TAIL
    assert stats.binomtest(int(beyond.sum()), len(numbers), 2 * stats.norm.sf(lanes.TAIL)).pvalue > 1e-7


def test_the_tail_is_the_normals_tail():
    state = lanes.lanes(np.random.SeedSequence(0), 1)
    outermost = np.uint64(2**63 - 2**11)  # layer 0, the largest integer
    tail = np.array([lanes._decide(state, 0, outermost) for _ in range(100_000)])
    assert stats.kstest(tail, lambda x: 1 - stats.norm.sf(x) / stats.norm.sf(lanes.TAIL)).pvalue > 1e-7


def test_a_point_at_a_layers_edge_is_kept_as_often_as_it_is_under_the_curve():
    state, random = lanes.lanes(np.random.SeedSequence(0), 1), np.random.default_rng(0)
    layers = random.integers(1, lanes.LAYERS, 100_000)
    integers = random.integers(lanes.INSIDE[layers], 2**52)
    x = integers * lanes.WIDTHS[layers]
    bits = (integers << 11 | layers).astype(np.uint64)
    kept = np.array([lanes._decide(state, 0, number) for number in bits]) == x
    below, above = lanes.HEIGHTS[layers], lanes.HEIGHTS[layers + 1]
    chance = (np.exp(-(x**2) / 2) - below) / (above - below)
    assert abs((kept - chance).mean()) < 6 * 0.5 / len(x) ** 0.5


def test_lanes_steps_and_rows_are_uncorrelated():
    numbers = drawn(BlockDraws(DRAWS["normal"], 0, SGD, 0), 20_000)
    limit = 7 / np.sqrt(20_000)
    lane_to_lane = np.corrcoef(numbers[:, 0].T) - np.eye(BLOCK)
    step_to_step = (numbers[1:] * numbers[:-1]).mean(axis=0)
    row_to_row = (numbers[:, 0] * numbers[:, 1]).mean(axis=0)
    assert max(np.abs(part).max() for part in (lane_to_lane, step_to_step, row_to_row)) < limit


@pytest.mark.parametrize("freedom", [0.5, 1.0, 2.0, 2.5, 5.0, 1000.0])
def test_student_is_students_t_of_variance_1_where_it_has_one(freedom):
    numbers = drawn(BlockDraws((Draw("student", 3, freedom=freedom),), 0, SGD, 0), 2_000).ravel()
    unit = stats.t(freedom).std() if freedom > 2 else 1.0
    assert np.isfinite(numbers).all()
    assert stats.kstest(numbers * unit, stats.t(freedom).cdf).pvalue > 1e-7
    if freedom > 4:
        spread = np.sqrt((3 * (freedom - 2) / (freedom - 4) - 1) / len(numbers))
        assert abs(np.mean(numbers**2) - 1) < 6 * spread


def test_repeated_draws_keep_their_law_and_are_correlated_in_time():
    sample, one, other = np.moveaxis(drawn(BlockDraws(DRAWS["repeat"], 0, SGD, 0), 4_000), 1, 0)
    again = one[1:] == one[:-1]
    np.testing.assert_array_equal(again, other[1:] == other[:-1])
    assert (sample[1:] == sample[:-1])[again].all()
    assert not again[:, 0].all()
    assert abs(again.mean() - 0.6) < 6 * (0.24 / again.size) ** 0.5
    for lag in (1, 2, 5):
        assert abs((one[lag:] * one[:-lag]).mean() - 0.6**lag) < 0.01
        assert abs((one[lag:] * other[:-lag]).mean()) < 0.01
    assert stats.kstest(one[::40].ravel(), "norm").pvalue > 1e-7


def test_without_memory_the_draws_are_those_that_memory_begins_with():
    remembered, fresh = (drawn(BlockDraws(draws, 5, SGD, 0), 1) for draws in (DRAWS["repeat"], DRAWS["repeat"][:2]))
    np.testing.assert_array_equal(remembered, fresh)


def test_signs_samples_and_counts_have_their_laws():
    count = 4000 * BLOCK
    sign = drawn(BlockDraws(DRAWS["sign"], 0, SGD, 0), 4000)[:, 0]
    assert set(np.unique(sign)) == {-1.0, 1.0}
    assert abs(sign.mean()) < 6 / count**0.5
    sample = drawn(BlockDraws(DRAWS["sample"], 0, SGD, 0), 4000)[:, 0]
    frequency = np.bincount(sample.ravel().astype(int), minlength=5) / count
    np.testing.assert_allclose(frequency, 0.2, atol=6 * (0.16 / count) ** 0.5)
    counts = drawn(BlockDraws(DRAWS["counts"], 0, SGD, 0), 4000)
    np.testing.assert_array_equal(counts.sum(axis=1), 3)
    np.testing.assert_allclose(counts.mean(axis=(0, 2)), 0.75, atol=6 * (0.5625 / count) ** 0.5)


def test_batches_are_drawn_with_replacement():
    """Of b draws among n samples the counts have variance b/n (1 − 1/n) and covariance −b/n²: so may a sample be drawn again."""
    counts = drawn(BlockDraws(DRAWS["counts"], 0, SGD, 0), 4000)
    n, batch, error = 4, 3, 6 * np.sqrt(2 / (4000 * BLOCK))
    found = np.cov(np.moveaxis(counts, 1, 0).reshape(n, -1))
    np.testing.assert_allclose(found, batch / n * np.eye(n) - batch / n**2, atol=error)
    thrice = (counts == 3).any(axis=1).mean()  # all three the same: n/n³
    assert abs(thrice - 1 / 16) < 6 * np.sqrt(1 / 16 * 15 / 16 / (4000 * BLOCK))
