"""Tokens -> tree: Python's precedences, and products without signs where they have one meaning."""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from dynamics.engine.language import (
    ALIASES,
    CONSTANTS,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_NODES,
    PRODUCT,
    REPLACEMENTS,
    SIGN,
    SUM,
    FormulaError,
    shortened,
)
from dynamics.engine.tokens import Token, segments, tokens_of

_BINARY: dict[str, tuple[int, type[ast.operator]]] = {
    "+": (SUM, ast.Add), "-": (SUM, ast.Sub), "*": (PRODUCT, ast.Mult), "/": (PRODUCT, ast.Div),
}  # fmt: skip
_OPERANDS = ("number", "fraction", "name", "(", "√")  # and |, where it opens


class _Part(NamedTuple):
    """A read piece of the text: its tree, its value if it is a constant, its depth, and how it ends."""

    node: ast.expr
    start: int
    end: int
    value: float | None = None
    depth: int = 1
    tail: str = "operand"  # or number | bar | bare (a function without brackets) | power | divided: what may follow without a sign


class Parser:
    """Precedence climbing with Python's precedences; a product without a sign binds like any other, and only where it is plain."""

    def __init__(self, text: str, names: tuple[str, ...], equation: bool) -> None:
        self.source, self.names, self.equation = text, names, equation
        tokens, self.plain = tokens_of(text)
        self.tokens = self._with_products(tokens)
        self.at = self.nodes = self.bars = self.level = 0
        self.bars_left = self._bars_left()
        self.value = math.nan

    def tree(self) -> ast.expr:
        part = self._expression(SUM)
        if self.token.kind == "=" and self.equation:
            self.plain = False
            self._advance()
            right = self._expression(SUM)
            part = part if right.value == 0 else self._binary(ast.Sub, part, right)
        if self.token.kind != "end":
            self._unexpected()
        self.value = self.value if part.value is None else part.value
        return part.node

    def _with_products(self, tokens: list[Token]) -> list[Token]:
        """The tokens, with aliases resolved and unknown words that are products of known names taken apart."""
        found: list[Token] = []
        for token in tokens:
            if token.kind != "name" or token.text in self.names or token.text in FUNCTIONS or token.text in CONSTANTS:
                found.append(token)
            elif token.text in ALIASES:
                self.plain = False
                found.append(token._replace(text=ALIASES[token.text]))
            elif token.end - token.start != len(token.text) or not (ways := segments(token.text, self.names)):
                found.append(token)
            elif len(ways) > 1:
                both = [" or ".join("*".join(way) for way in ways)]
                raise FormulaError(f"“{token.text}” may be read as two products.", token.start, f"write {both[0]}")
            else:
                self.plain, start = False, token.start
                for k, name in enumerate(ways[0]):
                    found.append(Token("name", name, start, start + len(name), token.spaced and k == 0))
                    start += len(name)
        return found

    def _bars_left(self) -> list[int]:
        """How many bars each token has from it on to the end of the brackets that it is in."""
        counts, left = [0], [0] * len(self.tokens)
        for k in range(len(self.tokens) - 1, -1, -1):
            match self.tokens[k].kind:
                case ")":
                    counts.append(0)
                case "(" if len(counts) > 1:
                    counts.pop()
                case "|":
                    counts[-1] += 1
            left[k] = counts[-1]
        return left

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def _advance(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def _made(self, node: ast.expr, start: int, end: int, **more: Any) -> _Part:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise FormulaError(f"The formula has more than {MAX_NODES} parts.", start, "write it in fewer, or as several residuals")
        part = _Part(node, start, end, **more)
        if part.depth > MAX_DEPTH:
            raise FormulaError("The formula is nested too deeply.", start, f"nest it at most {MAX_DEPTH} deep")
        node.lineno = node.end_lineno = 1
        node.col_offset, node.end_col_offset = start, end
        return part

    def _typed(self, part: _Part) -> str:
        return shortened(self.source[part.start : part.end].strip(), 30)

    def _expression(self, minimum: int) -> _Part:
        left = self._operand()
        while True:
            token = self.token
            if token.kind in _BINARY:
                binding, operator = _BINARY[token.kind]
                if binding < minimum:
                    return left
                self._advance()
                left = self._binary(operator, left, self._expression(binding + 1))
            elif token.kind == "^":
                self._check_power(left)
                self._advance()
                left = self._power(left, self._deeper(token, self._expression, SIGN))
            elif token.kind == "superscript":
                self._check_power(left)
                self.plain = False
                left = self._power(left, self._raised(self._advance()), "raised")
            elif token.kind in _OPERANDS or (token.kind == "|" and not self.bars) or self._opens_after_bar(left):
                if minimum > PRODUCT:
                    return left
                self._check_product(left)
                self.plain = False
                left = self._binary(ast.Mult, left, self._expression(PRODUCT + 1))
            else:
                return left

    def _opens_after_bar(self, left: _Part) -> bool:
        """|x||y| within bars: a bar at once after one that closed opens where more are left than are open."""
        return self.token.kind == "|" and left.tail == "bar" and self.bars_left[self.at] > self.bars

    # Operands.

    def _operand(self) -> _Part:
        token = self.token
        if token.kind in ("+", "-"):
            self._advance()
            operand = self._deeper(token, self._expression, SIGN)
            operator, sign = (ast.USub(), -1.0) if token.kind == "-" else (ast.UAdd(), 1.0)
            return self._made(
                ast.UnaryOp(operator, operand.node), token.start, operand.end, depth=operand.depth + 1, tail=operand.tail,
                value=None if operand.value is None else sign * operand.value,
            )  # fmt: skip
        match token.kind:
            case "number":
                return self._number(self._advance())
            case "fraction":
                self._advance()
                above, _, below = token.text.partition("⁄")
                numbers = int(above), int(below or "1")
                parts = (self._made(ast.Constant(n), token.start, token.end, value=float(n)) for n in numbers)
                return self._binary(ast.Div, *parts)._replace(tail="operand")
            case "name":
                return self._name(self._advance())
            case "(":
                return self._bracketed(self._advance())._replace(tail="operand")
            case "|":
                return self._absolute(self._advance())
            case "√":
                return self._root(self._advance())
        self._missing()

    def _deeper(self, token: Token, read: Callable[..., _Part], *arguments: Any) -> _Part:
        """What `read` reads, one level deeper: the parser recurses nowhere else."""
        self.level += 1
        if self.level > MAX_DEPTH:
            raise FormulaError("The formula is nested too deeply.", token.start, f"nest it at most {MAX_DEPTH} deep")
        part = read(*arguments)
        self.level -= 1
        return part

    def _number(self, token: Token) -> _Part:
        digits = token.text.replace("_", "")
        value = float(digits)
        if not math.isfinite(value):
            raise FormulaError("A number in the formula is too large.", token.start)
        if value == 0 and re.search("[1-9]", re.split("[eE]", digits)[0]):
            raise FormulaError("A number in the formula is too small: it would count as 0.", token.start)
        following = self.token
        if following.kind == "name" and following.text.lower() == "e" and not following.spaced and following.text not in self.names:
            raise FormulaError(
                f"“{token.text}{following.text}” may be a product or an unfinished power of ten.", token.start,
                f"write {token.text}*e or {token.text}e0",
            )  # fmt: skip
        written = int(digits) if digits.isdigit() and len(digits) < 16 else value
        return self._made(ast.Constant(written), token.start, token.end, value=value, tail="number")

    def _raised(self, token: Token) -> _Part:
        size = self._made(ast.Constant(int(token.text.lstrip("+-"))), token.start, token.end, value=float(token.text.lstrip("+-")))
        if token.text[0] != "-":
            return size
        return self._made(ast.UnaryOp(ast.USub(), size.node), token.start, token.end, value=-float(size.value or 0), depth=2)

    def _bracketed(self, opening: Token) -> _Part:
        """What is in round brackets, the opening one already read."""
        inner = self._within(opening, ")")
        return inner._replace(start=opening.start, end=self.tokens[self.at - 1].end)

    def _within(self, opening: Token, closing: str) -> _Part:
        bars, self.bars = self.bars, self.bars + 1 if closing == "|" else 0
        inner = self._deeper(opening, self._expression, SUM)
        self.bars = bars
        if self.token.kind == "end":
            what = "bracket" if closing == ")" else "bar"
            raise FormulaError(f"This {what} is never closed.", opening.start, f"add {closing} after its last part")
        if self.token.kind != closing:
            self._unexpected()
        self._advance()
        return inner

    def _absolute(self, opening: Token) -> _Part:
        self.plain = False
        inner = self._within(opening, "|")
        end = self.tokens[self.at - 1].end
        return self._call("abs", opening, [inner], end)._replace(tail="bar")

    def _root(self, token: Token) -> _Part:
        self.plain = False
        if self.token.kind == "(":
            inner = self._bracketed(self._advance())
            return self._call("sqrt", token, [inner], inner.end)
        if self.token.kind in ("√", "+", "-"):
            raise FormulaError("Without brackets it is not plain what is under the root.", token.start, "write sqrt(…)")
        inner = self._operand()
        part = self._call("sqrt", token, [inner], inner.end)
        if self.token.kind in ("^", "superscript"):
            under = self._typed(inner)
            power = f"^{self.token.text}" if self.token.kind == "superscript" else "^…"
            sentence = "A root and a power without brackets may mean two things."
            raise FormulaError(sentence, token.start, f"write sqrt({under}{power}) or sqrt({under}){power}")
        return part._replace(tail="bare" if inner.tail != "bar" else "operand")

    def _name(self, token: Token) -> _Part:
        name = token.text
        if name in self.names:
            return self._made(ast.Name(name, ast.Load()), token.start, token.end)
        if name in CONSTANTS:
            if name == "e" and self.token.kind == "(":
                raise FormulaError("“e(” may be a product or the exponential.", token.start, "write exp(…) or e*(…)")
            return self._made(ast.Name(name, ast.Load()), token.start, token.end, value=_VALUES[name], tail="constant")
        if name in FUNCTIONS:
            return self._function(token)
        self._unknown(token)

    def _function(self, token: Token) -> _Part:
        """A call; sin²(x) and sin^2(x) are powers of one; sin x needs no brackets around a single operand."""
        name = token.text
        power = None
        if self.token.kind == "superscript" or (self.token.kind == "^" and self.tokens[self.at + 1].kind in ("number", "-", "(")):
            power = self._power_of_function(token)
        if self.token.kind == "(":
            opening = self._advance()
            arguments = [self._argument(opening)]
            while self.token.kind == ",":
                self._advance()
                arguments.append(self._argument(opening))
            if self.token.kind == "end":
                raise FormulaError("This bracket is never closed.", opening.start, "add ) after its last part")
            if self.token.kind != ")":
                self._unexpected()
            part = self._call(name, token, arguments, self._advance().end)
        else:
            part = self._bare_call(token)
        if power is None:
            return part
        return self._binary(ast.Pow, part, power)._replace(start=token.start, tail=part.tail if part.tail == "bare" else "raised")

    def _argument(self, opening: Token) -> _Part:
        bars, self.bars = self.bars, 0
        part = self._deeper(opening, self._expression, SUM)
        self.bars = bars
        return part

    def _power_of_function(self, token: Token) -> _Part:
        self.plain = False
        sign = self._advance()
        exponent = self._raised(sign) if sign.kind == "superscript" else None
        if exponent is None and self.token.kind == "number" and re.fullmatch("[0-9]{1,3}", self.token.text):
            exponent = self._number(self._advance())
        if exponent is None or exponent.value is None or exponent.value < 1:
            inverse = token.text if token.text.startswith("a") else f"a{token.text}"
            first = f"{inverse}(x)" if inverse in FUNCTIONS and inverse != token.text else f"{token.text}(x)^(-1)"
            sentence = f"This power of {token.text} may be its inverse or its reciprocal."
            raise FormulaError(sentence, token.start, f"write {first} or 1/{token.text}(x)")
        return exponent

    def _bare_call(self, token: Token) -> _Part:
        name, following = token.text, self.token
        if following.kind not in ("number", "fraction", "name", "|", "√") or (following.kind == "|" and self.bars):
            example = f"{name}(-x)" if following.kind == "-" else f"{name}(…)"
            raise FormulaError(f"{name} is a function.", token.start, f"write {example}")
        if FUNCTIONS[name] != 1:
            raise FormulaError(f"{name} takes {FUNCTIONS[name]} arguments, in brackets.", token.start, f"write {name}(x, y)")
        self.plain = False
        argument = self._deeper(token, self._operand)
        while argument.tail in ("number", "constant") and self.token.kind == "name" and self.token.text not in FUNCTIONS:
            argument = self._binary(ast.Mult, argument, self._operand())
        while self.token.kind == "name" and self.token.text in self.names and not self.token.spaced and argument.tail == "operand":
            if self.tokens[self.at - 1].kind != "name":
                break
            argument = self._binary(ast.Mult, argument, self._operand())
        following = self.token
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        factor = after if following.kind == "*" else following
        function_follows = factor.kind == "name" and factor.text in FUNCTIONS and factor.text not in self.names
        opens = following.kind in _OPERANDS or (following.kind == "|" and not self.bars)
        if following.kind in ("^", "superscript", "/") or ((following.kind == "*" or opens) and not function_follows):
            inner = self._typed(argument)
            rest = (factor.text if opens else after.text).replace("(", "(…)") or "…"
            rest = f"^{following.text}" if following.kind == "superscript" else f"{'*' if opens else following.kind}{rest}"
            sentence = f"Without brackets it is not plain where {name} ends."
            raise FormulaError(sentence, token.start, f"write {name}({inner}){rest} or {name}({inner}{rest})")
        return self._call(name, token, [argument], argument.end)._replace(tail="bare")

    # What parts make together.

    def _call(self, name: str, token: Token, arguments: list[_Part], end: int) -> _Part:
        expected = FUNCTIONS[name]
        if len(arguments) != expected:
            raise FormulaError(
                f"{name} takes {expected} argument{'s' * (expected > 1)}, not {len(arguments)}.", token.start,
                "write max(x, max(y, z))" if name == "max" and len(arguments) > 2 else "",
            )  # fmt: skip
        values = [argument.value for argument in arguments]
        value = None if None in values else self._finite(_FOLD[name], values, token.start, end)
        return self._made(
            ast.Call(ast.Name(name, ast.Load()), [argument.node for argument in arguments], []), token.start, end,
            value=value, depth=1 + max(argument.depth for argument in arguments),
        )  # fmt: skip

    def _binary(self, operator: type[ast.operator], left: _Part, right: _Part) -> _Part:
        value = None
        if left.value is not None and right.value is not None:
            value = self._finite(_FOLD[operator.__name__], [left.value, right.value], left.start, right.end)
        elif operator is ast.Div and right.value == 0:
            raise FormulaError("The formula divides by zero.", right.start)
        sums = operator in (ast.Add, ast.Sub)  # a sum's first terms are its left side, and no deeper in it than the last
        return self._made(
            ast.BinOp(left.node, operator(), right.node), left.start, right.end, value=value,
            depth=max(left.depth + (not sums), right.depth + 1), tail="divided" if operator is ast.Div else right.tail,
        )  # fmt: skip

    def _power(self, base: _Part, exponent: _Part, tail: str = "") -> _Part:
        plain_exponent = isinstance(exponent.node, ast.Constant) and isinstance(exponent.node.value, int) and base.value is None
        return self._binary(ast.Pow, base, exponent)._replace(tail=tail or ("raised" if plain_exponent else "power"))

    def _finite(self, operation: Callable[..., float], values: list, start: int, end: int) -> float:
        """The value of a constant: refused where it is not a finite number, or so small that it would count as 0."""
        try:
            value = operation(*values)
        except OverflowError:
            value = math.inf
        except (ValueError, ZeroDivisionError):
            value = math.nan
        written = shortened(self.source[start:end].strip())
        if not math.isfinite(value):
            what = "too large to be a number" if math.isinf(value) else "not a real number"
            raise FormulaError(f"The constant “{written}” is {what}.", start)
        vanishes = operation in _NEVER_ZERO and all(values[: _NEVER_ZERO[operation]])
        if value == 0 and vanishes:
            raise FormulaError(f"The constant “{written}” is so small that it would count as 0.", start)
        return value

    # What is not a formula.

    def _check_power(self, base: _Part) -> None:
        if self.tokens[self.at - 1].kind == "superscript":
            raise FormulaError("A power of a power may mean two things.", self.token.start, f"write ({self._typed(base)})^…")

    def _check_product(self, left: _Part) -> None:
        """Refuse a product without a sign where it could be read in two ways."""
        token = self.token
        following = "(…)" if token.kind == "(" else self.source[token.start : token.end]
        before = self._typed(left)
        if token.kind in ("number", "fraction"):
            last = self.source[self.tokens[self.at - 1].start : self.tokens[self.at - 1].end]
            name = "(…)" if last in ("(", ")", "|") else last
            advice = f"{name}*{following}" if left.tail == "number" else f"{following}*{name}"
            raise FormulaError(f"Before “{following}” an operator is missing.", token.start, f"write {advice}")
        if left.tail == "divided":
            above, _, below = before.rpartition("/") if before.count("/") == 1 else ("a", "", "b")
            below = below or "b"
            raise FormulaError(
                "A product without a sign after a division may mean two things.", token.start,
                f"write {above.strip()}/({below.strip()}*{following}) or ({above.strip()}/{below.strip()})*{following}",
            )  # fmt: skip
        if left.tail == "power":
            sentence = "A product without a sign after a power may belong to the exponent."
            raise FormulaError(sentence, token.start, f"write *{following}, or brackets")
        if left.tail == "bare" and not (token.kind == "name" and token.text in FUNCTIONS and not self.source[left.start] == "√"):
            raise FormulaError("Without brackets it is not plain what is under the root.", left.start, "write sqrt(…)")
        if left.tail == "bar" and token.kind != "|" and self.bars_left[self.at]:
            raise FormulaError("These bars may be read in two ways.", left.start, "write abs(…) with *")

    def _unknown(self, token: Token) -> NoReturn:
        name, start = shortened(token.text), token.start
        if keyword.iskeyword(token.text):
            raise FormulaError(f"“{name}” is not allowed in a formula.", start)
        for function in sorted({*FUNCTIONS, *ALIASES}, key=len, reverse=True):
            front = token.text.removesuffix(function)
            ways = segments(front, self.names) if front != token.text and self.token.kind == "(" else []
            if len(ways) == 1:
                product = "*".join([*ways[0], ALIASES.get(function, function)])
                raise FormulaError(f"“{name}” is not a known function.", start, f"write {product}(…)")
        if token.text.lower() in REPLACEMENTS and token.text.lower() not in self.names:
            raise FormulaError(f"“{name}” is not a known function.", start, f"write {REPLACEMENTS[token.text.lower()]}")
        other = [known for known in (*self.names, *FUNCTIONS) if known.lower() == token.text.lower()]
        if self.token.kind == "(" and not self.token.spaced:
            known = f"write {other[0]}" if other else f"known are {', '.join(FUNCTIONS)}"
            raise FormulaError(f"“{name}” is not a known function.", start, known)
        stem = token.text.rstrip("0123456789")
        remedy = f"write {other[0]}" if other else ""
        if stem in self.names:
            digits = token.text[len(stem) :]
            remedy = f"write {digits}*{stem} or {stem}^{digits}"
        known = ", ".join((*self.names, *CONSTANTS)) if len(self.names) <= 20 else "the variables and parameters"
        raise FormulaError(f"“{name}” is unknown here. Known names: {known}.", start, remedy)

    def _unexpected(self) -> NoReturn:
        token = self.token
        match token.kind:
            case "end":
                self._missing()
            case ")":
                raise FormulaError("This bracket closes nothing.", token.start, "delete it, or open it before")
            case "|":
                raise FormulaError("This bar closes nothing.", token.start, "write abs(…)")
            case ",":
                sentence = "A comma only separates the arguments of a function."
                raise FormulaError(sentence, token.start, "write decimals with a point")
            case "=":
                raise FormulaError("“=” is not allowed in a formula.", token.start, "write the difference of both sides")
        raise FormulaError(f"“{token.text}” cannot be read here.", token.start, "check brackets and operators")

    def _missing(self) -> NoReturn:
        token = self.token
        before = self.tokens[self.at - 1].text if self.at else ""
        if token.kind == "superscript":
            raise FormulaError("Before the raised digits a value is missing.", token.start)
        if not before:
            raise FormulaError(f"The formula cannot be read: it begins with “{token.text}”.", token.start, "put a value before it")
        if token.kind == "end":
            raise FormulaError(f"The formula cannot be read: after “{before}” a value is missing.", token.start)
        raise FormulaError(
            f"The formula cannot be read: between “{before}” and “{token.text}” a value is missing.", token.start,
            "write ^ for a power" if before in ("*", "^") and token.kind == "*" else "",
        )  # fmt: skip


def _divided(a: float, b: float) -> float:
    return a / b if b else math.nan


_VALUES = {"pi": math.pi, "e": math.e}
_FOLD: dict[str, Callable[..., float]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mult": lambda a, b: a * b, "Div": _divided, "Pow": math.pow,
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin,
    "acos": math.acos, "atan": math.atan, "atan2": math.atan2, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh, "abs": abs,
    "sign": lambda a: math.copysign(1.0, a) if a else 0.0, "floor": lambda a: float(math.floor(a)), "min": min, "max": max,
    "softplus": lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))), "sigmoid": lambda a: (1 + math.tanh(a / 2)) / 2,
}  # fmt: skip
# Operations that give 0 only of a 0 among so many of their first operands, or by underflow.
_NEVER_ZERO = {_FOLD["Mult"]: 2, _FOLD["Div"]: 1, _FOLD["Pow"]: 1, _FOLD["exp"]: 0}
