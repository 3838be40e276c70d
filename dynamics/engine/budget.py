"""What a landscape and an experiment cost, estimated before anything is built.

Derivatives are counted on the syntax trees, by forward differentiation: for which variables, pairs and triples of variables the
first, second and third derivatives of each part of a formula are not zero, and how many products and sums make them. The count is
within a factor of two of what is built where that is long (seen on nets, nested functions and random formulas).
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dynamics.engine import formula
from dynamics.engine.graph import MAX_TENSOR, Definition

MAX_OPERATIONS = 36_000  # of a step of the limit, the longest tape: all tapes of so many take two to three seconds to build
MAX_MATRIX = 5_000  # parts of a covariance's formulas
LIMIT_STEPS = 25  # of a path of the limit, at least, for each substep
LONGEST_PATH = 4.0  # MAX_WORK, which the limit's paths may take between them where Γ turns sharply, on top of what is foreseen
MOST_STEPS = 2e7  # of a path of the limit
MAX_WORK = 2e12  # operations of all steps of all paths: about ten minutes on two cores
SECONDS_OF_OPERATION, SECONDS_OF_DRAW, BYTES_OF_OPERATION = 0.7e-9, 5e-9, 2_000  # measured, on one core


@dataclass(frozen=True)
class Operations:
    """How many operations a loss and its derivatives take, and the algebra of matrices in a step of the limit."""

    value: int
    gradient: int
    hessian: int
    third: int
    algebra: int

    @property
    def total(self) -> int:
        """Of a step of the limiting SDE, the longest of what is built."""
        return 4 * (self.value + self.gradient) + self.hessian + self.third + self.algebra


class _Counter:
    """The sums of operations, and the algebra of what derivatives reach, as sets of bits: i, i·D + j, (i·D + j)·D + k."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.counts = [0, 0, 0, 0]

    def outer(self, left: int, right: int, width: int) -> int:
        """All pairs of a bit of `left` with one of `right`, of which there are `width`."""
        product, position = 0, 0
        while left:
            if left & 1:
                product |= right << (position * width)
            left >>= 1
            position += 1
        return product

    def add(self, *counts: int) -> None:
        for order, count in enumerate(counts):
            self.counts[order] += count


@dataclass(frozen=True)
class _Reach:
    """A part of a formula: the variables, pairs (i ≤ j) and triples that its derivatives are not zero for."""

    counter: _Counter
    variables: int = 0
    pairs: int = 0
    triples: int = 0
    number: float | None = None  # of a literal

    def _union(self, other: _Reach) -> _Reach:
        return _Reach(self.counter, self.variables | other.variables, self.pairs | other.pairs, self.triples | other.triples)

    def __add__(self, other: _Reach) -> _Reach:
        shared = ((self.variables & other.variables), (self.pairs & other.pairs), (self.triples & other.triples))
        self.counter.add(1, *(bits.bit_count() for bits in shared))
        return self._union(other)

    __sub__ = __add__

    def __neg__(self) -> _Reach:
        self.counter.add(1, self.variables.bit_count(), self.pairs.bit_count(), self.triples.bit_count())
        return self if self.number is None else _Reach(self.counter, number=-self.number)

    def __mul__(self, other: _Reach) -> _Reach:
        counter, d = self.counter, self.counter.dimension
        union = self._union(other)
        if not self.variables or not other.variables:
            counter.add(1, union.variables.bit_count(), union.pairs.bit_count(), union.triples.bit_count())
            return union
        pairs = counter.outer(self.variables, other.variables, d) | counter.outer(other.variables, self.variables, d)
        triples = 0
        if d <= MAX_TENSOR:
            for one, two in ((self, other), (other, self)):
                triples |= counter.outer(one.pairs, two.variables, d) | counter.outer(one.variables, two.pairs, d * d)
        counter.add(
            1, self.variables.bit_count() + other.variables.bit_count() + (self.variables & other.variables).bit_count(),
            self.pairs.bit_count() + other.pairs.bit_count() + 2 * pairs.bit_count(),
            self.triples.bit_count() + other.triples.bit_count() + 2 * triples.bit_count(),
        )  # fmt: skip
        return _Reach(counter, union.variables, union.pairs | pairs, union.triples | triples)

    def squared(self) -> None:
        """A residual in the loss: its square, whose second derivatives are constant where the residual is linear."""
        if self.pairs:
            self * self
        else:
            self.counter.add(1, 2 * self.variables.bit_count())

    def through(self, operations: int = 1) -> _Reach:
        """A function of this part."""
        counter, d = self.counter, self.counter.dimension
        if not self.variables:
            counter.add(operations)
            return self
        pairs = self.pairs | counter.outer(self.variables, self.variables, d)
        triples = self.triples
        if d <= MAX_TENSOR:
            triples |= counter.outer(pairs, self.variables, d) | counter.outer(self.variables, pairs, d * d)
        counter.add(operations, 3 + self.variables.bit_count(), 3 + 2 * pairs.bit_count(), 3 + 3 * triples.bit_count())
        return _Reach(counter, self.variables, pairs, triples)

    def __truediv__(self, other: _Reach) -> _Reach:
        return self * (other.through() if other.variables else other)


