"""The one compiled interpreter: runs a tape, operation by operation, over a block of paths.

Compiled once for all formulas and kept in Numba's disk cache. A row of `work` holds one value for every path of the block; the
inner loops vectorize because a result's row is never an operand's row (`tape` sees to that). Rows are named by number: a view of a
row would cost more, in reference counts, than the arithmetic on it.
"""

from __future__ import annotations

import math

import numpy as np

from dynamics.engine.compiled import kernel

(
    COPY, ADD, SUB, MUL, DIV, NEG, SQUARE, TWICE, INVERSE, SQRT, EXP, LOG, SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2, SINH, COSH,
    TANH, ABS, SIGN, FLOOR, MIN, MAX, POW, LT, LE, EQ, NE, NOT, AND, OR, SELECT, LOG1P, EXPM1, HYPOT, COPYSIGN,
    MULTIPLY_ADD, MULTIPLY_SUBTRACT, SUBTRACT_PRODUCT, EIGEN,
) = range(44)  # fmt: skip
SWEEPS = 16  # of cyclic Jacobi at most; four to eight reach rounding
EIGEN_SCRATCH = 3  # rows after a matrix that EIGEN uses


@kernel
def eigen(work, values, matrix, m, width):
    """Eigenvalues, from the largest down, and unit eigenvectors of symmetric matrices (m, m), by cyclic Jacobi rotations.

    The matrix stands in rows matrix..matrix + m² − 1, which are overwritten, with EIGEN_SCRATCH rows behind it. Eigenvalue k goes
    to row values + k, entry j of its vector to row values + m + k m + j. What becomes of a column does not depend on its
    neighbours: where a rotation would be by less than rounding it is left out, and a sweep without rotations is the last.
    """
    vectors, cosine, sine, floor = values + m, matrix + m * m, matrix + m * m + 1, matrix + m * m + 2
    for i in range(width):
        work[floor, i] = 0.0
    for k in range(m):
        for j in range(m):
            for i in range(width):
                work[vectors + k * m + j, i] = 1.0 if j == k else 0.0
        for i in range(width):
            work[floor, i] += 1e-18 * abs(work[matrix + k * m + k, i])
    for _ in range(SWEEPS):
        rotations = 0
        for p in range(m - 1):
            for q in range(p + 1, m):
                pp, qq, pq, qp = matrix + p * m + p, matrix + q * m + q, matrix + p * m + q, matrix + q * m + p
                here = 0
                for i in range(width):
                    off = work[pq, i]
                    here += abs(off) > 1e-16 * (abs(work[pp, i]) + abs(work[qq, i])) + work[floor, i]
                if here == 0:
                    continue
                rotations += here
                for i in range(width):
                    off = work[pq, i]
                    rotated = abs(off) > 1e-16 * (abs(work[pp, i]) + abs(work[qq, i])) + work[floor, i]
                    twice = 2.0 * off if rotated else 0.0
                    difference = work[qq, i] - work[pp, i]
                    denominator = difference + math.copysign(math.sqrt(difference * difference + twice * twice), difference)
                    t = twice / denominator if rotated and denominator != 0.0 else 0.0
                    shift = t * off if rotated else 0.0
                    c = 1.0 / math.sqrt(1.0 + t * t)
                    work[cosine, i] = c
                    work[sine, i] = t * c
                    work[pp, i] -= shift
                    work[qq, i] += shift
                    off = 0.0 if rotated else off
                    work[pq, i] = off
                    work[qp, i] = off
                for k in range(m):
                    if k != p and k != q:
                        kp, kq, pk, qk = matrix + k * m + p, matrix + k * m + q, matrix + p * m + k, matrix + q * m + k
                        for i in range(width):
                            a, b = work[pk, i], work[qk, i]
                            first = work[cosine, i] * a - work[sine, i] * b
                            second = work[sine, i] * a + work[cosine, i] * b
                            work[pk, i] = first
                            work[qk, i] = second
                            work[kp, i] = first
                            work[kq, i] = second
                    vp, vq = vectors + p * m + k, vectors + q * m + k
                    for i in range(width):
                        a, b = work[vp, i], work[vq, i]
                        work[vp, i] = work[cosine, i] * a - work[sine, i] * b
                        work[vq, i] = work[sine, i] * a + work[cosine, i] * b
        if rotations == 0:
            break
    for k in range(m):
        for i in range(width):
            work[values + k, i] = work[matrix + k * m + k, i]
    for k in range(m - 1):
        for i in range(width):
            largest = k
            for j in range(k + 1, m):
                if work[values + j, i] > work[values + largest, i]:
                    largest = j
            if largest != k:
                work[values + k, i], work[values + largest, i] = work[values + largest, i], work[values + k, i]
                for j in range(m):
                    one, other = vectors + k * m + j, vectors + largest * m + j
                    work[one, i], work[other, i] = work[other, i], work[one, i]


