"""The limiting flow of label noise: dY/dt = −(c/4) P ∇ tr H, where Σ = cH on Γ (theory sections 3 and 6).

For the overparametrized linear model it is in closed form up to n numbers. Gradient flow moves log u by −Zᵀ∫r/n and log v by the
opposite; the label flow moves both by −½δ²s besides (s_j = mean_i z_ij²), and keeps Zw = y by another multiple of Zᵀ. So at slow
time t, whatever the start (u₀, v₀),

    u_j(t) = u₀_j e^{q_j − δ² s_j t/2},   v_j(t) = v₀_j e^{−q_j − δ² s_j t/2},   q = Zᵀμ,

and μ(t) is the one at which Zw = y: the least of the strictly convex ½ Σ_j (u_j² + v_j²) − ⟨y, μ⟩, found by Newton's method, an
n × n system a step, warm-started from the time before. No time step is taken, so there is none to choose and no drift off Γ. As
t → ∞ the least of Σ s_j |w_j| remains: the minimum weighted-ℓ1 interpolator.

For other models and for landscapes it is integrated: see `manifold_flow`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from dynamics.arrays import numbers_of, times_of
from dynamics.engine.blas import one_thread
from dynamics.landscapes.landscape import Landscape
from dynamics.models.base import Model
from dynamics.models.from_landscape import LandscapeModel
from dynamics.models.linear import OverparametrizedLinear
from dynamics.models.manifold_flow import flow_on_manifold
from dynamics.settings import finite

TOLERANCE = 1e-11  # of the residual, relative to the targets
ROUNDING = 1e-14  # of the residual for each unit of the largest exponent
MOST_STEPS = 500  # of Newton's method
GROWTH = 1.3  # of the slow time between two solutions on the way to infinity, or to a far time
SETTLED = 1e-10  # of the coefficients: a smaller change over a factor GROWTH of time is the end
GROWING = 1e-7  # of δ² mean s/2: a coordinate that grows at a lower rate does not
LONGEST = 1e7  # slow time in units of 1/(δ² mean s): the flow is taken to be over


@one_thread()
def label_noise_flow(model: Model | Landscape, start, times, scale: float = 1.0, learning_rate: float | None = None) -> np.ndarray:
    """The limit at slow times `times` (F,), increasing from 0 or more, under label noise ±`scale`: (F, D). At 0 it is Φ(start).

    The last time may be infinite: then the flow's end point. With a `learning_rate` η, on a network, it is what steps on the full
    gradient follow at that rate, dY/dt = (c/2η) P ∇ tr ln(1 − ηH/2) (Damian, Ma, Lee 2021); as η → 0 that is the limit. Raises
    ValueError, with a sentence.
    """
    model = LandscapeModel(model) if isinstance(model, Landscape) else model
    times = times_of(times, "a flow", endless=True)
    scale = finite(scale) or 0.0
    if not scale > 0:
        raise ValueError("The scale of the label noise is positive.")
    start = numbers_of(start, "Starts")
    if start.shape != (model.dimension,) or not np.isfinite(start).all() or not (start != 0).any():
        raise ValueError(f"The start is {model.dimension:,} finite numbers, not all zero.")
    rate = 0.0 if learning_rate is None else finite(learning_rate) or -1.0
    if rate < 0:
        raise ValueError("A learning rate is a positive number.")
    if rate or not isinstance(model, OverparametrizedLinear):
        return np.array(list(flow_on_manifold(model, start, times, scale, rate)))
    dual = _Dual(model, start, scale**2 * model.squares / 2)
    points = []
    for time in times:
        points.append(dual.at(float(time)) if np.isfinite(time) else dual.end())
    return np.array(points)


class _Dual:
    """Follows μ(t): each solution is the next one's guess, extrapolated in t."""

    def __init__(self, model: OverparametrizedLinear, start: np.ndarray, rates: np.ndarray) -> None:
        self.model, self.start, self.rates = model, start, rates  # rates: δ² s/2, (d,)
        self.time, self.multiplier = 0.0, np.zeros(model.samples)
        self.slope = np.zeros(model.samples)  # dμ/dt
        self.unit = 1 / max(float(rates.mean()), 1e-300)
        self._solve(0.0, self.multiplier)

    def at(self, time: float) -> np.ndarray:
        while time > self.time:
            self._advance(min(time, max(GROWTH * self.time, 0.05 * self.unit)))
        return self._point(self.time, self.multiplier)

    def end(self) -> np.ndarray:
        point = self.at(self.time)
        while self.time < LONGEST * self.unit:
            before = self.model.coefficients(point)
            self._advance(max(GROWTH * self.time, 0.05 * self.unit))
            point = self._point(self.time, self.multiplier)
            after = self.model.coefficients(point)
            # All that decays has gone, and nothing that is still too small to be seen grows.
            settled = SETTLED + 10 * self._rounding(self.time, self.multiplier)
            unchanged = np.abs(after - before).max() <= settled * np.abs(after).max()
            if self.time > self.unit and unchanged and self._growth() * self.unit <= GROWING:
                break
        return point

    def _advance(self, time: float) -> None:
        before, at = self.multiplier, self.time
        self._solve(time, before + (time - at) * self.slope)
        self.slope = (self.multiplier - before) / (time - at)

    def _exponents(self, time: float, multiplier: np.ndarray) -> np.ndarray:
        q = multiplier @ self.model.design
        decay = self.rates * time
        return np.concatenate([q - decay, -q - decay][: self.model.signs])

    def _growth(self) -> float:
        """The largest rate at which a coordinate grows. Where it is none the interpolator is optimal, with dμ/dt as its dual."""
        q = self.slope @ self.model.design
        return float(((np.abs(q) if self.model.signs == 2 else q) - self.rates).max())

    def _rounding(self, time: float, multiplier: np.ndarray) -> float:
        """Of the coefficients, relative: at late times exponents are large."""
        return ROUNDING * float(np.abs(self._exponents(time, multiplier)).max())

    def _point(self, time: float, multiplier: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.start * np.exp(self._exponents(time, multiplier))

    def _solve(self, time: float, guess: np.ndarray) -> None:
        """Newton's method with backtracking on the convex dual; a step changes no exponent by more than 1."""
        model, targets = self.model, self.model.targets
        accepted = (TOLERANCE + self._rounding(time, guess)) * (1 + np.abs(targets).max())
        multiplier, value, point = guess, self._value(time, guess), self._point(time, guess)
        if not np.isfinite(value):
            multiplier = self.multiplier
            value, point = self._value(time, multiplier), self._point(time, multiplier)
        for _ in range(MOST_STEPS):
            residual = model.residuals(point)
            if np.abs(residual).max() <= accepted:
                self.time, self.multiplier = time, multiplier
                return
            hessian = model.gram(point) / 2
            hessian[np.diag_indices_from(hessian)] += 1e-15 * np.trace(hessian)
            try:
                step = -cho_solve(cho_factor(hessian), residual)
            except LinAlgError:
                step = -np.linalg.lstsq(hessian, residual, rcond=1e-13)[0]
            length = min(1.0, 1.0 / max(float(np.abs(step @ model.design).max()), 1e-300))
            downhill = float(residual @ step)
            rounding = 1e-13 * (float(point @ point) + abs(float(targets @ multiplier)))
            while length > 1e-12:
                tried = multiplier + length * step
                tried_value = self._value(time, tried)
                if tried_value <= value + 1e-4 * length * downhill + rounding:
                    break
                length /= 2
            multiplier, value, point = tried, tried_value, self._point(time, tried)
        raise ValueError(
            "The flow could not be kept on Γ: no coefficients with the signs of this start fit the data, "
            "or only ones so near to zero that no start reaches them."
        )

    def _value(self, time: float, multiplier: np.ndarray) -> float:
        point = self._point(time, multiplier)
        value = 0.5 * float(point @ point) - float(self.model.targets @ multiplier)
        return value if np.isfinite(value) else np.inf
