"""What a person types, read as a landscape or as a matrix of formulas: nothing raises but says what is wrong, and where.

One item a line (or between semicolons): residuals (`x*y = 1` means x*y − 1) or a loss, and parameters, `a = 1/2` or
`a = 0.5 in [0, 1]`. Names that are no parameters are variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dynamics.engine import formula
from dynamics.engine.formula import FormulaError, Word
from dynamics.landscapes.landscape import MAX_DIMENSION, MAX_PARAMETERS, MAX_RESIDUALS, Landscape, Parameter, free_range

MAX_TEXT = 20_000
LETTERS = "xyzuvw"  # names that a product without signs may be made of before any of them is seen alone

_IN = re.compile(r"\bin\b|∈")
_DEFINITION = re.compile(r"(?P<name>[^\W\d]\w*)(?:\s*=(?!=)|(?=\s+in\b|\s*∈))(?P<rest>.*)\Z")
_PRODUCT = re.compile(rf"(?:[{LETTERS}][0-9]*){{2,}}")
_RANGE = re.compile(rf"(?P<value>.*?)(?:{_IN.pattern})\s*\[(?P<low>[^,\]]*),(?P<high>[^\]]*)\]\s*\Z")
_NATURAL = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of the text as typed (both numbers from 0), and a remedy or ""."""

    line: int
    column: int
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Typed:
    """`landscape` is None where there are problems; `variables` and `parameters` are those found all the same."""

    landscape: Landscape | None
    problems: tuple[Problem, ...]
    variables: tuple[str, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class _Item:
    """A piece of a line, stripped, and where it begins."""

    text: str
    line: int
    column: int

    def problem(self, error: FormulaError) -> Problem:
        return Problem(self.line, self.column + (error.position or 0), error.sentence, error.remedy)

    def part(self, text: str, offset: int) -> _Item:
        return _Item(text.strip(), self.line, self.column + offset + len(text) - len(text.lstrip()))


def read_landscape(
    text: str, form: Literal["residuals", "loss"] | str = "residuals", variables: Sequence[str] | None = None
) -> Typed:
    """The landscape of a text, with the range of each parameter. Never raises: what is wrong is in `problems`.

    Variables are found, in natural order (x2 before x10), unless `variables` gives them. A parameter without a range gets one
    around its value.
    """
    problems: list[Problem] = []
    if len(text) > MAX_TEXT:
        return Typed(None, (Problem(0, 0, f"The text is longer than {MAX_TEXT:,} characters.", "shorten it"),), (), ())
    given = _given(variables, problems)
    items = _items(text)
    definitions = [item for item in items if _defines(item, given)]
    formulas = [item for item in items if item not in definitions]
    parameters = _parameters(definitions, given, problems)
    if form == "loss":
        formulas = [_without_name(item) for item in formulas]
    found = _discovered(formulas, {spec.name for spec in parameters}) if given is None else tuple(given)
    if len(found) > MAX_DIMENSION:
        sentence = f"There are {len(found)} variables, and a landscape has at most {MAX_DIMENSION}: {', '.join(found)}."
        problems.append(Problem(0, 0, sentence, "give some of them values, as in a = 1"))
    plain = _plain(formulas, found, parameters, form, problems)
    problems += _missing(items, formulas, definitions, found, form) if not problems else []
    landscape = None
    if not problems:
        values = {spec.name: spec.default for spec in parameters}
        try:
            if form == "loss":
                landscape = Landscape.from_loss(plain[0], found, values)
            else:
                landscape = Landscape.from_residuals(plain, found, values)
            landscape = replace(landscape, parameters=parameters)
        except FormulaError as error:
            problems.append(formulas[0].problem(error))
        except ValueError as error:
            problems.append(Problem(formulas[0].line, formulas[0].column, str(error)))
    return Typed(landscape, tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))), found, parameters)


