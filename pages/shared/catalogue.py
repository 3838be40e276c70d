"""The pages, in the order of the story that they tell. Each is the module of pages/ of the same name, with `render()`."""

from __future__ import annotations

# by group, and in it by the name that a link gives them
GROUPS = {
    "Start": {"home": "Welcome", "lecture": "Lecture", "presets": "Gallery"},
    "See it": {"simulator": "Simulator", "compare": "Compare", "bench": "Bench"},
    "Is it true?": {
        "convergence": "Convergence", "clocks": "Two clocks", "densities": "Exact densities", "assumptions": "Assumptions",
    },
    "Take it apart": {"anatomy": "Anatomy", "flatness": "Flatness"},
    "Application": {"recovery": "Sparse recovery", "phases": "Phase diagrams", "gallery": "Shape Matters"},
}  # fmt: skip
TITLES = {view: title for pages in GROUPS.values() for view, title in pages.items()}
FIRST = "home"  # of an address that says nothing
DEFAULT = "simulator"  # of a link that names no page
OF_AN_EXPERIMENT = ("simulator", "compare", "bench", "convergence", "clocks", "densities", "assumptions", "anatomy", "flatness")


def group_of(view: str) -> str:
    return next(group for group, pages in GROUPS.items() if view in pages)
