"""Formula text -> syntax tree -> anything that has arithmetic.

Text is read by the parser below, which knows numbers, names, operators and functions and nothing else: it never reaches Python's
own compiler, `eval`, `sympify` or generated source, so a link from a stranger can only ever be a formula. The tree is made of
`ast` nodes, whose offsets are characters of the text as typed.

What people type is accepted where it has one meaning: 2x, 2(x+1), xy (of names x and y), x², √x, |x|, π, ×, ÷, ln, sin x. What may
mean two things (1/2x, sin x^2) is refused, with both ways to write it. `text` writes a tree in the plain form that links and files
hold.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn, TypeVar

MAX_LENGTH = 2_000
MAX_NODES = 700
MAX_DEPTH = 60
MAX_INTEGER_POWER = 32
MAX_WORD = 40  # letters of a product of names without signs

ONE_ARGUMENT = (
    "sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs", "sign", "floor", "softplus",
    "sigmoid",
)  # fmt: skip
FUNCTIONS = dict.fromkeys(ONE_ARGUMENT, 1) | {"atan2": 2, "min": 2, "max": 2}
CONSTANTS = ("pi", "e")
ALIASES = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sgn": "sign"}  # where they name nothing else
REPLACEMENTS = {
    "log10": "log(x)/log(10)", "lg": "log(x)/log(10)", "log2": "log(x)/log(2)", "cot": "1/tan(x)", "sec": "1/cos(x)",
    "csc": "1/sin(x)", "relu": "max(x, 0)", "cbrt": "x^(1/3)", "pow": "x^y", "square": "x^2",
}  # fmt: skip
_ENGLISH = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega",
    "Gamma Delta Theta Lamda Xi Pi Sigma Phi Psi Omega",
)  # spelled as SymPy does, which typesets them as letters
GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", " ".join(_ENGLISH).split(), strict=True)) | {
    "ς": "sigma", "ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi",
}  # fmt: skip

PLAIN_OPERATORS = dict(zip("+-*/^(),=", "+-*/^(),=", strict=True))
OPERATORS = (
    PLAIN_OPERATORS
    | dict.fromkeys("×·⋅∙•∗＊✕", "*")
    | dict.fromkeys("÷∕⁄", "/")
    | dict.fromkeys("−–—‐‑‒―﹣－", "-")
    | {"＋": "+", "（": "(", "）": ")", "＝": "=", "|": "|", "∣": "|", "√": "√"}
)
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_ZERO_SET = "write a formula that is 0 where the loss is"
ADVICE = dict.fromkeys("[]{}", "write round brackets") | dict.fromkeys("<>≤≥", _ZERO_SET) | {
    "\\": "write it without LaTeX, as (x + 1)/2 or sqrt(x)", "$": "write it without LaTeX", "%": "divide by 100",
    "∛": "write x^(1/3)", "!": "write the product",
}  # fmt: skip

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}\Z")
_NUMBER = re.compile(r"(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class FormulaError(ValueError):
    """The text is not a formula.

    `sentence` says why to the person who typed it, `position` is where in the text as typed (characters, from 0) or None, and
    `remedy` what to do about it ("write 2*x") or "". The message is the sentence with the remedy.
    """

    def __init__(self, sentence: str, position: int | None = None, remedy: str = "") -> None:
        super().__init__(f"{sentence.removesuffix('.')}: {remedy}." if remedy else sentence)
        self.sentence, self.position, self.remedy = sentence, position, remedy

    def within(self, place: str) -> FormulaError:
        """The same error of a formula that is part of something: `place` begins the sentence."""
        return FormulaError(f"{place}: {self.sentence}", self.position, self.remedy)


def check_name(name: str, position: int = 0) -> str:
    """`name` if it can name a variable or a parameter (a Greek letter by its English name), else raise FormulaError."""
    name = GREEK.get(name, name)
    if not _NAME.match(name) or keyword.iskeyword(name):
        sentence = f"“{shortened(shown(name))}” cannot be a name: use a letter, then letters, digits or _ (16 at most)."
        raise FormulaError(sentence, position)
    if name in FUNCTIONS or name in CONSTANTS or name == "loss":
        raise FormulaError(f"“{name}” already has a meaning in formulas; choose another name.", position)
    return name


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
        raise FormulaError(f"A formula is text; not {shortened(repr(source))}.", 0)
    return _read_once(source, names, equation)


@lru_cache(maxsize=1024)
def _read_once(source: str, names: tuple[str, ...], equation: bool) -> tuple[ast.expr, bool, float]:
    parser = _Parser(source, names, equation)
    return parser.tree(), parser.plain, parser.value


@dataclass(frozen=True)
class Word:
    """A name in a formula that has no meaning of its own: where it is, and whether a bracket follows at once."""

    name: str
    position: int
    called: bool


def words(text: str) -> list[Word]:
    """The names in `text` that are neither functions nor constants, in order. Raises FormulaError for a character not allowed."""
    tokens, _ = _tokens(text)
    return [
        Word(token.text, token.start, following.text == "(" and not following.spaced)
        for token, following in pairwise(tokens)
        if token.kind == "name" and token.text not in FUNCTIONS and token.text not in CONSTANTS and token.text not in ALIASES
    ]


def segments(word: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The ways to read `word` as a product of `names`: at most two, since two are already too many."""
    if len(word) > MAX_WORD:
        return []
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in word)]
    for end in range(1, len(word) + 1):
        for name in names:
            if word.endswith(name, 0, end) and len(ways[end]) < 2:
                ways[end] += [(*way, name) for way in ways[end - len(name)]][: 2 - len(ways[end])]
    return ways[-1]


