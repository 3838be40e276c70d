"""The health check says that the server computes, and notices when it does not."""

import anyio
import pytest
from starlette.requests import Request

from server import health, runs


@pytest.fixture(autouse=True)
def fresh(monkeypatch) -> None:
    monkeypatch.setattr(health, "_last", None)
    monkeypatch.setattr(health, "_asking", None)
    monkeypatch.setattr(health, "PATIENCE", 100.0)  # other tests may keep the machine busy


def asked():
    return anyio.run(health._health, Request({"type": "http"}))


def test_a_server_that_computes_is_healthy_and_keeps_nothing_of_it() -> None:
    before = runs.state()["kept"]
    reply = asked()
    assert reply.status_code == 200
    assert b'"healthy":true' in reply.body
    assert runs.state()["kept"] == before


def test_a_server_that_cannot_compute_says_so(monkeypatch, caplog) -> None:
    monkeypatch.setattr(runs, "simulate", lambda *given, **named: 1 / 0)
    reply = asked()
    assert reply.status_code == 503
    assert b"ZeroDivisionError" not in reply.body
    assert "ZeroDivisionError" in caplog.text


def test_a_full_line_is_not_healthy(monkeypatch) -> None:
    monkeypatch.setattr(runs, "MAX_RUNS", 0)
    monkeypatch.setattr(runs, "MAX_WAITING", 0)
    assert b"the line is full" in asked().body


def test_without_the_store_of_rooms_it_goes_on_and_says_so(monkeypatch) -> None:
    def broken():
        raise OSError("/a/secret/path")

    monkeypatch.setattr(health, "store", broken)
    reply = asked()
    assert reply.status_code == 200
    assert b'"rooms":{"ok":false' in reply.body
    assert b"secret" not in reply.body


def test_it_computes_once_for_all_who_ask_at_a_time(monkeypatch) -> None:
    count = []
    looked = health.looked
    monkeypatch.setattr(health, "looked", lambda: count.append(1) or looked())

    async def many() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(health._health, Request({"type": "http"}))

    anyio.run(many)
    assert count == [1]
