"""Descent on the overparametrized linear model, compiled: steps multiply coordinates (theory section 6).

`positive` (d,) is u (or the only v of the one-sign model), `negative` (d,) is v, or empty. Each returns the number of steps taken:
fewer than asked for where a residual left ±`bound`.
"""

from __future__ import annotations

from dynamics.engine.compiled import summing


@summing
def single_sample(positive, negative, design, targets, samples, kicks, rate, bound):
    """Steps of u∘u − v∘v on one sample each: `samples` (S,) its index, `kicks` (S,) what is added to its residual."""
    for step in range(len(samples)):
        row = design[samples[step]]
        residual = 0.0
        for j in range(len(positive)):
            residual += row[j] * (positive[j] * positive[j] - negative[j] * negative[j])
        residual -= targets[samples[step]]
        if not abs(residual) <= bound:
            return step
        factor = rate * (residual + kicks[step])
        for j in range(len(positive)):
            move = factor * row[j]
            positive[j] -= move * positive[j]
            negative[j] += move * negative[j]
    return len(samples)


@summing
def single_sample_of_one_sign(positive, design, targets, samples, kicks, rate, bound):
    """`single_sample` of v∘v. A kernel of its own: a branch inside would cost the other a third of its speed."""
    for step in range(len(samples)):
        row = design[samples[step]]
        residual = 0.0
        for j in range(len(positive)):
            residual += row[j] * positive[j] * positive[j]
        residual -= targets[samples[step]]
        if not abs(residual) <= bound:
            return step
        factor = rate * (residual + kicks[step])
        for j in range(len(positive)):
            positive[j] -= factor * row[j] * positive[j]
    return len(samples)


@summing
def _coefficients(positive, negative, w):
    for j in range(len(w)):
        w[j] = positive[j] * positive[j]
    for j in range(len(negative)):
        w[j] -= negative[j] * negative[j]


@summing
def _dot(row, w):
    total = 0.0
    for j in range(len(w)):
        total += row[j] * w[j]
    return total


@summing
def _multiply(positive, negative, rate, g):
    for j in range(len(positive)):
        positive[j] -= rate * g[j] * positive[j]
    for j in range(len(negative)):
        negative[j] += rate * g[j] * negative[j]


@summing
def full_gradient(positive, negative, design, targets, samples, kicks, noise, rate, bound, work):
    """Steps on the full gradient. `samples` and `kicks` (S,): label noise of one sample, a kick of 0 is none.

    `noise` (S or 0, D) is added to the gradient. `work` is (2, d).
    """
    d, n = len(positive), len(targets)
    w, g = work[0], work[1]
    for step in range(len(samples)):
        _coefficients(positive, negative, w)
        chosen = design[samples[step]]
        for j in range(d):
            g[j] = kicks[step] * chosen[j]
        for i in range(n):
            row = design[i]
            share = (_dot(row, w) - targets[i]) / n
            if not abs(share) <= bound:
                return step
            for j in range(d):
                g[j] += share * row[j]
        _multiply(positive, negative, rate, g)
        if len(noise) > 0:
            for j in range(d):
                positive[j] -= rate * noise[step, j]
            for j in range(len(negative)):
                negative[j] -= rate * noise[step, d + j]
    return len(samples)


@summing
def batches(positive, negative, design, targets, samples, rate, bound, work):
    """Steps on the mean gradient of the samples (S, B). `work` is (2, d)."""
    d, size = len(positive), samples.shape[1]
    w, g = work[0], work[1]
    for step in range(len(samples)):
        _coefficients(positive, negative, w)
        for j in range(d):
            g[j] = 0.0
        for b in range(size):
            row = design[samples[step, b]]
            share = (_dot(row, w) - targets[samples[step, b]]) / size
            if not abs(share) <= bound:
                return step
            for j in range(d):
                g[j] += share * row[j]
        _multiply(positive, negative, rate, g)
    return len(samples)
