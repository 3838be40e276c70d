"""A block of paths on Γ, each with steps of its own (the contract is in `base`).

A step kicks a path from its state x to x + h b + σ ΔW, b the drift along Γ, and `retract` brings it back to Γ. Its length follows
`Pace`. Frames lie within steps: there the path is where the same step, cut short by a Brownian bridge, would have brought it.

After a step the drift b along Γ is known at both its ends, and half the difference, h/2 (b₁ − b₀), is added to the step after: so a
drift is followed to second order in h at the price of the first.

A state may have more rows than Γ has coordinates: a slow variable besides the position (Adam's second moment, say) is a row that
`retract` leaves alone. Paths still on their way stand side by side in a tape's columns, so that a slow path costs one column.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dynamics.engine import interpreter, lanes
from dynamics.engine.compiled import kernel
from dynamics.engine.ensemble import BOUND
from dynamics.engine.randomness import BLOCK, LIMIT
from dynamics.engine.tape import Tape
from dynamics.limit.schemes.base import LEFT_MANIFOLD, RANK_CHANGED, RANK_FLOOR, Pace

HALVINGS = 50  # of a step
FIRST = 1 / 64  # of the longest step: until the drift's change is known
FADING = 0.5  # by a step: what is known of how fast the drift and λ_min change along a path
LAG = 0.05  # of a step's way, which the correction of its drift may be at most
ROUNDING = 1e-9  # relative to 1 + ‖x‖: a way that is shorter shows nothing
SLACK = 1.5  # a split step's part may be longer than the rule says by this
HURRIED = 10_000  # steps of a path that may be shorter than the shortest, where H is about to lose rank
SINGULAR = 1e-13  # λ_min relative to λ_max, at which double precision cannot tell it from 0
SPARSE = 0.2  # of the paths: to draw for all at once is quicker where more of them are on their way
SLICE = 32  # steps between two pauses


class Walk(NamedTuple):
    """Where `width` paths are, and all that their next steps need; the last axis is the path."""

    x: np.ndarray  # (S, width) state
    time: np.ndarray  # (width,)
    frame: np.ndarray  # (width,) the next to be kept
    drift: np.ndarray  # (S, width) along Γ, at x
    factor: np.ndarray  # (S·m, width) σ at x, column by column
    smallest: np.ndarray  # (width,) λ_min at x
    turning: np.ndarray  # (width,) rate at which Γ turns, at x
    turned: np.ndarray  # (width,) its integral over time
    lag: np.ndarray  # (S, width) correction of the steps before
    moved: np.ndarray  # (width,) length of the last step, 0 = seen to already
    way: np.ndarray  # (S, width) of the last step
    change: np.ndarray  # (width,) of the drift, per length of way, squared
    lean: np.ndarray  # (width,) of log λ_min, per length of way, squared
    length: np.ndarray  # (width,) of the step under way
    increment: np.ndarray  # (m, width) its Brownian increment
    hurried: np.ndarray  # (width,) number of steps that were shorter than the shortest
    depth: np.ndarray  # (width,) number of parts of split steps that wait
    lengths: np.ndarray  # (HALVINGS, width) of those parts
    increments: np.ndarray  # (HALVINGS, m, width)
    refused: np.ndarray  # (width,) bool: the step did not find back to Γ
    frozen_at: np.ndarray  # (width,) time, -1 = never
    failure: np.ndarray  # (width,)
    steps: np.ndarray  # (4, width) state of the random numbers of the steps,
    splits: np.ndarray  # (4, width) of the bridges that split them,
    frames: np.ndarray  # (4, width) and of those that lead to frames


class Marcher(ABC):
    """A `Stepper`, whose targets are slow times.

    `tape`: state (S) -> drift along Γ (S), σ (S, m), turning rate of Γ, λ_min, λ_max. `stray` is the share of a kick that the way
    back to Γ may be at most. `drifts` says whether steps add the drift; else `retract` brings it. The address is (seed, block).
    """

    def __init__(
        self, tape: Tape, parameters, start: np.ndarray, width: int, pace: Pace, address: tuple[int, int],
        stray: float = math.inf, drifts: bool = True,
    ) -> None:  # fmt: skip
        size = len(start)
        m = (len(tape.outputs) - size - 3) // size
        self.tape, self.pace, self.stray, self.drifts = tape, pace, stray, drifts
        self.work = tape.bind(parameters, width)
        seed, block = address
        steps = lanes.lanes(np.random.SeedSequence(seed, spawn_key=(LIMIT, block, 0)), BLOCK, width)
        splits, frames = lanes.fork(steps, 1), lanes.fork(steps, 2)
        self.walk = Walk(
            x=np.tile(np.reshape(start, (-1, 1)), (1, width)).astype(float),
            time=np.zeros(width),
            frame=np.zeros(width, dtype=np.int64),
            drift=np.zeros((size, width)),
            factor=np.zeros((size * m, width)),
            smallest=np.zeros(width),
            turning=np.zeros(width),
            turned=np.zeros(width),
            lag=np.zeros((size, width)),
            moved=np.zeros(width),
            way=np.zeros((size, width)),
            change=np.full(width, (min(pace.change, 1e100) / (FIRST * pace.longest)) ** 2),
            lean=np.zeros(width),
            length=np.zeros(width),
            increment=np.zeros((m, width)),
            hurried=np.zeros(width, dtype=np.int64),
            depth=np.zeros(width, dtype=np.int64),
            lengths=np.zeros((HALVINGS, width)),
            increments=np.zeros((HALVINGS, m, width)),
            refused=np.zeros(width, dtype=np.bool_),
            frozen_at=np.full(width, -1.0),
            failure=np.full(width, -1, dtype=np.int64),
            steps=steps,
            splits=splits,
            frames=frames,
        )
        self.frozen_at, self.failure = self.walk.frozen_at, self.walk.failure

    @abstractmethod
    def retract(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Carry columns (S, n), kicked from `origins` (S, n), to Γ, in place; (n,) bool, which have arrived."""

    def carry(self, targets: np.ndarray, frames: np.ndarray) -> Iterator[tuple[float, int]]:
        walk, pace, end = self.walk, self.pace, float(targets[-1])
        rules = np.array([pace.longest, pace.shortest, pace.turn**2, pace.sharpest**2, pace.change, pace.rank])
        targets = np.ascontiguousarray(targets, dtype=float)
        keep_reached(walk, targets, frames)
        before, left = 0.0, end > 0
        while left:
            left = self.advance(targets, frames, rules)
            done = float(np.where(walk.frozen_at < 0, walk.time, end).sum()) / end
            yield done - before, int(walk.frame.min())
            before = done
        yield 0.0, len(targets)

    def advance(self, targets: np.ndarray, frames: np.ndarray, rules: np.ndarray) -> bool:
        """A few steps of every path; whether any is still on its way."""
        walk, end = self.walk, targets[-1]
        for _ in range(SLICE):
            underway = np.flatnonzero((walk.frozen_at < 0) & (walk.time < end))
            if not len(underway):
                return False
            kicked = np.empty((len(walk.x), len(underway)))
            count = kick(self.tape.body, self.tape.outputs, self.work, walk, underway, kicked, rules, end, self.drifts)
            if count < len(underway):
                hold(walk, frames)
            underway = underway[:count]
            landed, arrived = self._retracted(np.ascontiguousarray(kicked[:, :count]), walk.x[:, underway])
            inside = judge(walk, underway, kicked, landed, arrived, targets, BOUND, self.stray)
            if inside:
                spots, place, frame = within(walk, underway, targets, inside, self.drifts)
                at_spots = self._retracted(spots, walk.x[:, underway[place]])
                keep_within(walk, underway, landed, targets, frames, *at_spots, place, frame)
            move_on(walk, underway, landed, targets, frames)
        return True

    def _retracted(self, points: np.ndarray, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns (S, n) brought to Γ, and which have arrived."""
        landed = points.copy()
        return landed, self.retract(landed, origins)


@kernel
def keep_reached(walk, targets, frames):
    """Keep the frames at time 0."""
    for i in range(len(walk.time)):
        while walk.frame[i] < len(targets) and targets[walk.frame[i]] <= walk.time[i]:
            for d in range(frames.shape[2]):
                frames[walk.frame[i], i, d] = walk.x[d, i]
            walk.frame[i] += 1


@kernel
def hold(walk, frames):
    """Keep the paths that have stopped where they last were."""
    for i in range(len(walk.time)):
        if walk.frozen_at[i] >= 0.0:
            for frame in range(walk.frame[i], len(frames)):
                for d in range(frames.shape[2]):
                    frames[frame, i, d] = walk.x[d, i]
            walk.frame[i] = len(frames)


@kernel
def kick(code, outputs, work, walk, underway, kicked, rules, end, drifts):
    """Kick the paths `underway`, whose number comes back: those that stop are left out of it, the others moved to the front."""
    x = walk.x
    for d in range(x.shape[0]):
        for j in range(len(underway)):
            work[d, j] = x[d, underway[j]]
    interpreter.run(code, work, len(underway))
    count = _learn(outputs, work, walk, underway, drifts)
    rule = np.empty(count)
    count = _choose(walk, underway[:count], rule, rules)
    count = _begin(walk, underway[:count], rule, end)
    _throw(walk, underway[:count], kicked, drifts)
    return count


@kernel
def _learn(outputs, work, walk, underway, drifts):
    """Take over the coefficients at x, and what the last step has shown; stop where there are none.

    Here as below a row of `walk` gets a name before the loop over paths: to look it up there would cost more than the arithmetic.
    """
    x, drift, factor, lag, last, moved = walk.x, walk.drift, walk.factor, walk.lag, walk.way, walk.moved
    rate, lean, small, turns = walk.change, walk.lean, walk.smallest, walk.turning
    failure, frozen_at, time = walk.failure, walk.frozen_at, walk.time
    size, total = x.shape[0], len(underway)
    turning, smallest, largest = outputs[len(outputs) - 3], outputs[len(outputs) - 2], outputs[len(outputs) - 1]
    undefined, way, change, scale = np.zeros(total), np.zeros(total), np.zeros(total), np.zeros(total)
    share = np.full(total, -1.0)  # of the drift's change, by which the next step is corrected; −1 = as before
    for row in range(len(outputs)):
        output = work[outputs[row]]
        for j in range(total):
            undefined[j] += 0.0 * output[j]  # NaN where one is not finite
    for d in range(size):
        output, xs, before, ways = work[outputs[d]], x[d], drift[d], last[d]
        for j in range(total):
            i = underway[j]
            way[j] += ways[i] ** 2
            change[j] += (output[j] - before[i]) ** 2
            scale[j] += xs[i] ** 2
    for j in range(total):
        i = underway[j]
        if moved[i] > 0.0:
            rate[i] *= FADING**2
            lean[i] *= FADING**2
            if way[j] > ROUNDING**2 * (1.0 + scale[j]):
                now, then = work[smallest, j], small[i]
                rate[i] = max(rate[i], change[j] / way[j])
                lean[i] = max(lean[i], (now - then) ** 2 / (min(now, then) ** 2 * way[j]))
            share[j] = 0.0
            if drifts and change[j] > 0.0:
                share[j] = min(0.5 * moved[i], LAG * math.sqrt(way[j] / change[j]))
            moved[i] = 0.0
    for d in range(size):
        output, before, lags = work[outputs[d]], drift[d], lag[d]
        for j in range(total):
            if share[j] >= 0.0:
                lags[underway[j]] = share[j] * (output[j] - before[underway[j]])
    for d in range(size):
        for j in range(total):
            drift[d, underway[j]] = work[outputs[d], j]
    for k in range(factor.shape[0]):
        for j in range(total):
            factor[k, underway[j]] = work[outputs[size + k], j]
    count = 0
    for j in range(total):
        i = underway[j]
        small[i] = work[smallest, j]
        turns[i] = work[turning, j]
        singular = work[smallest, j] <= SINGULAR * work[largest, j]
        if undefined[j] != 0.0 or singular:
            failure[i] = RANK_CHANGED if singular else LEFT_MANIFOLD
            frozen_at[i] = np.nextafter(time[i], np.inf)
            continue
        underway[count] = i
        count += 1
    return count


@kernel
def _choose(walk, underway, rule, rules):
    """How long the next step may be, for Γ's turning and the drift's change, and for as long as λ_min is foreseen to keep its size.

    That time falls to 0 where H loses rank, which ends the path; λ_min itself may do so without.
    """
    drift, factor, rate, lean, turning, turned = walk.drift, walk.factor, walk.change, walk.lean, walk.turning, walk.turned
    hurried, failure, frozen_at, time = walk.hurried, walk.failure, walk.frozen_at, walk.time
    most, shortest, turn, sharpest, change, rank = rules
    variance, speed = np.zeros(len(underway)), np.zeros(len(underway))
    for k in range(factor.shape[0]):
        for j in range(len(underway)):
            variance[j] += factor[k, underway[j]] ** 2
    for d in range(drift.shape[0]):
        for j in range(len(underway)):
            speed[j] += drift[d, underway[j]] ** 2
    count = 0
    for j in range(len(underway)):
        i = underway[j]
        longest = most
        mean = turning[i] * turned[i] / max(time[i], most)
        if mean * longest**2 > turn**2:
            longest = turn / math.sqrt(mean)
        if turning[i] * longest > sharpest:
            longest = sharpest / turning[i]
        if rate[i] * longest**2 > change**2:
            longest = change / math.sqrt(rate[i])
        longest = max(longest, shortest)
        foreseen = most
        if lean[i] * variance[j] * foreseen > rank**2:
            foreseen = rank**2 / (lean[i] * variance[j])
        if lean[i] * speed[j] * foreseen**2 > rank**2:
            foreseen = rank / math.sqrt(lean[i] * speed[j])
        if foreseen < RANK_FLOOR * most:
            failure[i] = RANK_CHANGED
            frozen_at[i] = np.nextafter(time[i], np.inf)
            continue
        hurried[i] += foreseen < shortest
        if foreseen < longest and (foreseen >= shortest or hurried[i] <= HURRIED):
            longest = foreseen
        underway[count], rule[count] = i, longest
        count += 1
    return count


@kernel
def _begin(walk, underway, rule, end):
    """The next steps: new ones, or parts of split ones. One that has been split too often ends its path."""
    time, step, increment, steps, splits = walk.time, walk.length, walk.increment, walk.steps, walk.splits
    depth, lengths, increments, refused = walk.depth, walk.lengths, walk.increments, walk.refused
    failure, frozen_at = walk.failure, walk.frozen_at
    m = increment.shape[0]
    drawn = np.empty((1, m, steps.shape[1]))
    new = 0
    for j in range(len(underway)):
        new += depth[underway[j]] == 0
    if new == len(underway) and new > SPARSE * len(time):
        lanes.normals(steps, drawn, 0, m)
    else:
        for j in range(len(underway)):
            if depth[underway[j]] == 0:
                for k in range(m):
                    drawn[0, k, underway[j]] = lanes.normal(steps, underway[j])
    count = 0
    for j in range(len(underway)):
        i = underway[j]
        if depth[i] == 0:
            left = end - time[i]
            length = left if rule[j] > 0.999 * left else rule[j]
            root = math.sqrt(length)
            for k in range(m):
                increment[k, i] = root * drawn[0, k, i]
            goes = time[i] + length > time[i]
        else:
            top, goes, halve = depth[i] - 1, True, refused[i]
            length = lengths[top, i]
            for k in range(m):
                increment[k, i] = increments[top, k, i]
            while halve or length > SLACK * rule[j]:
                if top + 1 >= HALVINGS or time[i] + 0.5 * length <= time[i]:
                    goes = not halve
                    break
                halve = False
                length *= 0.5
                for k in range(m):
                    first = 0.5 * increment[k, i] + math.sqrt(0.5 * length) * lanes.normal(splits, i)
                    increments[top, k, i] = increment[k, i] - first
                    increment[k, i] = first
                lengths[top, i] = length
                top += 1
            depth[i] = top
        step[i] = length
        refused[i] = False
        if goes:
            underway[count] = i
            count += 1
        else:
            failure[i] = LEFT_MANIFOLD
            frozen_at[i] = np.nextafter(time[i], np.inf)
    return count


@kernel
def _throw(walk, underway, kicked, drifts):
    """Where the steps lead before they are brought back to Γ."""
    x, lag, drift, factor, length, increment = walk.x, walk.lag, walk.drift, walk.factor, walk.length, walk.increment
    size = x.shape[0]
    for d in range(size):
        for j in range(len(underway)):
            i = underway[j]
            kicked[d, j] = x[d, i]
            if drifts:
                kicked[d, j] += lag[d, i] + length[i] * drift[d, i]
        for k in range(increment.shape[0]):
            for j in range(len(underway)):
                i = underway[j]
                kicked[d, j] += factor[k * size + d, i] * increment[k, i]


@kernel
def _after(time, length, end):
    """The time after a step."""
    after = time + length
    return end if after > end * (1.0 - 1e-12) else after


@kernel
def judge(walk, underway, kicked, landed, arrived, targets, bound, stray):
    """Refuse the steps that did not find back; how many frames lie inside the others."""
    x, refused, time, length, at = walk.x, walk.refused, walk.time, walk.length, walk.frame
    inside, end = 0, targets[-1]
    for j in range(len(underway)):
        i = underway[j]
        kick, back, scale, largest = 0.0, 0.0, 0.0, 0.0
        for d in range(x.shape[0]):
            kick += (kicked[d, j] - x[d, i]) ** 2
            back += (landed[d, j] - kicked[d, j]) ** 2
            scale += x[d, i] ** 2
            largest = max(largest, abs(landed[d, j]))
        near = math.sqrt(back) <= stray * math.sqrt(kick) + ROUNDING * (1.0 + math.sqrt(scale))
        refused[i] = not (arrived[j] and near and largest <= bound)
        if refused[i]:
            continue
        after, frame = _after(time[i], length[i], end), at[i]
        while frame < len(targets) and targets[frame] < after:
            inside += 1
            frame += 1
    return inside


@kernel
def within(walk, underway, targets, inside, drifts):
    """Where the steps that were not refused are at the frames inside them, (S, inside), before these are brought to Γ; and whose
    they are, as places in `underway`, and which frames."""
    x, lag, drift, factor, length, increment = walk.x, walk.lag, walk.drift, walk.factor, walk.length, walk.increment
    refused, time, at, bridges = walk.refused, walk.time, walk.frame, walk.frames
    size, m, end = x.shape[0], increment.shape[0], targets[-1]
    spots, place, frame = np.empty((size, inside)), np.empty(inside, dtype=np.int64), np.empty(inside, dtype=np.int64)
    position = np.empty(m)
    column = 0
    for j in range(len(underway)):
        i = underway[j]
        if refused[i]:
            continue
        after = _after(time[i], length[i], end)
        spent = 0.0
        for k in range(m):
            position[k] = 0.0
        target = at[i]
        while target < len(targets) and targets[target] < after:
            now = min(targets[target] - time[i], length[i])
            left, step = length[i] - spent, now - spent
            share = step / left if left > 0.0 else 0.0
            for k in range(m):
                spread = math.sqrt(step * (1.0 - share)) * lanes.normal(bridges, i)
                position[k] += share * (increment[k, i] - position[k]) + spread
            for d in range(size):
                value = x[d, i]
                if drifts:
                    value += now / length[i] * lag[d, i] + now * drift[d, i]
                for k in range(m):
                    value += factor[k * size + d, i] * position[k]
                spots[d, column] = value
            place[column], frame[column] = j, target
            spent = now
            column += 1
            target += 1
    return spots, place, frame


@kernel
def keep_within(walk, underway, landed, targets, frames, kept, arrived, place, frame):
    """Keep the frames inside steps. One that does not find back to Γ gets the end of its step that is nearer in time: frames must
    not change where a path goes."""
    x, time, length = walk.x, walk.time, walk.length
    for column in range(len(place)):
        j = place[column]
        i = underway[j]
        early = targets[frame[column]] - time[i] < 0.5 * length[i]
        for d in range(frames.shape[2]):
            value = kept[d, column]
            if not arrived[column]:
                value = x[d, i] if early else landed[d, j]
            frames[frame[column], i, d] = value


@kernel
def move_on(walk, underway, landed, targets, frames):
    """End the steps: those that were refused wait to be split, the others' paths go on."""
    x, lag, way, moved, turned, turning = walk.x, walk.lag, walk.way, walk.moved, walk.turned, walk.turning
    time, length, at, increment, refused = walk.time, walk.length, walk.frame, walk.increment, walk.refused
    depth, lengths, increments = walk.depth, walk.lengths, walk.increments
    end = targets[-1]
    for d in range(x.shape[0]):
        for j in range(len(underway)):
            i = underway[j]
            lag[d, i] = 0.0  # it would not shrink with a step that is split
            if not refused[i]:
                way[d, i] = landed[d, j] - x[d, i]
                x[d, i] = landed[d, j]
    for j in range(len(underway)):
        i = underway[j]
        if refused[i]:
            top = depth[i]
            lengths[top, i] = length[i]
            for k in range(increment.shape[0]):
                increments[top, k, i] = increment[k, i]
            depth[i] += 1
            continue
        moved[i] = length[i]
        turned[i] += length[i] * turning[i]
        time[i] = _after(time[i], length[i], end)
        while at[i] < len(targets) and targets[at[i]] <= time[i]:
            if targets[at[i]] == time[i]:
                for d in range(frames.shape[2]):
                    frames[at[i], i, d] = x[d, i]
            at[i] += 1
