"""Formulas as SymPy expressions, and their simplification within a budget.

SymPy can take for ever over an expression of a few hundred operations, and cannot be interrupted. So nothing here is asked of it
before the size of what it would have to handle is known.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from dynamics.engine import formula

MAX_OPERATIONS = 250  # of an expression that is worked with at all
MAX_TERMS = 800  # of the polynomials that a common denominator can lead to
MAX_FACTORED = 120  # of those that are factored
MAX_DENSE = 1_000  # products of powers that those could have by their degrees: greatest common divisors take as long
MAX_ANGLES = 3  # summands in a sine that is written out by its summands; the number of terms doubles with each
MAX_NUMBER = 1e12
MAX_POWER = formula.MAX_INTEGER_POWER

ROUGH = ("abs", "sign", "floor", "min", "max")


class TooLong(ValueError):
    """An expression is too long, or of a kind, to be handled in symbols; the message is a sentence."""


def expression(text: str, symbols: Mapping[str, Any], allowed: Iterable[str] = ()) -> Any:
    """The SymPy expression of a formula whose names are `symbols`, of functions that are smooth or in `allowed`.

    Raises TooLong, and formula.FormulaError.
    """
    import sympy

    tree = formula.parse(text, tuple(symbols))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    rough = calls.intersection(ROUGH).difference(allowed)
    if rough:
        raise TooLong(f"{sorted(rough)[0]} is not smooth, and has no derivatives to write down.")

    def power(base: Any, exponent: Any) -> Any:
        if exponent.is_number and not abs(float(exponent)) <= MAX_POWER:
            raise TooLong(f"A power above {MAX_POWER} is too long to write out.")
        if base.is_number and not 1 / MAX_NUMBER < abs(float(base)) ** float(exponent if exponent.is_number else 1) < MAX_NUMBER:
            raise TooLong("A number in the formula is too large to write out.")
        return sympy.Pow(base, exponent)

    functions = {name: getattr(sympy, name) for name in formula.FUNCTIONS if hasattr(sympy, name)} | {
        "pow": power,
        "abs": sympy.Abs,
        "min": sympy.Min,
        "max": sympy.Max,
        "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
        "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
    }
    result = formula.translate(tree, {"pi": sympy.pi, "e": sympy.E, **symbols}, functions, _number)
    return bounded(result)


def _number(value: float) -> Any:
    import sympy

    if value == 0 or 1 / MAX_NUMBER < abs(value) < MAX_NUMBER:
        exact = Fraction(repr(value))
        return sympy.Rational(exact.numerator, exact.denominator)
    raise TooLong("A number in the formula is too large, or too small, to write out.")


def bounded(value: Any, most: int = MAX_OPERATIONS) -> Any:
    """`value` itself, an expression. Raises TooLong if it has more operations than `most`, or is not a finite real one."""
    import sympy

    if value.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
        raise TooLong("The expression is not a real number everywhere.")
    count = value.count_ops()
    if count > most:
        raise TooLong(f"It has {count} operations, which is too long to write down.")
    return value


def shortened(value: Any) -> Any:
    """An equal expression, as one fraction of polynomials without common factors where that is shorter and sure to be quick.

    Sines, exponentials and roots are letters to those polynomials, and what is known of them (sin² + cos² = 1) is used afterwards.
    """
    import sympy

    if value.is_number or value.is_Symbol or value.count_ops() > MAX_OPERATIONS:
        return value
    plain, letters, relations = _in_letters(value)
    if polynomial_terms(plain) > MAX_TERMS or dense_terms(plain) > MAX_DENSE:
        return value
    tries = [value]
    try:
        for fraction in (_reduced(plain, relations), sympy.cancel(plain)):
            factored = sympy.factor(fraction) if polynomial_terms(fraction) <= MAX_FACTORED else sympy.factor_terms(fraction)
            tries += [candidate.xreplace(letters) for candidate in (fraction, factored)]
            if not relations:
                break
    except (ArithmeticError, NotImplementedError, TypeError, ValueError, sympy.PolynomialError):
        pass  # what cannot be a fraction of polynomials stays as it is
    return min(tries, key=lambda candidate: (candidate.count_ops(), len(str(candidate))))


def _reduced(value: Any, relations: list[tuple[Any, Any]]) -> Any:
    """The fraction in lowest terms, once more after its letters' squares have been replaced."""
    import sympy

    numerator, denominator = sympy.fraction(sympy.cancel(value))
    for letter, relation in relations:
        for part in (numerator, denominator):
            squares = _degrees(part)[0].get(letter, 0) // 2
            if polynomial_terms(part) * polynomial_terms(relation) ** squares > MAX_TERMS:
                raise TooLong("What stands under a root is too long to be put in its place.")
        if numerator.has(letter) or denominator.has(letter):
            numerator, denominator = (sympy.rem(part, relation, letter) for part in (numerator, denominator))
    return sympy.cancel(numerator / denominator) if relations else numerator / denominator


