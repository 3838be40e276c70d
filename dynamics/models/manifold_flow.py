"""Flows of any model to Γ and on it, by n × n algebra: gradient flow, Gauss–Newton onto Γ, the limiting flow of label noise.

dY/dt = −(c/4) P ∇tr H, c = 2·weight·n·δ², is integrated by SciPy's DOP853 in the surrounding space, with error control, and each
accepted step is carried back onto Γ by Gauss–Newton (the standard projection method, which keeps the order). The flow is not stiff:
its rates are of the size of tr H's own. It would be in the surrounding space, where Γ attracts infinitely fast; P keeps that out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy.integrate import DOP853

from dynamics.engine.blas import one_thread
from dynamics.limit.flow import limit_map
from dynamics.models.base import Model
from dynamics.models.from_landscape import LandscapeModel
from dynamics.models.gradient_flow import GradientFlow

ACCURACY = 1e-9  # of a step of the flow on Γ, relative
FLOW_ACCURACY = 1e-6  # of a step of gradient flow by the second-order method within one of order 4, relative
ON_MANIFOLD = 1e-12  # of the residuals, relative to 1 + their size in the parameters
RANK = 1e-12  # of JJᵀ, relative to its largest eigenvalue: smaller ones are none
LANDING = 1e-5  # gradient flow to Φ ends at a Gauss–Newton displacement this small, relative to 1 + ‖x‖
SETTLED = 1e-8  # of ∇tr H at the start: where its tangent part is smaller, the flow has ended
LONGEST = 1e7  # slow time in units of the flow's own: it is taken to be over
MOST_STEPS = 20_000  # of gradient flow, and of the flow on Γ between two times


@one_thread()
def arrival(model: Model, start, cancel: Callable[[], bool] | None = None, accuracy: float = FLOW_ACCURACY) -> np.ndarray:
    """Φ(start), (D,): where gradient flow ends. Raises ValueError, with a sentence, if that is not on Γ."""
    start = np.asarray(start, dtype=float)
    if isinstance(model, LandscapeModel):
        return limit_map(model.landscape, start)
    point, size, evaluated = start, None, 0
    while evaluated < MOST_STEPS:
        flow = GradientFlow(model, point)
        displacement = np.linalg.norm(_least_squares(flow.jacobian, model.residuals(point)))
        if not np.isfinite(displacement) or (cancel and cancel()):
            break
        if displacement <= LANDING * (1 + np.linalg.norm(point)):
            try:
                return onto(model, point)
            except ValueError:
                break
        allowed = accuracy * (1 + float(np.linalg.norm(point)))
        size = size or 0.1 / max(flow.double * float(flow.values[-1]), 1e-300)
        while True:
            evaluated += 1
            after, error = flow.step(size)
            grown = 0.9 * (allowed / max(error, 1e-300)) ** (1 / 3) if np.isfinite(error) else 0.1
            size *= min(5.0, max(0.1, grown))
            if grown >= 0.9 or evaluated == MOST_STEPS:
                break
        point = after
    raise ValueError("Gradient flow from this start does not reach zero loss: there is no limit to compare with.")


def onto(model: Model, point: np.ndarray) -> np.ndarray:
    """The point of Γ that Gauss–Newton finds from a point near it. Raises ValueError, with a sentence, if it finds none."""
    at = point
    for _ in range(20):
        residuals = model.residuals(at)
        jacobian = model.jacobian(at)
        size = np.abs(residuals).max()
        if size <= ON_MANIFOLD * (1 + np.linalg.norm(jacobian) * np.linalg.norm(at)):
            return at
        at = at - _least_squares(jacobian, residuals)
        if not np.isfinite(at).all():
            break
    raise ValueError("The flow could not be kept on Γ: the loss does not become zero near it.")


def tangent_part(model: Model, point: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """P v, also where the residuals' gradients are dependent."""
    jacobian = model.jacobian(point)
    return vector - _least_squares(jacobian, jacobian @ vector)


