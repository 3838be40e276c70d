"""An ensemble of paths carried through a ladder of step counts, in blocks, on threads, in slices short enough to be interrupted.

What carries a block of paths forward is a `Stepper`; SGD and the schemes of the limiting SDE each make one. The result depends on
neither the number of threads nor the length of a slice.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dynamics import interpreter
from dynamics.noise import Draw
from dynamics.randomness import BLOCK, BlockDraws
from dynamics.tape import Tape

CHUNK = 128  # steps whose random numbers are held at once
BOUND = 1e6  # a coordinate beyond it has diverged
POLL_SECONDS = 0.03


class Stepper(Protocol):
    """One block of paths on its way."""

    points: np.ndarray  # (D, width) view of where the paths are
    frozen_at: np.ndarray  # (width,) step at which a path stopped for good, -1 = never
    failure: np.ndarray  # (width,) why: 0 = out of bounds, 1.. = an alarm of the tape

    def advance(self, steps: int) -> None:
        """Go on by at most CHUNK steps."""

    def set_step(self, step: float) -> None:
        """The step of time from here on: the learning rate of SGD, h of a scheme."""


class TapeStepper:
    """Steps that are a tape: inputs x (D) and this step's draws, outputs the next x and alarms.

    The tape's last parameter is the step of time; `parameters` are those before it.
    """

    def __init__(self, tape: Tape, parameters, start: np.ndarray, width: int, draws: tuple[Draw, ...], address) -> None:
        self.tape, self.width, self.dimension, self.parameters = tape, width, len(start), parameters
        self.work = tape.bind((*parameters, 0.0), width)
        self.work[: self.dimension] = np.reshape(start, (-1, 1))
        self.points = self.work[: self.dimension]
        self.draws = BlockDraws(draws, *address)
        self.numbers = np.zeros((CHUNK, self.draws.rows, BLOCK))
        self.frozen_at = np.full(width, -1, dtype=np.int64)
        self.failure = np.full(width, -1, dtype=np.int64)
        self.steps = 0

    def set_step(self, step: float) -> None:
        self.tape.rebind(self.work, (*self.parameters, step))

    def advance(self, steps: int) -> None:
        numbers = self.numbers[:steps]
        self.draws.fill(numbers)
        interpreter.iterate(
            self.tape.body, self.tape.outputs, self.work, numbers, self.width, self.dimension, BOUND,
            self.frozen_at, self.failure, self.steps,
        )  # fmt: skip
        self.steps += steps


@dataclass(frozen=True)
class Ensemble:
    """Points (F, N, D) float32 at the asked steps; frozen_at (N,) and failure (N,) as in Stepper; `reached` frames are true."""

    points: np.ndarray
    frozen_at: np.ndarray
    failure: np.ndarray
    reached: int


class Progress:
    """Counts path-steps from many threads and tells one listener, at most every 50 ms and from the caller's thread only."""

    def __init__(self, total: float, report: Callable[[float], None] | None, cancel: Callable[[], bool] | None) -> None:
        self.total, self.report, self.cancel = total, report, cancel
        self.done = 0.0
        self.stopped = False
        self._lock = threading.Lock()

    def add(self, amount: float) -> None:
        with self._lock:
            self.done += amount

    def poll(self) -> None:
        """Tell the listener, and ask whether the result is still wanted."""
        if self.cancel is not None and self.cancel():
            self.stopped = True
        if self.report is not None:
            self.report(min(1.0, self.done / self.total) if self.total else 1.0)


def threads_available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_ensemble(
    make_stepper: Callable[[int, int], Stepper],
    frame_steps: np.ndarray,
    step_sizes: np.ndarray,
    paths: int,
    dimension: int,
    progress: Progress,
    cost: float = 1.0,
    threads: int | None = None,
) -> Ensemble:
    """Carry `paths` paths to each of the increasing step counts `frame_steps` (F,), the first of which may be 0.

    The steps that lead to frame f are of size `step_sizes[f]` (F,).
    `make_stepper(block, width)` starts block number `block` with `width` ≤ BLOCK paths. `cost` weighs a path-step for `progress`.
    """
    frames = len(frame_steps)
    blocks = [(block, start, min(BLOCK, paths - start)) for block, start in enumerate(range(0, paths, BLOCK))]
    points = np.full((frames, paths, dimension), np.nan, dtype=np.float32)
    frozen_at = np.full(paths, -1, dtype=np.int64)
    failure = np.full(paths, -1, dtype=np.int64)
    reached = np.zeros(len(blocks), dtype=np.int64)

    def carry(block: int, start: int, width: int) -> None:
        stepper = make_stepper(block, width)
        columns = slice(start, start + width)
        steps, size = 0, 0.0
        for frame, target in enumerate(frame_steps):
            if step_sizes[frame] != size:
                size = step_sizes[frame]
                stepper.set_step(size)
            while steps < target:
                if progress.stopped:
                    return
                chunk = int(min(CHUNK, target - steps))
                stepper.advance(chunk)
                steps += chunk
                progress.add(chunk * width * cost)
            points[frame, columns] = stepper.points.T
            frozen_at[columns], failure[columns] = stepper.frozen_at, stepper.failure
            reached[block] = frame + 1

    with ThreadPoolExecutor(threads or threads_available()) as pool:
        futures = [pool.submit(carry, *block) for block in blocks]
        while wait(futures, timeout=POLL_SECONDS).not_done:
            progress.poll()
        for future in futures:
            future.result()
    progress.poll()
    return Ensemble(points, frozen_at, failure, int(reached.min(initial=frames)))