def _power(base: _Reach, exponent: _Reach) -> _Reach:
    if exponent.variables:
        return (base.through() * exponent).through()
    if exponent.number is None or exponent.number != int(exponent.number) or abs(exponent.number) > formula.MAX_INTEGER_POWER:
        return base.through()
    power, factors = base, int(abs(exponent.number))
    for digit in bin(factors)[3:]:  # repeated squaring, as the graph has it
        power = power * power
        power = power * base if digit == "1" else power
    return power.through() if exponent.number < 0 else power


_FUNCTIONS: Mapping[str, Callable[..., _Reach]] = (
    dict.fromkeys(formula.ONE_ARGUMENT, _Reach.through)
    | dict.fromkeys(("atan2", "min", "max"), lambda one, other: (one + other).through())
    | {"softplus": lambda one: one.through(8), "sigmoid": lambda one: one.through(3), "pow": _power}
)


@lru_cache(maxsize=512)
def operations(definition: Definition) -> Operations:
    """The operations that the derivatives of a landscape take, at most about; found without building them.

    Raises formula.FormulaError where a formula is not one.
    """
    dimension = len(definition.variables)
    counter = _Counter(dimension)
    names = (*definition.variables, *definition.parameters)
    symbols = {name: _Reach(counter, 1 << k if k < dimension else 0) for k, name in enumerate(names)}
    symbols |= dict.fromkeys(formula.CONSTANTS, _Reach(counter))

    def number(value: float) -> _Reach:
        return _Reach(counter, number=float(value))

    trees = [formula.parse(text, names) for text in definition.residuals or (definition.loss,)]
    parts = [formula.translate(tree, symbols, _FUNCTIONS, number) for tree in trees]
    if definition.residuals:
        for part in parts:
            part.squared()  # the loss is the sum of the squares
    value, gradient, hessian, third = counter.counts
    third = third // 4 if dimension <= MAX_TENSOR else 2 * hessian
    straight = definition.residuals and not any(part.pairs for part in parts)  # H and its frame are constant
    algebra = 0 if straight else _algebra(dimension, len(definition.residuals))
    return Operations(value, gradient, hessian // 2, third, algebra)


def _algebra(dimension: int, samples: int) -> int:
    """The products of matrices in a step of the limit, where the noise has a column for each sample, or each variable."""
    columns, rank = max(samples, dimension), max(1, min(samples or dimension, dimension - 1))
    return 2 * columns * rank * dimension + columns * dimension**2 + 6 * dimension**2 * rank


def check(definition: Definition) -> None:
    """Refuse formulas whose derivatives are too long, before they are built. Raises formula.FormulaError, with what to lower."""
    needed = operations(definition)
    if needed.total <= MAX_OPERATIONS:
        return
    remedy = "give shorter or less nested formulas, or fewer variables"
    if 2 * needed.algebra > needed.total:
        remedy = "give fewer residuals or fewer variables"
    elif len(definition.residuals) > 1:
        remedy = "give fewer residuals, shorter or less nested ones, or fewer variables"
    raise formula.FormulaError(
        f"The limit of this landscape takes about {_rounded(needed.total)} operations a step, and {MAX_OPERATIONS:,} are allowed.",
        0, remedy,
    )  # fmt: skip


def check_matrix(rows: Sequence[Sequence[str]], definition: Definition) -> None:
    """Refuse a matrix of formulas that is too long to build. Raises formula.FormulaError."""
    names = (*definition.variables, *definition.parameters)
    parts = sum(sum(isinstance(node, ast.expr) for node in ast.walk(formula.parse(entry, names))) for row in rows for entry in row)
    if parts > MAX_MATRIX:
        sentence = f"The formulas of the covariance have {parts:,} parts, and {MAX_MATRIX:,} are allowed."
        raise formula.FormulaError(sentence, 0, "give shorter ones")


@dataclass(frozen=True)
class Cost:
    """What an experiment takes, about: operations of one path's step, steps of all paths, seconds on this machine, bytes."""

    step_operations: int  # of SGD
    limit_operations: int  # of the limiting SDE
    path_steps: float
    limit_steps: int  # of a path of the limit, about: more where Γ turns sharply
    limit_path_steps: float
    seconds: float
    bytes: float

    @property
    def work(self) -> float:
        """Operations of SGD, over all steps of all paths."""
        return self.path_steps * self.step_operations

    @property
    def limit_work(self) -> float:
        return self.limit_path_steps * self.limit_operations

    @property
    def most_limit_steps(self) -> float:
        """Of a path of the limit: its steps are no shorter than the horizon by this, however sharply Γ turns."""
        return max(self.limit_steps, min(MOST_STEPS, LONGEST_PATH * MAX_WORK * self.limit_steps / self.limit_work))


def estimated_cost(experiment) -> Cost:
    """What an Experiment takes, before it is carried out: for showing, and for `Experiment` to refuse what takes too long."""
    landscape = experiment.landscape
    needed = operations(landscape.definition)
    step = round(step_operations(landscape.definition) * experiment.optimizer.gradients)
    path_steps = float(experiment.path_steps)
    limit_steps = LIMIT_STEPS * experiment.substeps + experiment.frames
    limit_path_steps = float(experiment.paths) * limit_steps
    draws = landscape.dimension * (path_steps + limit_path_steps)
    work = step * path_steps + needed.total * limit_path_steps
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Cost(
        step_operations=step,
        limit_operations=needed.total,
        path_steps=path_steps,
        limit_steps=limit_steps,
        limit_path_steps=limit_path_steps,
        seconds=(SECONDS_OF_OPERATION * work + SECONDS_OF_DRAW * draws) / cores,
        bytes=8.0 * experiment.paths * experiment.frames * landscape.dimension + BYTES_OF_OPERATION * needed.total,
    )


def cost_summary(experiment) -> str:
    """How long an Experiment takes, about, and how much memory."""
    cost = experiment.cost
    return f"A run takes {_seconds(cost)} and {max(1, round(cost.bytes / 2**20)):,} MB."


def _seconds(cost: Cost) -> str:
    return "less than a second" if cost.seconds < 1 else f"about {_rounded(cost.seconds)} s"


def cost_sentence(experiment) -> str:
    """Operations × paths × steps of an Experiment, about how long they take, and what to lower for less."""
    cost, paths = experiment.cost, f"{experiment.paths:,} paths"
    seconds = _seconds(cost)
    sgd = f"{_rounded(cost.step_operations)} operations × {paths} × {experiment.steps:,} steps"
    limit = f"{_rounded(cost.limit_operations)} × {paths} × {cost.limit_steps:,} steps, more where Γ turns sharply"
    lower = "frames, substeps or paths" if cost.limit_work > cost.work else "paths, a shorter horizon or a larger learning rate"
    return f"A run takes {seconds}: SGD {sgd}; the limit {limit}. For less, take fewer {lower}."


def step_operations(definition: Definition) -> int:
    """Operations of a step of SGD, about: the loss, its gradient, and noise in each variable."""
    needed = operations(definition)
    return needed.value + needed.gradient + 2 * len(definition.variables)


def _rounded(number: float) -> str:
    """Two digits of a count."""
    return f"{float(f'{number:.1e}'):,.0f}"
