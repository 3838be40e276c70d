"""What can be taken away: a page that plays by itself, numbers, a notebook or a program, a whole site. No Streamlit."""

from exports.notebook import notebook, script
from exports.numbers import Numbers, arrays, csv, curves, npz, parquet, points
from exports.page import panels_html, standalone_html
from exports.panels import shown

__all__ = [
    "Numbers", "arrays", "csv", "curves", "notebook", "npz", "panels_html", "parquet", "points", "script", "shown",
    "standalone_html",
]  # fmt: skip
