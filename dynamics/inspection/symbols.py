"""The limiting SDE in symbols, where it is short: on a curve Γ with a known chart y(u), as du = b(u) dt + a(u) dW (Itô).

With g = ‖y'‖, tangent e = y'/g and H(u) = ∇²L(y(u)), the tangential part of T[M] is ⟨H', M⟩/g, so theory section 3 needs no third
derivatives. In arc length ds = β dt + α dW with α² = eᵀΣe and
    β = −(1/g) ⟨H', H†ΣP⟩ − (1/2g) ⟨H', 𝓛⁻¹Σ⊥⟩;
for isotropic noise that is −(s²/4g) (ln|H|₊)', for label noise −(δ²/4g) (tr H)'. In u, by Itô's formula, b = β/g − α² g'/2g³ and
a = α/g.
What is said is confirmed at points of Γ against `limit_parts` before it is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, islice
from typing import Any

import numpy as np

from dynamics.inspection.algebra import TooLong, bounded, expression, shortened
from dynamics.inspection.probing import on_zero_loss
from dynamics.landscapes import catalogue
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.drift import limit_parts
from dynamics.limit.flow import hessian_rank
from dynamics.noise import CovarianceNoise, IsotropicNoise, LabelNoise, MinibatchNoise, Noise

MAX_SHOWN = 90  # operations of a drift or a diffusion that is typeset
MAX_ENTRY = 60  # of an entry of ∇L or H
MAX_SHOWN_DIMENSION = 5  # of a typeset matrix
MAX_DETERMINANT = 4
MAX_CHARTS = 8  # ways of solving the residuals that are tried
MAX_SOLVED = 120  # equations that are rewritten on the way to them: about two seconds
AGREEMENT = 1e-7
SAMPLES = np.array([-1.7, -1.1, -0.6, -0.23, 0.31, 0.7, 1.2, 1.9, 2.6])
SMALL = 1e-4  # a drift or a covariance: absolute errors of AGREEMENT times it are rounding
ENOUGH = 3  # samples of Γ at which a formula is confirmed


@dataclass(frozen=True, eq=False)
class CurveChart:
    """Γ, or a part of it, as y(u): SymPy expressions in `parameter`."""

    parameter: Any
    points: tuple[Any, ...]  # D
    samples: tuple[float, ...]  # parameters at which y(u) was found to be on Γ


@dataclass(frozen=True, eq=False)
class Symbols:
    """LaTeX of what is short, "" or None where it is not, and why.

    `hessian` and `eigenvalues` are along the chart where there is one. `drift` and `diffusion` are b and a of its parameter u, and
    `equation` is the whole of du = b dt + a dW.
    """

    gradient: str
    hessian: str = ""
    eigenvalues: tuple[str, ...] = ()
    chart: str | None = None
    drift: str | None = None
    diffusion: str | None = None
    equation: str | None = None
    reason: str = ""
    curve: CurveChart | None = None
    coefficients: tuple[Any, Any] | None = None  # b and a as SymPy expressions
    values: tuple[tuple[Any, float], ...] = ()  # the numbers that the symbols in them stand for

    def at(self, u: float) -> tuple[np.ndarray, float, float]:
        """y(u) (D,), b(u) and a(u)."""
        if self.curve is None or self.coefficients is None:
            raise ValueError("There is no formula to evaluate.")
        numbers = {self.curve.parameter: float(u), **dict(self.values)}
        drift, diffusion = (_value(part, numbers) for part in self.coefficients)
        return np.array([_value(part, numbers) for part in self.curve.points]), drift, diffusion


@lru_cache(maxsize=64)
def limit_in_symbols(landscape: Landscape, noise: Noise) -> Symbols:
    """The gradient, H and the limiting SDE in symbols, as far as they are short. Never raises for a valid landscape and noise."""
    try:
        algebra = _Algebra(landscape, noise)
        gradient = algebra.gradient_latex()
    except TooLong as error:
        return Symbols("", reason=f"There is no formula to show: {_uncapitalized(error)}")
    try:
        curve = _chart(algebra)
    except TooLong as error:
        return Symbols(gradient, algebra.hessian_latex(), reason=str(error))
    along, hessian, eigenvalues = _described(algebra, curve)
    try:
        drift, diffusion = _coefficients(algebra, curve)
        if not confirmed(landscape, noise, curve, drift, diffusion, algebra.values):
            raise TooLong("What was found in symbols does not agree with the numbers, so it is not shown.")
        drift, diffusion = (bounded(part, MAX_SHOWN) for part in (drift, diffusion))
    except TooLong as error:
        reason = f"The limit has no short formula here: {_uncapitalized(error)}"
        return Symbols(gradient, hessian, eigenvalues, along, reason=reason, curve=curve, values=tuple(algebra.values.items()))
    latex = algebra.latex
    return Symbols(
        gradient, hessian, eigenvalues, along, latex(drift), latex(diffusion), _equation(curve, drift, diffusion, latex),
        curve=curve, coefficients=(drift, diffusion), values=tuple(algebra.values.items()),
    )  # fmt: skip


def confirmed(
    landscape: Landscape, noise: Noise, curve: CurveChart, drift: Any, diffusion: Any, values: Mapping[Any, float]
) -> bool:
    """Whether dY = y' du + ½ y'' a² dt has the limit's drift and diffusion at the chart's samples.

    `values` are the numbers that the symbols stand for.
    """
    first = [part.diff(curve.parameter) for part in curve.points]
    second = [part.diff(curve.parameter) for part in first]
    rows = []
    for u in curve.samples:
        numbers = {**values, curve.parameter: u}
        rows.append([_value(part, numbers) for part in (*curve.points, *first, *second, drift, diffusion)])
    table, d = np.array(rows), landscape.dimension
    if not np.isfinite(table).all():
        return False
    points, slope, bend, (b, a) = table[:, :d], table[:, d : 2 * d], table[:, 2 * d : 3 * d], table[:, 3 * d :].T
    with np.errstate(all="ignore"):
        *parts, factor = limit_parts(landscape, noise, d - 1, points)
    total = sum(parts)
    covariance = factor @ factor.swapaxes(-1, -2)
    expected = slope * b[:, None] + bend * a[:, None] ** 2 / 2
    square = slope[:, :, None] * slope[:, None, :] * a[:, None, None] ** 2
    size = SMALL + sum(np.abs(part).max() for part in parts) + np.abs(covariance).max()
    return bool(np.abs(total - expected).max() <= AGREEMENT * size and np.abs(square - covariance).max() <= AGREEMENT * size)


class _Algebra:
    """A landscape and a noise as SymPy expressions. Raises TooLong."""

    def __init__(self, landscape: Landscape, noise: Noise) -> None:
        import sympy

        self.sympy, self.landscape, self.noise = sympy, landscape, noise
        definition = landscape.definition
        specs = {spec.name: spec for spec in landscape.parameters}
        self.x = [sympy.Symbol(name, real=True) for name in definition.variables]
        parameters = []
        for name, value in landscape.parameter_values.items():
            low = specs[name].minimum if name in specs else value
            sign = {"positive": True} if low > 0 else {"nonnegative": True} if low >= 0 else {"real": True}
            parameters.append(sympy.Symbol(name, **sign))
        self.values: dict[Any, float] = dict(zip(parameters, landscape.values, strict=True))
        self.names = dict(zip((*definition.variables, *definition.parameters), (*self.x, *parameters), strict=True))
        self.residuals = [expression(text, self.names) for text in definition.residuals]
        if self.residuals:
            self.gradient = [sum(f.diff(x) * f for f in self.residuals) / len(self.residuals) for x in self.x]
            self.roots = self.residuals
        else:
            self.loss = expression(definition.loss, self.names)
            self.gradient = [self.loss.diff(x) for x in self.x]
            self.roots = _squared(self.loss)

    def free_name(self, *wanted: str) -> Any:
        """A symbol that is not among the landscape's names."""
        return self.sympy.Symbol(next(name for name in wanted if name not in self.names), real=True)

    def latex(self, value: Any) -> str:
        return self.sympy.latex(value)

    def along(self, value: Any, curve: CurveChart) -> Any:
        """An expression in x on the curve, as one in the curve's parameter."""
        return shortened(bounded(bounded(value).xreplace(dict(zip(self.x, curve.points, strict=True)))))

    def hessian(self, curve: CurveChart) -> Any:
        """H along the curve: in residual form JᵀJ/n."""
        matrix = self.sympy.Matrix
        if self.residuals:
            jacobian = matrix([[self.along(f.diff(x), curve) for x in self.x] for f in self.residuals])
            product = jacobian.T * jacobian / len(self.residuals)
            return product.applyfunc(lambda entry: shortened(bounded(entry)))
        return matrix([[self.along(slope.diff(x), curve) for x in self.x] for slope in self.gradient])

    def gradient_latex(self) -> str:
        return self._matrix_latex(r"\nabla L", [[part] for part in self.gradient])

    def hessian_latex(self) -> str:
        """∇²L at any x."""
        if len(self.x) > MAX_SHOWN_DIMENSION:
            return ""
        return self._matrix_latex(r"\nabla^2 L", [[part.diff(x) for x in self.x] for part in self.gradient])

    def _matrix_latex(self, name: str, rows: Sequence[Sequence[Any]]) -> str:
        if len(rows) > 2 * MAX_SHOWN_DIMENSION or any(part.count_ops() > MAX_ENTRY for row in rows for part in row):
            return ""
        return f"{name} = {self.latex(self.sympy.Matrix(rows))}"


