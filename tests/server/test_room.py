"""Rooms: what they keep, whom they tell what, and what they refuse; in SQLite and on a Redis server."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from redis import Redis, RedisError

from content.questions import KINDS, Question, accepted, counted
from server.room import room
from server.room.redis_store import RedisStore
from server.room.room import Asked
from server.room.store import SqliteStore, Store

CHOICE = Question("ask", "Which?", ("this", "that", "neither"), right=1)
ORDER = Question("order", "In which order?", ("first", "second", "third"))
NAME = "zero_loss.1.ask"
ASKED = Asked("A lecture", "A step", NAME, CHOICE, open=True)
PHONE = "0" * 32
OTHER = "1" * 32


@pytest.fixture(scope="module")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of its own, that keeps nothing."""
    binary = shutil.which("redis-server") or "/usr/bin/redis-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    address = f"redis://127.0.0.1:{port}/0"
    try:
        for _ in range(200):
            try:
                Redis.from_url(address).ping()
                break
            except RedisError:
                sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["sqlite", "redis"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Store]:
    """Two servers' views of one store."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "a" / "rooms.sqlite"), SqliteStore(tmp_path / "a" / "rooms.sqlite")
    address = request.getfixturevalue("redis_address")
    Redis.from_url(address).flushdb()
    return RedisStore(address), RedisStore(address)


def test_what_one_server_is_told_another_one_shows(stores: tuple[Store, Store]) -> None:
    here, there = stores
    key = room.open_room(here)
    assert room.CODE.fullmatch(key.code)
    room.show(here, key, ASKED)
    said = room.state(there, key.code, PHONE)
    assert (said["name"], said["open"], said["said"], said["question"]["text"]) == (NAME, True, None, "Which?")
    assert room.answer(there, key.code, PHONE, NAME, 2) == 2
    assert room.answer(here, key.code, OTHER, NAME, 1) == 1
    assert sorted(room.answers(here, key.code, NAME)) == [1, 2]
    assert room.tally(here, key.code) == {"phones": 1, "answers": 2}
    assert room.state(here, key.code, PHONE)["said"] == 2


def test_the_right_answer_is_told_only_once_it_is_revealed(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    key = room.open_room(store)
    for question in (CHOICE, ORDER):
        room.show(store, key, replace(ASKED, question=question))
        assert "solution" not in room.state(store, key.code, PHONE)["question"]
        assert not room.revealed(store, key, NAME)
        room.show(store, key, replace(ASKED, question=question, open=False))
        told = room.state(store, key.code, PHONE)["question"]
        assert room.revealed(store, key, NAME)
        assert told["solution"] == (1 if question is CHOICE else list(ORDER.solution or ()))
        store.end(key.code)
        key = room.open_room(store)


def test_the_first_answer_stays_and_a_closed_question_takes_none(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    key = room.open_room(store)
    room.show(store, key, ASKED)
    assert room.answer(store, key.code, PHONE, NAME, 0) == 0
    assert room.answer(store, key.code, PHONE, NAME, 1) == 0
    room.show(store, key, replace(ASKED, open=False))
    with pytest.raises(ValueError, match="closed"):
        room.answer(store, key.code, OTHER, NAME, 1)
    assert room.answers(store, key.code, NAME) == [0]


def test_a_room_that_has_ended_is_not_begun_anew_by_who_comes_late(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    key = room.open_room(store)
    room.show(store, key, ASKED)
    store.keep(key.code, 1)
    assert room.version(store, key.code)
    sleep(1.3)
    assert room.version(store, key.code) is None
    with pytest.raises(ValueError, match="closed"):
        room.answer(store, key.code, PHONE, NAME, 1)
    store.put(key.code, "phone.x", b"1")
    store.add(key.code, "answer.x", b"1")
    assert store.get(key.code, "phone.x") is None
    assert store.get(key.code, "answer.x") is None
    assert room.lecturers(store, str(key)) is None


def test_only_who_has_the_key_is_the_lecturer(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    key = room.open_room(store)
    assert room.lecturers(store, str(key)) == key
    for wrong in ("", key.code, f"{key.code}.", f"{key.code}.{'0' * 32}", f"BCDFG.{key.key}", "../../etc.passwd"):
        assert room.lecturers(store, wrong) is None


def test_so_many_rooms_and_no_more(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    assert store.begin("BBBBB", 1, 2)
    assert not store.begin("BBBBB", 1, 2)  # it is there
    assert store.begin("CCCCC", 100, 2)
    assert not store.begin("DDDDD", 100, 2)
    sleep(1.2)
    assert store.begin("DDDDD", 100, 2)  # the first has ended


def test_a_version_changes_only_with_what_is_shown(stores: tuple[Store, Store]) -> None:
    store, _ = stores
    key = room.open_room(store)
    room.show(store, key, ASKED)
    before = room.version(store, key.code)
    room.show(store, key, ASKED)
    room.answer(store, key.code, PHONE, NAME, 0)
    assert room.version(store, key.code) == before
    room.show(store, key, replace(ASKED, title="Another step"))
    assert room.version(store, key.code) != before


BOX = ((-1.0, 1.0), (0.0, 2.0))
GOOD = {
    "ask": 0, "seen": 2, "order": [2, 0, 1], "mark": [0.5, 1.5], "arrow": [-1, 0], "sketch": [0, 0.125, 0.25, 0.5, 1, 1, 1, 0, 0],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_numbers_of_its_kind_and_nothing_else(kind: str) -> None:
    kept = accepted(kind, 3, GOOD[kind], BOX)
    assert json.loads(json.dumps(kept)) == GOOD[kind]
    hostile: tuple[Any, ...] = (
        None, True, -1, 3, 0.5, "0", "<b>", [], {}, [0], [0, 1], [0, 1, 1], [0, 1, 3], [0, 0, 0, 0], [1.5, 1.0], [0.0, 2.5],
        [0, float("nan")], [float("inf"), 1], ["0", "1"], [[0], [1]], [True, False], [0.5] * 8, [0.5] * 10, [1.5] + [0.5] * 8,
        [0] * 10_000, {"a": 1},
    )  # fmt: skip
    for given in hostile:
        if given in ([0.0, 1.0], [0, 1]) and kind in ("mark", "arrow"):
            continue  # a place like any other
        with pytest.raises(ValueError, match=r"^(That is|An order|Nothing)"):
            accepted(kind, 3, given, BOX)


def test_an_order_is_mixed_for_all_in_one_way_and_never_shown_as_the_solution() -> None:
    assert sorted(ORDER.displayed) == sorted(ORDER.answers)
    assert ORDER.displayed == replace(ORDER).displayed
    for number in range(200):
        question = replace(ORDER, text=f"Question {number}")
        solution = question.solution
        assert isinstance(solution, tuple)
        assert question.displayed != question.answers
        assert tuple(question.displayed[each] for each in solution) == question.answers


def test_counts() -> None:
    assert counted(CHOICE, [0, 1, 1, 2, 1]) == [1, 3, 1]
    solution = list(ORDER.solution or ())
    wrong = [solution[0], solution[2], solution[1]]
    assert counted(ORDER, [solution, wrong]) == [2, 1, 1]


def test_what_cannot_be_reached_is_an_os_error(tmp_path: Path) -> None:
    broken = tmp_path / "rooms.sqlite"
    store = SqliteStore(broken)
    broken.write_bytes(b"no table at all, and long enough to be taken for one" * 100)
    for wrong in (store, RedisStore("redis://127.0.0.1:1/0")):
        with pytest.raises(OSError, match=r"The (file|server) of the rooms"):
            wrong.get("BBBBB", "key")


def test_a_tally_counts_phones_that_are_there_and_answers_to_what_is_asked(stores: tuple[Store, Store], monkeypatch) -> None:
    store, _ = stores
    key = room.open_room(store)
    room.show(store, key, ASKED)
    for phone in (PHONE, OTHER):
        room.state(store, key.code, phone)
    room.answer(store, key.code, PHONE, NAME, 2)
    assert room.tally(store, key.code) == {"phones": 2, "answers": 1}
    room.show(store, key, replace(ASKED, name="zero_loss.2.ask"))
    assert room.tally(store, key.code) == {"phones": 2, "answers": 0}
    now = room.time()
    monkeypatch.setattr(room, "time", lambda: now + room.PRESENT + 2)
    assert room.tally(store, key.code) == {"phones": 0, "answers": 0}
