"""What can be taken away: a page that plays by itself, and numbers. No Streamlit."""

from exports.numbers import csv, npz
from exports.page import standalone_html

__all__ = ["csv", "npz", "standalone_html"]