@kernel
def run(code, work, width):
    """Run `code` (K, 5: opcode, result's row, operands' rows) over the first `width` columns of `work` (rows, ≥ width).

    EIGEN's operands are the first row of the matrix and its size m.
    """
    for k in range(code.shape[0]):
        operation = code[k, 0]
        r = code[k, 1]
        a = code[k, 2]
        b = code[k, 3]
        c = code[k, 4]
        if operation == MUL:
            for i in range(width):
                work[r, i] = work[a, i] * work[b, i]
        elif operation == ADD:
            for i in range(width):
                work[r, i] = work[a, i] + work[b, i]
        elif operation == MULTIPLY_ADD:
            for i in range(width):
                work[r, i] = work[a, i] * work[b, i] + work[c, i]
        elif operation == MULTIPLY_SUBTRACT:
            for i in range(width):
                work[r, i] = work[a, i] * work[b, i] - work[c, i]
        elif operation == SUBTRACT_PRODUCT:
            for i in range(width):
                work[r, i] = work[c, i] - work[a, i] * work[b, i]
        elif operation == SUB:
            for i in range(width):
                work[r, i] = work[a, i] - work[b, i]
        elif operation == DIV:
            for i in range(width):
                work[r, i] = work[a, i] / work[b, i]
        elif operation == COPY:
            for i in range(width):
                work[r, i] = work[a, i]
        elif operation == NEG:
            for i in range(width):
                work[r, i] = -work[a, i]
        elif operation == SQUARE:
            for i in range(width):
                work[r, i] = work[a, i] * work[a, i]
        elif operation == TWICE:
            for i in range(width):
                work[r, i] = work[a, i] + work[a, i]
        elif operation == INVERSE:
            for i in range(width):
                work[r, i] = 1.0 / work[a, i]
        elif operation == SQRT:
            for i in range(width):
                work[r, i] = math.sqrt(work[a, i]) if work[a, i] >= 0.0 else np.nan
        elif operation == EXP:
            for i in range(width):
                work[r, i] = np.exp(work[a, i])
        elif operation == LOG:
            for i in range(width):
                work[r, i] = np.log(work[a, i])
        elif operation == SIN:
            for i in range(width):
                work[r, i] = np.sin(work[a, i])
        elif operation == COS:
            for i in range(width):
                work[r, i] = np.cos(work[a, i])
        elif operation == TAN:
            for i in range(width):
                work[r, i] = np.tan(work[a, i])
        elif operation == ASIN:
            for i in range(width):
                work[r, i] = np.arcsin(work[a, i])
        elif operation == ACOS:
            for i in range(width):
                work[r, i] = np.arccos(work[a, i])
        elif operation == ATAN:
            for i in range(width):
                work[r, i] = np.arctan(work[a, i])
        elif operation == ATAN2:
            for i in range(width):
                work[r, i] = np.arctan2(work[a, i], work[b, i])
        elif operation == SINH:
            for i in range(width):
                work[r, i] = np.sinh(work[a, i])
        elif operation == COSH:
            for i in range(width):
                work[r, i] = np.cosh(work[a, i])
        elif operation == TANH:
            for i in range(width):
                work[r, i] = np.tanh(work[a, i])
        elif operation == ABS:
            for i in range(width):
                work[r, i] = abs(work[a, i])
        elif operation == SIGN:
            for i in range(width):
                work[r, i] = np.sign(work[a, i])
        elif operation == FLOOR:
            for i in range(width):
                work[r, i] = np.floor(work[a, i])
        elif operation == MIN:
            for i in range(width):
                work[r, i] = work[a, i] if work[a, i] < work[b, i] or work[a, i] != work[a, i] else work[b, i]
        elif operation == MAX:
            for i in range(width):
                work[r, i] = work[a, i] if work[a, i] > work[b, i] or work[a, i] != work[a, i] else work[b, i]
        elif operation == POW:
            for i in range(width):
                work[r, i] = np.power(work[a, i], work[b, i])
        elif operation == LT:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] < work[b, i] else 0.0
        elif operation == LE:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] <= work[b, i] else 0.0
        elif operation == EQ:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] == work[b, i] else 0.0
        elif operation == NE:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] != work[b, i] else 0.0
        elif operation == NOT:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] == 0.0 else 0.0
        elif operation == AND:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] != 0.0 and work[b, i] != 0.0 else 0.0
        elif operation == OR:
            for i in range(width):
                work[r, i] = 1.0 if work[a, i] != 0.0 or work[b, i] != 0.0 else 0.0
        elif operation == SELECT:
            for i in range(width):
                work[r, i] = work[b, i] if work[a, i] != 0.0 else 0.0
        elif operation == LOG1P:
            for i in range(width):
                work[r, i] = np.log1p(work[a, i])
        elif operation == EXPM1:
            for i in range(width):
                work[r, i] = np.expm1(work[a, i])
        elif operation == HYPOT:
            for i in range(width):
                work[r, i] = np.hypot(work[a, i], work[b, i])
        elif operation == COPYSIGN:
            for i in range(width):
                work[r, i] = np.copysign(work[a, i], work[b, i])
        elif operation == EIGEN:
            eigen(work, r, a, b, width)


