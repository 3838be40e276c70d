"""Formula text -> syntax tree -> anything that has arithmetic.

Text is parsed by `ast` and walked against a whitelist. It never reaches `eval`, `sympify` or generated source, so a link from a
stranger can only ever be a formula.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_LENGTH = 2_000
MAX_NODES = 1_000
MAX_DEPTH = 60
MAX_INTEGER_POWER = 32

ONE_ARGUMENT = (
    "sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs", "sign", "floor", "softplus",
    "sigmoid",
)  # fmt: skip
FUNCTIONS = dict.fromkeys(ONE_ARGUMENT, 1) | {"atan2": 2, "min": 2, "max": 2}
CONSTANTS = ("pi", "e")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}\Z")


class FormulaError(ValueError):
    """The text is not a formula; the message is a sentence for the person who typed it."""


def check_name(name: str) -> str:
    """Return `name` if it can name a variable or a parameter, else raise FormulaError."""
    if not _NAME.match(name) or keyword.iskeyword(name):
        raise FormulaError(f"“{name}” cannot be a name: use a letter, then letters, digits or _ (16 at most).")
    if name in FUNCTIONS or name in CONSTANTS or name == "loss":
        raise FormulaError(f"“{name}” already has a meaning in formulas; choose another name.")
    return name


def parse(text: str, names: tuple[str, ...]) -> ast.expr:
    """The validated syntax tree of `text`, whose free names must be among `names`.

    Raises
    ------
    FormulaError
        A sentence that names the first thing that is not allowed.
    """
    if not isinstance(text, str) or not text.strip():
        raise FormulaError("The formula is empty.")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"The formula is longer than {MAX_LENGTH} characters.")
    source = text.strip().replace("^", "**").replace("·", "*").replace("−", "-")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise FormulaError(f"“{_shortened(text)}” cannot be read as a formula: check brackets and operators.") from error
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise FormulaError(f"The formula has more than {MAX_NODES} parts.")
    _check(tree, names, text, MAX_DEPTH)
    return tree


def _check(node: ast.expr, names: tuple[str, ...], text: str, depth: int) -> None:
    if depth == 0:
        raise FormulaError("The formula is nested too deeply.")
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            _check(left, names, text, depth)  # a sum's first terms are its left side, and no deeper in it than the last
            children = [right]
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() | ast.Pow(), right=right):
            children = [left, right]
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            children = [operand]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                raise FormulaError(f"“{name}” is not a known function. Known: {', '.join(FUNCTIONS)}.")
            if len(args) != FUNCTIONS[name]:
                raise FormulaError(f"{name} takes {FUNCTIONS[name]} argument{'s' * (FUNCTIONS[name] > 1)}, not {len(args)}.")
            children = list(args)
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise FormulaError(f"{name} is a function: write {name}(…).")
            if name not in names and name not in CONSTANTS:
                raise FormulaError(f"“{name}” is unknown here. Known names: {', '.join(names + CONSTANTS)}.")
            children = []
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            try:
                finite = abs(float(value)) < float("inf")
            except OverflowError:
                finite = False
            if not finite:
                raise FormulaError("A number in the formula is too large.")
            children = []
        case _:
            part = ast.get_source_segment(text, node) or ast.unparse(node)
            raise FormulaError(f"“{_shortened(part)}” is not allowed in a formula.")
    for child in children:
        _check(child, names, text, depth - 1)


def translate(node: ast.expr, symbols: Mapping[str, Any], functions: Mapping[str, Callable], number: Callable = float) -> Any:
    """Rebuild a validated tree with `symbols` for names and `functions` for calls.

    Any algebra with operators will do: CasADi graphs for computing, SymPy for typesetting.
    """

    def walk(node: ast.expr) -> Any:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return walk(left) + walk(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return walk(left) - walk(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return walk(left) * walk(right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return walk(left) / walk(right)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return functions["pow"](walk(left), walk(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -walk(operand)
            case ast.UnaryOp(operand=operand):
                return walk(operand)
            case ast.Call(func=ast.Name(id=name), args=args):
                return functions[name](*map(walk, args))
            case ast.Name(id=name):
                return symbols[name]
            case ast.Constant(value=value):
                return number(value)
        raise AssertionError(f"not validated: {ast.dump(node)}")

    return walk(node)


def _shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
