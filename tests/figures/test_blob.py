import numpy as np
import pytest

from figures.blob import BUDGET, decode, encode

BOX = [[-3.0, 3.0], [-2.0, 2.0]]


def walk(frames: int, paths: int, axes: int, noise: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(scale=0.7 * np.sqrt(2 / frames), size=(frames, paths, axes)), axis=0)
    return drift + rng.normal(scale=noise, size=drift.shape)


def test_positions_come_back_within_half_a_quantum():
    positions = np.clip(walk(50, 20, 2, 0.1), -1.9, 1.9)
    header, arrays = decode(encode({"box": BOX}, {"sgd": positions}, {}))
    entry = header["arrays"]["sgd"]
    quantum = np.diff(entry["range"], axis=-1).T / (2 ** entry["bits"] - 2)
    assert (np.abs(arrays["sgd"] - positions) <= 0.5001 * quantum).all()


def test_absent_and_far_away_stay_absent():
    positions = walk(10, 5, 2, 0.0)
    positions[4:, 2, 0] = np.nan
    positions[3, 1] = [1e9, 0.0]
    positions[5, 1] = np.inf
    _, arrays = decode(encode({"box": BOX}, {"sgd": positions}, {}))
    assert np.isnan(arrays["sgd"][4:, 2]).all()
    assert np.isnan(arrays["sgd"][[3, 5], 1]).all()
    assert np.isnan(arrays["sgd"]).sum() == 2 * (6 + 2)


def test_a_particle_beside_the_box_is_kept_up_to_half_a_width_away():
    positions = np.zeros((2, 4, 2))
    positions[1, :, 0] = [5.9, 6.1, -5.9, -6.1]  # the box is from -3 to 3
    _, arrays = decode(encode({"box": BOX}, {"sgd": positions}, {}))
    np.testing.assert_allclose(arrays["sgd"][1, :, 0], [5.9, np.nan, -5.9, np.nan], atol=1e-3)


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_one_value_everywhere(value):
    positions = np.full((3, 4, 2), value)
    _, arrays = decode(encode({"box": BOX}, {"limit": positions}, {}))
    np.testing.assert_allclose(arrays["limit"], positions)


def test_plain_arrays_are_exact():
    given = {
        "times": np.linspace(0, 1, 7, dtype=np.float32),
        "sgd_frozen": np.array([-1, 3, 2**31 - 1]),
        "series.loss.sgd.mean": np.array([1.0, np.nan, 0.25], dtype=np.float32),
    }
    _, arrays = decode(encode({"box": BOX}, {}, given))
    for name, values in given.items():
        np.testing.assert_array_equal(arrays[name], values)


def test_figures_travel_in_the_header():
    trace = {"type": "contour", "z": np.array([[1 / 3, np.nan]]), "x": (np.float64(0.5), np.int64(2)), "showscale": False}
    header, _ = decode(encode({"box": BOX, "figure": {"data": [trace]}}, {}, {}))
    assert header["figure"]["data"] == [{"type": "contour", "z": [[1 / 3, None]], "x": [0.5, 2], "showscale": False}]


def test_the_key_changes_exactly_with_the_data():
    def key(seed=0, **header):
        return decode(encode({"box": BOX} | header, {"sgd": walk(5, 4, 2, 0.1, seed=seed)}, {}))[0]["key"]

    assert key() == key() == key(caption="another", clock="fast")
    assert key(seed=1) != key()


def test_the_key_changes_where_the_curves_alone_do():
    """As with another noise of the limit that moves no particle that is shown."""
    keys = {
        decode(encode({"box": BOX}, {"sgd": walk(5, 4, 2, 0.1)}, {"loss": np.full(5, value)}))[0]["key"] for value in (1.0, 2.0)
    }
    assert len(keys) == 2


@pytest.mark.parametrize("axes", [2, 3])
def test_500_sgd_and_500_limit_particles_in_600_frames_stay_in_the_budget(axes):
    box = [[-2.0, 2.0]] * axes
    positions = {"sgd": walk(600, 500, axes, 0.12), "limit": walk(600, 500, axes, 0.0, seed=1)}
    assert len(encode({"box": box}, positions, {})) <= BUDGET


def test_a_run_of_default_size_is_quantised_at_its_finest():
    positions = {"sgd": walk(400, 150, 2, 0.1), "limit": walk(400, 150, 2, 0.0)}
    header, _ = decode(encode({"box": BOX}, positions, {}))
    assert {entry["bits"] for entry in header["arrays"].values()} == {14}


def test_other_bytes_are_refused():
    with pytest.raises(ValueError, match="not a recorded run"):
        decode(b"nonsense")
