"""An ensemble of paths carried past a ladder of targets, in blocks, on threads, in slices short enough to be interrupted.

What carries a block of paths forward is a `Stepper`: SGD's counts steps (`TapeStepper`), those of the limiting SDE slow time
(`schemes.marching`). The result depends on neither the number of threads nor the length of a slice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dynamics.engine import interpreter
from dynamics.engine.blas import one_thread
from dynamics.engine.randomness import BLOCK, BlockDraws, Draw
from dynamics.engine.tape import Tape
from dynamics.engine.turns import carry_out

CHUNK = 128  # steps whose random numbers are held at once
BOUND = 1e6  # a coordinate beyond it has diverged


class Stepper(Protocol):
    """One block of paths on its way."""

    frozen_at: np.ndarray  # (width,) where on the ladder a path stopped for good: targets from there on are not true; -1 = never
    failure: np.ndarray  # (width,) why: 0 = out of bounds, 1.. = an alarm of the stepper

    def carry(self, targets: np.ndarray, frames: np.ndarray) -> Iterator[tuple[float, int]]:
        """Go past the increasing `targets` (F,) and keep the paths there in `frames` (F, width, D), in place.

        Pauses after every slice to tell how much was done since the last one and how many frames are complete. A path that has
        stopped is kept where it last was.
        """


class TapeStepper:
    """Steps that are a tape: inputs a state (S) and a step's draws, outputs the next state and alarms; targets count steps.

    The first rows of the state are the point, `dimension` of them, by default all.
    """

    def __init__(
        self, tape: Tape, parameters, start: np.ndarray, width: int, draws: tuple[Draw, ...], address: tuple[int, int, int],
        dimension: int = 0,
    ) -> None:  # fmt: skip
        self.tape, self.width, self.size = tape, width, len(start)
        self.work = tape.bind(parameters, width)
        self.work[: self.size] = np.reshape(start, (-1, 1))
        self.points = self.work[: dimension or self.size]
        self.draws = BlockDraws(draws, *address, width)
        self.numbers = np.zeros((CHUNK, self.draws.rows, width))
        self.frozen_at = np.full(width, -1, dtype=np.int64)
        self.failure = np.full(width, -1, dtype=np.int64)
        self.steps = 0

    def advance(self, steps: int) -> None:
        """Go on by at most CHUNK steps."""
        numbers = self.numbers[:steps]
        self.draws.fill(numbers)
        interpreter.iterate(
            self.tape.body, self.tape.outputs, self.work, numbers, self.width, self.size, BOUND,
            self.frozen_at, self.failure, self.steps,
        )  # fmt: skip
        self.steps += steps

    def carry(self, targets: np.ndarray, frames: np.ndarray) -> Iterator[tuple[float, int]]:
        for frame, target in enumerate(targets):
            while self.steps < target:
                yield 0.0, frame
                chunk = int(min(CHUNK, target - self.steps))
                self.advance(chunk)
                yield float(chunk * self.width), frame
            frames[frame] = self.points.T
        yield 0.0, len(targets)


@dataclass(frozen=True)
class Ensemble:
    """Points (F, N, D) float32 at the targets; frozen_at (N,) and failure (N,) as in Stepper; `reached` frames are complete."""

    points: np.ndarray
    frozen_at: np.ndarray
    failure: np.ndarray
    reached: int

    def repeated(self, paths: int) -> Ensemble:
        """One path so often, where all are the same; as many as there are stay as they are."""
        if self.points.shape[1] == paths:
            return self
        each = np.zeros(paths, dtype=np.int64)
        return Ensemble(self.points[:, each], self.frozen_at[each], self.failure[each], self.reached)


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


@one_thread()
def run_ensemble(
    make_stepper: Callable[[int, int], Stepper],
    targets: np.ndarray,
    paths: int,
    dimension: int,
    progress: Progress,
    cost: float = 1.0,
    threads: int | None = None,
) -> Ensemble:
    """Carry `paths` paths past each of the increasing `targets` (F,), the first of which may be 0.

    `make_stepper(block, width)` starts block number `block` with `width` ≤ BLOCK paths. `cost` weighs for `progress` what a
    stepper says it has done: path-steps of SGD, shares of the horizon of the limit's paths.
    """
    frames = len(targets)
    blocks = [(block, start, min(BLOCK, paths - start)) for block, start in enumerate(range(0, paths, BLOCK))]
    points = np.full((frames, paths, dimension), np.nan, dtype=np.float32)
    frozen_at = np.full(paths, -1, dtype=np.result_type(targets, np.int64))
    failure = np.full(paths, -1, dtype=np.int64)
    reached = np.zeros(len(blocks), dtype=np.int64)

    def carry(block: int, start: int, width: int) -> Iterator[None]:
        stepper = make_stepper(block, width)
        columns = slice(start, start + width)
        for done, complete in stepper.carry(targets, points[:, columns]):
            progress.add(done * cost)
            reached[block] = complete
            if progress.stopped:
                break
            yield
        frozen_at[columns], failure[columns] = stepper.frozen_at, stepper.failure

    carry_out((carry(*block) for block in blocks), progress.poll, threads)
    progress.poll()
    return Ensemble(points, frozen_at, failure, int(reached.min(initial=frames)))
