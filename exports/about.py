"""What every export of a run says of itself: caption, parameters, seed, version and link."""

from __future__ import annotations

from dynamics import Outcome
from figures.about import about_experiment
from figures.caption import caption


def about(outcome: Outcome) -> dict[str, str]:
    """By key, in the order in which they are told."""
    experiment = outcome.experiment
    return {
        "caption": caption(outcome, None, experiment.paths),
        "status": outcome.status.told or str(outcome.status),
        **about_experiment(experiment),
    }
