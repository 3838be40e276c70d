"""Distances between laws of one number: an empirical law against another, which may be weighted (an exact density on a grid)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

BOOTSTRAPS = 200
MOST_POINTS = 600  # of each ensemble, in an energy distance in space


@dataclass(frozen=True, eq=False)
class Law:
    """A law on the line: sorted values (M,) and their weights (M,), which sum to 1."""

    values: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(values, weights=None) -> Law:
        """From values (M,) in any order; equal weights by default."""
        values = np.asarray(values, dtype=float)
        weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
        order = np.argsort(values, kind="stable")
        return Law(values[order], weights[order] / weights.sum())

    @property
    def mean(self) -> float:
        return float(self.values @ self.weights)

    @property
    def variance(self) -> float:
        return float((self.values - self.mean) ** 2 @ self.weights)

    def quantiles(self, levels) -> np.ndarray:
        """The smallest values below which at least these shares lie."""
        cumulative = np.cumsum(self.weights)
        at = np.searchsorted(cumulative / cumulative[-1], np.asarray(levels) - 1e-12)
        return self.values[np.minimum(at, len(self.values) - 1)]

    def histogram(self, edges: np.ndarray) -> np.ndarray:
        """The mean density in each bin, (B,)."""
        return np.histogram(self.values, edges, weights=self.weights)[0] / np.diff(edges)

    def sample(self, count: int, random: np.random.Generator) -> np.ndarray:
        """`count` independent draws."""
        return self.values[np.searchsorted(np.cumsum(self.weights)[:-1], random.random(count), side="right")]


@dataclass(frozen=True)
class Distances:
    """wasserstein = ∫|F − G|, kolmogorov = sup |F − G|, energy = (2 ∫(F − G)²)^½; floats, or arrays over bootstrap resamples."""

    wasserstein: Any
    kolmogorov: Any
    energy: Any


NAMES = ("wasserstein", "kolmogorov", "energy")


def distances(one: Law, other: Law) -> Distances:
    """Between two laws."""
    return _distances(one.values, one.weights[None], other)[0]


def bootstrap(sample: Law, other: Law, random: np.random.Generator, count: int = BOOTSTRAPS) -> Distances:
    """The distances of `count` resamples of an empirical law from `other`, each (count,): their spread is the standard error."""
    size = len(sample.values)
    weights = random.multinomial(size, sample.weights, size=count) / size
    return _distances(sample.values, weights, other)[1]


def null(size: int, law: Law, random: np.random.Generator, count: int = BOOTSTRAPS) -> Distances:
    """The distances from `law` of `count` samples of `size` from it: what is seen when two laws are equal, each (count,)."""
    weights = random.multinomial(size, law.weights, size=count) / size
    return _distances(law.values, weights, law)[1]


def _distances(values: np.ndarray, weights: np.ndarray, other: Law) -> tuple[Distances, Distances]:
    """For rows of weights (B, M) on sorted values (M,): the first row's distances as floats, and all as arrays."""
    merged = np.concatenate([values, other.values])
    order = np.argsort(merged, kind="stable")
    gaps = np.diff(merged[order])
    mass = np.concatenate([weights, -np.broadcast_to(other.weights, (len(weights), len(other.weights)))], axis=1)
    apart = np.cumsum(mass[:, order], axis=1)[:, :-1]
    # Equal values are one point: the difference counts only where the next value is larger.
    apart = np.where(gaps > 0, apart, 0.0)
    found = Distances(np.abs(apart) @ gaps, np.abs(apart).max(axis=1, initial=0.0), np.sqrt(2 * (apart**2 @ gaps)))
    return Distances(*(float(getattr(found, name)[0]) for name in NAMES)), found


@dataclass(frozen=True)
class SpaceDistance:
    """An energy distance between two ensembles in R^D, its bootstrap standard error, and its mean when the laws are equal."""

    energy: float
    standard_error: float
    floor: float


def energy_in_space(X: np.ndarray, Y: np.ndarray, random: np.random.Generator, count: int = BOOTSTRAPS) -> SpaceDistance:
    """(2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖)^½ of ensembles (N, D) and (M, D), from at most MOST_POINTS points of each.

    The floor is found by dealing the pooled points out anew.
    """
    X, Y = X[:MOST_POINTS], Y[:MOST_POINTS]
    pooled = np.concatenate([X, Y])
    apart = cdist(pooled, pooled)

    def energies(weights: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(-np.einsum("ij,ij->i", weights @ apart, weights), 0.0))

    signs = np.concatenate([np.full(len(X), 1 / len(X)), np.full(len(Y), -1 / len(Y))])
    drawn = (random.multinomial(len(side), np.full(len(side), 1 / len(side)), size=count) / len(side) for side in (X, Y))
    resampled = np.concatenate([next(drawn), -next(drawn)], axis=1)
    dealt = random.permuted(np.broadcast_to(signs, (count, len(signs))), axis=1)
    return SpaceDistance(float(energies(signs[None])[0]), float(energies(resampled).std(ddof=1)), float(energies(dealt).mean()))