def corrected_gradient(model: Model, point: np.ndarray, learning_rate: float) -> np.ndarray:
    """−(2/η) ∇ tr ln(1 − ηH/2) on Γ, (D,), which is ∇ tr H at η = 0: tr[(1 − ηH/2)^{−1} ∂H], by the n × n matrix JJᵀ.

    Raises ValueError, with a sentence, where ηλ₁ ≥ 2.
    """
    shrunk = np.eye(model.samples) - learning_rate * model.weight * model.gram(point)
    values, vectors = np.linalg.eigh(shrunk)
    if values[0] <= 0:
        raise ValueError(
            f"Steps of learning rate {learning_rate:g} are not stable on Γ: there ηλ₁ = {2 * (1 - values[0]):.3g}, which has to be "
            "below 2. Take a smaller rate."
        )
    return 2 * model.weight * model.gram_gradient(point, (vectors / values) @ vectors.T)


def _least_squares(jacobian: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """J⁺ r by the eigenvalues of JJᵀ."""
    values, vectors = np.linalg.eigh(jacobian @ jacobian.T)
    kept = values > RANK * max(values[-1], 1e-300)
    return jacobian.T @ (vectors[:, kept] @ ((vectors[:, kept].T @ residuals) / values[kept]))


@one_thread()
def flow_on_manifold(
    model: Model,
    start,
    times: np.ndarray,
    scale: float,
    learning_rate: float = 0.0,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[np.ndarray]:
    """The label-noise flow at slow times `times`, the last of which may be infinite: points (D,) as they are found.

    At time 0 it is Φ(start). A `learning_rate` above 0 is that of the steps for which the drift is corrected. Raises ValueError,
    with a sentence.
    """
    pace = model.weight * model.samples * scale**2 / 2  # c/4

    def slope(point: np.ndarray) -> np.ndarray:
        if learning_rate > 0:
            return tangent_part(model, point, corrected_gradient(model, point, learning_rate))
        return tangent_part(model, point, model.trace_hessian_gradient(point))

    def velocity(_: float, point: np.ndarray) -> np.ndarray:
        return -pace * slope(point)

    point, time = arrival(model, start, cancel), 0.0
    steepest = max(float(np.linalg.norm(model.trace_hessian_gradient(point))), 1e-300)
    unit = (1 + float(np.linalg.norm(point))) / (pace * steepest)
    size: float | None = None
    for target in times:
        end = float(target) if np.isfinite(target) else LONGEST * unit
        for _ in range(MOST_STEPS):
            if time >= end or (np.isinf(target) and np.linalg.norm(slope(point)) <= SETTLED * steepest):
                break
            atol = ACCURACY * (1 + np.abs(point).max())
            point, time, size = march(velocity, partial(onto, model), point, time, end, size, (ACCURACY, atol), cancel)
        else:
            raise ValueError(f"The label-noise flow still moves at slow time {time:.3g}: ask for a shorter one.")
        yield point


def march(
    velocity: Callable[[float, np.ndarray], np.ndarray],
    back: Callable[[np.ndarray], np.ndarray],
    state: np.ndarray,
    time: float,
    end: float,
    size: float | None,
    tolerances: tuple[float, float | np.ndarray],
    cancel: Callable[[], bool] | None,
) -> tuple[np.ndarray, float, float]:
    """A step of DOP853 of about `size`, not beyond `end`, and `back` onto Γ: state, time, the size of the next.

    `tolerances` of the step are relative and absolute. Raises ValueError, with a sentence.
    """
    step = None if size is None else min(size, end - time)
    relative, absolute = tolerances
    solver = DOP853(velocity, time, state, end, first_step=step, rtol=relative, atol=absolute)
    solver.step()
    if solver.status == "failed" or (cancel and cancel()):
        raise ValueError("The label-noise flow could not be followed to its end.")
    cut_short = solver.t >= end
    size = solver.h_abs if not cut_short or size is None else max(size, solver.h_abs)
    return back(solver.y), solver.t, size
