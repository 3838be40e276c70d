"""Text -> tokens. Positions are those of the text as typed: nothing is replaced before it is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, NoReturn

from dynamics.engine.language import (
    ADVICE,
    ALIASES,
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    MAX_LENGTH,
    MAX_WORD,
    OPERATORS,
    PLAIN_OPERATORS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    FormulaError,
    shown,
)

_NUMBER = re.compile(r"(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Token(NamedTuple):
    kind: str  # number | fraction | name | superscript | an operator's own character | end
    text: str
    start: int
    end: int
    spaced: bool = False  # a space before it


def tokens_of(text: str) -> tuple[list[Token], bool]:
    """The tokens of `text`, the last of kind "end", and whether all are of the plain form."""
    if not text.strip():
        raise FormulaError("The formula is empty.", 0)
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"The formula is longer than {MAX_LENGTH} characters.", MAX_LENGTH)
    tokens: list[Token] = []
    plain, spaced, at = True, False, 0
    while at < len(text):
        character = text[at]
        if character in " \t" or (character > "~" and unicodedata.category(character) == "Zs"):
            plain &= character in " \t" or not tokens
            spaced, at = True, at + 1
            continue
        token, plainly = _token(text, at)
        tokens.append(token._replace(spaced=True) if spaced else token)
        plain, spaced, at = plain and plainly, False, token.end
    end = len(text.rstrip())
    return [*tokens, Token("end", "", end, end)], plain


def _token(text: str, at: int) -> tuple[Token, bool]:
    character = text[at]
    if number := _NUMBER.match(text, at):
        return Token("number", number.group(), at, number.end()), True
    if character in OPERATORS:
        if text.startswith(("**", "=="), at):
            return Token(OPERATORS["^" if character == "*" else "="], text[at : at + 2], at, at + 2), True
        if text.startswith("//", at):
            _not_allowed("//", at)
        return Token(OPERATORS[character], character, at, at + 1), character in PLAIN_OPERATORS
    if character in SUPERSCRIPTS:
        return _superscript(text, at), False
    if letter := _letter(character):
        word, end = _word(text, at, letter)
        return Token("name", word, at, end), word == text[at:end]
    if "VULGAR FRACTION" in unicodedata.name(character, "") and unicodedata.numeric(character):
        return Token("fraction", unicodedata.normalize("NFKC", character), at, at + 1), False
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


def _superscript(text: str, at: int) -> Token:
    end = at
    while end < len(text) and text[end] in SUPERSCRIPTS:
        end += 1
    digits = "".join(SUPERSCRIPTS[character] for character in text[at:end])
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", digits):
        raise FormulaError("The raised digits are no whole number.", at, "write the exponent after ^, in round brackets")
    return Token("superscript", digits, at, end)


def _not_allowed(character: str, position: int) -> NoReturn:
    category = unicodedata.category(character[0])
    if character in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        raise FormulaError("A formula is one line.", position, "write one formula a line")
    if category in ("Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"):
        raise FormulaError(f"The character {shown(character)} is not allowed in a formula.", position, "delete it")
    raise FormulaError(f"“{character}” is not allowed in a formula.", position, ADVICE.get(character, ""))


@dataclass(frozen=True)
class Word:
    """A name in a formula that has no meaning of its own: where it is, and whether a bracket follows at once."""

    name: str
    position: int
    called: bool


def words(text: str) -> list[Word]:
    """The names in `text` that are neither functions nor constants, in order. Raises FormulaError for a character not allowed."""
    tokens, _ = tokens_of(text)
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