def _in_letters(value: Any) -> tuple[Any, dict[Any, Any], list[tuple[Any, Any]]]:
    """The expression with letters for sines, cosines, exponentials and roots; what they stand for; polynomials that are 0."""
    import sympy

    value = value.replace(sympy.tan, lambda u: sympy.sin(u) / sympy.cos(u)).replace(
        sympy.tanh, lambda u: sympy.sinh(u) / sympy.cosh(u)
    )  # fmt: skip
    angles = [part.args[0] for part in value.atoms(sympy.sin, sympy.cos, sympy.sinh, sympy.cosh)]
    if all(len(sympy.Add.make_args(angle)) <= MAX_ANGLES and not angle.has(sympy.Function) for angle in angles):
        value = sympy.expand_trig(value)
    value = sympy.expand_power_exp(value) if value.has(sympy.exp) else value
    there: dict[Any, Any] = {}
    back: dict[Any, Any] = {}
    relations = []

    def letter(part: Any) -> Any:
        if part not in there:
            there[part] = sympy.Dummy()
            back[there[part]] = part
        return there[part]

    for first, second, sign in ((sympy.sin, sympy.cos, 1), (sympy.cosh, sympy.sinh, -1)):
        for part in sorted(value.atoms(first, second), key=str):
            one, other = letter(first(part.args[0])), letter(second(part.args[0]))
            relation = (one, one**2 + sign * other**2 - 1)
            if relation not in relations:
                relations.append(relation)
    units: dict[Any, int] = {}
    exponentials = sorted(value.atoms(sympy.exp), key=str)
    for part in exponentials:
        number, rest = part.args[0].as_coeff_Mul()
        if number.is_Rational:
            units[rest] = math.lcm(units.get(rest, 1), int(number.q))
    for part in exponentials:
        number, rest = part.args[0].as_coeff_Mul()
        if number.is_Rational:
            there[part] = letter(sympy.exp(rest / units[rest])) ** int(number * units[rest])
    roots = [part for part in value.atoms(sympy.Pow) if part.exp.is_Rational and not part.exp.is_Integer and part.exp.q == 2]
    for part in sorted(roots, key=str):
        root = letter(sympy.sqrt(part.base))
        there[part] = root ** int(2 * part.exp)
        if not part.base.has(*there) or part.base.is_number:
            relations.append((root, root**2 - part.base))
    return value.xreplace(there), back, relations


def polynomial_terms(value: Any) -> float:
    """A bound on how many terms numerator or denominator have over a common denominator, before anything cancels."""
    return max(_terms(value))


def _terms(value: Any) -> tuple[float, float]:
    """That of the numerator and of the denominator."""
    if value.is_Add:
        parts = [_terms(part) for part in value.args]
        below = math.prod(under for _, under in parts)
        return sum(over * below / under for over, under in parts), below
    if value.is_Mul:
        parts = [_terms(part) for part in value.args]
        return math.prod(over for over, _ in parts), math.prod(under for _, under in parts)
    if value.is_Pow and value.exp.is_Integer:
        over, under = _terms(value.base)
        power = abs(int(value.exp))
        raised = tuple(float(math.comb(int(min(count, 1e6)) + power - 1, power)) for count in (over, under))
        return raised if value.exp > 0 else raised[::-1]  # type: ignore[return-value]
    return 1.0, 1.0


def dense_terms(value: Any) -> float:
    """How many products of powers numerator or denominator could have over a common denominator, by their degree in each symbol."""
    return max(math.prod(1.0 + degree for degree in part.values()) for part in _degrees(value))


def _degrees(value: Any) -> tuple[Mapping[Any, int], Mapping[Any, int]]:
    """The degrees of the numerator and of the denominator in each symbol, at most."""
    if value.is_Symbol:
        return {value: 1}, {}
    if value.is_Add:
        parts = [_degrees(part) for part in value.args]
        below = sum((Counter(under) for _, under in parts), Counter())
        over: Counter[Any] = Counter()
        for above, under in parts:
            over |= Counter(above) + below - Counter(under)
        return over, below
    if value.is_Mul:
        parts = [_degrees(part) for part in value.args]
        return sum((Counter(above) for above, _ in parts), Counter()), sum((Counter(under) for _, under in parts), Counter())
    if value.is_Pow and value.exp.is_Integer:
        power = abs(int(value.exp))
        above, under = ({symbol: power * degree for symbol, degree in part.items()} for part in _degrees(value.base))
        return (above, under) if value.exp > 0 else (under, above)
    return {}, {}