# Text -> tokens. Positions are those of the text as typed: nothing is replaced before it is read.


class _Token(NamedTuple):
    kind: str  # number | fraction | name | superscript | an operator's own character | end
    text: str
    start: int
    end: int
    spaced: bool = False  # a space before it


Piece = TypeVar("Piece", _Token, "_Part")


def _with(piece: Piece, **changes: Any) -> Piece:
    return piece._replace(**changes)


def _tokens(text: str) -> tuple[list[_Token], bool]:
    """The tokens of `text`, the last of kind "end", and whether all are of the plain form."""
    if not text.strip():
        raise FormulaError("The formula is empty.", 0)
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"The formula is longer than {MAX_LENGTH} characters.", MAX_LENGTH)
    tokens: list[_Token] = []
    plain, spaced, at = True, False, 0
    while at < len(text):
        character = text[at]
        if character in " \t" or (character > "~" and unicodedata.category(character) == "Zs"):
            plain &= character in " \t" or not tokens
            spaced, at = True, at + 1
            continue
        token, plainly = _token(text, at)
        tokens.append(_with(token, spaced=True) if spaced else token)
        plain, spaced, at = plain and plainly, False, token.end
    end = len(text.rstrip())
    return [*tokens, _Token("end", "", end, end)], plain


def _token(text: str, at: int) -> tuple[_Token, bool]:
    character = text[at]
    if number := _NUMBER.match(text, at):
        return _Token("number", number.group(), at, number.end()), True
    if character in OPERATORS:
        if text.startswith(("**", "=="), at):
            return _Token(OPERATORS["^" if character == "*" else "="], text[at : at + 2], at, at + 2), True
        if text.startswith("//", at):
            _not_allowed("//", at)
        return _Token(OPERATORS[character], character, at, at + 1), character in PLAIN_OPERATORS
    if character in SUPERSCRIPTS:
        return _superscript(text, at), False
    if letter := _letter(character):
        word, end = _word(text, at, letter)
        return _Token("name", word, at, end), word == text[at:end]
    if "VULGAR FRACTION" in unicodedata.name(character, "") and unicodedata.numeric(character):
        return _Token("fraction", unicodedata.normalize("NFKC", character), at, at + 1), False
    _not_allowed(character, at)


def _letter(character: str) -> str:
    """The name that begins with this character, or nothing: pasted letters of other alphabets are letters, Greek ones names."""
    if character.isascii():
        return character if character.isalpha() or character == "_" else ""
    kind = unicodedata.decomposition(character).partition(" ")[0]
    if unicodedata.category(character) not in ("Lu", "Ll") or kind in ("<super>", "<sub>"):
        return ""
    simple = unicodedata.normalize("NFKC", character)
    return simple if len(simple) == 1 and simple.isascii() and simple.isalpha() else GREEK.get(simple, "")


def _word(text: str, at: int, letter: str) -> tuple[str, int]:
    """The name that begins at a letter, and where it ends. A Greek letter is a name of its own, with what numbers it."""
    if len(letter) > 1:
        word, end = letter, at + 1
        while end < len(text) and (text[end] in SUBSCRIPTS or (text[end].isascii() and (text[end].isdigit() or text[end] == "_"))):
            word, end = word + SUBSCRIPTS.get(text[end], text[end]), end + 1
        return word, end
    word, end = "", at
    while end < len(text):
        character = text[end]
        if match := _WORD.match(text, end):
            word, end = word + match.group(), match.end()
        elif word and (character in SUBSCRIPTS or (character.isascii() and character.isdigit())):
            word, end = word + SUBSCRIPTS.get(character, character), end + 1
        elif len(_letter(character)) == 1:
            word, end = word + _letter(character), end + 1
        else:
            break
    return word, end


