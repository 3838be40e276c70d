"""A room: what its lecturer asks, and what its phones answer.

A room has a code, which everybody in it knows, and a key, which its lecturer alone has. A phone is a random number of its own
making, which is forgotten with the room.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from time import time
from typing import Any

from content.questions import Answer, Question, accepted
from server.room.store import Store

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no code is a word
LENGTH = 5
CODE = re.compile(f"[{LETTERS}]{{{LENGTH}}}")
PHONE = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(r"[a-z0-9_]{1,60}\.[0-9]{1,2}\.(ask|seen)")

SECONDS = 3 * 3600.0  # without the lecturer, until a room ends
MOST_ROOMS = 200
MOST_PHONES = 1000  # of a room
PRESENT = 45.0  # seconds since a phone was heard of in which it counts


@dataclass(frozen=True)
class Key:
    """What the lecturer has."""

    code: str
    key: str

    def __str__(self) -> str:
        return f"{self.code}.{self.key}"


@dataclass(frozen=True)
class Asked:
    """What the phones are shown: a question, `open` while they may answer, or none, and then the lecturer's screen is what counts.

    `name` is "lecture.step.ask" or "lecture.step.seen". `box` is what the picture shows of its first two axes, which are called
    `axes`, `sketch` what a curve is sketched on, and `picture` the player's bytes.
    """

    lecture: str
    title: str
    name: str = ""
    question: Question | None = None
    open: bool = False
    box: tuple[tuple[float, float], ...] = ()
    axes: tuple[str, ...] = ()
    sketch: dict[str, Any] | None = None
    picture: bytes | None = field(default=None, repr=False)


def open_room(store: Store) -> Key:
    """Raises ValueError, with a sentence, where there are too many."""
    for _ in range(20):
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if store.begin(code, SECONDS, MOST_ROOMS):
            made = Key(code, secrets.token_hex(16))
            store.put(code, "key", _digest(made.key))
            return made
    raise ValueError("This server has as many rooms as it can hold. They end by themselves three hours after their last question.")


def lecturers(store: Store, text: str) -> Key | None:
    """The key that a browser has kept, if its room is still there."""
    code, _, key = text.partition(".")
    known = store.get(code, "key") if CODE.fullmatch(code) else None
    return Key(code, key) if known is not None and secrets.compare_digest(known, _digest(key)) else None


def _digest(key: str) -> bytes:
    return sha256(key.encode()).hexdigest().encode()


def show(store: Store, room: Key, asked: Asked) -> None:
    """Show it to the phones, if they are not shown it already."""
    question = asked.question
    said = {
        "lecture": asked.lecture, "title": asked.title, "name": asked.name, "open": asked.open, "box": asked.box,
        "axes": asked.axes, "sketch": asked.sketch, "picture": asked.picture is not None,
        "question": question and question.told(),
    }  # fmt: skip
    text = json.dumps(said).encode()
    store.keep(room.code, SECONDS)
    if store.get(room.code, "asked") == text:
        return
    if asked.picture is not None:
        store.put(room.code, "picture", asked.picture)
    store.put(room.code, "asked", text)
    if asked.name and not asked.open:
        store.put(room.code, f"shown.{asked.name}", b"")
    store.put(room.code, "version", secrets.token_hex(4).encode())


def revealed(store: Store, room: Key, name: str) -> bool:
    """Whether the answer to a question has been shown."""
    return store.get(room.code, f"shown.{name}") is not None


def version(store: Store, code: str) -> str | None:
    """Changes whenever the lecturer shows something else; None of a room that is not there."""
    if not CODE.fullmatch(code) or store.get(code, "key") is None:
        return None
    return (store.get(code, "version") or b"0").decode()


def state(store: Store, code: str, phone: str) -> dict[str, Any]:
    """What a phone is shown: the right answer only once it is revealed."""
    asked = json.loads(store.get(code, "asked") or "{}")
    _be_present(store, code, phone)
    question = asked.get("question")
    if question is not None and asked["open"]:
        del question["solution"]
    name = asked.get("name")
    kept = store.get(code, f"answer.{name}.{phone}") if name else None
    return asked | {"said": None if kept is None else json.loads(kept)}


def _be_present(store: Store, code: str, phone: str) -> None:
    if PHONE.fullmatch(phone) and len(store.all(code, "phone.")) < MOST_PHONES:
        store.put(code, f"phone.{phone}", f"{time():.0f}".encode())


def answer(store: Store, code: str, phone: str, name: str, given: Any) -> Answer:
    """Keep an answer, and return what is kept: the first one stays. Raises ValueError, with a sentence, for what is none."""
    if not CODE.fullmatch(code) or not PHONE.fullmatch(phone) or not NAME.fullmatch(name):
        raise ValueError("That is no answer.")
    asked = json.loads(store.get(code, "asked") or "{}")
    question = asked.get("question")
    if question is None or asked["name"] != name or not asked["open"]:
        raise ValueError("This question is closed.")
    kept = accepted(question["kind"], len(question["answers"]), given, asked["box"])
    if len(store.all(code, f"answer.{name}.")) >= MOST_PHONES:
        raise ValueError("This room is full.")
    return json.loads(store.add(code, f"answer.{name}.{phone}", json.dumps(kept).encode()))


def answers(store: Store, code: str, name: str) -> list[Any]:
    """What has been answered so far, in an order that says nothing of who."""
    found = store.all(code, f"answer.{name}.")
    return [json.loads(found[phone]) for phone in sorted(found)]


def tally(store: Store, code: str) -> dict[str, int]:
    """How many phones are there, and how many have answered what is asked."""
    asked = json.loads(store.get(code, "asked") or "{}")
    name = asked.get("name")
    heard = [float(when) for when in store.all(code, "phone.").values()]
    return {
        "phones": sum(time() - when < PRESENT for when in heard),
        "answers": len(store.all(code, f"answer.{name}.")) if name else 0,
    }
