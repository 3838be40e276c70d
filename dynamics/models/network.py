"""Fully connected networks of any depth on a regression set: L = (1/2n) Σ_i (f(z_i) − y_i)².

f(z) = ⟨a, h_m⟩, h_l = σ(W_l h_{l−1} + b_l), h_0 = z: a bias in each hidden layer, none in the output, so that with one hidden layer
of m units and p inputs D = m(p + 2). All derivatives are exact passes through the layers, forwards and backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from dynamics.arrays import numbers_of, points_of
from dynamics.engine.compiled import summing
from dynamics.models.activations import ACTIVATIONS, tanh
from dynamics.models.base import Model, StepDraws, Stepper, takes_one_sample
from dynamics.noise import MinibatchNoise, Noise
from dynamics.settings import Number, one_of, quoted

MOST_PARAMETERS = 1_000_000
WIDTH = Number(name="width", title="width of a layer", minimum=1, maximum=MOST_PARAMETERS, whole=True)
EPSILON = 1e-8  # Adam's: what is added to √v


class Network(Model):
    """x holds the hidden layers from the input on, each (W_l, b_l) with the bias as last column, row by row; then a."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray, widths: Sequence[int], activation: str = "tanh") -> None:
        """inputs (n, p), targets (n,), widths (p, m_1, …, 1). Raises ValueError, with a sentence."""
        self.inputs, self.targets = numbers_of(inputs, "Data"), numbers_of(targets, "Data")
        if self.inputs.ndim != 2 or self.targets.shape != self.inputs.shape[:1] or not len(self.targets):
            raise ValueError("The inputs are a matrix with a row a sample, and there is a target a row.")
        if not (np.isfinite(self.inputs).all() and np.isfinite(self.targets).all()):
            raise ValueError("Inputs and targets are finite numbers.")
        try:
            self.widths = tuple(int(WIDTH.checked(width)) for width in widths)
        except TypeError as error:
            raise ValueError("The widths are a list of whole numbers, one a layer.") from error
        if len(self.widths) < 3 or min(self.widths) < 1 or self.widths[-1] != 1:
            raise ValueError("The widths are those of the input, of at least one hidden layer, and of the output, which is 1.")
        if self.widths[0] != self.inputs.shape[1]:
            raise ValueError(f"The inputs have {self.inputs.shape[1]:,} columns, and the first width is {self.widths[0]:,}.")
        if one_of(activation, ACTIVATIONS) is None:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"The activation is one of {known}, which are smooth enough for the limit; not {quoted(activation)}.")
        self.activation = ACTIVATIONS[activation]
        self.samples = len(self.targets)
        self._shapes = [(after, before + 1) for before, after in pairwise(self.widths[:-1])]
        self.dimension = sum(rows * columns for rows, columns in self._shapes) + self.widths[-2]
        if self.dimension > MOST_PARAMETERS:
            raise ValueError(f"The network has {self.dimension:,} parameters: at most {MOST_PARAMETERS:,} fit here.")
        self.weight = 1 / (2 * self.samples)

    def random_start(self, scale: float, seed: int) -> np.ndarray:
        """Normal weights of standard deviation `scale`/√(inputs of the unit), biases 0: (D,)."""
        random, layers = np.random.default_rng(seed), []
        for rows, columns in self._shapes:
            layer = np.zeros((rows, columns))
            layer[:, :-1] = random.normal(size=(rows, columns - 1)) * scale / np.sqrt(columns - 1)
            layers.append(layer.ravel())
        outer = random.normal(size=self.widths[-2]) * scale / np.sqrt(self.widths[-2])
        return np.concatenate([*layers, outer])

    def predict(self, x: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """f at inputs (m, p): (..., m)."""
        layers, outer = self._layers(x)
        return self._output(self._forward(layers, _extended(np.asarray(inputs, dtype=float)))[-1], outer)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        return self.predict(x, self.inputs) - self.targets

    def gradient(self, x: np.ndarray) -> np.ndarray:
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        share = 2 * self.weight * (self._output(active[-1], outer) - self.targets)
        parts = [
            _transposed(share[..., None] * before) @ behind
            for before, behind in zip(self._backward(layers, outer, active), active, strict=False)
        ]
        return _joined([*parts, (share[..., None, :] @ active[-1])[..., 0, :-1]], layers)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        parts = [
            before[..., :, None] * behind[..., None, :]
            for before, behind in zip(self._backward(layers, outer, active), active, strict=False)
        ]
        flat = [part.reshape(*part.shape[:-2], -1) for part in parts]
        return np.concatenate([*flat, active[-1][..., :-1]], axis=-1)

    def gram(self, x: np.ndarray) -> np.ndarray:
        """JJᵀ, layer by layer: n × n matrices of the width of a layer, never n × D."""
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        total = active[-1][:, :-1] @ active[-1][:, :-1].T
        for before, behind in zip(self._backward(layers, outer, active), active, strict=False):
            total += (before @ before.T) * (behind @ behind.T)
        return total

    def push(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        (layers, outer), (moves, end) = self._layers(x), self._layers(v)
        active = self._forward(layers, self._first)
        total = active[-1][:, :-1] @ end
        for before, behind, move in zip(self._backward(layers, outer, active), active, moves, strict=False):
            total += (before * (behind @ move.T)).sum(axis=-1)
        return total

    def pull(self, x: np.ndarray, c: np.ndarray) -> np.ndarray:
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        parts = [
            (c[:, None] * before).T @ behind for before, behind in zip(self._backward(layers, outer, active), active, strict=False)
        ]
        return _joined([*parts, c @ active[-1][:, :-1]], layers)

    def trace_hessian(self, x: np.ndarray) -> np.ndarray:
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        squares = (active[-1][..., :-1] ** 2).sum(axis=-1)
        for before, behind in zip(self._backward(layers, outer, active), active, strict=False):
            squares = squares + (before**2).sum(axis=-1) * (behind**2).sum(axis=-1)
        return 2 * self.weight * squares.sum(axis=-1)

    def trace_hessian_gradient(self, x: np.ndarray) -> np.ndarray:
        return 4 * self.weight * self.curvature(x, self.jacobian(x))

    def gram_gradient(self, x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        return 2 * self.curvature(x, matrix @ self.jacobian(x))

    def curvature(self, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Σ_i ∇²f_i v_i, (..., D), for a direction a sample (..., n, D): the derivative of a backward pass along it.

        With v_i = Σ_j M_ij ∇f_j it is half the gradient of tr(M JJᵀ), M held fixed.
        """
        layers, outer = self._layers(x)
        active = self._forward(layers, self._first)
        backward = self._backward(layers, outer, active)
        moves, end = self._layers(directions)
        # forwards: how each layer's input and output move
        inner, moved = [], [np.zeros_like(active[0])]
        for layer, move, behind, after in zip(layers, moves, active, active[1:], strict=False):
            inner.append((move @ behind[..., None])[..., 0] + moved[-1] @ _transposed(layer))
            moved.append(_with(self.activation.slope(after[..., :-1]) * inner[-1], 0.0))
        # backwards: how the derivatives by each layer's output, and by its input, move
        parts = [moved[-1][..., :-1].sum(axis=-2)]
        of_output = np.broadcast_to(outer[..., None, :], active[-1][..., :-1].shape)
        moved_output = end
        for index in reversed(range(len(layers))):
            here = active[index + 1][..., :-1]
            bent = self.activation.bend(here) * inner[index]
            moved_input = moved_output * self.activation.slope(here) + of_output * bent
            parts.append(_transposed(moved_input) @ active[index] + _transposed(backward[index]) @ moved[index])
            if index:
                of_output = (backward[index] @ layers[index])[..., :-1]
                by_move = (backward[index][..., None, :] @ moves[index])[..., 0, :]
                moved_output = (moved_input @ layers[index] + by_move)[..., :-1]
        return _joined(parts[::-1], layers)

    def stepper(
        self, noise: Noise | None, seed: int, momentum: float = 0.0, second_moments: np.ndarray | None = None, kappa: float = 0.0
    ) -> Stepper:
        """Steps of SGD; with `momentum` β those of the heavy ball, m ← βm + g, x ← x − ηm, from m = 0.

        With `second_moments` v (D,), which are changed in place, Adam's: v ← v + κη²(g² − v), x ← x − ηm/(√v + ε), where
        m ← βm + (1 − β)g.
        """
        draws = StepDraws(noise, self.samples, self.dimension, seed)
        minibatch = isinstance(noise, MinibatchNoise)
        size = noise.batch if isinstance(noise, MinibatchNoise) else 1
        full = not (minibatch or takes_one_sample(noise))
        rows = self.samples if full else size
        widths = np.array(self.widths)
        velocity, work = np.zeros(self.dimension if momentum else 0), np.empty(_scratch(self.widths, rows))
        squares = np.empty(0) if second_moments is None else second_moments

        def step(x: np.ndarray, rate: float, count: int, bound: float) -> int:
            drawn, kicks, extra = draws.batches(count, size), draws.kicks(count), draws.isotropic(count)
            return _descend(
                x, widths, self._first, self.targets, drawn, full, kicks, extra, rate, momentum, velocity,
                kappa * rate**2, squares, self.activation.code, bound, work,
            )  # fmt: skip

        return step

    @cached_property
    def _first(self) -> np.ndarray:
        """The inputs with a column of ones, (n, p + 1)."""
        return _extended(self.inputs)

    def _layers(self, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """(W_l, b_l), each (..., m_l, m_{l−1} + 1), and a (..., m)."""
        x, layers, at = points_of(x, self.dimension), [], 0
        for rows, columns in self._shapes:
            layers.append(x[..., at : at + rows * columns].reshape(*x.shape[:-1], rows, columns))
            at += rows * columns
        return layers, x[..., at:]

    def _forward(self, layers: list[np.ndarray], first: np.ndarray) -> list[np.ndarray]:
        """What each layer is given, and what the last puts out, each with a last column of ones: (..., n, m + 1)."""
        active = [first]
        for layer in layers:
            active.append(_extended(self.activation.value(active[-1] @ _transposed(layer))))
        return active

    def _output(self, last: np.ndarray, outer: np.ndarray) -> np.ndarray:
        return (last[..., :-1] @ outer[..., None])[..., 0]

    def _backward(self, layers: list[np.ndarray], outer: np.ndarray, active: list[np.ndarray]) -> list[np.ndarray]:
        """The derivatives of f by what goes into each layer's activation, (..., n, m_l)."""
        before = [outer[..., None, :] * self.activation.slope(active[-1][..., :-1])]
        for layer, here in zip(layers[:0:-1], active[-2:0:-1], strict=True):
            before.append((before[-1] @ layer)[..., :-1] * self.activation.slope(here[..., :-1]))
        return before[::-1]


def network(design: np.ndarray, targets: np.ndarray, widths: Sequence[int] = (64, 32, 1), activation: str = "tanh") -> Network:
    """A fully connected network on inputs `design` (n, p) and `targets` (n,): L = (1/2n) Σ_i (f(z_i) − y_i)².

    `widths` are p, those of the hidden layers, and 1. Each hidden layer has biases, the output none. `activation` is tanh, sigmoid,
    softplus or identity (a deep linear network). Raises ValueError, with a sentence.
    """
    return Network(design, targets, widths, activation)


def wave_regression(samples: int = 6, units: int = 10, seed: int = 0) -> tuple[Network, np.ndarray]:
    """Points of a sine wave on [−1, 1], and a network with more parameters than points at random weights (D,)."""
    inputs = np.linspace(-1, 1, samples)[:, None]
    net = network(inputs, np.sin(np.pi * inputs[:, 0]), (1, units, 1))
    return net, wave_start(net, np.random.default_rng(seed))


def wave_start(model: Model, random: np.random.Generator) -> np.ndarray:
    """Weights for a network of `wave_regression`, (D,): of standard deviation 2 in the hidden layer, and 1 in the output."""
    outer, inner = np.split(random.normal(size=model.dimension), [model.dimension // 3])
    return np.concatenate([2 * inner, outer])


def _extended(values: np.ndarray) -> np.ndarray:
    return _with(values, 1.0)


def _with(values: np.ndarray, last: float) -> np.ndarray:
    """Values (..., m) with a last column."""
    extended = np.empty((*values.shape[:-1], values.shape[-1] + 1))
    extended[..., :-1], extended[..., -1] = values, last
    return extended


def _transposed(matrix: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrix, -1, -2)


def _joined(parts: list[np.ndarray], layers: list[np.ndarray]) -> np.ndarray:
    """One array (..., D) of the hidden layers' parts (..., m, p + 1) and of the output's (..., m)."""
    return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in parts[: len(layers)]] + parts[len(layers) :], axis=-1)


def _scratch(widths: tuple[int, ...], rows: int) -> int:
    """How many numbers `_descend` works with: what each layer is given, its derivatives, and the gradient."""
    given = sum(rows * (width + 1) for width in widths[:-1])
    layers = sum(rows * (after + before + 1) + after * (before + 1) for before, after in pairwise(widths[:-1]))
    return given + layers + widths[-2]


@summing
def _activate(code, before, after):
    """σ of (rows, m) into all columns but the last of (rows, m + 1)."""
    rows, width = before.shape
    if code == 0:
        for r in range(rows):
            for k in range(width):
                after[r, k] = tanh(before[r, k])
    elif code == 1:
        for r in range(rows):
            for k in range(width):
                after[r, k] = 0.5 + 0.5 * tanh(0.5 * before[r, k])
    elif code == 2:
        for r in range(rows):
            for k in range(width):
                after[r, k] = max(before[r, k], 0.0) + np.log1p(np.exp(-abs(before[r, k])))
    else:
        for r in range(rows):
            for k in range(width):
                after[r, k] = before[r, k]
    for r in range(rows):
        after[r, width] = 1.0


@summing
def _times_slope(code, active, derivative):
    """Derivatives by what an activation puts out become those by what goes in, (rows, m). `active` is (rows, m + 1)."""
    rows, width = derivative.shape
    for r in range(rows):
        for k in range(width):
            a = active[r, k]
            if code == 0:
                derivative[r, k] *= 1.0 - a * a
            elif code == 1:
                derivative[r, k] *= a * (1.0 - a)
            elif code == 2:
                derivative[r, k] *= -np.expm1(-a)


@summing
def _descend(
    x, widths, inputs, targets, drawn, full, kicks, extra, rate, momentum, velocity, forgets, squares, code, bound, work
):  # fmt: skip
    """Steps on the samples `drawn` (S, B), or where `full` on all and the noise of the label `drawn[:, 0]`; how many were taken.

    `kicks` (S,) are added to the label's residual, `extra` (S or 0, D) to the gradient. `velocity` (D,), or empty without momentum;
    `squares` (D,) are Adam's second moments, which forget a share `forgets` a step, or empty.
    """
    hidden, rows = len(widths) - 2, len(targets) if full else drawn.shape[1]
    gradient = work[len(work) - len(x) :]
    here, at = 0, rows * (widths[0] + 1)
    active = [work[:at].reshape(rows, widths[0] + 1)]
    before = []
    derivative = []
    layers = []
    parts = []
    for layer in range(hidden):
        m, p = widths[layer + 1], widths[layer] + 1
        active.append(work[at : at + rows * (m + 1)].reshape(rows, m + 1))
        at += rows * (m + 1)
        before.append(work[at : at + rows * m].reshape(rows, m))
        at += rows * m
        derivative.append(work[at : at + rows * p].reshape(rows, p))
        at += rows * p
        layers.append(x[here : here + m * p].reshape(m, p))
        parts.append(gradient[here : here + m * p].reshape(m, p))
        here += m * p
    outer, of_outer = x[here:], gradient[here:]
    if full:
        active[0][:] = inputs
    last, by_input, width = active[hidden], before[hidden - 1], widths[hidden]
    for step in range(len(kicks)):
        if not full:
            for r in range(rows):
                active[0][r] = inputs[drawn[step, r]]
        for layer in range(hidden):
            np.dot(active[layer], layers[layer].T, before[layer])
            _activate(code, before[layer], active[layer + 1])
        of_outer[:] = 0.0
        for r in range(rows):
            residual = -targets[r if full else drawn[step, r]]
            for k in range(width):
                residual += outer[k] * last[r, k]
            if not abs(residual) <= bound:
                return step
            noisy = kicks[step] if not full else kicks[step] * rows if r == drawn[step, 0] else 0.0
            share = (residual + noisy) / rows
            for k in range(width):
                of_outer[k] += share * last[r, k]
                by_input[r, k] = share * outer[k]
        for layer in range(hidden - 1, -1, -1):
            _times_slope(code, active[layer + 1], before[layer])
            np.dot(before[layer].T, active[layer], parts[layer])
            if layer > 0:
                np.dot(before[layer], layers[layer], derivative[layer])
                before[layer - 1][:] = derivative[layer][:, : widths[layer]]
        if len(extra) > 0:
            gradient += extra[step]
        if len(squares) > 0:
            for j in range(len(x)):
                squares[j] += forgets * (gradient[j] * gradient[j] - squares[j])
            if momentum > 0.0:
                for j in range(len(x)):
                    velocity[j] = momentum * velocity[j] + (1.0 - momentum) * gradient[j]
                    x[j] -= rate * velocity[j] / (np.sqrt(squares[j]) + EPSILON)
            else:
                for j in range(len(x)):
                    x[j] -= rate * gradient[j] / (np.sqrt(squares[j]) + EPSILON)
        elif momentum > 0.0:
            for j in range(len(x)):
                velocity[j] = momentum * velocity[j] + gradient[j]
                x[j] -= rate * velocity[j]
        else:
            for j in range(len(x)):
                x[j] -= rate * gradient[j]
    return len(kicks)