def _squared(loss: Any) -> list[Any]:
    """The g of a loss that is written as a sum of c g² with c > 0, else nothing."""
    roots = []
    for term in loss.args if loss.is_Add else (loss,):
        number, rest = term.as_coeff_Mul()
        factors = rest.args if rest.is_Mul else (rest,)
        if not number > 0 or not all((part.is_Pow and part.exp.is_even) or part.is_positive for part in factors):
            return []
        root = 1
        for part in factors:
            root = root * (part.base ** (part.exp / 2) if part.is_Pow and part.exp.is_even else part)
        roots.append(root)
    return roots


# The chart


def _chart(algebra: _Algebra) -> CurveChart:
    """Γ as a curve, from the landscape's file or by solving its residuals. Raises TooLong with the reason where it is neither."""
    landscape = algebra.landscape
    if landscape.manifold and len(landscape.manifold[0].ranges) > 1:
        raise TooLong("Γ is a surface, and only on a curve is the limit one equation in one unknown: see the table.")
    if algebra.roots and len(algebra.roots) < landscape.dimension - 1:
        raise TooLong(
            f"Γ has more than one dimension (unknowns: {landscape.dimension}, equations: {len(algebra.roots)}), and only on a "
            "curve is the limit one equation in one unknown: see the table."
        )
    solved = ((curve, SAMPLES) for curve in islice(_solved(algebra), MAX_CHARTS))
    for curve, samples in chain(solved, _charts_of_file(algebra)):
        on = _samples_on(algebra, curve, samples)
        if len(on) >= ENOUGH:
            return CurveChart(curve.parameter, curve.points, tuple(on))
    raise TooLong("No variable of Γ could be expressed by another one, so there is no chart to write the limit in: see the table.")


