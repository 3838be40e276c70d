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
    ```order
    Answers that are to be put in order, which is that of the file
    1. the first
    2. the second
    3. the third
    ```
    ```mark
    A question that is answered by a click on the picture: where will the cloud be?
    ```
    ```arrow
    The same, where a direction is asked for: the arrow begins in the middle of the cloud
    ```
    ```sketch
    trace_hessian: a question that is answered by drawing how this curve goes on
    ```
    ```seen
    What was seen, asked after the reveal; answers as of `ask`
    ```
    ```notes
    What the lecturer alone sees, in a window of its own
    ```

`[words](term:NAME)` in a text are explained by the glossary. Text after a question is shown once it is answered. A question and
its answers are shown on phones too, as they are: without formulas or other marks. A file that cannot be read costs its own
lecture and a line in the log.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from content.questions import KINDS, LEAST_ANSWERS, ON_THE_PICTURE, Kind, Question
from dynamics.observables import QUANTITIES
from dynamics.resources import resource
from figures.glossary import glossary

FOLDER = resource("lectures")
ASKED = tuple(kind for kind in KINDS if kind != "seen")  # before the picture answers
BLOCKS = ("experiment", *KINDS, "notes")
UNTIL = 0.25  # of the frames: the fast phase of a run

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_ANSWER = re.compile(r"^(=|-|\d\.) ")
_TERM = re.compile(r"\]\(term:(\w*)\)")
_MARKED = re.compile(r"[$*_`\[\]<>]")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """`before` is shown at once, `after` once `question` is answered (at once where there is none); `notes` are the lecturer's."""

    title: str
    before: str
    after: str = ""
    query: tuple[tuple[str, str], ...] = ()
    until: float = UNTIL
    question: Question | None = None
    seen: Question | None = None
    notes: str = ""


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
    for term in _TERM.findall(text):
        if term not in glossary():
            raise ValueError(f"The glossary has no “{term[:40]}”.")
    text = _TERM.sub(r"](?view=glossary&term=\1)", text)
    head, *parts = re.split(r"^## ", text.strip(), flags=re.M)
    title, _, abstract = head.partition("\n")
    if not title.startswith("# ") or not parts:
        raise ValueError("A lecture begins with “# Title” and has steps, each with “## Title”.")
    return Lecture(name, title.removeprefix("# ").strip(), abstract.strip(), tuple(map(_step, parts)))


def _step(part: str) -> Step:
    title, _, body = part.partition("\n")
    blocks: dict[str, str] = {}
    for kind, content in _BLOCK.findall(body):
        if kind not in BLOCKS or kind in blocks:
            raise ValueError(f"“{title}” has a block “{kind}” that it cannot have, or has it twice.")
        blocks[kind] = content.strip()
    questions = [kind for kind in ASKED if kind in blocks]
    if len(questions) > 1:
        raise ValueError(f"“{title}” asks for {' and for '.join(questions)}: one of them.")
    asked = questions[0] if questions else None
    texts = _BLOCK.sub(lambda block: "\f" if block[1] == asked else "", body).split("\f")
    query = dict(parse_qsl(blocks.get("experiment", ""), keep_blank_values=True))
    until = float(query.pop("until", UNTIL))
    if asked in (*ON_THE_PICTURE, "sketch") and not query:
        raise ValueError(f"“{title}” asks for a {asked}, and has no picture.")
    return Step(
        title.strip(),
        texts[0].strip(),
        texts[1].strip() if len(texts) > 1 else "",
        tuple(query.items()),
        until,
        _question(asked, blocks[asked], title) if asked else None,
        _question("seen", blocks["seen"], title) if "seen" in blocks else None,
        blocks.get("notes", ""),
    )


def _question(kind: Kind, content: str, title: str) -> Question:
    lines = content.splitlines()
    text = "\n".join(line for line in lines if not _ANSWER.match(line)).strip()
    given = [line for line in lines if _ANSWER.match(line)]
    right = [index for index, line in enumerate(given) if line.startswith("= ")]
    if len(given) < LEAST_ANSWERS.get(kind, 0) or (kind in ("ask", "seen") and len(right) != 1):
        raise ValueError(f"“{title}” asks a question without two answers of which one is right.")
    quantity = ""
    if kind == "sketch":
        quantity, _, text = text.partition(": ")
        if quantity not in [each.name for each in QUANTITIES]:
            raise ValueError(f"“{title}” asks for a sketch of “{quantity[:40]}”, which is none of the curves.")
    answers = tuple(_ANSWER.sub("", line).strip() for line in given)
    if any(_MARKED.search(each) for each in (text, *answers)):
        raise ValueError(f"“{title}” asks in formulas or marked text, which a phone shows as it is.")
    return Question(kind, text, answers, right[0] if right else 0, quantity)