@kernel
def evaluate(code, outputs, work, points, results, width):
    """results[m, k] = output m at points[:, k], the columns taken `width` at a time."""
    inputs, count = points.shape
    for start in range(0, count, width):
        stop = min(start + width, count)
        for d in range(inputs):
            for i in range(start, stop):
                work[d, i - start] = points[d, i]
        run(code, work, stop - start)
        for m in range(outputs.shape[0]):
            for i in range(start, stop):
                results[m, i] = work[outputs[m], i - start]


@kernel
def iterate(code, outputs, work, draws, width, dimension, bound, frozen_at, failure, first_step):
    """Apply the step x <- outputs[:dimension] once for each draws[s], rows `dimension`.. of the inputs taking draws[s].

    Further outputs are alarms: a path stops for good, at the last point it held, at the first step at which an alarm is positive
    or a coordinate is not within ±bound. Then frozen_at[i] is the step and failure[i] is 1.. for the first alarm that is positive,
    where the point may be anything, else 0 for the bound.
    """
    for s in range(draws.shape[0]):
        for m in range(draws.shape[1]):
            for i in range(width):
                work[dimension + m, i] = draws[s, m, i]
        run(code, work, width)
        trouble = 0
        for d in range(dimension):
            value = outputs[d]
            for i in range(width):
                trouble += not (abs(work[value, i]) <= bound)
        for d in range(dimension, outputs.shape[0]):
            alarm = outputs[d]
            for i in range(width):
                trouble += work[alarm, i] > 0.0
        if trouble == 0:
            for d in range(dimension):
                value = outputs[d]
                for i in range(width):
                    work[d, i] = work[value, i]
            continue
        for i in range(width):
            if frozen_at[i] >= 0:
                continue
            kind = -1
            for d in range(dimension):
                if not abs(work[outputs[d], i]) <= bound:
                    kind = 0
            for d in range(dimension, outputs.shape[0]):
                if kind <= 0 and work[outputs[d], i] > 0.0:
                    kind = d - dimension + 1
            if kind >= 0:
                frozen_at[i] = first_step + s + 1
                failure[i] = kind
        for d in range(dimension):
            for i in range(width):
                if frozen_at[i] < 0:
                    work[d, i] = work[outputs[d], i]
