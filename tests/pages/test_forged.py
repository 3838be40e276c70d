"""A message of a component may be anybody's: what no player says is not heard."""

import pytest

from pages.shared import player


@pytest.mark.parametrize(
    ("name", "value", "heard"),
    [
        ("start", [0.5, -1], True), ("start", [0.5], False), ("start", [0.5, "1"], False), ("start", "ab", False),
        ("start", [float("nan"), 0], False), ("start", [1e300, 0], False), ("start", [True, False], False),
        ("start", {"0": 1}, False),        ("start", None, False), ("start", [[1], [2]], False), ("clock", "fast", True),
        ("clock", "../x", False), ("clock", ["fast"], False),        ("clock", None, False), ("clock", {}, False),
    ],
)  # fmt: skip
def test_what_no_player_says_is_not_heard(name: str, value, heard: bool, monkeypatch) -> None:
    said, callbacks = [], {}
    monkeypatch.setattr(player, "_alone", lambda **given: callbacks.update(given))
    monkeypatch.setattr(player.st, "session_state", {player.KEY: {name: value}})
    player.player(b"", lambda: said.append("start"), lambda: said.append("clock"))
    callbacks[f"on_{name}_change"]()
    assert said == ([name] if heard else [])
