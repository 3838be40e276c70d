"""A setting: one thing that decides what is shown, declared once, by the noun that it belongs to.

From its declaration come validation, the part of a link, the control, the caption and the sentence of a comparison. A setting's
name is the name of the noun's field and of the keyword, and, unless it says otherwise, of the link's key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WHOLE_SHOWN = 12  # digits of a whole number that a sentence gives in full
SHOWN = 40  # characters of what was given that a sentence repeats

Refuse = Callable[[str], None]  # takes a sentence: raises it (strict) or notes it (lenient)


def strict(sentence: str) -> None:
    raise ValueError(sentence)


def quoted(value: Any) -> str:
    """What was given, as a sentence repeats it."""
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python writes
        text = "a number of thousands of digits"
    return f"“{text[:SHOWN]}”"


def one_of(value: Any, options: Iterable[Any]) -> Any:
    """That of `options` which `value` equals, or None; whatever it is, an array or a list too."""
    try:
        return {option: option for option in options}.get(value)
    except TypeError:  # no option is a list
        return None


def refuse_for(refuse: Refuse, error: ValueError, taken: str) -> None:
    """Refuse what was given, and name to who goes on what is `taken` instead; `strict` does not go on."""
    refuse(str(error) if refuse is strict else f"{error} Taken instead: {taken}.")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all settings have. `title` is for a sentence ("learning rate"), `heading` for a line of its own (by default the title),
    `meaning` for help beside the control."""

    name: str
    title: str
    heading: str = ""
    default: Any = None
    symbol: str = ""
    meaning: str = ""
    key: str = ""  # in a link

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", self.name)
        if not self.heading:
            object.__setattr__(self, "heading", f"{self.title[0].upper()}{self.title[1:]}")

    @property
    def label(self) -> str:
        """What stands over a control, in Markdown."""
        return f"{self.heading}, *{self.symbol}*" if self.symbol else self.heading

    def checked(self, value: Any) -> Any:
        """The value as it is kept. Raises ValueError, with a sentence, if it is not accepted."""
        raise NotImplementedError

    def of_field(self, value: Any) -> Any:
        """The same of a noun's field, which has its type already."""
        return self.checked(value)

    def nearest(self, value: Any) -> Any:
        """The accepted value nearest to one that is not, or None where there is none."""
        return None

    def written(self, value: Any) -> str:
        """The text of an accepted value in a link."""
        return str(value)

    def in_words(self, value: Any) -> str:
        """An accepted value in a sentence."""
        return str(value)

    def read(self, text: str) -> Any:
        """What a link's text says, for `checked` to accept or refuse."""
        return text


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number in a range, both ends included."""

    minimum: float = -math.inf
    maximum: float = math.inf
    step: float | None = None  # of its control
    whole: bool = False
    among: tuple[float, ...] = ()  # the only ones, if there are any
    what: str = ""  # it is, instead of a number

    def checked(self, value: Any) -> float | int:
        number = finite(value)
        if number is None or (self.whole and number != int(number)):
            raise self._no_number(value)
        if not self.minimum <= number <= self.maximum:
            raise ValueError(f"The {self.title} must be {self._range}; not {self._said(number)}.")
        if self.among and number not in self.among:
            raise ValueError(f"The {self.title} is one of {', '.join(map(in_words, self.among))}; not {in_words(number)}.")
        return int(value if isinstance(value, int) else number) if self.whole else number

    @property
    def _range(self) -> str:
        if math.isinf(self.maximum):
            return f"at least {self._said(self.minimum)}"
        return f"between {self._said(self.minimum)} and {self._said(self.maximum)}"

    def _said(self, number: float) -> str:
        return f"{number:,.0f}".replace("-", "−") if self.whole and abs(number) < 10**WHOLE_SHOWN else in_words(number)

    def of_field(self, value: Any) -> float | int:
        if isinstance(value, str | bool) or (self.whole and isinstance(value, float)):
            raise self._no_number(value)
        return self.checked(value)

    def _no_number(self, value: Any) -> ValueError:
        kind = self.what or ("a whole number" if self.whole else "a number")
        return ValueError(f"The {self.title} is {kind}; not {quoted(value)}.")

    def nearest(self, value: Any) -> float | int | None:
        number = finite(value)
        if number is None or self.among:
            return None
        clamped = min(max(number, self.minimum), self.maximum)
        return self.checked(round(clamped) if self.whole else clamped)

    def written(self, value: float) -> str:
        return number_text(value)

    def in_words(self, value: float) -> str:
        said = f"{value:,}" if self.whole else in_words(value)
        return f"{self.symbol} = {said}" if self.symbol else f"{self.heading.lower()} {said}"


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """One of a few values; `options` says of each what a control calls it."""

    options: Mapping[Any, str] = field(hash=False)

    def checked(self, value: Any) -> Any:
        chosen = one_of(value, self.options)
        if chosen is None:
            raise ValueError(f"The {self.title} is one of {', '.join(map(str, self.options))}; not {quoted(value)}.")
        return chosen

    def in_words(self, value: Any) -> str:
        return self.options[value]

    def read(self, text: str) -> Any:
        return next((option for option in self.options if str(option) == text), text)


@dataclass(frozen=True, kw_only=True)
class Several(Setting):
    """Some of a few values, kept in the order of `options`; “none” in a link for none of them."""

    options: Mapping[str, str] = field(hash=False)

    def checked(self, value: Iterable[str]) -> tuple[str, ...]:
        try:
            chosen = {value} if isinstance(value, str) else set(value)
        except TypeError as error:
            raise ValueError(f"The {self.title} are a list of words; not {quoted(value)}.") from error
        if unknown := sorted(map(str, chosen - set(self.options))):
            raise ValueError(f"The {self.title} are {', '.join(self.options)}, or none; not “{unknown[0][:SHOWN]}”.")
        return tuple(option for option in self.options if option in chosen)

    def written(self, value: tuple[str, ...]) -> str:
        return ",".join(value) or "none"

    def in_words(self, value: tuple[str, ...]) -> str:
        return ", ".join(value) or "none"

    def read(self, text: str) -> Any:
        return [] if text == "none" else [part.strip() for part in text.split(",")]


@dataclass(frozen=True, kw_only=True)
class Switch(Setting):
    """On or off. In a link 1 is on."""

    default: bool = False

    def checked(self, value: Any) -> bool:
        chosen = one_of(value, (True, False))
        if chosen is None:
            raise ValueError(f"The {self.title} is on (1) or off (0); not {quoted(value)}.")
        return chosen

    def written(self, value: bool) -> str:
        return str(int(value))

    def read(self, text: str) -> Any:
        return {"1": True, "0": False}.get(text, text)


@dataclass(frozen=True, kw_only=True)
class Numbers(Setting):
    """Several numbers, as many as whatever they describe has."""

    def checked(self, value: Iterable[Any]) -> tuple[float, ...]:
        found = [finite(number) for number in value]
        if None in found:
            raise ValueError(f"The {self.title} is a list of numbers; not “{self.written(tuple(value))[:SHOWN]}”.")
        return tuple(number for number in found if number is not None)

    def written(self, value: tuple[Any, ...]) -> str:
        return ",".join(number if isinstance(number, str) else number_text(number) for number in value)

    def read(self, text: str) -> Any:
        return tuple(text.split(","))


@dataclass(frozen=True, kw_only=True)
class Text(Setting):
    """A word or a formula; what it may say depends on what it is said of."""

    default: str = ""

    def checked(self, value: Any) -> str:
        return str(value)


def table(*settings: Setting) -> dict[str, Setting]:
    """A noun's settings by name, in their order."""
    return {setting.name: setting for setting in settings}


