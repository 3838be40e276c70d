"""The page that plays as a frame within another page: what Jupyter, marimo or any HTML shows of a run."""

from __future__ import annotations

from html import escape

from dynamics import Outcome
from exports.page import standalone_html
from figures.caption import place

HEIGHT = 780  # pixels: picture, controls and caption in the width of a notebook


def frame(outcome: Outcome, view: str = "", height: int = HEIGHT) -> str:
    """The run in a frame, all of it in this text. `view` is one of the landscape's, the first by default.

    Raises ValueError, with a sentence, for another view.
    """
    chosen, page = outcome.experiment, standalone_html(outcome, view)
    name = f"{chosen.optimizer.label} and its limit on {place(chosen.landscape)}"
    return (
        f'<iframe title="{escape(name)}" style="width: 100%; height: {int(height)}px; border: 0" allow="fullscreen" '
        f'srcdoc="{escape(page)}"></iframe>'
    )
