"""Gradient noise: what SGD adds to ∇L, and its covariance Σ (theory sections 1 and 3).

Each noise says three things as graphs: the stochastic gradient that one SGD step uses, a factor σ with Σ = σσᵀ, and which random
numbers a step consumes. Two laws with one Σ have one limit.

Noise outside the theorem's assumptions can be had too; `assumption` says which one fails:
- Student's t with ν degrees of freedom. For ν > 2 it has the covariance Σ, and the limit is that of Gaussian noise, approached more
  slowly. For ν ≤ 2 the variance is infinite: the numbers drawn are t itself, unscaled, and Σ is only what they are multiplied by.
- Memory ρ: with probability ρ a step repeats the draws of the step before, whatever their law. So the covariance at each step
  is Σ still, and that of steps m apart is ρ^m Σ, as for an autoregression of first order. The limit computed is that of ρ = 0.
  SGD's own: the increment of Φ is −ηGz + ½η² ∂²Φ[σzzᵀσᵀ], with G = ∂Φ σ and z the draws, and Gz has a mean, because x holds
  −ησz of earlier steps: −η Σ_m ρ^m Σ_a ∂G_a[σ_a]. By ∂G_a[σ_a] = ∂²Φ[σ_a, σ_a] + ∂Φ ∂σ_a[σ_a] the drift of the limit becomes
      ½ (1+ρ)/(1−ρ) ∂²Φ[Σ] + ρ/(1−ρ) P Σ_a ∂σ_a[σ_a],   and the diffusion is that of (1+ρ)/(1−ρ) Σ.
  So where σ does not depend on x, memory multiplies Σ by (1+ρ)/(1−ρ). For label noise P Σ_a ∂σ_a[σ_a] = ½ c P ∇tr H, which takes
  back exactly what the first term adds: memory does not change its limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import casadi as ca
import numpy as np

from dynamics import settings
from dynamics.engine.building import built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.randomness import Draw
from dynamics.engine.tape import Tape, compile_tape
from dynamics.settings import Choice, Setting

LAWS = {"gaussian": "Gaussian", "rademacher": "±1", "student": "Student’s t", "sampling": "Sampling itself"}
IN_WORDS = {"gaussian": ", Gaussian", "rademacher": ", ±1", "sampling": "", "student": ", Student's t"}


def law_setting(kind: str, *laws: str) -> Choice:
    """The laws that noise of this kind can be drawn from; the first is its default."""
    return Choice(
        name="law", title=f"law of {kind} noise", heading="Noise drawn from",
        options={law: LAWS[law] for law in laws}, default=laws[0],
        meaning="What each step’s noise is drawn from. Try another law: with the same covariance the limit is the same.",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Noise:
    """The face of every noise. `values` are the numbers a slider moves: inputs of the tape, never part of it.

    A kind is one file. It has a `kind` (its name in links), a `title`, and `settings`, one for each of its fields; those named in
    `face` stand beside its name, the others among the details. Whoever writes one keeps to this:

    - `stochastic_gradient` has the mean ∇L and the covariance σσᵀ of `factor`, at every point, for every law.
    - What a slider moves is in `values`, and `canonical` is without it; all else of the noise is part of the tape.
    - `draws` says all the random numbers of a step, in the order in which `stochastic_gradient` takes them.
    - Where Σ is no covariance, `factor` is NaN: the path freezes there, and is counted.
    - What the theorem does not cover says so in `assumption`.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    face: ClassVar[tuple[str, ...]] = ()
    remark: ClassVar[str] = ""  # beside its controls
    needs_residuals: ClassVar[bool] = False
    law: str = "gaussian"

    def __post_init__(self) -> None:
        settings.check_fields(self, self.settings)

    @classmethod
    def setting(cls, name: str) -> Setting:
        """A setting of this kind by its name. Raises KeyError for none."""
        return settings.table(*cls.settings)[name]

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        return settings.defaults_of(cls.settings)

    @classmethod
    def of_query(cls, query: Mapping[str, str], base: Noise | None = None) -> Self:
        """The noise of this kind that a link's `noise.` keys say; what they leave out is as in `base`.

        Raises ValueError, with a sentence.
        """
        names = [key.removeprefix("noise.") for key in query if key.startswith("noise.")]
        if unknown := sorted(set(names) - set(cls.defaults())):
            raise ValueError(f"{cls.kind.capitalize()} noise has no setting “{unknown[0][:40]}”.")
        kept = {name: getattr(base, name) for name in cls.defaults()} if base is not None else {}
        return cls(**kept | settings.read(cls.settings, query, cls.defaults(), settings.strict, "noise."))

    def to_query(self) -> dict[str, str]:
        """This noise's part of a link."""
        return {"noise": self.kind} | settings.written(self.settings, self, self.defaults(), "noise.")

    @property
    def values(self) -> tuple[float, ...]:
        return ()

    @property
    def canonical(self) -> Noise:
        """This noise with every slider's number set to a fixed one: noises with one canonical form share their tapes."""
        return self

    def plain(self, names: tuple[str, ...]) -> Noise:
        """This noise with its formulas, if any, in plain form: what links hold. `names` are those of the landscape."""
        return self

    @property
    def assumption(self) -> str:
        """The sentence that says which assumption of the theorem this noise breaks, or nothing."""
        return ""

    def check(self, landscape: LandscapeGraph) -> None:
        """Raise ValueError, with a sentence, if this noise cannot act on the landscape."""
        if self.needs_residuals and landscape.residuals is None:
            raise ValueError(
                f"{self.kind.capitalize()} noise samples residuals, and this landscape is given by its loss only. "
                "Give the residuals f_i, or choose isotropic or covariance noise."
            )

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        raise NotImplementedError

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        """∇L(x) + ξ, (D,), from this step's draws."""
        raise NotImplementedError

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        """σ(x), (D, m), with Σ = σσᵀ."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """This noise in a caption."""
        raise NotImplementedError

    @property
    def _law_in_words(self) -> str:
        return "" if self.law == self.setting("law").default else IN_WORDS[self.law]

    def covariance(self, landscape, X) -> np.ndarray:
        """Σ(X), (..., D, D), for X of shape (..., D)."""
        sigma = _factor(landscape, self, X)
        return sigma @ np.swapaxes(sigma, -1, -2)

    def _unit_draw(self, size: int) -> Draw:
        return Draw("normal" if self.law == "gaussian" else "sign", size)


@built_once(256)
def _factor_tape(definition: Definition, noise: Noise) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values = ca.SX.sym("values", len(noise.values))
    factor = noise.factor(landscape, values)
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), [factor.T]), factor.size2()


def _factor(landscape, noise: Noise, X: np.ndarray) -> np.ndarray:
    """σ(X), (..., D, m), with Σ = σσᵀ."""
    tape, columns = _factor_tape(landscape.definition, noise.canonical)
    flat = evaluate_tape(tape, X, (*landscape.values, *noise.values))
    return flat.reshape(*flat.shape[:-1], landscape.dimension, columns)


def one_hot(index: ca.SX, samples: int) -> ca.SX | Sequence[float]:
    if samples == 1:
        return ca.SX(1)
    return ca.vertcat(*(index == j for j in range(samples)))
