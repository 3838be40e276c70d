"""The pages, in the order of the story that they tell. Each is the module of pages/ of the same name, with `render()`."""

from __future__ import annotations

# by group, and in it by the name that a link gives them
GROUPS = {
    "Start": {"home": "Welcome", "lecture": "Lecture", "presets": "Gallery"},
    "See it": {"simulator": "Simulator", "compare": "Compare", "optimizers": "Optimizers", "bench": "Bench"},
    "Is it true?": {
        "convergence": "Convergence", "clocks": "Two clocks", "densities": "Exact densities", "assumptions": "Assumptions",
    },
    "Take it apart": {"anatomy": "Anatomy", "flatness": "Flatness", "edge": "Edge of stability"},
    "Application": {
        "recovery": "Sparse recovery", "phases": "Phase diagrams", "network": "A real network", "gallery": "Shape Matters",
        "large_steps": "Large steps",
    },
    "Help": {"how": "How it is computed", "glossary": "Glossary"},
}  # fmt: skip
# What question a page answers, and what to look at.
INTROS = {
    "presets": "Each picture is an experiment with its link: open it, change what you like, and send the link on.",
    "simulator": "What does SGD do once the loss is zero? Discs (SGD) fall onto Γ, and then move along it as rings (the limit) do.",
    "compare": "What changes with another noise, start or learning rate? Two runs under one clock: look at where the clouds part.",
    "optimizers": "What do momentum, Adam or SAM do after zero loss? Each has its own limit on Γ: look at which way they part.",
    "bench": "What is the limit of a loss of your own? Type it: the checks say what is known of it before anything runs.",
    "convergence": "Does SGD really tend to this limit as η → 0? Look at the verdict, and at the laws coming together.",
    "clocks": (
        "Why two clocks? SGD falls to Γ in about 1/η steps, fast time τ = kη, and moves along it in about 1/η², slow time t = kη²: "
        "look at which axis brings the curves together."
    ),
    "densities": "Where is the limit at each time, without sampling? The line is exact, the bars are the steps, seen on Γ.",
    "assumptions": "What does the theorem need? Each case breaks one assumption: look at how far SGD then is from the limit.",
    "anatomy": "What moves SGD at a point of Γ? Drag the point, turn the noise, and look at the parts of the drift.",
    "flatness": (
        "Does SGD find the flattest point? With label noise its limit goes down the trace of the Hessian along Γ: look at how near "
        "the curve comes to the floor. Other optimizers flow down something else, and other noise may minimize nothing: the "
        "*motor* turns for ever."
    ),
    "edge": (
        "What does descent do where its step is too long for the valley? It oscillates, and slides along the edge: look at how its "
        "path and the central flow agree."
    ),
    "recovery": "Which solution is found when many fit? Look at which run finds the sparse truth: label-noise SGD or descent.",
    "phases": "How many samples does it take? The share of runs that find the sparse truth: look at where each method’s edge is.",
    "network": (
        "What does label noise do to a network that fits its data? Look at three learning rates going down tr H by one curve, that "
        "of the limit, while every image stays fitted."
    ),
    "gallery": "Does a published experiment come out here too? Its table is beside what is computed.",
    "large_steps": "What does SGD do where its steps are too large for zero loss? Look at how many coefficients each run leaves.",
    "how": "How are these numbers computed, and how far can they be trusted? Look at the table at the end.",
    "glossary": "What does a word or a symbol mean here?",
}
TITLES = {view: title for pages in GROUPS.values() for view, title in pages.items()}
FIRST = "home"  # of an address that says nothing
DEFAULT = "simulator"  # of a link that names no page
OF_AN_EXPERIMENT = (
    "simulator", "compare", "optimizers", "bench", "convergence", "clocks", "densities", "assumptions", "anatomy", "flatness",
)  # fmt: skip
OPENS_WITH = {  # what a page of an experiment shows where a link names no landscape, if it is not the usual one
    "optimizers": {"landscape": "ellipse", "start": "0.693,0.938", "learning_rate": "0.02", "horizon": "2"},
    "convergence": {"landscape": "circle", "learning_rate": "0.1", "horizon": "1"},
    "densities": {"landscape": "valley_gaussian"},
    "assumptions": {"landscape": "circle"},
}
WITH_PANELS = (
    "bench", "convergence", "clocks", "densities", "assumptions", "anatomy", "flatness", "edge", "recovery", "phases", "network",
    "gallery", "large_steps",
)  # fmt: skip
WITH_RUNS = ("compare", "optimizers", "assumptions")  # beside the simulator: their players' runs can be taken away


def group_of(view: str) -> str:
    return next(group for group, pages in GROUPS.items() if view in pages)
