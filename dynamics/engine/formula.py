"""Formula text -> syntax tree -> anything that has arithmetic.

Text is read by our own parser (`tokens`, `parser`), which knows numbers, names, operators and functions and nothing else: it never
reaches Python's own compiler, `eval`, `sympify` or generated source, so a link from a stranger can only ever be a formula. The tree
is made of `ast` nodes, whose offsets are characters of the text as typed.

What people type is accepted where it has one meaning: 2x, 2(x+1), xy (of names x and y), x², √x, |x|, π, ×, ÷, ln, sin x. What may
mean two things (1/2x, sin x^2) is refused, with both ways to write it. `text` writes a tree in the plain form that links and files
hold.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from dynamics.engine.language import (
    ALIASES,
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    MAX_INTEGER_POWER,
    MAX_LENGTH,
    ONE_ARGUMENT,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    FormulaError,
    check_name,
    shortened,
    shown,
)
from dynamics.engine.parser import Parser
from dynamics.engine.tokens import Word, segments, words
from dynamics.settings import quoted

__all__ = [
    "ALIASES", "CONSTANTS", "FUNCTIONS", "GREEK", "MAX_INTEGER_POWER", "MAX_LENGTH", "ONE_ARGUMENT", "FormulaError", "Word",
    "canonical",
    "check_name", "constant", "parse", "segments", "shortened", "shown", "text", "translate", "words",
]  # fmt: skip


def parse(text: str, names: Sequence[str], equation: bool = False) -> ast.expr:
    """The validated syntax tree of `text`, whose free names must be among `names`.

    With `equation`, left = right may stand for left − (right).

    Raises
    ------
    FormulaError
        A sentence about the first thing that is not allowed, and where it is.
    """
    return _read(text, tuple(names), equation)[0]


def canonical(source: str, names: Sequence[str], equation: bool = False) -> str:
    """`source` itself where it is in plain form, else its tree in plain form. Raises like `parse`."""
    tree, plain, _ = _read(source, tuple(names), equation)
    return source.strip() if plain else text(tree)


def constant(source: str) -> float:
    """The value of a formula without names. Raises like `parse`."""
    return _read(source, (), False)[2]


def _read(source: str, names: tuple[str, ...], equation: bool) -> tuple[ast.expr, bool, float]:
    """The tree of a text, whether it is in plain form, and its value (NaN where it is no constant)."""
    if not isinstance(source, str):
        raise FormulaError(f"A formula is text; not {quoted(source)}.", 0)
    return _read_once(source, names, equation)


@lru_cache(maxsize=1024)
def _read_once(source: str, names: tuple[str, ...], equation: bool) -> tuple[ast.expr, bool, float]:
    parser = Parser(source, names, equation)
    return parser.tree(), parser.plain, parser.value


_STRENGTH: dict[type[ast.operator], tuple[int, str]] = {
    ast.Add: (SUM, " + "), ast.Sub: (SUM, " - "), ast.Mult: (PRODUCT, "*"), ast.Div: (PRODUCT, "/"), ast.Pow: (POWER, "^"),
}  # fmt: skip


def text(node: ast.expr) -> str:
    """A validated tree in plain form: `parse` gives the same tree back."""

    def written(node: ast.expr, minimum: int) -> str:
        match node:
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                # The exponent may be a sign or a power; the base is neither.
                return bracketed(f"{written(left, POWER + 1)}^{written(right, SIGN)}", POWER, minimum)
            case ast.BinOp():
                strength, _ = _STRENGTH[type(node.op)]
                pieces: list[str] = []
                spine: ast.expr = node
                while isinstance(spine, ast.BinOp) and _STRENGTH[type(spine.op)][0] == strength:
                    pieces += [written(spine.right, strength + 1), _STRENGTH[type(spine.op)][1]]
                    spine = spine.left
                return bracketed("".join([written(spine, strength), *reversed(pieces)]), strength, minimum)
            case ast.UnaryOp(op=operator, operand=operand):
                return bracketed(("-" if isinstance(operator, ast.USub) else "+") + written(operand, SIGN), SIGN, minimum)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return f"{name}({', '.join(written(argument, SUM) for argument in arguments)})"
            case ast.Name(id=name):
                return name
            case ast.Constant(value=value):
                return repr(value)
        raise AssertionError(f"not validated: {ast.dump(node)}")

    def bracketed(inner: str, strength: int, minimum: int) -> str:
        return inner if strength >= minimum else f"({inner})"

    return written(node, SUM)


def translate(node: ast.expr, symbols: Mapping[str, Any], functions: Mapping[str, Callable], number: Callable = float) -> Any:
    """Rebuild a validated tree with `symbols` for names and `functions` for calls.

    Any algebra with operators will do: CasADi graphs for computing, SymPy for typesetting.
    """

    def walk(node: ast.expr) -> Any:
        match node:
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return functions["pow"](walk(left), walk(right))
            case ast.BinOp():
                spine: list[ast.BinOp] = []  # a long sum is not deep
                first: ast.expr = node
                while isinstance(first, ast.BinOp) and not isinstance(first.op, ast.Pow):
                    spine.append(first)
                    first = first.left
                value = walk(first)
                for step in reversed(spine):
                    value = _combined(step.op, value, walk(step.right))
                return value
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


def _combined(operator: ast.operator, left: Any, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    return left / right
