"""What the theorem does not promise: its assumptions, each broken on purpose and by degrees, and the disagreement measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from dynamics.experiment import NUMBERS, Experiment
from dynamics.limit.flow import limit_map
from dynamics.noise import FreeNoise
from dynamics.outcome import Outcome
from dynamics.simulate import simulate
from dynamics.studies.disagreement import Disagreement, disagreement

FRAMES, PATHS = 60, 1000  # of the runs that are only measured; more paths if the experiment has more


@dataclass(frozen=True)
class Breach:
    """One way to break an assumption. `degrees` run from where the theorem holds, or nearly, to where it does not.

    `broken(experiment, degree)` is the experiment with the assumption broken so far. Raises ValueError, with a sentence, where
    this cannot be done.
    """

    title: str
    assumption: str
    symbol: str
    meaning: str
    degrees: tuple[float, ...]
    opens: float
    broken: Callable[[Experiment, float], Experiment]


@dataclass(frozen=True, eq=False)
class Measured:
    """The disagreement at each degree so far, and the outcome at each."""

    degrees: tuple[float, ...]
    found: tuple[Disagreement, ...]
    outcomes: tuple[Outcome, ...]


def measured(
    experiment: Experiment,
    breach: Breach,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Measured]:
    """Simulate at every degree, one after the other."""
    found: list[Disagreement] = []
    outcomes: list[Outcome] = []
    degrees = breach.degrees
    for index, degree in enumerate(degrees):

        def advance(fraction: float, index: int = index) -> None:
            if progress:
                progress((index + fraction) / len(degrees))

        broken = replace(breach.broken(experiment, degree), frames=FRAMES, paths=max(PATHS, experiment.paths))
        outcome = simulate(broken, progress=advance, cancel=cancel)
        if outcome.status == "cancelled":
            return
        found.append(disagreement(outcome))
        outcomes.append(outcome)
        yield Measured(degrees[: index + 1], tuple(found), tuple(outcomes))


def _free(experiment: Experiment) -> FreeNoise:
    if not isinstance(experiment.noise, FreeNoise):
        raise ValueError("Minibatch sampling has a law of its own: choose isotropic, label or covariance noise.")
    return experiment.noise


def _heavy(experiment: Experiment, freedom: float) -> Experiment:
    return replace(experiment, noise=replace(_free(experiment), law="student", freedom=freedom))


def _remembering(experiment: Experiment, memory: float) -> Experiment:
    return replace(experiment, noise=replace(_free(experiment), memory=memory))


def _large_steps(experiment: Experiment, stability: float) -> Experiment:
    """The learning rate at which η λ_max(H) at Φ(x₀) is `stability`."""
    arrival = limit_map(experiment.landscape, np.array(experiment.start))
    sharpest = float(experiment.landscape.sharpness(arrival))
    low, high = NUMBERS["learning_rate"].minimum, NUMBERS["learning_rate"].maximum
    return replace(experiment, learning_rate=float(f"{min(max(stability / sharpest, low), high):.3g}"))


def _crossing(experiment: Experiment, start: float) -> Experiment:
    cross = Experiment(landscape="cross")
    return replace(cross, start=(start, cross.start[1]), paths=experiment.paths, seed=experiment.seed)


BREACHES: dict[str, Breach] = {
    "tails": Breach(
        "Heavy tails",
        "The theorem assumes noise of finite variance. Student's t with ν ≤ 2 degrees of freedom has none: single steps throw SGD "
        "far away however small the learning rate. For ν > 2 the theorem holds, and the nearer ν is to 2 the slower it sets in.",
        "ν",
        "degrees of freedom",
        (30.0, 5.0, 3.0, 2.0, 1.5),
        1.5,
        _heavy,
    ),
    "memory": Breach(
        "Noise with memory",
        "The theorem assumes that the noise of a step is independent of the step before. With correlation ρ from step to step the "
        "kicks add up: along Γ constant noise acts as if its covariance were (1 + ρ)/(1 − ρ) times as large, and the limit shown "
        "does not know that.",
        "ρ",
        "correlation from step to step",
        (0.0, 0.3, 0.6, 0.8, 0.9),
        0.8,
        _remembering,
    ),
    "steps": Breach(
        "Learning rate too large",
        "The theorem is about η → 0. Across Γ SGD multiplies its distance by 1 − ηλ at each step: where η·λₘₐₓ comes near 2 it no "
        "longer settles, and above 2 it is thrown off.",
        "η·λₘₐₓ",
        "at Φ(x₀)",
        (0.05, 0.2, 0.5, 1.0, 1.7),
        1.0,
        _large_steps,
    ),
    "rank": Breach(
        "A rank that changes",
        "The theorem assumes that the rank of the Hessian is the same all along Γ. Where two branches of Γ cross an eigenvalue "
        "vanishes: nothing pulls SGD back in that direction, the limiting SDE ends there, and SGD goes on along any branch. Shown "
        "on the cross xy = 0, whatever the landscape chosen.",
        "x₀",
        "first coordinate of the start",
        (4.0, 3.0, 2.2, 1.4, 0.9),
        1.4,
        _crossing,
    ),
}
