"""The pages, in the order in which they are offered. Each is the module of pages/ of the same name, with `render()`."""

from __future__ import annotations

# by the name that a link gives them
TITLES = {
    "simulator": "Simulator",
    "bench": "Bench",
    "compare": "Compare",
    "convergence": "Convergence",
    "clocks": "Two clocks",
    "densities": "Exact densities",
    "anatomy": "Anatomy",
    "assumptions": "Assumptions",
    "recovery": "Sparse recovery",
    "phases": "Phase diagrams",
    "flatness": "Flatness",
    "gallery": "Gallery",
}
DEFAULT = "simulator"
OF_A_MODEL = ("recovery", "phases", "gallery")  # they carry the experiment along, but show something else
OF_AN_EXPERIMENT = tuple(view for view in TITLES if view not in OF_A_MODEL)
