"""What every export says of itself: caption, parameters, seed, version and link."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dynamics import Outcome, __version__
from figures.caption import caption

PAPER = "Z. Li, T. Wang, S. Arora, What Happens after SGD Reaches Zero Loss?, ICLR 2022, arXiv 2110.06914"
SIMULATOR = "simulator"  # the page of a link that shows one run


def link(view: str, query: Mapping[str, str]) -> str:
    """What follows the address of an app."""
    return "?" + urlencode({"view": view, **query})


def about(outcome: Outcome) -> dict[str, str]:
    """By key, in the order in which they are told."""
    experiment = outcome.experiment
    return {
        "caption": caption(outcome, None, experiment.paths),
        "status": outcome.status.told or str(outcome.status),
        **about_page(SIMULATOR, experiment.to_query(), experiment.seed),
    }


def about_page(view: str, query: Mapping[str, str], seed: float) -> dict[str, str]:
    """Of what a page shows; `query` is all that its link holds."""
    return {"seed": str(seed), "link": link(view, query), "version": f"After Zero Loss {__version__}", "theory": PAPER}
