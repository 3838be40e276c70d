"""Tapes evaluated at arrays of points: what the public functions of arrays stand on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dynamics.arrays import points_of
from dynamics.engine import interpreter
from dynamics.engine.tape import Tape

WIDTH = 256


def evaluate_tape(tape: Tape, points: np.ndarray, parameters: Sequence[float]) -> np.ndarray:
    """The tape's M outputs at points (..., I): (..., M) float64."""
    points = points_of(points, tape.inputs)
    columns = np.ascontiguousarray(points.reshape(-1, tape.inputs).T)
    results = np.empty((len(tape.outputs), columns.shape[1]))
    width = max(1, min(WIDTH, columns.shape[1]))
    work = tape.bind(parameters, width)
    interpreter.evaluate(tape.body, tape.outputs, work, columns, results, width)
    return results.T.reshape(*points.shape[:-1], len(tape.outputs))
