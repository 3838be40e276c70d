"""Adam and RMSProp, whose second moment is as slow as the drift along Γ: 1 − β₂ = κη²."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.tape import symmetric_eigen
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients, limit_coefficients
from dynamics.limit.frame import Frame
from dynamics.limit.limiting import Site
from dynamics.models.network import EPSILON
from dynamics.noise import LabelNoise, Noise
from dynamics.optimizers.base import Optimizer, Step
from dynamics.optimizers.measures import ROOT_OF_DIAGONAL, Measure
from dynamics.optimizers.terms import MIXED, NORMAL, TANGENT, Term, own
from dynamics.settings import Number, in_words

SMALLEST = 1e-10  # variance of the gradient in a coordinate, relative to the largest: below it there is nothing to divide by
VANISHED = 1e-4  # second moment in a coordinate, likewise: where the limit's paths end
QUICK = 0.25  # of κη, beyond which 1 − β₂ = κη² is not small against η

KAPPA = Number(
    name="kappa", title="speed of the second moment", heading="Speed of the second moment", symbol="κ", minimum=0.01, maximum=1e4,
    default=0.5,
    meaning="1 − β₂ = κη²: how fast the average of squared gradients forgets, in units of 1/slow time. Try 5 and 0.1.",
)  # fmt: skip
BETA1 = Number(
    name="beta1", title="momentum β₁", heading="Momentum", symbol="β₁", minimum=0.0, maximum=0.999, step=0.1, default=0.0,
    meaning="m ← β₁m + (1 − β₁)g: it leaves the limit and its clock as they are. 0 is RMSProp; try Adam’s usual 0.9.",
)  # fmt: skip


@dataclass(frozen=True)
class Rescaled:
    """A landscape in z = S^{−½}x, S = diag(root²): what the limit's coefficients need of it."""

    landscape: LandscapeGraph
    root: ca.SX  # (D,)

    def third_derivative(self, matrix: ca.SX) -> ca.SX:
        """T̃[M] = S^½ T[S^½ M S^½], (D,)."""
        return self.root * self.landscape.third_derivative((self.root @ self.root.T) * matrix)

    def frame(self, rank: int) -> Frame:
        """Of H̃ = S^½HS^½."""
        land = self.landscape
        if land.residuals is not None and land.residuals.numel() <= land.dimension:
            n = land.residuals.numel()
            jacobian = land.jacobian * ca.repmat(self.root.T, n, 1)
            eigenvalues, vectors, solved = symmetric_eigen(jacobian @ jacobian.T / n)
            eigenvalues, vectors = eigenvalues[:rank], vectors[:, :rank]
            scale = ca.repmat(1 / ca.sqrt(n * eigenvalues), 1, land.dimension)
            return Frame(eigenvalues, scale * (vectors.T @ jacobian), solved)
        eigenvalues, vectors, solved = symmetric_eigen((self.root @ self.root.T) * land.hessian)
        return Frame(eigenvalues[:rank], vectors[:, :rank].T, solved)


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g, v ← v + κη²(g² − v), x ← x − ηm/(√v + ε) (Li, Wen, Lyu 2511.02773).

    At t = kη² a coupled system on Γ: dv = κ(diag Σ(Y) − v) dt, and Y follows the limit of SGD in z = S^{−½}x with
    S = diag(1/(√v + ε)) frozen: H̃ = S^½HS^½, Σ̃ = S^½ΣS^½, T̃[M] = S^½T[S^½MS^½], mapped back by S^½. For κ → ∞ under label noise
    it flows down tr √Diag(H). v begins at diag Σ of the start, and there is no correction of bias.
    """

    name: ClassVar[str] = "adam"
    ends: ClassVar[str] = "the gradient’s noise vanishes in a coordinate, so that Adam divides by nothing"
    title: ClassVar[str] = "Adam"
    settles: ClassVar[str] = "κ → ∞, where v = diag Σ at all times"
    settings: ClassVar = (KAPPA, BETA1)
    slides: ClassVar = ("kappa", "beta1")
    own_values: ClassVar[int] = 1
    scales: ClassVar[bool] = True

    kappa: float = KAPPA.default
    beta1: float = BETA1.default

    @property
    def terms(self) -> tuple[Term, ...]:
        """SGD's in z = S^{−½}x, there with tildes, mapped back by S^½."""
        compensation = r"S^{1/2}\tilde H^\dagger\,\tilde T[\tilde\Sigma_\parallel]"
        return (
            Term("tangent", f"{TANGENT}, across Γ", "in z, across Γ: −½ H† T[Σ∥]", rf"-\tfrac12 (1-P)\, {compensation}"),
            Term(
                "mixed", MIXED, "in z: −P T[H† Σ⊥∥]", r"-S^{1/2}\tilde P\,\tilde T[\tilde H^\dagger\tilde\Sigma_{\perp\parallel}]"
            ),
            Term(
                "normal",
                NORMAL,
                "in z: −½ P T[ℒ⁻¹ Σ⊥]",
                r"-\tfrac12 S^{1/2}\tilde P\,\tilde T[\tilde{\mathcal L}^{-1}\tilde\Sigma_\perp]",
            ),
            own("The compensation, along Γ", "in z, along Γ: −½ H† T[Σ∥]", rf"-\tfrac12 P\, {compensation}"),
        )

    def goes_down(self, noise: Noise) -> str:
        return ROOT_OF_DIAGONAL.name if isinstance(noise, LabelNoise) else ""

    def measure(self, noise: Noise, learning_rate: float) -> Measure | None:
        found = super().measure(noise, learning_rate)
        return found and replace(found, when=" for κ → ∞, where the second moment does not lag behind")

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return (self.kappa,)

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        if self.kappa * learning_rate**2 >= 1:
            raise ValueError(
                f"Adam’s 1 − β₂ = κη² is {in_words(self.kappa * learning_rate**2, 3)}, and must be below 1: take a smaller κ or η."
            )
        variances = self.slow_start(landscape, noise, np.array(start))
        if not (variances > SMALLEST * variances.max(initial=0.0)).all():
            missing = landscape.variables[int(np.argmin(variances))]
            raise ValueError(
                f"Adam divides by √v, and v tends to the variance of the gradient’s noise, which is 0 in {missing} at the start: "
                f"its first step there with a gradient would be {in_words(self.leap, 2)} long at any learning rate, and is no "
                "slow drift. Choose a noise or a start where every coordinate has some."
            )

    @property
    def leap(self) -> float:
        """(1 − β₁)/√κ, the step of a coordinate whose v is 0: v becomes κη²g², and ηm/√v loses both η and g."""
        return (1 - self.beta1) / math.sqrt(self.kappa)

    def rows(self, dimension: int) -> int:
        return 2 * dimension

    def begin(self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
        return np.concatenate([start, np.zeros(len(start)), self.slow_start(landscape, noise, start)])

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        dimension, (kappa, beta) = at.x.numel(), ca.vertsplit(at.own)
        gradient, momentum, square = at.stochastic_gradient(), at.state[:dimension], at.state[dimension:]
        momentum = beta * momentum + (1 - beta) * gradient
        square = square + kappa * at.learning_rate**2 * (gradient**2 - square)
        return at.x - at.learning_rate * momentum / (ca.sqrt(square) + EPSILON), ca.vertcat(momentum, square)

    def slow_rows(self, dimension: int) -> int:
        return dimension

    def slow_start(self, landscape: Landscape, noise: Noise, start: np.ndarray) -> np.ndarray:
        """v = diag Σ at the start: where it would settle there."""
        return np.diagonal(noise.covariance(landscape, start), axis1=-2, axis2=-1).copy()

    def metric(self, landscape: Landscape, noise: Noise, start: np.ndarray) -> np.ndarray:
        """S of the flow to Γ, which takes no slow time."""
        return 1 / (np.sqrt(self.slow_start(landscape, noise, start)) + EPSILON)

    def sharpness(self, landscape: Landscape, noise: Noise, X: np.ndarray) -> np.ndarray:
        """λ_max of S^½HS^½, for v as it would settle there."""
        root = np.sqrt(self.metric(landscape, noise, X))
        scaled = root[..., :, None] * landscape.hessian(X) * root[..., None, :]
        exists = np.isfinite(scaled).all(axis=(-2, -1))
        return np.where(exists, np.linalg.eigvalsh(np.where(exists[..., None, None], scaled, 0.0))[..., -1], np.nan)

    @property
    def stable(self) -> float:
        return 2 * (1 + self.beta1) / (1 - self.beta1)

    def coefficients(self, site: Site) -> Coefficients:
        root = 1 / ca.sqrt(ca.sqrt(site.slow) + EPSILON)
        scaled, factor = Rescaled(site.landscape, root), site.factor
        frame = scaled.frame(site.frame.eigenvalues.numel())
        found = limit_coefficients(scaled, frame, ca.repmat(root, 1, factor.size2()) * factor)  # type: ignore[arg-type]
        tangent = root * found.tangent
        along = site.frame.tangent(tangent)  # the way back to Γ, along H's normals, brings what is across
        settling = site.own[0] * (ca.sum2(factor**2) - site.slow)
        defined = ca.if_else(ca.mmin(site.slow) > VANISHED * ca.mmax(site.slow), 1, ca.SX.nan())
        across = ca.repmat(root, 1, factor.size2())
        return Coefficients(
            tangent - along,
            root * found.mixed,
            root * found.normal,
            across * found.tangent_factor,
            defined * along,
            settling,
            frame.solved,
        )

    @property
    def assumption(self) -> str:
        return "1 − β₂ = κη² with κ fixed; with 1 − β₂ ~ η instead the limit is another one."

    def warning(self, landscape: Landscape, point: np.ndarray, learning_rate: float) -> str:
        if self.kappa * learning_rate <= QUICK:
            return ""
        return (
            f"The limit assumes 1 − β₂ ≪ η; here 1 − β₂ = κη² = {in_words(self.kappa * learning_rate**2, 2)} and η = "
            f"{in_words(learning_rate, 2)}, so v goes with single gradients, and Adam by another limit. Take a smaller κ or η."
        )
