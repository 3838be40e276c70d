"""What can be taken away: a page that plays by itself, numbers, a notebook or a program, a whole site. No Streamlit."""

from exports.notebook import notebook, script
from exports.numbers import Numbers, arrays, csv, curves, npz, parquet, points
from exports.page import standalone_html
from exports.panels import shown

__all__ = ["Numbers", "arrays", "csv", "curves", "notebook", "npz", "parquet", "points", "script", "shown", "standalone_html"]