def _charts_of_file(algebra: _Algebra) -> Iterator[tuple[CurveChart, np.ndarray]]:
    for piece, points in zip(algebra.landscape.manifold, catalogue.manifold_samples(algebra.landscape), strict=True):
        u = algebra.free_name("u", "theta", "vartheta")
        try:
            low, high = (_value(expression(end, algebra.names), algebra.values) for end in piece.ranges[0])
            coordinates = tuple(expression(text, {**algebra.names, "u": u}) for text in piece.points)
        except TooLong:
            continue
        samples = np.linspace(low, high, len(points))[5 :: max(1, len(points) // 9)]
        yield _named_by_variable(algebra, CurveChart(u, coordinates, ())), samples


def _named_by_variable(algebra: _Algebra, curve: CurveChart) -> CurveChart:
    """The same with the parameter called as the variable that it is, where it is one."""
    for x, coordinate in zip(algebra.x, curve.points, strict=True):
        if coordinate == curve.parameter:
            return CurveChart(x, tuple(part.xreplace({curve.parameter: x}) for part in curve.points), ())
    return curve


def _solved(algebra: _Algebra) -> Iterator[CurveChart]:
    """Charts by expressing variables by others, one residual after the other, until one variable is left. Ends at MAX_SOLVED."""
    rewritten = 0

    def rewrite(value: Any) -> Any:
        nonlocal rewritten
        rewritten += 1
        return shortened(value)

    def search(left: list[Any], known: dict[Any, Any], free: list[Any]) -> Iterator[tuple[dict[Any, Any], Any]]:
        if not left and len(free) == 1:
            yield known, free[0]
        if not left or len(free) < 2 or rewritten >= MAX_SOLVED:
            return
        for residual, unknown, value, parameter in _solutions(algebra, left, free, rewrite):
            if rewritten >= MAX_SOLVED:
                return
            replaced = {unknown: rewrite(value)} if parameter is None else dict(zip(unknown, value, strict=True))
            rest = [rewrite(other.xreplace(replaced)) for other in left if other is not residual]
            rest = [other for other in rest if other != 0]
            remaining = [x for x in free if x not in replaced] + ([parameter] if parameter is not None else [])
            solved = {x: rewrite(part.xreplace(replaced)) for x, part in known.items()} | replaced
            yield from search(rest, solved, remaining)

    for known, parameter in search(list(algebra.roots), {}, list(algebra.x)):
        yield CurveChart(parameter, tuple(known.get(x, x) for x in algebra.x), ())


def _solutions(
    algebra: _Algebra, residuals: list[Any], free: list[Any], rewrite: Callable[[Any], Any]
) -> list[tuple[Any, Any, Any, Any]]:
    """Ways to get rid of a residual: (residual, variable, value, None), or two variables and values by a new parameter."""
    ways: list[tuple[int, int, int, tuple[Any, Any, Any, Any]]] = []
    for residual in residuals:
        for x in free:
            slope = residual.diff(x)
            if slope == 0 or slope.count_ops() > MAX_ENTRY or (slope.has(x) and (slope := rewrite(slope)).has(x)):
                continue
            value = -residual.xreplace({x: algebra.sympy.Integer(0)}) / slope
            rank = 0 if not slope.free_symbols & set(free) else 1 if slope.is_positive else 2
            ways.append((rank, value.count_ops(), -algebra.x.index(x) if x in algebra.x else 0, (residual, x, value, None)))
        conic = _conic(algebra, residual, free)
        if conic:
            ways.append((1, 0, 0, conic))
    return [way for *_, way in sorted(ways, key=lambda way: way[:3])][:4]


def _conic(algebra: _Algebra, residual: Any, free: list[Any]) -> tuple[Any, Any, Any, Any] | None:
    """A residual A v² + B w² + C as an ellipse or a hyperbola by an angle."""
    sympy = algebra.sympy
    unknown = [x for x in free if residual.has(x)]
    if len(unknown) != 2 or residual.count_ops() > MAX_ENTRY:
        return None
    v, w = unknown
    zero = {v: sympy.Integer(0), w: sympy.Integer(0)}
    a, b, c = residual.diff(v, 2) / 2, residual.diff(w, 2) / 2, residual.xreplace(zero)
    a, b = shortened(a), shortened(b)
    if a.has(v, w) or b.has(v, w) or shortened(residual - a * v**2 - b * w**2 - c) != 0:
        return None
    signs = np.sign([_value(part, algebra.values) for part in (a, b, c)])
    if (signs == 0).any() or not np.isfinite(signs).all() or (signs == signs[0]).all():
        return None
    u = algebra.free_name("u", "theta", "vartheta")
    half = [_root(sympy, (c if sign == signs[2] else -c) / part) for part, sign in ((a, signs[0]), (b, signs[1]))]
    if signs[0] == signs[1]:
        return residual, unknown, (half[0] * sympy.cos(u), half[1] * sympy.sin(u)), u
    cosh_first = signs[0] != signs[2]
    shapes = (sympy.cosh(u), sympy.sinh(u)) if cosh_first else (sympy.sinh(u), sympy.cosh(u))
    return residual, unknown, (half[0] * shapes[0], half[1] * shapes[1]), u


def _root(sympy: Any, square: Any) -> Any:
    return sympy.sqrt(shortened(square))


def _samples_on(algebra: _Algebra, curve: CurveChart, candidates: Sequence[float] | np.ndarray) -> list[float]:
    """The candidates at which y(u) is on Γ, with the rank that a curve has."""
    landscape, good = algebra.landscape, []
    with np.errstate(all="ignore"):
        for u in candidates:
            point = np.array([_value(part, {**algebra.values, curve.parameter: float(u)}) for part in curve.points])
            if not np.isfinite(point).all() or not on_zero_loss(landscape, point[None])[0]:
                continue
            if int(hessian_rank(landscape.hessian(point))) == landscape.dimension - 1:
                good.append(float(u))
    return good


# The limit on it


def _described(algebra: _Algebra, curve: CurveChart) -> tuple[str, str, tuple[str, ...]]:
    """LaTeX of the chart, of H along it, and of H's eigenvalues that are not 0 where they are short."""
    equations = [
        f"{algebra.latex(x)} = {algebra.latex(part)}"
        for x, part in zip(algebra.x, curve.points, strict=True)
        if x != curve.parameter
    ]
    hessian, eigenvalues = "", tuple[str, ...]()
    try:
        matrix = algebra.hessian(curve)
        if len(algebra.x) <= MAX_SHOWN_DIMENSION:
            hessian = algebra._matrix_latex("H", matrix.tolist())
        eigenvalues = tuple(algebra.latex(part) for part in _eigenvalues(matrix) if part.count_ops() <= MAX_ENTRY)
    except TooLong:
        pass  # the chart can be told without them
    return r",\quad ".join(equations), hessian, eigenvalues


def _eigenvalues(hessian: Any) -> list[Any]:
    """The non-zero eigenvalues of H on a curve where they need no roots: of rank 1, or of a diagonal or block diagonal H."""
    d = hessian.rows
    alone = [i for i in range(d) if all(hessian[i, j] == 0 for j in range(d) if j != i)]
    together = [i for i in range(d) if i not in alone]
    values = [hessian[i, i] for i in alone if hessian[i, i] != 0]
    if len(values) == d - 1:
        return values
    if len(values) == d - 2:
        return [*values, shortened(sum(hessian[i, i] for i in together))]
    return []


def _coefficients(algebra: _Algebra, curve: CurveChart) -> tuple[Any, Any]:
    """b and a of du = b dt + a dW."""
    sympy, noise = algebra.sympy, algebra.noise
    zero, u = sympy.Integer(0), curve.parameter
    if isinstance(noise, MinibatchNoise):
        return zero, zero
    slope = [part.diff(u) for part in curve.points]
    square = bounded(shortened(sum(part**2 for part in slope)), MAX_SHOWN)  # g², a part of what is shown
    if isinstance(noise, LabelNoise | IsotropicNoise):
        name = ("delta", "Delta", "sigma") if isinstance(noise, LabelNoise) else ("s", "sigma", "varsigma")
        strength = sympy.Symbol(next(one for one in name if one not in algebra.names), nonnegative=True)
        algebra.values[strength] = noise.scale
    if isinstance(noise, LabelNoise):
        trace = bounded(shortened(bounded(algebra.hessian(curve).trace())))
        return -(strength**2) * shortened(trace.diff(u) / (4 * square)), zero
    if isinstance(noise, IsotropicNoise):
        volume = bounded(_pseudo_determinant(algebra, curve))
        pulls = shortened(volume.diff(u) / volume) / square + shortened(square.diff(u) / square**2)
        drift = -(strength**2) * shortened(pulls / 4)
        return drift, strength / _root(sympy, square)
    if isinstance(noise, CovarianceNoise):
        return _under_covariance(algebra, curve, noise, slope, square)
    raise TooLong(f"{noise.kind} noise is not written in symbols.")


def _pseudo_determinant(algebra: _Algebra, curve: CurveChart) -> Any:
    """|H|₊, or a constant multiple: the determinant of JJᵀ, or the sum of H's principal minors of size D − 1."""
    d, matrix = len(algebra.x), algebra.sympy.Matrix
    if len(algebra.residuals) == d - 1:
        jacobian = matrix([[algebra.along(f.diff(x), curve) for x in algebra.x] for f in algebra.residuals])
        return _determinant((jacobian * jacobian.T).applyfunc(shortened))
    hessian = algebra.hessian(curve)
    minors = [hessian.extract(list(kept), list(kept)) for kept in combinations(range(d), d - 1)]
    return shortened(sum(_determinant(minor) for minor in minors))


def _determinant(matrix: Any) -> Any:
    """By its connected diagonal blocks, each of them small."""
    result: Any = 1
    for block in _blocks(matrix):
        if len(block) > MAX_DETERMINANT:
            raise TooLong(f"A determinant of size {len(block)} is too long to write down.")
        result = result * _expanded(matrix.extract(block, block))
    return result


def _expanded(matrix: Any) -> Any:
    """The determinant by its first row. Raises TooLong."""
    if matrix.rows == 1:
        return matrix[0, 0]
    rows = list(range(1, matrix.rows))
    minors = (_expanded(matrix.extract(rows, [k for k in range(matrix.rows) if k != j])) for j in range(matrix.rows))
    return shortened(bounded(sum((-1) ** j * bounded(matrix[0, j]) * minor for j, minor in enumerate(minors))))


def _blocks(matrix: Any) -> list[list[int]]:
    """Indices that hang together by entries that are not 0."""
    left, blocks = set(range(matrix.rows)), []
    while left:
        block, edge = set(), {min(left)}
        while edge:
            block |= edge
            edge = {j for i in edge for j in left - block if matrix[i, j] != 0 or matrix[j, i] != 0}
        left -= block
        blocks.append(sorted(block))
    return blocks


def _under_covariance(
    algebra: _Algebra, curve: CurveChart, noise: CovarianceNoise, slope: list[Any], square: Any
) -> tuple[Any, Any]:
    """b and a for a Σ that is given: the formulas of the module's first lines, in an orthonormal normal frame."""
    sympy, u = algebra.sympy, curve.parameter
    rough = [[expression(entry, algebra.names, allowed=("max", "min")) for entry in row] for row in noise.matrix]
    sigma = sympy.Matrix([[_without_cuts(algebra, curve, algebra.along(entry, curve)) for entry in row] for row in rough])
    hessian = algebra.hessian(curve)
    length = _root(sympy, square)
    tangent = sympy.Matrix([part / length for part in slope]).applyfunc(shortened)
    normals = _normal_frame(algebra, slope)
    stiffness = (normals.T * hessian * normals).applyfunc(shortened)
    turning = (normals.T * hessian.diff(u) * normals).applyfunc(shortened)
    skew = (normals.T * hessian.diff(u) * tangent).applyfunc(shortened)  # ⟨H', n eᵀ⟩ along the frame
    inside = (normals.T * sigma * normals).applyfunc(shortened)
    mixed = (normals.T * sigma * tangent).applyfunc(shortened)
    along = shortened((tangent.T * sigma * tangent)[0, 0])
    rank = stiffness.rows
    if rank > 1 and not stiffness.is_diagonal():
        raise TooLong("The normal directions mix, and the equation for the spread of SGD across Γ has a long solution.")
    force: Any = 0
    for i in range(rank):
        force += mixed[i, 0] * shortened(skew[i, 0] / stiffness[i, i])
        for j in range(rank):
            force += inside[i, j] * shortened(turning[i, j] / (stiffness[i, i] + stiffness[j, j])) / 2
    drift = -force / square - along * square.diff(u) / (4 * square**2)
    drift = _constant_if_it_is(algebra, curve, shortened(bounded(drift)))
    return drift, _root(sympy, along / square)


def _normal_frame(algebra: _Algebra, slope: list[Any]) -> Any:
    """Orthonormal normals of the curve as columns (D, D − 1): axes along which it does not move, and a turned tangent for two."""
    sympy, d = algebra.sympy, len(slope)
    moving = [i for i, part in enumerate(slope) if part != 0]
    columns = []
    if len(moving) == 2:
        i, j = moving
        length = _root(sympy, slope[i] ** 2 + slope[j] ** 2)
        turned = sympy.zeros(d, 1)
        turned[i], turned[j] = shortened(-slope[j] / length), shortened(slope[i] / length)
        columns.append(turned)
    elif len(moving) > 2:
        raise TooLong("The curve turns in more than two dimensions, and its normals are long.")
    columns += [sympy.Matrix([int(i == k) for i in range(d)]) for k in range(d) if k not in moving]
    return sympy.Matrix.hstack(*columns)


def _without_cuts(algebra: _Algebra, curve: CurveChart, value: Any) -> Any:
    """max(0, v) as v where it is not cut at any sample of the curve, at the present parameters. Raises TooLong where it is cut."""
    for cut in value.atoms(algebra.sympy.Max, algebra.sympy.Min):
        kept = [part for part in cut.args if not part.is_number]
        values = [
            (_value(cut, numbers), _value(kept[0], numbers))
            for numbers in ({**algebra.values, curve.parameter: u} for u in curve.samples)
        ]  # fmt: skip
        if len(kept) != 1 or any(abs(one - other) > 1e-12 for one, other in values):
            raise TooLong("Σ has a kink along Γ, where max or min changes over.")
        value = value.xreplace({cut: kept[0]})
    return value


def _constant_if_it_is(algebra: _Algebra, curve: CurveChart, value: Any) -> Any:
    """Its value at u = 0 where it is the same at all samples, as sums of sines and cosines can be."""
    found = [_value(value, {**algebra.values, curve.parameter: u}) for u in curve.samples]
    if not value.has(curve.parameter) or np.ptp(found) > 1e-10 * (1e-9 + np.abs(found).max()):
        return value
    constant = shortened(value.xreplace({curve.parameter: algebra.sympy.Integer(0)}))
    there = _value(constant, algebra.values)
    return constant if abs(there - found[0]) <= 1e-9 * (1e-9 + abs(found[0])) else value


def _equation(curve: CurveChart, drift: Any, diffusion: Any, latex) -> str:
    parts = []
    if drift != 0:
        parts.append(rf"\left({latex(drift)}\right) dt" if drift.is_Add else rf"{latex(drift)}\, dt")
    if diffusion == 1:
        parts.append("dW")
    elif diffusion != 0:
        parts.append(rf"\left({latex(diffusion)}\right) dW" if diffusion.is_Add else rf"{latex(diffusion)}\, dW")
    return f"d{latex(curve.parameter)} = {' + '.join(parts) or '0'}"


def _value(value: Any, numbers: Mapping[Any, float]) -> float:
    """The number of an expression, NaN where it is none."""
    import sympy

    try:
        return float(value.xreplace({symbol: sympy.Float(number, 17) for symbol, number in numbers.items()}).evalf(15))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return float("nan")


def _uncapitalized(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