def _superscript(text: str, at: int) -> _Token:
    end = at
    while end < len(text) and text[end] in SUPERSCRIPTS:
        end += 1
    digits = "".join(SUPERSCRIPTS[character] for character in text[at:end])
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", digits):
        raise FormulaError("The raised digits are no whole number.", at, "write the exponent after ^, in round brackets")
    return _Token("superscript", digits, at, end)


def _not_allowed(character: str, position: int) -> NoReturn:
    category = unicodedata.category(character[0])
    if character in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        raise FormulaError("A formula is one line.", position, "write one formula a line")
    if category in ("Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"):
        raise FormulaError(f"The character {shown(character)} is not allowed in a formula.", position, "delete it")
    raise FormulaError(f"“{character}” is not allowed in a formula.", position, ADVICE.get(character, ""))


# Tokens -> tree.

_SUM, _PRODUCT, _SIGN, _POWER = 1, 2, 3, 4  # how strongly operators bind
_BINARY: dict[str, tuple[int, type[ast.operator]]] = {
    "+": (_SUM, ast.Add), "-": (_SUM, ast.Sub), "*": (_PRODUCT, ast.Mult), "/": (_PRODUCT, ast.Div),
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


class _Parser:
    """Precedence climbing with Python's precedences; a product without a sign binds like any other, and only where it is plain."""

    def __init__(self, text: str, names: tuple[str, ...], equation: bool) -> None:
        self.source, self.names, self.equation = text, names, equation
        tokens, self.plain = _tokens(text)
        self.tokens = self._with_products(tokens)
        self.at = self.nodes = self.bars = self.level = 0
        self.bars_left = self._bars_left()
        self.value = math.nan

    def tree(self) -> ast.expr:
        part = self._expression(_SUM)
        if self.token.kind == "=" and self.equation:
            self.plain = False
            self._advance()
            right = self._expression(_SUM)
            part = part if right.value == 0 else self._binary(ast.Sub, part, right)
        if self.token.kind != "end":
            self._unexpected()
        self.value = self.value if part.value is None else part.value
        return part.node

    def _with_products(self, tokens: list[_Token]) -> list[_Token]:
        """The tokens, with aliases resolved and unknown words that are products of known names taken apart."""
        found: list[_Token] = []
        for token in tokens:
            if token.kind != "name" or token.text in self.names or token.text in FUNCTIONS or token.text in CONSTANTS:
                found.append(token)
            elif token.text in ALIASES:
                self.plain = False
                found.append(_with(token, text=ALIASES[token.text]))
            elif token.end - token.start != len(token.text) or not (ways := segments(token.text, self.names)):
                found.append(token)
            elif len(ways) > 1:
                both = [" or ".join("*".join(way) for way in ways)]
                raise FormulaError(f"“{token.text}” may be read as two products.", token.start, f"write {both[0]}")
            else:
                self.plain, start = False, token.start
                for k, name in enumerate(ways[0]):
                    found.append(_Token("name", name, start, start + len(name), token.spaced and k == 0))
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
    def token(self) -> _Token:
        return self.tokens[self.at]

    def _advance(self) -> _Token:
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
                left = self._power(left, self._deeper(token, self._expression, _SIGN))
            elif token.kind == "superscript":
                self._check_power(left)
                self.plain = False
                left = self._power(left, self._raised(self._advance()), "raised")
            elif token.kind in _OPERANDS or (token.kind == "|" and not self.bars) or self._opens_after_bar(left):
                if minimum > _PRODUCT:
                    return left
                self._check_product(left)
                self.plain = False
                left = self._binary(ast.Mult, left, self._expression(_PRODUCT + 1))
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
            operand = self._deeper(token, self._expression, _SIGN)
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
                return _with(self._binary(ast.Div, *parts), tail="operand")
            case "name":
                return self._name(self._advance())
            case "(":
                return _with(self._bracketed(self._advance()), tail="operand")
            case "|":
                return self._absolute(self._advance())
            case "√":
                return self._root(self._advance())
        self._missing()

    def _deeper(self, token: _Token, read: Callable[..., _Part], *arguments: Any) -> _Part:
        """What `read` reads, one level deeper: the parser recurses nowhere else."""
        self.level += 1
        if self.level > MAX_DEPTH:
            raise FormulaError("The formula is nested too deeply.", token.start, f"nest it at most {MAX_DEPTH} deep")
        part = read(*arguments)
        self.level -= 1
        return part

    def _number(self, token: _Token) -> _Part:
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

    def _raised(self, token: _Token) -> _Part:
        size = self._made(ast.Constant(int(token.text.lstrip("+-"))), token.start, token.end, value=float(token.text.lstrip("+-")))
        if token.text[0] != "-":
            return size
        return self._made(ast.UnaryOp(ast.USub(), size.node), token.start, token.end, value=-float(size.value or 0), depth=2)

    def _bracketed(self, opening: _Token) -> _Part:
        """What is in round brackets, the opening one already read."""
        inner = self._within(opening, ")")
        return _with(inner, start=opening.start, end=self.tokens[self.at - 1].end)

    def _within(self, opening: _Token, closing: str) -> _Part:
        bars, self.bars = self.bars, self.bars + 1 if closing == "|" else 0
        inner = self._deeper(opening, self._expression, _SUM)
        self.bars = bars
        if self.token.kind == "end":
            what = "bracket" if closing == ")" else "bar"
            raise FormulaError(f"This {what} is never closed.", opening.start, f"add {closing} after its last part")
        if self.token.kind != closing:
            self._unexpected()
        self._advance()
        return inner

    def _absolute(self, opening: _Token) -> _Part:
        self.plain = False
        inner = self._within(opening, "|")
        end = self.tokens[self.at - 1].end
        return _with(self._call("abs", opening, [inner], end), tail="bar")

    def _root(self, token: _Token) -> _Part:
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
        return _with(part, tail="bare" if inner.tail != "bar" else "operand")

    def _name(self, token: _Token) -> _Part:
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

    def _function(self, token: _Token) -> _Part:
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
        return _with(self._binary(ast.Pow, part, power), start=token.start, tail=part.tail if part.tail == "bare" else "raised")

    def _argument(self, opening: _Token) -> _Part:
        bars, self.bars = self.bars, 0
        part = self._deeper(opening, self._expression, _SUM)
        self.bars = bars
        return part

    def _power_of_function(self, token: _Token) -> _Part:
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

    def _bare_call(self, token: _Token) -> _Part:
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
        return _with(self._call(name, token, [argument], argument.end), tail="bare")

    # What parts make together.

    def _call(self, name: str, token: _Token, arguments: list[_Part], end: int) -> _Part:
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
        return _with(self._binary(ast.Pow, base, exponent), tail=tail or ("raised" if plain_exponent else "power"))

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

    def _unknown(self, token: _Token) -> NoReturn:
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


# Trees -> text, and anything else.

_STRENGTH: dict[type[ast.operator], tuple[int, str]] = {
    ast.Add: (_SUM, " + "), ast.Sub: (_SUM, " - "), ast.Mult: (_PRODUCT, "*"), ast.Div: (_PRODUCT, "/"), ast.Pow: (_POWER, "^"),
}  # fmt: skip


def text(node: ast.expr) -> str:
    """A validated tree in plain form: `parse` gives the same tree back."""

    def written(node: ast.expr, minimum: int) -> str:
        match node:
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                # The exponent may be a sign or a power; the base is neither.
                return bracketed(f"{written(left, _POWER + 1)}^{written(right, _SIGN)}", _POWER, minimum)
            case ast.BinOp():
                strength, _ = _STRENGTH[type(node.op)]
                pieces: list[str] = []
                spine: ast.expr = node
                while isinstance(spine, ast.BinOp) and _STRENGTH[type(spine.op)][0] == strength:
                    pieces += [written(spine.right, strength + 1), _STRENGTH[type(spine.op)][1]]
                    spine = spine.left
                return bracketed("".join([written(spine, strength), *reversed(pieces)]), strength, minimum)
            case ast.UnaryOp(op=operator, operand=operand):
                return bracketed(("-" if isinstance(operator, ast.USub) else "+") + written(operand, _SIGN), _SIGN, minimum)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return f"{name}({', '.join(written(argument, _SUM) for argument in arguments)})"
            case ast.Name(id=name):
                return name
            case ast.Constant(value=value):
                return repr(value)
        raise AssertionError(f"not validated: {ast.dump(node)}")

    def bracketed(inner: str, strength: int, minimum: int) -> str:
        return inner if strength >= minimum else f"({inner})"

    return written(node, _SUM)


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


def shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def shown(text: str) -> str:
    """Characters that cannot be seen, or not be encoded, by their number."""
    return "".join(character if character.isprintable() else f"U+{ord(character):04X}" for character in text)
