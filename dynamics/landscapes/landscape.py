"""A loss landscape: structure, parameter values, and what a page needs to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from dynamics.arrays import numbers_of, points_of
from dynamics.engine import budget, formula
from dynamics.engine.building import alone
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.landscapes import quantities
from dynamics.settings import finite, quoted

if TYPE_CHECKING:
    from dynamics.inspection.checks import Findings
    from dynamics.noise import Noise

MAX_DIMENSION = 12
MAX_RESIDUALS = 64
MAX_PARAMETERS = 40


@dataclass(frozen=True)
class Parameter:
    """A number that a slider moves. Where it started decides nothing, and links of one's own landscapes do not tell."""

    name: str
    default: float = field(compare=False)
    minimum: float
    maximum: float
    meaning: str = ""


@dataclass(frozen=True)
class View:
    """Axes to look along: two or three formulas in the variables, parameters and `loss`."""

    name: str
    title: str
    kind: str  # contour | surface | space | plane
    axes: tuple[str, ...]
    labels: tuple[str, ...]
    box: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ManifoldPiece:
    """A parametrized piece of Γ: a curve in u, or a surface in u and v."""

    ranges: tuple[tuple[str, str], ...]
    points: tuple[str, ...]
    samples: tuple[int, ...]


@dataclass(frozen=True)
class Landscape:
    """L : R^D → R with L ≥ 0. Points X have shape (..., D), float64; whatever has another raises ValueError, with a sentence.

    Build one by `dynamics.landscape(name)`, `Landscape.from_residuals` or `Landscape.from_loss`.
    """

    definition: Definition
    values: tuple[float, ...] = ()
    name: str = "custom"
    title: str = "Your own landscape"
    text: str = ""
    parameters: tuple[Parameter, ...] = ()
    start: tuple[float, ...] = ()
    views: tuple[View, ...] = ()
    manifold: tuple[ManifoldPiece, ...] = ()
    suggestions: tuple[tuple[str, Any], ...] = ()  # learning_rate, horizon, noise: what a page opens with

    @staticmethod
    def from_residuals(
        residuals: Sequence[str], variables: Sequence[str], parameters: Mapping[str, Any] | None = None
    ) -> Landscape:
        """L = (1/2n) Σ f_i² for residual formulas f_i in the variables (and named parameter values).

        Raises ValueError with a sentence for text that is not a formula, or more than 12 variables.
        """
        residuals = _listed(residuals, "residuals")
        if not 1 <= len(residuals) <= MAX_RESIDUALS:
            raise ValueError(f"Give between 1 and {MAX_RESIDUALS} residuals.")
        return _built(variables, {} if parameters is None else parameters, {"residuals": tuple(residuals)})

    @staticmethod
    def from_loss(loss: str, variables: Sequence[str], parameters: Mapping[str, Any] | None = None) -> Landscape:
        """Any smooth L ≥ 0 by its formula. Raises ValueError like `from_residuals`."""
        return _built(variables, {} if parameters is None else parameters, {"loss": loss})

    def with_parameters(self, **parameters: float) -> Landscape:
        """The same landscape at other parameter values. Raises ValueError for an unknown name or a value out of range."""
        specs = {spec.name: spec for spec in self.parameters}
        values = dict(zip(self.definition.parameters, self.values, strict=True))
        for name, value in parameters.items():
            if name not in values:
                known = ", ".join(values) or "none"
                raise ValueError(f"The landscape “{self.name}” has no parameter “{name}”. It has: {known}.")
            number = _number(name, value)
            spec = specs.get(name)
            low, high = (spec.minimum, spec.maximum) if spec else (-1e9, 1e9)
            if not low <= number <= high:
                raise ValueError(f"The parameter {name} must be between {low:g} and {high:g}; not {number:g}.")
            values[name] = number
        return replace(self, values=tuple(values.values()))

    @property
    def own(self) -> Landscape:
        """The same formulas at the same values as a landscape of one's own, whose parameters keep their ranges."""
        values = self.parameter_values
        specs = (Parameter(spec.name, values[spec.name], spec.minimum, spec.maximum) for spec in self.parameters)
        return Landscape(self.definition, self.values, parameters=tuple(specs))

    @property
    def variables(self) -> tuple[str, ...]:
        return self.definition.variables

    @property
    def dimension(self) -> int:
        return len(self.definition.variables)

    @property
    def parameter_values(self) -> dict[str, float]:
        return dict(zip(self.definition.parameters, self.values, strict=True))

    @property
    def has_residuals(self) -> bool:
        return bool(self.definition.residuals)

    @property
    def latex(self) -> str:
        """The loss, typeset."""
        from dynamics.landscapes.latex import landscape_latex

        return landscape_latex(self.definition)

    def loss(self, X) -> np.ndarray:
        """L(X), (...)."""
        return self._evaluate("loss", X)[..., 0]

    def gradient(self, X) -> np.ndarray:
        """∇L(X), (..., D)."""
        return self._evaluate("gradient", X)

    def hessian(self, X) -> np.ndarray:
        """∇²L(X), (..., D, D)."""
        flat = self._evaluate("hessian", X)
        return flat.reshape(*flat.shape[:-1], self.dimension, self.dimension)

    def residuals(self, X) -> np.ndarray:
        """f(X), (..., n). ValueError in loss form."""
        self._require_residuals()
        return self._evaluate("residuals", X)

    def jacobian(self, X) -> np.ndarray:
        """J = ∂f(X), (..., n, D). ValueError in loss form."""
        self._require_residuals()
        flat = self._evaluate("jacobian", X)
        return flat.reshape(*flat.shape[:-1], len(self.definition.residuals), self.dimension)

    def third_derivative(self, X, M) -> np.ndarray:
        """T[M]_i = Σ_jk ∂_i∂_j∂_k L(X) M_jk (theory section 3), (..., D), for M (..., D, D)."""
        d = self.dimension
        X, M = points_of(X, d), numbers_of(M, "Matrices")
        if M.shape[-2:] != (d, d):
            raise ValueError(f"M is a matrix {d}×{d} a point; this one has shape {M.shape}.")
        lead = np.broadcast_shapes(X.shape[:-1], M.shape[:-2])
        both = np.concatenate([np.broadcast_to(X, (*lead, d)), np.broadcast_to(M, (*lead, d, d)).reshape(*lead, d * d)], -1)
        return evaluate_tape(quantities.third_derivative_tape(self.definition), both, self.values)

    def evaluate(self, formulas: Sequence[str], X) -> np.ndarray:
        """Formulas in the variables, parameters and `loss` at X: (..., number of formulas). ValueError for what is none."""
        return evaluate_tape(quantities.formulas_tape(self.definition, tuple(_listed(formulas, "formulas"))), X, self.values)

    def trace_hessian(self, X) -> np.ndarray:
        """tr ∇²L(X), (...)."""
        return self._evaluate("trace_hessian", X)[..., 0]

    def sharpness(self, X) -> np.ndarray:
        """λ_max of ∇²L(X), (...)."""
        return evaluate_tape(quantities.sharpness_tape(self.definition), X, self.values)[..., 0]

    def check(self, start, noise: Noise | None = None, learning_rate: float | None = None) -> Findings:
        """What to know before anything runs from `start` (D,), as sentences with numbers and remedies: see `checks.Finding`.

        Does L reach 0 from there, is it ever negative, is it smooth on Γ; dimension and pieces of Γ, and where the rank of ∇²L
        drops; sharpness, and whether η is stable; with a noise, whether Σ is a covariance, and what it leaves of the limit.
        Raises ValueError, with a sentence, only if `start` is not D finite numbers, or the learning rate is no positive number.
        """
        from dynamics.inspection.checks import check

        return check(self, start, noise, learning_rate)

    def _evaluate(self, quantity: str, X) -> np.ndarray:
        return evaluate_tape(quantities.quantity_tape(self.definition, quantity), X, self.values)

    def _require_residuals(self) -> None:
        if not self.has_residuals:
            raise ValueError("This landscape is given by its loss; it has no residuals.")


