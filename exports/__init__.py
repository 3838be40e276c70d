"""What can be taken away: a page that plays by itself, numbers, a notebook or a program, a whole site. No Streamlit."""

from exports.at_a_point import at_a_point
from exports.exact_and_seen import exact_and_seen
from exports.notebook import notebook, script
from exports.numbers import Numbers, arrays, csv, curves, npz, parquet, points
from exports.page import panels_html, players_html, standalone_html
from exports.panels import shown
from exports.several import gathered, stacked

__all__ = [
    "Numbers", "arrays", "at_a_point", "csv", "curves", "exact_and_seen", "gathered", "notebook", "npz", "panels_html", "parquet",
    "players_html", "points", "script", "shown", "stacked", "standalone_html",
]  # fmt: skip
