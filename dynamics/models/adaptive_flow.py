"""Adam's limit under label noise, on a network: dv = κ(c diag H − v) dt, and Y follows −(c/4) P̃∇̃ tr H̃ in z = S^{−½}x.

Mapped back, with S = diag(1/(√v + ε)) and g = Σ_i S_i ∇H_ii, that is dY/dt = −(c/4)(Sg − SJᵀ(JSJᵀ)⁻¹JSg) (Li, Wen, Lyu 2511.02773;
`optimizers.adaptive`). The second moments are taken along as D more coordinates; a step is carried back onto Γ along S·range H.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from dynamics.engine.blas import one_thread
from dynamics.models.manifold_flow import MOST_STEPS, march, onto, tangent_part
from dynamics.models.network import Network
from dynamics.models.rescaled import Rescaled

ACCURACY = 1e-7  # of a step, relative; of second moments, each relative to its own size


def noise_moments(model: Network, x: np.ndarray, scale: float) -> np.ndarray:
    """diag Σ (D,) of label noise ±`scale` at a point (D,) of Γ: what second moments tend to there."""
    return scale**2 * (model.jacobian(x) ** 2).mean(axis=0)


@one_thread()
def adaptive_flow(
    model: Network,
    start: np.ndarray,
    times: np.ndarray,
    scale: float,
    kappa: float,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Adam's limit at slow times kη² `times`: points and second moments, (D,) each, as they are found.

    It begins at `start` on Γ with v = diag Σ. Raises ValueError, with a sentence.
    """
    pace, moments = scale**2 / 4, noise_moments(model, start, scale)
    size, time, state = None, 0.0, np.concatenate([start, moments])
    tolerance = ACCURACY * np.concatenate([np.full(len(start), 1 + np.abs(start).max()), moments + ACCURACY * moments.max()])

    def velocity(_: float, state: np.ndarray) -> np.ndarray:
        point, moments = np.split(state, 2)
        scaled = Rescaled(model, np.maximum(moments, 0.0))
        z = scaled.of(point)
        along = tangent_part(scaled, z, scaled.trace_hessian_gradient(z))
        return np.concatenate([-pace * scaled.back(along), kappa * (noise_moments(model, point, scale) - moments)])

    def returned(state: np.ndarray) -> np.ndarray:
        point, moments = np.split(state, 2)
        scaled = Rescaled(model, np.maximum(moments, 0.0))
        return np.concatenate([scaled.back(onto(scaled, scaled.of(point))), np.maximum(moments, 0.0)])

    for target in times:
        for _ in range(MOST_STEPS):
            if time >= target:
                break
            state, time, size = march(velocity, returned, state, time, float(target), size, (ACCURACY, tolerance), cancel)
        else:
            raise ValueError(f"Adam’s limit still moves at slow time {time:.3g}: ask for a shorter one.")
        yield tuple(np.split(state, 2))  # type: ignore[misc]
