"""Sharpness-aware minimization: the gradient is taken a distance ρ uphill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Limiting, Site, flow_coefficients
from dynamics.noise import Noise
from dynamics.noise.base import one_hot
from dynamics.optimizers.base import NOTHING, Step, direction
from dynamics.optimizers.finite_rate import SamAtFiniteRate
from dynamics.optimizers.terms import Term, own
from dynamics.optimizers.weight_noise import DOWN_THE_TRACE, OfRadius, down_the_trace
from dynamics.settings import in_words

FAR = 0.25  # of ρ/η, beyond which it is not small
MET = 1e-3  # of λ₁: λ₂ is no farther from it
MOMENTS = 200  # at which that is looked at


def along_top(site: Site) -> ca.SX:
    """P∇λ₁ = P T[v₁v₁ᵀ], (D,)."""
    top = site.frame.normals[0, :].T
    return site.frame.tangent(site.landscape.third_derivative(top @ top.T))


def where_sharpest_meet(landscape: Landscape, times: np.ndarray, path: np.ndarray) -> str:
    """The sentence that says when λ₁ is no simple eigenvalue along a path (F, D) of Γ at times (F,); nothing where it is."""
    kept = np.isfinite(path).all(axis=-1)
    times, path = (values[kept][:: max(1, len(path) // MOMENTS)] for values in (times, path))
    if not len(path) or landscape.dimension < 2:
        return ""
    second, first = np.linalg.eigvalsh(landscape.hessian(path.astype(float)))[:, -2:].T
    met = second > (1 - MET) * first
    if not met.any():
        return ""
    return (
        f"From t = {in_words(float(times[met.argmax()]), 3)} on the limit is where λ₁ and λ₂ are equal, and its theory is about a "
        "simple λ₁: there the orbit may stay along the one, where nothing couples it to the other, though that becomes larger."
    )


@dataclass(frozen=True, kw_only=True)
class SharpnessAware(OfRadius):
    """x ← x − η ∇L(x + ρ ∇L/‖∇L‖), full batch: dY/dt = −½ P∇λ₁ at t = kηρ² (Wen, Ma, Li 2023).

    Across Γ it ends on an orbit of period two along v₁.
    """

    name: ClassVar[str] = "sam"
    title: ClassVar[str] = "SAM, full batch"
    short: ClassVar[str] = "SAM"
    own_terms: ClassVar[tuple[Term, ...]] = (own("Descent of λ₁", "−½ P∇λ₁", r"-\tfrac12 P\,\nabla\lambda_1"),)
    descends: ClassVar[str] = "λ₁"
    goes_by_direction: ClassVar[bool] = True

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        uphill = at.x + at.own[0] * direction(at.gradient())
        return at.x - at.learning_rate * at.gradient(uphill), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return flow_coefficients(-along_top(site) / 2)

    def at_finite_rate(self, landscape: Landscape, noise: Noise, rank: int) -> Limiting | None:
        return SamAtFiniteRate() if rank == 1 else None

    @property
    def assumption(self) -> str:
        return "η ln(1/ρ) and ρ/η go to 0, and the orbit across Γ lies along v₁."

    def warning(self, landscape: Landscape, point: np.ndarray, learning_rate: float) -> str:
        if self.radius <= FAR * learning_rate:
            return ""
        ratio = in_words(self.radius / learning_rate, 2)
        return f"The limit of SAM assumes ρ/η → 0, and here it is {ratio}: take a smaller ρ."

    def warning_along(self, landscape: Landscape, times: np.ndarray, path: np.ndarray) -> str:
        return where_sharpest_meet(landscape, times, path)


@dataclass(frozen=True, kw_only=True)
class OneSam(OfRadius):
    """SAM on one drawn sample, its own gradient and norm: dY/dt = −½ P∇tr H at t = kηρ² (Wen, Ma, Li 2023).

    On Γ a sample's Hessian is ∇f_i∇f_iᵀ, of rank one, whose sharpness is its trace.
    """

    name: ClassVar[str] = "one_sam"
    title: ClassVar[str] = "SAM on one sample"
    short: ClassVar[str] = "1-SAM"
    own_terms: ClassVar[tuple[Term, ...]] = (DOWN_THE_TRACE,)
    descends: ClassVar[str] = "tr H"
    goes_by_direction: ClassVar[bool] = True

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        if not landscape.has_residuals:
            raise ValueError("SAM on one sample needs samples, and this landscape is given by its loss only: give residuals f_i.")

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("sample", 1, samples=landscape.residuals.numel()),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        land = at.landscape
        chosen = one_hot(at.kicks[0], land.residuals.numel())
        own = land.jacobian.T @ (chosen * land.residuals)
        uphill = at.x + at.own[0] * direction(own)
        return at.x - at.learning_rate * land.at(own, uphill), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return down_the_trace(site)

    @property
    def assumption(self) -> str:
        return "η ln(1/ρ) and ρ/η go to 0; every sample’s Hessian has rank one on Γ."

    warning = SharpnessAware.warning
