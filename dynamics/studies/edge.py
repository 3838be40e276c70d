"""Gradient descent at the edge of stability, and its central flow (Cohen et al. 2410.24206): a constraint, and no slow limit.

On L = ½(1 + x² + w²)y² − εx the valley y = 0 gets sharper outwards, and its slope −εx pulls out. Where the sharpness 1 + x² + w²
reaches 2/η descent does not stop but oscillates across the valley, and slides along the circle x² + w² = R² = 2/η − 1. The central
flow is what is left after averaging: dx/dτ = −(∇L + ½ T[X]), X ⪰ 0 on the unstable directions, the least that keeps λ₁ ≤ 2/η.
With one of them, X = σ²v₁v₁ᵀ, σ² = −2⟨∇λ₁, ∇L⟩/‖∇λ₁‖²: the part of −∇L along which λ₁ would grow is taken away (derived here).
On the circle x = R cos φ: dφ/dτ = −(ε/R) sin φ, so tan(φ/2) = tan(φ₀/2) e^{−ετ/R}, and E y² = σ² = (ε/R) cos φ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from dynamics.landscapes.landscape import Landscape
from dynamics.settings import Number, check_fields, table

FRAMES = 400
MOST_STEPS = 400_000
BEYOND = 1e3  # of a coordinate: descent has left
TOUCHING = 1e-6  # of 2/η: the constraint holds from there on

SETTINGS = table(
    Number(
        name="learning_rate", key="eta", title="learning rate", symbol="η", minimum=0.05, maximum=0.9, step=0.05, default=0.4,
        meaning="Descent is unstable where the sharpness is more than 2/η: the larger η, the smaller the circle. Try 0.2.",
    ),
    Number(
        name="tilt", key="epsilon", title="tilt", symbol="ε", minimum=1e-4, maximum=0.1, step=0.001, default=0.003,
        meaning="How steeply the valley falls outwards. The flow is the limit of a small one: try 0.02, and see the two part.",
    ),
    Number(
        name="angle", key="phi", title="angle at the start", symbol="φ₀", minimum=0.05, maximum=1.5, step=0.1, default=1.2,
        meaning="Where on the circle it begins, in radians from the x axis, to which it slides. Try 0.5.",
    ),
    Number(
        name="turns", key="time", title="time", heading="How long, in units of 1/ε", symbol="τε", minimum=0.1, maximum=20.0,
        step=0.5, default=2.0, meaning="Fast time τ = kη times ε. Try 4: the swing comes in bursts.",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AtTheEdge:
    """What is looked at. Raises ValueError, with a sentence, for what takes too long or cannot be."""

    learning_rate: float = SETTINGS["learning_rate"].default
    tilt: float = SETTINGS["tilt"].default
    angle: float = SETTINGS["angle"].default
    turns: float = SETTINGS["turns"].default

    def __post_init__(self) -> None:
        check_fields(self, SETTINGS.values())
        if self.steps > MOST_STEPS:
            raise ValueError(
                f"{self.steps:,} steps are more than the {MOST_STEPS:,} that are allowed: take a larger ε or a shorter time."
            )

    @property
    def radius(self) -> float:
        """R, where the sharpness is 2/η."""
        return float(np.sqrt(2 / self.learning_rate - 1))

    @property
    def steps(self) -> int:
        return round(self.turns / (self.tilt * self.learning_rate))

    @property
    def landscape(self) -> Landscape:
        return Landscape.from_loss(f"(1 + x*x + w*w)*y*y/2 - {self.tilt!r}*x", ("x", "y", "w"))

    @property
    def start(self) -> np.ndarray:
        """On the circle, and on the orbit of period two across the valley: descent from farther off it leaves at once."""
        x, w = self.radius * np.cos(self.angle), self.radius * np.sin(self.angle)
        return np.array([x, np.sqrt(self.tilt * np.cos(self.angle) / self.radius), w])


@dataclass(frozen=True, eq=False)
class Edge:
    """Descent and the central flow at the same times."""

    setting: AtTheEdge
    times: np.ndarray  # (F,) fast time τ = kη
    descent: np.ndarray  # (F, 3) x, y, w; NaN once it has left
    squares: np.ndarray  # (F,) mean of y² over the two steps of its orbit
    flow: np.ndarray  # (F, 3)
    spread: np.ndarray  # (F,) σ² along the flow
    angle: np.ndarray  # (F,) φ in closed form

    @property
    def left_at(self) -> float | None:
        """When descent has left, in fast time."""
        gone = ~np.isfinite(self.descent).all(axis=1)
        return float(self.times[gone.argmax()]) if gone.any() else None


def at_the_edge(setting: AtTheEdge) -> Edge:
    """Gradient descent and its central flow from one point."""
    kept = np.unique(np.linspace(0, setting.steps, min(FRAMES, setting.steps + 1)).round().astype(int))
    times = kept * setting.learning_rate
    descent, squares = _descent(setting, kept)
    flow, spread = central_flow(setting.landscape, setting.start * [1, 0, 1], setting.learning_rate, times)
    angle = 2 * np.arctan(np.tan(setting.angle / 2) * np.exp(-times * setting.tilt / setting.radius))
    return Edge(setting, times, descent, squares, flow, spread, angle)


def _descent(setting: AtTheEdge, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (F, 3) after `kept` steps, and y² averaged over that step and the next."""
    x, y, w = map(float, setting.start)
    rate, tilt, wanted = setting.learning_rate, setting.tilt, set(kept.tolist())
    points, squares = [], []
    for step in range(int(kept[-1]) + 1):
        following = (x - rate * (x * y * y - tilt), y - rate * (1 + x * x + w * w) * y, w - rate * w * y * y)
        if step in wanted:
            points.append((x, y, w))
            squares.append((y * y + following[1] ** 2) / 2)
        x, y, w = following
        if not max(abs(x), abs(y), abs(w)) < BEYOND:
            break
    missing = len(kept) - len(points)
    return np.array(points + [(np.nan,) * 3] * missing), np.array(squares + [np.nan] * missing)


def central_flow(landscape: Landscape, start, learning_rate: float, times) -> tuple[np.ndarray, np.ndarray]:
    """The central flow at fast times (F,), (F, D), and σ² of the oscillation there, (F,), where one direction is unstable.

    Below the edge, λ₁ < 2/η, it is gradient flow, and σ² = 0.
    """
    edge = (1 - TOUCHING) * 2 / learning_rate

    def parts(x: np.ndarray) -> tuple[np.ndarray, float]:
        gradient, (eigenvalues, vectors) = landscape.gradient(x), np.linalg.eigh(landscape.hessian(x))
        if eigenvalues[-1] < edge:
            return -gradient, 0.0
        outward = landscape.third_derivative(x, np.outer(vectors[:, -1], vectors[:, -1]))
        spread = max(-2 * float(outward @ gradient) / float(outward @ outward), 0.0)
        return -gradient - spread / 2 * outward, spread

    times = np.asarray(times, dtype=float)
    found = solve_ivp(lambda _, x: parts(x)[0], (0, times[-1]), np.asarray(start, dtype=float), t_eval=times, rtol=1e-9, atol=1e-11)
    points = found.y.T
    return points, np.array([parts(point)[1] for point in points])
