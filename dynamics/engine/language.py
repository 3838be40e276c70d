"""What formulas are made of: names, functions, operators and limits; and what is said of a text that is none."""

from __future__ import annotations

import keyword
import re

from dynamics.settings import quoted

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
SUM, PRODUCT, SIGN, POWER = 1, 2, 3, 4  # how strongly operators bind

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
    """`name` as formulas have it, a Greek letter by its English name and low digits as digits, else raise FormulaError."""
    if not isinstance(name, str):
        raise FormulaError(f"A name is text; not {quoted(name)}.", position)
    name = GREEK.get(name[:1], name[:1]) + "".join(SUBSCRIPTS.get(character, character) for character in name[1:])
    if not _NAME.match(name) or keyword.iskeyword(name):
        sentence = f"“{shortened(shown(name))}” cannot be a name: use a letter, then letters, digits or _ (16 at most)."
        raise FormulaError(sentence, position)
    if name in FUNCTIONS or name in CONSTANTS or name == "loss":
        raise FormulaError(f"“{name}” already has a meaning in formulas; choose another name.", position)
    return name


def shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def shown(text: str) -> str:
    """Characters that cannot be seen, or not be encoded, by their number."""
    return "".join(character if character.isprintable() else f"U+{ord(character):04X}" for character in text)
