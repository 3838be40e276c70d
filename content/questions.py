"""What can be asked in a lecture, and which answers there are to it: numbers and nothing else, so that none needs to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, get_args

Kind = Literal["ask", "seen", "order", "mark", "arrow", "sketch"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CHOICES = ("ask", "seen")  # one of the answers
ON_THE_PICTURE = ("mark", "arrow")  # a click on the picture
LEAST_ANSWERS = {"ask": 2, "seen": 2, "order": 3}
SKETCHED = 9  # places of a sketched curve, evenly spaced in what is still to come

Answer = int | tuple[float, ...]


@dataclass(frozen=True)
class Question:
    """`answers` are those of an "order" in the right order; `right` is the index of the right answer of a choice.

    `quantity` is what a "sketch" is of."""

    kind: Kind
    text: str
    answers: tuple[str, ...] = ()
    right: int = 0
    quantity: str = ""

    @property
    def displayed(self) -> tuple[str, ...]:
        """The answers as they are shown: those to be sorted are mixed, for all in one way."""
        return tuple(self.answers[index] for index in self._mixed)

    @property
    def solution(self) -> int | tuple[int, ...] | None:
        """The right answer, in places of `displayed`; None where the picture gives it."""
        if self.kind in CHOICES:
            return self.right
        return tuple(self._mixed.index(index) for index in range(len(self.answers))) if self.kind == "order" else None

    @property
    def _mixed(self) -> list[int]:
        indices = list(range(len(self.answers)))
        if self.kind == "order":
            Random(self.text).shuffle(indices)
            if indices == sorted(indices):
                indices.reverse()
        return indices

    def told(self) -> dict[str, Any]:
        """What a browser is told; without `solution` while the question is open."""
        return {"kind": self.kind, "text": self.text, "answers": self.displayed, "solution": self.solution}


def accepted(kind: str, count: int, answer: Any, box: Sequence[Sequence[float]] = ()) -> Answer:
    """An answer as it is kept; `count` is the number of the question's answers, `box` what the picture shows of its first two axes.

    Raises ValueError, with a sentence, for what is none.
    """
    if kind in CHOICES:
        if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < count:
            return answer
        raise ValueError("That is none of the answers.")
    numbers = _numbers(answer)
    if kind == "order":
        if sorted(numbers) == list(range(count)):
            return tuple(int(each) for each in numbers)
        raise ValueError("An order names each of the answers once.")
    if kind == "sketch":
        if len(numbers) == SKETCHED and all(0 <= each <= 1 for each in numbers):
            return tuple(float(f"{each:.3g}") for each in numbers)
        raise ValueError("That is no curve within the picture.")
    if kind in ON_THE_PICTURE:
        if len(numbers) == 2 and all(low <= each <= high for each, (low, high) in zip(numbers, box, strict=False)):
            return tuple(float(f"{each:.6g}") for each in numbers)
        raise ValueError("That is no place in the picture.")
    raise ValueError("Nothing is asked.")


def _numbers(answer: Any) -> list[float]:
    if not isinstance(answer, list | tuple) or len(answer) > max(SKETCHED, 12):
        return []
    kept = [each for each in answer if isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each)]
    return kept if len(kept) == len(answer) else []


def counted(question: Question, answers: Sequence[Any]) -> list[int]:
    """How many gave each answer of a choice; of an order, how many put the right one in each place."""
    solution = question.solution
    if isinstance(solution, tuple):
        return [sum(answer[place] == right for answer in answers) for place, right in enumerate(solution)]
    return [sum(answer == index for answer in answers) for index in range(len(question.answers))]
