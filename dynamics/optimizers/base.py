"""The face of an optimizer, and its paths as a tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

import casadi as ca
import numpy as np

from dynamics import settings as declared
from dynamics.arrays import points_of
from dynamics.engine.building import built_once
from dynamics.engine.ensemble import TapeStepper
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.randomness import SGD, Draw
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.drift import LimitDrift, drift_of
from dynamics.limit.limiting import Limiting
from dynamics.noise import LabelNoise, Noise
from dynamics.optimizers.measures import MEASURES, TRACE, Measure
from dynamics.optimizers.terms import OF_NOISE, Term
from dynamics.settings import Number, Refuse, Setting, Switch, strict

SLOW_CLOCK, FAST_CLOCK = "kη²", "kη"
UNIT_VECTOR = 1e-300  # beside a length: the direction of 0 is 0
OFF = 1e-9  # relative to 1 + ‖x‖


class Step(NamedTuple):
    """What a step has to go by, as graphs."""

    landscape: LandscapeGraph
    noise: Noise
    noise_values: ca.SX
    draws: ca.SX  # the noise's
    kicks: ca.SX  # the optimizer's own
    learning_rate: ca.SX
    state: ca.SX  # (R,) what it keeps from step to step besides x
    own: ca.SX  # the optimizer's own values

    @property
    def x(self) -> ca.SX:
        return self.landscape.x

    def gradient(self, at: ca.SX | None = None) -> ca.SX:
        """∇L, (D,), at x or at another point."""
        return self.landscape.gradient if at is None else self.landscape.at(self.landscape.gradient, at)

    def stochastic_gradient(self, at: ca.SX | None = None, draws: ca.SX | None = None) -> ca.SX:
        """∇L + ξ, (D,), at x or at another point, from the noise's draws or from others."""
        here = self.noise.stochastic_gradient(self.landscape, self.noise_values, self.draws if draws is None else draws)
        return here if at is None else self.landscape.at(here, at)