def write_landscape(landscape: Landscape) -> str:
    """The text that `read_landscape` reads as this landscape, in its form."""
    specs = {spec.name: spec for spec in landscape.parameters}
    lines = list(landscape.definition.residuals or (landscape.definition.loss,))
    for name, value in landscape.parameter_values.items():
        low, high = (specs[name].minimum, specs[name].maximum) if name in specs else free_range(value)
        lines.append(f"{name} = {_number(value)} in [{_number(low)}, {_number(high)}]")
    return "\n".join(lines)


def read_matrix(text: str, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The rows of a matrix of formulas in plain form: [[1, 0], [0, 1]], or rows on lines or between semicolons.

    Entries are between commas or, where all are numbers, between spaces.

    Raises FormulaError, with a place in the text, for what is no matrix.
    """
    stripped = text.strip()
    if not stripped:
        raise FormulaError("The matrix is empty.", 0, "write a row a line, such as 1, 0")
    if len(text) > MAX_TEXT:
        raise FormulaError(f"The matrix is longer than {MAX_TEXT:,} characters.", 0)
    rows = [_split(row, ",") for row in _rows(text)]
    rows = [_spaced(row[0]) if len(row) == 1 else row for row in rows]
    for row in rows:
        if len(row) != len(rows[0]):
            sentence = f"The first row has {_counted(rows[0])}, and this one {_counted(row)}."
            raise FormulaError(sentence, row[0].column, "give as many in each")
    return tuple(tuple(_entry(entry, names) for entry in row) for row in rows)


# The text taken apart.


def _items(text: str) -> list[_Item]:
    items = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        start = 0
        for piece in line.split(";"):
            if piece.strip():
                items.append(_Item(piece.strip(), number, start + len(piece) - len(piece.lstrip())))
            start += len(piece) + 1
    return items


def _given(variables: Sequence[str] | None, problems: list[Problem]) -> list[str] | None:
    if variables is None:
        return None
    names: list[str] = []
    for name in variables.split(",") if isinstance(variables, str) else variables:
        try:
            name = formula.check_name(name.strip())
        except FormulaError as error:
            problems.append(Problem(0, 0, error.sentence, error.remedy))
            continue
        if name in names:
            problems.append(Problem(0, 0, f"The variable “{name}” is named twice.", "name each once"))
        else:
            names.append(name)
    return names


def _defines(item: _Item, variables: Sequence[str] | None) -> bool:
    """Whether an item gives a parameter its value: a name, =, and a range or a formula without names."""
    match = _DEFINITION.match(item.text)
    if match is None or _PRODUCT.fullmatch(match["name"]) or formula.GREEK.get(match["name"], match["name"]) in (variables or ()):
        return False
    try:
        return any(word.name == "in" for word in formula.words(f"0 {match['rest']}")) or not formula.words(match["rest"])
    except FormulaError:
        return True


def _parameters(items: Iterable[_Item], variables: Sequence[str] | None, problems: list[Problem]) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    for item in items:
        try:
            spec = _parameter(item)
            if spec.name in found:
                raise FormulaError(f"The parameter “{spec.name}” is given twice.", 0, "delete one of the lines")
            found[spec.name] = spec
        except FormulaError as error:
            problems.append(item.problem(error))
    if len(found) > MAX_PARAMETERS:
        problems.append(Problem(0, 0, f"There are {len(found)} parameters, and a landscape has at most {MAX_PARAMETERS}."))
    return tuple(found.values())


def _parameter(item: _Item) -> Parameter:
    definition = _DEFINITION.match(item.text)
    assert definition is not None
    name, right, offset = formula.check_name(definition["name"]), definition["rest"], definition.start("rest")
    match = _RANGE.match(right)
    if match is None:
        if wrong := _IN.search(right):
            raise FormulaError("This is no range.", offset + wrong.start(), "write in [0, 1]")
        value = _constant(right, offset)
        low, high = free_range(value)
        return Parameter(name, value, low, high)
    low, high = (_constant(match[end], offset + match.start(end)) for end in ("low", "high"))
    value = _constant(match["value"], offset) if match["value"].strip() else (low + high) / 2
    if not low < high:
        sentence = f"The range of {name} runs from {low:g} to {high:g}."
        raise FormulaError(sentence, offset + match.start("low"), "put the smaller first")
    if not low <= value <= high:
        sentence = f"The value of {name}, {value:g}, is not between {low:g} and {high:g}."
        raise FormulaError(sentence, offset, "widen the range, or change the value")
    return Parameter(name, value, low, high)


def _constant(text: str, offset: int) -> float:
    try:
        value = formula.constant(text)
    except FormulaError as error:
        raise FormulaError(error.sentence, offset + (error.position or 0), error.remedy) from error
    if abs(value) > 1e9:
        raise FormulaError("A parameter must be between −1e9 and 1e9.", offset, "scale it down")
    return value


def _without_name(item: _Item) -> _Item:
    """L = … without what it begins with."""
    match = re.match(r"(?:L|loss|Loss)\s*(?:\([^()]*\)\s*)?=(?!=)", item.text)
    return item.part(item.text[match.end() :], match.end()) if match else item


def _discovered(items: Iterable[_Item], parameters: set[str]) -> tuple[str, ...]:
    """The names that are no parameters, in natural order; a word made of names seen alone, or of x y z u v w, is a product."""
    seen = {word.name for item in items for word in _words(item.text) if not word.called or word.name in LETTERS}
    letters = {name for name in seen if len(name.rstrip("0123456789_")) == 1 or name in formula.GREEK.values()}
    found = letters - parameters
    for name in seen - letters - parameters:
        ways = formula.segments(name, tuple({*letters, *parameters, *LETTERS}))
        if len(ways) == 1:
            found |= set(ways[0]) - parameters
        elif _PRODUCT.fullmatch(name):
            found |= set(re.findall(rf"[{LETTERS}][0-9]*", name))
        else:
            found.add(name)
    return tuple(sorted(filter(_is_name, found), key=_natural))


def _words(text: str) -> list[Word]:
    try:
        return formula.words(text)
    except FormulaError:
        return []  # reading the item says why


def _is_name(name: str) -> bool:
    try:
        formula.check_name(name)
    except FormulaError:
        return False
    return True


def _natural(name: str) -> tuple:
    pieces = _NATURAL.split(name)
    return tuple((int(piece), "") if k % 2 else (0, piece) for k, piece in enumerate(pieces))


def _plain(
    items: Sequence[_Item], variables: tuple[str, ...], parameters: Sequence[Parameter], form: str, problems: list[Problem]
) -> list[str]:
    plain, names = [], (*variables, *(spec.name for spec in parameters))
    for item in items:
        try:
            for word in formula.words(item.text):
                if not word.called and word.name not in names and not formula.segments(word.name, names):
                    formula.check_name(word.name, word.position)
            plain.append(formula.canonical(item.text, names, equation=form != "loss"))
            if not {word.name for word in formula.words(plain[-1])} & set(variables):
                raise FormulaError(f"“{formula.shortened(item.text)}” has no variable in it: it is 0 everywhere or nowhere.", 0)
        except FormulaError as error:
            problems.append(item.problem(error))
    return plain


def _missing(
    items: Sequence[_Item], formulas: Sequence[_Item], definitions: Sequence[_Item], variables: Sequence[str], form: str
) -> list[Problem]:
    if not items:
        example = "(x*y - 1)^2/2" if form == "loss" else "x*y - 1"
        return [Problem(0, 0, "There is no formula yet.", f"write {example}")]
    if not formulas:
        first = definitions[0]
        what = "loss" if form == "loss" else "residual"
        sentence = f"“{formula.shortened(first.text)}” gives a parameter its value, and there is no {what}."
        return [Problem(first.line, first.column, sentence, "add a formula with a variable, such as x*y - 1")]
    if form == "loss" and len(formulas) > 1:
        return [Problem(formulas[1].line, formulas[1].column, "A loss is one formula.", "add the parts up, or give residuals")]
    if len(formulas) > MAX_RESIDUALS:
        extra = formulas[MAX_RESIDUALS]
        return [Problem(extra.line, extra.column, f"There are {len(formulas)} residuals, and {MAX_RESIDUALS} are allowed.")]
    if not variables:
        return [Problem(formulas[0].line, formulas[0].column, "There is no variable.", "write a formula with one, such as x*y - 1")]
    return []


# Matrices.


def _rows(text: str) -> list[_Item]:
    outer = text.strip()
    if re.match(r"\[\s*\[", outer):
        return _nested_rows(text)
    if re.match(r"\[[^;\n]*\]\s*,\s*\[", outer):
        return [replace(row, column=row.column - 1) for row in _nested_rows(f"[{text}]")]
    start = len(text) - len(text.lstrip())
    inner = _Item(outer, 0, start)
    if outer.startswith("[") and outer.endswith("]"):
        inner = inner.part(outer[1:-1], 1)
    rows = [row for piece in _split(inner, ";") for row in _split(piece, "\n")]
    bare = [row.part(row.text[1:-1], 1) if row.text.startswith("[") and row.text.endswith("]") else row for row in rows if row.text]
    if not bare:
        raise FormulaError("The matrix is empty.", 0, "write a row a line, such as 1, 0")
    return bare


def _nested_rows(text: str) -> list[_Item]:
    rows, depth, begin = [], 0, 0
    end = len(text.rstrip())
    for position, character in enumerate(text[:end]):
        if character == "[":
            depth += 1
            if depth > 2:
                raise FormulaError("A matrix has two levels of brackets.", position, "write [[1, 0], [0, 1]]")
            begin = position + 1
        elif character == "]":
            depth -= 1
            if depth == 1:
                rows.append(_Item(text[begin:position], 0, begin))
            if depth < 0 or (depth == 0 and position != end - 1):
                raise FormulaError("The brackets of the matrix do not match.", position, "write [[1, 0], [0, 1]]")
        elif depth < 2 and character not in ", \t\n\r":
            raise FormulaError(f"“{formula.shown(character)}” is outside of the matrix's rows.", position, "write [[1, 0], [0, 1]]")
    if depth:
        raise FormulaError("The brackets of the matrix do not match.", end, "add ]")
    return [row.part(row.text, 0) for row in rows]


def _counted(row: Sequence[_Item]) -> str:
    return f"{len(row)} entr{'y' if len(row) == 1 else 'ies'}"


def _split(item: _Item, separator: str) -> list[_Item]:
    """Split where the separator is outside round brackets: atan2(x, y) is one entry."""
    pieces, depth, begin = [], 0, 0
    for position, character in enumerate(item.text):
        depth += (character == "(") - (character == ")")
        if character == separator and depth <= 0:
            pieces.append(item.part(item.text[begin:position], begin))
            begin = position + 1
    return [*pieces, item.part(item.text[begin:], begin)]


def _spaced(item: _Item) -> list[_Item]:
    """The entries of a row without commas: numbers between spaces, or a single entry."""
    numbers = list(re.finditer(r"\S+", item.text))
    if len(numbers) < 2 or not all(re.fullmatch(r"[+\-−]?[\d.]+(?:[eE][+\-]?\d+)?", number.group()) for number in numbers):
        return [item]
    return [_Item(number.group(), item.line, item.column + number.start()) for number in numbers]


def _entry(item: _Item, names: Sequence[str]) -> str:
    try:
        return formula.canonical(item.text, tuple(names))
    except FormulaError as error:
        sentence = "An entry of the matrix is empty." if not item.text else error.sentence
        raise FormulaError(sentence, item.column + (error.position or 0), error.remedy) from error


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