def defaults_of(settings: Iterable[Setting]) -> dict[str, Any]:
    return {setting.name: setting.default for setting in settings}


def check_fields(noun: object, settings: Iterable[Setting]) -> None:
    """Of a frozen dataclass, from its `__post_init__`. Raises ValueError, with a sentence, for a field that is not accepted."""
    for setting in settings:
        object.__setattr__(noun, setting.name, setting.of_field(getattr(noun, setting.name)))


def written(settings: Iterable[Setting], noun: Any, defaults: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The part of a link: those settings in which `noun` differs from `defaults`."""
    values = ((setting, getattr(noun, setting.name)) for setting in settings)
    return {prefix + setting.key: setting.written(value) for setting, value in values if value != defaults[setting.name]}


def read(
    settings: Iterable[Setting], query: Mapping[str, str], defaults: Mapping[str, Any], refuse: Refuse, prefix: str = ""
) -> dict[str, Any]:
    """What a link says of some settings. What is refused gets the nearest value that is accepted, else the default."""
    chosen = {}
    for setting in settings:
        text = query.get(prefix + setting.key)
        if text is None:
            continue
        value = setting.read(text)
        try:
            chosen[setting.name] = setting.checked(value)
        except ValueError as error:
            nearest = setting.nearest(value)
            taken = chosen[setting.name] = defaults.get(setting.name, setting.default) if nearest is None else nearest
            if taken is None or not isinstance(setting, Number | Choice | Switch):
                refuse(str(error))
            else:
                refuse_for(refuse, error, setting.in_words(taken))
    return chosen


def finite(value: Any) -> float | None:
    """The finite number that `value` is or reads as, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def number_text(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(number).removesuffix(".0")


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WHOLE = 7  # digits that a number may have before it is written as a multiple of a power of ten


def in_words(number: float, digits: int = 6) -> str:
    """A number as in a sentence: few digits, a true minus, no computer's exponent: 3,950 and 5.5·10⁻⁹."""
    text = f"{number:.{digits}g}"
    mantissa, _, power = text.partition("e")
    if power and 0 < int(power) < WHOLE:
        text = f"{float(text):,.0f}"
    elif power:
        text = f"{'' if mantissa in ('1', '-1') else mantissa + '·'}10{str(int(power)).translate(RAISED)}"
        text = f"-{text}" if mantissa == "-1" else text
    return text.replace("-", "−")