def free_range(value: float) -> tuple[float, float]:
    """Between which values a parameter may move that has no range: from a quarter of its value to four times it."""
    return (-1.0, 1.0) if value == 0 else (min(value / 4, 4 * value), max(value / 4, 4 * value))


def _built(variables: Sequence[str], parameters: Mapping[str, Any], form: dict) -> Landscape:
    if isinstance(variables, str):
        variables = [part.strip() for part in variables.split(",")]
    variables = _listed(variables, "variables")
    if not isinstance(parameters, Mapping):
        raise ValueError(f"The parameters are values by name, such as {{'a': 1.0}}; not {quoted(parameters)}.")
    if not 1 <= len(variables) <= MAX_DIMENSION:
        raise ValueError(f"A landscape has between 1 and {MAX_DIMENSION} variables; this one has {len(variables)}.")
    if len(parameters) > MAX_PARAMETERS:
        raise ValueError(f"A landscape has at most {MAX_PARAMETERS} parameters; this one has {len(parameters)}.")
    names = tuple(formula.check_name(name) for name in (*variables, *parameters))
    if twice := [name for k, name in enumerate(names) if name in names[:k]]:
        raise ValueError(f"“{twice[0]}” names two variables or parameters: give each a name of its own.")
    if residuals := form.get("residuals"):
        form = {"residuals": tuple(_canonical(text, names, k, len(residuals)) for k, text in enumerate(residuals))}
    else:
        form = {"loss": formula.canonical(form["loss"], names)}
    definition = Definition(names[: len(variables)], names[len(variables) :], **form)
    budget.check(definition)
    _check_variables(landscape_graph(definition))
    return Landscape(definition, tuple(_number(name, value) for name, value in parameters.items()))


def _listed(texts: Any, what: str) -> list[str]:
    """One text, or several. Raises ValueError for what is neither."""
    try:
        given = [texts] if isinstance(texts, str) else list(texts)
    except TypeError:
        given = [texts]
    if not all(isinstance(text, str) for text in given):
        raise ValueError(f"The {what} are a list of texts; not {quoted(texts)}.")
    return given


def _number(name: str, value: Any) -> float:
    number = finite(value)
    if number is None:
        raise ValueError(f"The parameter {name} must be a number; not {quoted(value)}.")
    return number


def _canonical(text: str, names: tuple[str, ...], index: int, count: int) -> str:
    try:
        return formula.canonical(text, names, equation=True)
    except formula.FormulaError as error:
        if count == 1:
            raise
        raise error.within(f"Residual {index + 1}") from error


@alone
def _check_variables(graph: LandscapeGraph) -> None:
    """Refuse a loss, or a residual, that does not change with the variables."""
    definition = graph.definition
    texts = definition.residuals or (definition.loss,)
    moved = ca.which_depends(graph.loss if graph.residuals is None else graph.residuals, graph.x, 1, True)
    for text, moves in zip(texts, moved, strict=True):
        if not moves:
            what = "residual" if definition.residuals else "loss"
            raise formula.FormulaError(
                f"The {what} “{formula.shortened(text)}” does not change with {', '.join(definition.variables)}: "
                "it is 0 everywhere or nowhere.", 0,
            )  # fmt: skip
