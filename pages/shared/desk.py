"""What stands in the bench's fields, and how it is read: a landscape, a covariance, and marks at what is wrong.

Nothing here knows of the page: the fields' texts go in, and what can be read of them comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from dynamics import Experiment, Noise, noise
from dynamics.engine.formula import FormulaError
from dynamics.landscapes.landscape import Parameter
from dynamics.landscapes.remedies import Fix, fixes
from dynamics.landscapes.typed import Problem, Typed, read_landscape, read_matrix, write_landscape
from dynamics.noise.covariance import matrix_of, rows_text
from dynamics.settings import number_text
from pages.shared.editor import Mark, Text

MAX_MARKS = 5  # problems of a field that are shown


@dataclass
class Desk:
    """What stands in the fields. `shown` is the experiment that they were laid out for or have become."""

    shown: Experiment | None = None
    form: str = "residuals"
    formula: Text = field(default_factory=lambda: Text(""))
    matrix: Text = field(default_factory=lambda: Text(""))
    noise: Noise = field(default_factory=lambda: noise("isotropic"))
    start: dict[str, float] = field(default_factory=dict)
    order: tuple[str, ...] = ()  # the variables in the order of the link
    extra: tuple[str, ...] = ()  # those that no formula names
    changed: bool = False
    fault: str = ""  # why the fields are no experiment, though each can be read

    def lay_out(self, experiment: Experiment) -> None:
        """Let the fields say what the experiment is; those stay as they are typed that say it already."""
        landscape, before = experiment.landscape, self.shown
        if before is None or before.landscape != landscape:
            self.form = "residuals" if landscape.has_residuals else "loss"
            self.formula.rewrite(write_landscape(landscape))
            self.order = landscape.variables
            named = read_landscape(self.formula.text, self.form).variables
            self.extra = tuple(name for name in self.order if name not in named)
        if before is None or before.noise != experiment.noise or before.landscape != landscape:
            matrix = matrix_of(experiment.noise, landscape.dimension)
            if before is None or matrix != matrix_of(before.noise, before.landscape.dimension):
                self.matrix.rewrite(rows_text(matrix))
            self.noise = experiment.noise
        if before is None or before.start != experiment.start:
            self.start |= dict(zip(landscape.variables, experiment.start, strict=True))
        self.shown, self.fault = experiment, ""


@lru_cache(maxsize=64)
def read_formula(text: str, form: str, order: tuple[str, ...], extra: tuple[str, ...]) -> Typed:
    """What the text says, with `extra` variables that it need not name. While they are the same, variables keep their order."""
    found = read_landscape(text, form)
    given = {spec.name for spec in found.parameters}
    names = (*found.variables, *(name for name in extra if name not in given and name not in found.variables))
    if set(names) == set(order):
        names = order
    return found if found.landscape is None or names == found.variables else read_landscape(text, form, names)


def read_covariance(desk: Desk, variables: tuple[str, ...], names: tuple[str, ...]) -> tuple[Noise | None, tuple[Mark, ...]]:
    size = len(variables)
    text = desk.matrix.text
    try:
        rows = read_matrix(text, names)
    except FormulaError as error:
        return None, (_matrix_mark(text, error, names),)
    if size and (len(rows) != size or any(len(row) != size for row in rows)):
        fitted = rows_text(tuple(tuple(_entry(rows, i, j) for j in range(size)) for i in range(size)))
        sentence = f"Σ is {len(rows)} × {len(rows[0])}, and there are {size} variables: {', '.join(variables)}."
        return None, (Mark(None, 0, sentence, fixes=(Fix(0, len(text), fitted),)),)
    try:
        return replace(desk.noise, matrix=rows), ()  # type: ignore[call-arg]
    except ValueError as error:
        return None, (Mark(None, 0, str(error)),)


def _formula_mark(text: str, form: str, problem: Problem, count: int) -> Mark:
    place = (problem.line, problem.column)

    def mends(changed: str) -> bool:
        left = read_landscape(changed, form).problems
        return len(left) < count or (left[0].line, left[0].column) > place

    position = sum(len(line) + 1 for line in text.split("\n")[: problem.line]) + problem.column
    offered = fixes(text, position, problem.remedy, mends)
    return Mark(problem.line, problem.column, problem.sentence, _sentence(problem.remedy), offered)


@lru_cache(maxsize=64)
def formula_marks(text: str, form: str) -> tuple[Mark, ...]:
    problems = read_landscape(text, form).problems[:MAX_MARKS]
    return tuple(_formula_mark(text, form, problem, len(problems)) for problem in problems)


def _matrix_mark(text: str, error: FormulaError, names: tuple[str, ...]) -> Mark:
    def mends(changed: str) -> bool:
        try:
            read_matrix(changed, names)
        except FormulaError as left:
            return (left.position or 0) > (error.position or 0)
        return True

    if error.position is None:
        return Mark(None, 0, error.sentence, _sentence(error.remedy))
    before = text[: error.position].split("\n")
    offered = fixes(text, error.position, error.remedy, mends)
    return Mark(len(before) - 1, len(before[-1]), error.sentence, _sentence(error.remedy), offered)


def _sentence(remedy: str) -> str:
    return f"{remedy[0].upper()}{remedy[1:]}." if remedy else ""


def _entry(rows: tuple[tuple[str, ...], ...], i: int, j: int) -> str:
    return rows[i][j] if i < len(rows) and j < len(rows[i]) else str(int(i == j))


def range_text(spec: Parameter) -> str:
    return f" in [{number_text(spec.minimum)}, {number_text(spec.maximum)}]"
