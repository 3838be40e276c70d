"""What every export says of itself: caption, parameters, seed, version and link."""

from __future__ import annotations

from urllib.parse import urlencode

from dynamics import Outcome, __version__
from figures.caption import caption

PAPER = "Z. Li, T. Wang, S. Arora, What Happens after SGD Reaches Zero Loss?, ICLR 2022, arXiv 2110.06914"


def about(outcome: Outcome) -> dict[str, str]:
    """By key, in the order in which they are told. `link` is what follows the address of an app."""
    experiment = outcome.experiment
    return {
        "caption": caption(outcome, None, experiment.paths),
        "status": outcome.status.told or str(outcome.status),
        "seed": str(experiment.seed),
        "link": "?" + urlencode({"view": "simulator", **experiment.to_query()}),
        "version": f"After Zero Loss {__version__}",
        "theory": PAPER,
    }
