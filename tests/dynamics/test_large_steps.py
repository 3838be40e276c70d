"""The experiment with large learning rates, against the numbers that the authors' notebook prints."""

import numpy as np
import pytest

from dynamics.studies.large_steps import Curve, large_steps, problem, setting


@pytest.fixture(scope="module")
def curves() -> tuple[Curve, ...]:
    return list(large_steps(frames=30))[-1]


def test_the_data_are_those_of_the_file() -> None:
    given, data = setting(), problem()
    assert data.design.shape == (given.samples, given.features)
    assert np.count_nonzero(data.truth) == given.ones
    assert np.linalg.norm(data.truth) == pytest.approx(1.0)


def test_where_rounding_does_not_grow_the_number_is_theirs(curves: tuple[Curve, ...]) -> None:
    small = curves[0]
    assert small.losses[-1, 0] == pytest.approx(small.run.published_loss, rel=1e-8)
    assert small.counts[-1, 0] == small.run.published_count


def test_at_the_edge_of_stability_theirs_is_among_ours(curves: tuple[Curve, ...]) -> None:
    for curve in curves[1:]:
        alive = np.isfinite(curve.losses[-1])
        assert curve.diverged == (~alive).sum() <= 5
        losses, counts = curve.losses[-1, alive], curve.counts[-1, alive]
        assert losses.min() / 2 < curve.run.published_loss < 2 * losses.max()
        assert counts.min() - 10 < curve.run.published_count < counts.max() + 10


def test_no_two_seeds_share_samples() -> None:
    """At the smallest rate nothing but the samples makes a difference."""
    losses = [curve.losses[-1] for draws in (0, 1) for curve in next(large_steps(draws=draws, frames=200))[:1]]
    assert len({float(loss) for loss in np.concatenate(losses)}) == 2 * setting().paths


def test_the_longer_the_rate_stays_large_the_fewer_coefficients_are_left(curves: tuple[Curve, ...]) -> None:
    counts = [np.nanmedian(curve.counts[-1]) for curve in curves]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 200
    assert counts[-1] < 80
    assert np.nanmedian(curves[0].losses[-1]) > 10 * np.nanmedian(curves[-1].losses[-1])


def test_the_rate_drops_where_theirs_does(curves: tuple[Curve, ...]) -> None:
    """Until then all three are one run."""
    _, tenth, third, half = curves
    before = tenth.steps <= tenth.run.drop
    assert before.sum() > 2
    assert (tenth.losses[before] == third.losses[before]).all()
    assert (third.losses[third.steps <= third.run.drop, 0] == half.losses[third.steps <= third.run.drop, 0]).all()
    assert tenth.losses[-1, 0] != third.losses[-1, 0]


def test_it_can_be_cancelled() -> None:
    assert list(large_steps(frames=5, cancel=lambda: True)) == []
