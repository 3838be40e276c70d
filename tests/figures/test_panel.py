"""A panel's bytes: numbers to six digits, and nothing that is not finite."""

import json

import numpy as np

from figures.panel import Frames, Panel


def test_numbers_are_sent_to_six_digits_and_what_is_not_finite_as_nothing() -> None:
    figure = {
        "data": [{"y": np.array([1.23456789, np.nan, np.inf]), "x": (np.float64(2e-7) / 3, 3, True)}],
        "layout": {"n": np.int64(4)},
    }
    frames = Frames("t", ["0.1"], [{"trace": 0, "key": "y", "values": np.array([[987654.321]])}], opens=0)
    sent = json.loads(Panel(figure, "title", "caption", "alt", height=300, frames=frames, pickable="Click.").encode())
    assert sent["figure"]["data"][0] == {"y": [1.23457, None, None], "x": [6.66667e-08, 3, True]}
    assert sent["figure"]["layout"]["n"] == 4
    assert sent["frames"] == {
        "name": "t",
        "values": ["0.1"],
        "updates": [{"trace": 0, "key": "y", "values": [[987654.0]]}],
        "opens": 0,
    }
    assert (sent["height"], sent["pickable"]) == (300, "Click.")
    assert set(sent["palette"]) == {"light", "dark"}