@dataclass(frozen=True, kw_only=True)
class Optimizer(Limiting):
    """What moves x in a step, and what becomes of that on Γ. An optimizer is one file; whoever writes one keeps to this:

    1. `step` is a graph of what a `Step` has: it looks neither ahead nor back, but to `state`, of `rows` numbers from `begin` on.
    2. Gradient noise comes from the noise alone, so that every noise, law and memory works with it; other draws are `kicks`.
    3. Numbers that a slider moves are inputs of the tape (`slides`, `own_values` of the limit), never part of it: `canonical`.
    4. `slow_time` says how far a step goes on the clock of the limit: the limit runs to the horizon T on that clock.
    5. Beyond `stable` / λ_max as learning rate it leaves a quadratic valley without noise.
    6. The limit is that of `Limiting`, whose contract it keeps; it is derived, or cited, where it is written. What its drift has
       that is not the noise's is named in `own_terms`.
    7. What is not finite freezes the path at the last point it held, and is counted: `step` hides nothing.
    8. What is wrong with its settings for a landscape and a noise `check` refuses; what the theory assumes is in `assumption`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str] = ""  # on the picture; else the title
    settings: ClassVar[tuple[Setting, ...]] = ()
    slides: ClassVar[tuple[str, ...]] = ()  # those of them that are numbers of the tape
    clock: ClassVar[str] = SLOW_CLOCK  # what the slow time t is
    fast_clock: ClassVar[str] = FAST_CLOCK  # and the fast time τ
    descends: ClassVar[str] = ""  # what its limit flows down, whatever the noise; empty: that depends on the noise
    uses_noise: ClassVar[bool] = True  # else it takes the full gradient, and the gradient noise has no part in it
    through_flow: ClassVar[bool] = False  # its limit is that of SGD, so that the projective scheme is right for it
    goes_by_direction: ClassVar[bool] = False  # of the gradient, so that it has to begin off Γ
    gradients: ClassVar[float] = 1.0  # that a step computes, about
    ends: ClassVar[str] = ""  # where its limit ends, besides where H loses rank: it reached a point where …
    settles: ClassVar[str] = ""  # in which limit its slow variables are at once where they would settle, and what they are
    own_terms: ClassVar[tuple[Term, ...]] = ()  # of its limit's drift, what is not the noise's; one at most
    scales: ClassVar[bool] = False  # its steps, by `metric`, so that `stable` is not about λ_max of H itself

    def __post_init__(self) -> None:
        declared.check_fields(self, self.settings)

    @property
    def label(self) -> str:
        return self.short or self.title

    # Links and sentences

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        return declared.defaults_of(cls.settings)

    @classmethod
    def of_query(cls, query: Mapping[str, str], refuse: Refuse = strict) -> Self:
        """The optimizer of this name that a link's `optimizer.` keys say."""
        names = [key.removeprefix("optimizer.") for key in query if key.startswith("optimizer.")]
        if unknown := sorted(set(names) - set(cls.defaults())):
            refuse(f"{cls.title} has no setting “{unknown[0][:40]}”.")
        return cls(**declared.read(cls.settings, query, cls.defaults(), refuse, "optimizer."))

    def to_query(self) -> dict[str, str]:
        """This optimizer's part of a link."""
        return {"optimizer": self.name} | declared.written(self.settings, self, self.defaults(), "optimizer.")

    @property
    def words(self) -> str:
        """This optimizer in a sentence: a common noun begins small, a name as it is."""
        common = self.title[1:2].islower() and not self.title.startswith(self.label)
        return self.heading[0].lower() + self.heading[1:] if common else self.heading

    @property
    def heading(self) -> str:
        """This optimizer with its settings."""
        values = [(setting, getattr(self, setting.name)) for setting in self.settings]
        said = [one.title if isinstance(one, Switch) else one.in_words(value) for one, value in values if value is not False]
        return f"{self.title} ({', '.join(said)})" if said else self.title

    def goes_down(self, noise: Noise) -> str:
        """What its limit flows down under this noise; empty where that is nothing, or not known as one quantity."""
        if self.descends or not self.through_flow:
            return self.descends
        return TRACE.name if isinstance(noise, LabelNoise) else ""

    def measure(self, noise: Noise, learning_rate: float) -> Measure | None:
        """The same as a function with a gradient."""
        return MEASURES.get(self.goes_down(noise))

    def comparable_rate(self, learning_rate: float) -> float:
        """The learning rate at which a step of it goes as far, on the clock of gradient flow, as one of SGD at this rate."""
        return learning_rate

    @property
    def assumption(self) -> str:
        """What its limit assumes besides η → 0, in a sentence, or nothing."""
        return ""

    @property
    def remark(self) -> str:
        """What a caption adds about these settings, which strains nothing; in a sentence, or nothing."""
        return ""

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        """Raise ValueError, with a sentence, if this optimizer cannot act there."""

    def warning(self, landscape: Landscape, point: np.ndarray, learning_rate: float) -> str:
        """The sentence that says which assumption these numbers strain, at a point (D,) of Γ, or nothing."""
        return ""

    def warning_along(self, landscape: Landscape, times: np.ndarray, path: np.ndarray) -> str:
        """The sentence that says which assumption fails along a path (F, D) of its limit at slow times (F,), or nothing."""
        return ""

    @property
    def calmer(self) -> str:
        """What to take besides a smaller learning rate where paths are thrown off; nothing where no noise is at work."""
        return "less noise" if self.uses_noise else " or ".join(f"a smaller {each.symbol}" for each in self._sizes)

    @property
    def _sizes(self) -> list[Number]:
        return [each for each in self.settings if isinstance(each, Number) and each.name in self.slides]

    # A step

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers of `step` that a slider moves."""
        return tuple(float(getattr(self, name)) for name in self.slides)

    @property
    def canonical(self) -> Self:
        return replace(self, **{name: self.defaults()[name] for name in self.slides})

    def rows(self, dimension: int) -> int:
        """R, the numbers that a step keeps besides x."""
        return 0

    def begin(self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
        """The state (D + R,) before the first of `steps` steps."""
        point = off_manifold(landscape, start) if self.goes_by_direction else start
        return np.concatenate([point, np.zeros(self.rows(len(start)))])

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        """The draws of a step that are not the noise's."""
        return ()

    def draws(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        """All draws of a step: the noise's, then the optimizer's own."""
        return (*(noise.draws(landscape) if self.uses_noise else ()), *self.kicks(landscape, noise))

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        """x (D,) and the state (R,) after one step."""
        raise NotImplementedError

    def step_values(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        """`values`, and what else of a run the step's tape has as numbers."""
        return self.values

    # Time

    @property
    def stability_bound(self) -> str:
        """Of the sharpness, as a formula."""
        return "2/η"

    @property
    def stable(self) -> float:
        """Of η λ_max."""
        return 2.0

    def sharpness(self, landscape: Landscape, noise: Noise, X: np.ndarray) -> np.ndarray:
        """The λ_max at points X (..., D) of Γ that `stable` is about, (...)."""
        return landscape.sharpness(X)

    def metric(self, landscape: Landscape, noise: Noise, start: np.ndarray) -> np.ndarray | None:
        """S (..., D) where its flow from `start` (..., D) to Γ is x' = −S∇L; None where that is gradient flow."""
        return None

    def slow_time(self, learning_rate: float) -> float:
        """Slow time of one step, as `clock` says; of learning rates that change, the mean."""
        return learning_rate**2

    def fast_time(self, learning_rate: float) -> float:
        """Time of one step on the clock of gradient flow; of learning rates that change, at most."""
        return learning_rate

    def fast_times(self, steps: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        """Fast time after so many of `total` steps."""
        return steps * self.fast_time(learning_rate)

    def slow_times(self, steps: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        """Slow time after so many of `total` steps."""
        return steps * self.slow_time(learning_rate)

    def steps_at(self, times: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        """After how many of `total` steps the slow times come, at least 1 each."""
        return np.maximum(1, np.round(times / self.slow_time(learning_rate))).astype(np.int64)

    def effective_rate(self, learning_rate: float) -> float | None:
        """The η for which its fluctuation about Γ has the covariance η 𝓛⁻¹Σ, to leading order; None where it has another."""
        return None

    def limit_noise(self, noise: Noise) -> Noise:
        """The gradient noise that its limit has: the experiment's, or one of its own."""
        return noise

    @property
    def has_parts(self) -> bool:
        """Whether its limit's drift has the parts that are the noise's."""
        return self.diffuses

    @property
    def terms(self) -> tuple[Term, ...]:
        """The parts of its limit's drift."""
        return (*(OF_NOISE if self.has_parts else ()), *self.own_terms)

    def finer(self, ratio: float) -> Self:
        """This optimizer as it goes with a learning rate so many times as large, on the way to its limit."""
        return self

    # Carrying out

    def stepper(
        self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, seed: int, block: int, width: int,
        *, steps: int = 0,
    ) -> TapeStepper:  # fmt: skip
        """A block of `width` paths from `start` (D,), of `steps` steps in all."""
        tape = _step_tape(self.canonical, landscape.definition, noise.canonical)
        draws = self.draws(landscape_graph(landscape.definition), noise)
        parameters = (*landscape.values, *noise.values, *self.step_values(learning_rate, steps), learning_rate)
        state = self.begin(landscape, noise, np.asarray(start, dtype=float), learning_rate, steps)
        return TapeStepper(tape, parameters, state, width, draws, (seed, SGD, block), landscape.dimension)

    def limit_drift(self, landscape: Landscape, noise: Noise, Y, learning_rate: float = 0.0) -> LimitDrift:
        """The drift of its limit at points Y (..., D) of Γ, per unit of its slow time, in parts.

        `learning_rate` matters where it is part of the limit (local SGD, of α = ηH). Slow variables are where they would settle.
        NaN at points where the limit has ended (`ends`). Raises ValueError, with a sentence, where it has at all of them, if Y is
        not on Γ, or if the Hessian's rank is not the same at every point of Y.
        """
        Y = points_of(Y, landscape.dimension)
        drift = drift_of(landscape, self.limit_noise(noise), self, learning_rate, self.slow_start(landscape, noise, Y), Y)
        if Y.size and not np.isfinite(drift.total).all(axis=-1).any():
            raise ValueError(f"The limit of {self.label} has no drift here: {self.ends or 'its coefficients are not defined'}.")
        return drift

    def at_finite_rate(self, landscape: Landscape, noise: Noise, rank: int) -> Limiting | None:
        """Its limit with the correction of first order in the learning rate, where one is known in closed form."""
        return None


@built_once(128)
def _step_tape(optimizer: Optimizer, definition: Definition, noise: Noise) -> Tape:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values, learning_rate = ca.SX.sym("values", len(noise.values)), ca.SX.sym("eta")
    own = ca.SX.sym("own", len(optimizer.step_values(1.0, 1)))
    state = ca.SX.sym("state", optimizer.rows(landscape.dimension))
    kicks = ca.SX.sym("kicks", sum(draw.size for draw in optimizer.kicks(landscape, noise)))
    draws = ca.SX.sym("draws", sum(draw.size for draw in optimizer.draws(landscape, noise)) - kicks.numel())
    point, kept = optimizer.step(Step(landscape, noise, values, draws, kicks, learning_rate, state, own))
    parameters = ca.vertcat(landscape.p, values, own, learning_rate)
    return compile_tape([landscape.x, state, draws, kicks], parameters, [point, kept])


NOTHING = ca.SX(0, 1)  # kept from step to step


def direction(vector: ca.SX) -> ca.SX:
    """The unit vector along a graph (D,); 0 where it is 0."""
    return vector / (ca.norm_2(vector) + UNIT_VECTOR)


def off_manifold(landscape: Landscape, start: np.ndarray) -> np.ndarray:
    """A start (D,) for optimizers that go by the gradient's direction: off Γ by a hair, where the gradient is 0 and has none."""
    if np.linalg.norm(landscape.gradient(start)) > 0:
        return start
    normal = landscape.hessian(start) @ np.ones(len(start))
    length = np.linalg.norm(normal)
    return start + OFF * (1 + np.linalg.norm(start)) * normal / length if length > 0 else start
