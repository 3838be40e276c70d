"""What the noises share whose strength is given: law, heavy tails, memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from dynamics.engine.randomness import Draw
from dynamics.noise.base import Noise
from dynamics.settings import Number, in_words

STRENGTH = ("gaussian", "rademacher", "student")  # the laws that such a noise can have

FREEDOM = Number(
    name="freedom", title="number of degrees of freedom", heading="Degrees of freedom", symbol="ν",
    minimum=0.5, maximum=1000.0, step=0.5, default=3.0,
    meaning=(
        "How heavy the tails are: the fewer, the heavier. Try 2 or fewer: the variance is infinite, and the theorem "
        "says nothing."
    ),
)  # fmt: skip
MEMORY = Number(
    name="memory", title="memory of the noise", heading="Memory", symbol="ρ", minimum=0.0, maximum=0.99, step=0.1, default=0.0,
    meaning="The probability that a step repeats the noise of the step before. The theorem is about 0: try 0.5.",
)  # fmt: skip


def scale_setting(heading: str, symbol: str, unit: str) -> Number:
    """The standard deviation of a noise whose strength is one number, in units of `unit`."""
    return Number(
        name="scale", title="noise scale, a standard deviation,", heading=heading, symbol=symbol, minimum=0.0, maximum=1000.0,
        step=0.1, default=1.0,
        meaning=(
            f"The standard deviation of the noise in each step, in units of {unit}; 0 is none. The limit’s speed goes with its "
            "square: try twice as much."
        ),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FreeNoise(Noise):
    """Noise of a strength that is given, whose law and memory can be chosen.

    `freedom` is Student's ν; other laws have none, and it is put back to its default. `memory` is ρ.
    """

    freedom: float = FREEDOM.default
    memory: float = MEMORY.default

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.law != "student":
            object.__setattr__(self, "freedom", FREEDOM.default)

    @property
    def canonical(self) -> Noise:
        return replace(self, freedom=FREEDOM.default, memory=MEMORY.default)

    @property
    def assumption(self) -> str:
        sentences = []
        if self.law == "student" and self.freedom <= 2:
            sentences.append(
                f"The theorem needs noise of finite variance, and Student's t with ν = {self.freedom:g} ≤ 2 has none: "
                "the limit shown is that of Gaussian noise of this scale."
            )
        if self.memory:
            sentences.append(
                "The theorem needs noise that is independent from step to step; here a step repeats the noise of the step before "
                f"with probability ρ = {self.memory:g}."
            )
        return " ".join(sentences)

    def _unit_draw(self, size: int) -> Draw:
        return Draw("student", size, freedom=self.freedom) if self.law == "student" else super()._unit_draw(size)

    def _remembered(self, *draws: Draw) -> tuple[Draw, ...]:
        return (*draws, Draw("repeat", 0, probability=self.memory)) if self.memory else draws

    @property
    def _law_in_words(self) -> str:
        freedom = f" with ν = {in_words(self.freedom)} degrees of freedom" if self.law == "student" else ""
        repeats = f", repeated from step to step with probability ρ = {in_words(self.memory)}" if self.memory else ""
        return super()._law_in_words + freedom + repeats


@dataclass(frozen=True, kw_only=True)
class ScaledNoise(FreeNoise):
    """Noise whose strength is one number, which a slider moves."""

    face: ClassVar[tuple[str, ...]] = ("scale",)
    scale: float = 1.0

    @property
    def values(self) -> tuple[float, ...]:
        return (self.scale,)

    @property
    def canonical(self) -> Noise:
        return replace(super().canonical, scale=1.0)  # type: ignore[call-arg]
