"""What a picture says of itself wherever it is taken: what it is of, its seed, its link and the version that made it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dynamics import Experiment, __version__

PAPER = "Z. Li, T. Wang, S. Arora, What Happens after SGD Reaches Zero Loss?, ICLR 2022, arXiv 2110.06914"
VERSION = f"After Zero Loss {__version__}"
SIMULATOR = "simulator"  # the page of a link that shows one run


def link(view: str, query: Mapping[str, str]) -> str:
    """What follows the address of an app."""
    return "?" + query_text({"view": view, **query})


def query_text(query: Mapping[str, str]) -> str:
    """What stands after the question mark of an address: what may stand there as it is has no code."""
    return urlencode(query, safe=",;:/=*")


def about_page(view: str, query: Mapping[str, str], seed: float) -> dict[str, str]:
    """Of what a page shows; `query` is all that its link holds."""
    return {"seed": str(seed), "link": link(view, query), "version": VERSION, "theory": PAPER}


def about_experiment(experiment: Experiment) -> dict[str, str]:
    """Of one run."""
    return {"title": experiment.landscape.title, **about_page(SIMULATOR, experiment.to_query(), experiment.seed)}
