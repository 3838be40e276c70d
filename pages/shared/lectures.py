"""Lectures: assets/lectures/*.md, text in steps with embedded experiments and questions.

`# Title` begins the file, and what follows up to the first step is its abstract. `## Title` begins a step. In a step

    ```experiment
    landscape=hyperbola&clock=logarithmic      the simulator's link; `until` is the share of the frames shown before an answer
    ```
    ```ask
    A question that is answered before the step goes on
    = the right answer
    - another answer
    ```
    ```mark
    A question that is answered by a click on the picture
    ```
    ```seen
    What was seen, asked after the reveal; answers as above
    ```

Text after a question is shown once it is answered. A file that cannot be read costs its own lecture and a line in the log.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl

from dynamics.resources import resource

FOLDER = resource("lectures")
KINDS = ("experiment", "ask", "mark", "seen")
UNTIL = 0.25  # of the frames: the fast phase of a run

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """`answers` are none where a place of the picture is asked for; `right` is the index of the right one."""

    kind: Literal["ask", "mark", "seen"]
    text: str
    answers: tuple[str, ...] = ()
    right: int = 0


@dataclass(frozen=True)
class Step:
    """`before` is shown at once, `after` once `question` is answered (at once where there is none)."""

    title: str
    before: str
    after: str = ""
    query: tuple[tuple[str, str], ...] = ()
    until: float = UNTIL
    question: Question | None = None
    seen: Question | None = None


@dataclass(frozen=True)
class Lecture:
    name: str
    title: str
    abstract: str
    steps: tuple[Step, ...]


@lru_cache(maxsize=1)
def lectures() -> dict[str, Lecture]:
    """All that can be read, by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        try:
            found[path.stem] = lecture_of(path.stem, path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            log.warning("There is no lecture “%s”: %s", path.stem, error)
    return found


def lecture_of(name: str, text: str) -> Lecture:
    """The lecture of a file's text. Raises ValueError, with a sentence, for what it cannot be."""
    head, *parts = re.split(r"^## ", text.strip(), flags=re.M)
    title, _, abstract = head.partition("\n")
    if not title.startswith("# ") or not parts:
        raise ValueError("A lecture begins with “# Title” and has steps, each with “## Title”.")
    return Lecture(name, title.removeprefix("# ").strip(), abstract.strip(), tuple(map(_step, parts)))


def _step(part: str) -> Step:
    title, _, body = part.partition("\n")
    blocks: dict[str, str] = {}
    for kind, content in _BLOCK.findall(body):
        if kind not in KINDS or kind in blocks:
            raise ValueError(f"“{title}” has a block “{kind}” that it cannot have, or has it twice.")
        blocks[kind] = content.strip()
    if "ask" in blocks and "mark" in blocks:
        raise ValueError(f"“{title}” asks for an answer and for a mark: one of them.")
    asked = next((kind for kind in ("ask", "mark") if kind in blocks), None)
    texts = _BLOCK.sub(lambda block: "\f" if block[1] == asked else "", body).split("\f")
    query = dict(parse_qsl(blocks.get("experiment", ""), keep_blank_values=True))
    until = float(query.pop("until", UNTIL))
    if asked == "mark" and not query:
        raise ValueError(f"“{title}” asks for a mark, and has no picture.")
    return Step(
        title.strip(),
        texts[0].strip(),
        texts[1].strip() if len(texts) > 1 else "",
        tuple(query.items()),
        until,
        _question(asked, blocks[asked], title) if asked else None,
        _question("seen", blocks["seen"], title) if "seen" in blocks else None,
    )


def _question(kind: Literal["ask", "mark", "seen"], content: str, title: str) -> Question:
    lines = content.splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("= ", "- ")))
    answers = [line for line in lines if line.startswith(("= ", "- "))]
    right = [index for index, line in enumerate(answers) if line.startswith("= ")]
    if kind != "mark" and (len(answers) < 2 or len(right) != 1):
        raise ValueError(f"“{title}” asks a question without two answers of which one is right.")
    return Question(kind, text.strip(), tuple(line[2:].strip() for line in answers), right[0] if right else 0)
