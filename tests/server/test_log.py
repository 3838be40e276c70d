"""The log: a line of JSON an event, and its summary."""

import json
import logging

import pytest

from server import log
from tools.logs import summary


@pytest.fixture
def lines(monkeypatch, tmp_path):
    path = tmp_path / "log.jsonl"
    monkeypatch.setenv(log.VARIABLE, str(path))
    logger = logging.getLogger("after_zero_loss")
    kept = list(logger.handlers), logger.level, logger.propagate
    log._begun.cache_clear()
    yield lambda: path.read_text(encoding="utf-8").splitlines()
    logger.handlers[:], logger.level, logger.propagate = kept
    log._begun.cache_clear()


def test_events_and_errors_are_lines_of_json(lines) -> None:
    log.event("run", kind="simulation", ended="done", waited=0.00001, seconds=1.23456789)
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        log.failure("100 % of it failed.", error)
    run, failed = (json.loads(line) for line in lines())
    assert run["event"] == "run"
    assert run["seconds"] == 1.2346
    assert failed["what"] == "100 % of it failed."
    assert "test_log.py" in failed["where"]


def test_without_a_place_nothing_is_written_but_errors(monkeypatch, caplog) -> None:
    monkeypatch.delenv(log.VARIABLE, raising=False)
    log._begun.cache_clear()
    log.event("run")
    assert not caplog.messages
    log.failure("100 % of it failed.", ValueError("why"))
    assert "ValueError: why" in caplog.text


def test_a_summary_has_a_line_a_kind_and_passes_over_what_is_no_event(lines) -> None:
    for seconds in (1.0, 2.0, 9.0):
        log.event("run", kind="simulation", ended="done", waited=0.5, seconds=seconds)
    log.failure("It failed.", ValueError("why"))
    told = summary([*lines(), "no json", "[1]", '{"when": 1}'])
    assert "4 events" in told
    assert "3 other lines" in told
    (row,) = [line.split() for line in told.splitlines() if line.startswith("run")]
    assert row == ["run", "simulation", "done", "3", "0.500", "0.500", "2.000", "8.300"]
    assert "error, 1 times: ValueError('why')" in told
    assert summary(["nothing"]) == "No events. 1 other lines."
