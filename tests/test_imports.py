"""Imports point one way: app -> pages -> server -> content -> figures -> dynamics, and pages -> exports -> content."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "dynamics": {"dynamics"},
    "figures": {"figures", "dynamics"},
    "content": {"content", "figures", "dynamics"},
    "exports": {"exports", "content", "figures", "dynamics"},
    "server": {"server", "content", "figures", "dynamics"},
    "pages": {"pages", "server", "exports", "content", "figures", "dynamics"},
}
FORBIDDEN = {
    "dynamics": {"streamlit", "plotly"},
    "figures": {"streamlit"},
    "content": {"streamlit"},
    "exports": {"streamlit"},
    "server": set(),
    "pages": set(),
}
OURS = {*ALLOWED, "app", "benchmarks", "tests", "tools"}


def imported(source: str) -> set[str]:
    """The top-level packages that a module names."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def trespasses(layer: str, source: str) -> set[str]:
    names = imported(source)
    return (names & OURS) - ALLOWED[layer] | names & FORBIDDEN[layer]


@pytest.mark.parametrize("layer", ALLOWED)
def test_layer_imports_only_what_lies_below(layer):
    modules = sorted((ROOT / layer).rglob("*.py"))
    assert modules
    found = {str(path.relative_to(ROOT)): wrong for path in modules if (wrong := trespasses(layer, path.read_text("utf-8")))}
    assert not found


# The floors of dynamics/, from the lowest up: each imports only what stands below it. Between "optimizers" and "studies" stand the
# files of dynamics/ itself.
FLOORS = (
    "settings", "arrays", "status", "resources", "engine", "noise", "landscapes", "limit", "manifold", "inspection", "models",
    "optimizers",
)  # fmt: skip
TOP = ("studies", "sweeps", "sweep")
FACE = "dynamics"
# A promise of the public API: `Landscape.check` looks a landscape over, for which the limit is needed.
PROMISES = {("dynamics.landscapes.landscape", "dynamics.inspection.checks")}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules() -> dict[str, str]:
    """The source of each module of dynamics, by name."""
    return {module_name(path): path.read_text("utf-8") for path in sorted((ROOT / "dynamics").rglob("*.py"))}


def modules_named(source: str, known: set[str]) -> set[str]:
    """The modules of `dynamics` that a source imports, wherever in it."""
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and node.module.split(".")[0] == "dynamics":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                named.add(whole if whole in known else node.module)
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names if alias.name.split(".")[0] == "dynamics"}
    return named


def floor(module: str) -> int:
    part = module.split(".")[1]
    return FLOORS.index(part) if part in FLOORS else len(FLOORS) + (part in TOP)


def upward(sources: dict[str, str]) -> list[tuple[str, str]]:
    """Imports of a module that stands on a higher floor, or of the face, which stands on top of all."""
    found = []
    for module, source in sources.items():
        for other in modules_named(source, set(sources)) - {module}:
            if module != FACE and (other == FACE or floor(other) > floor(module)):
                found.append((module, other))
    return sorted(set(found) - PROMISES)


def circle(sources: dict[str, str]) -> list[str]:
    """Modules that import one another in a circle, or nothing."""
    graph = {
        module: {other for other in modules_named(source, set(sources)) if other != module and (module, other) not in PROMISES}
        for module, source in sources.items()
    }
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return trail[trail.index(module) :]
        if module in done:
            return []
        for other in sorted(graph[module]):
            if found := visit(other, [*trail, module]):
                return found
        done.add(module)
        return []

    return next((found for module in graph if (found := visit(module, []))), [])


def test_no_module_of_dynamics_imports_upwards() -> None:
    sources = modules()
    assert len(sources) > 60
    assert not upward(sources)


def test_no_modules_of_dynamics_import_each_other_in_a_circle() -> None:
    assert not circle(modules())


def test_planted_floors_and_circles_are_caught() -> None:
    wrong = {
        "dynamics.engine.tape": "from dynamics.noise import Noise",
        "dynamics.noise": "def f():\n    from dynamics import simulate",
        "dynamics.simulate": "import dynamics.studies.clocks",
        "dynamics.studies.clocks": "from dynamics import simulate",
        "dynamics": "from dynamics.simulate import simulate",
    }
    assert upward(wrong) == [
        ("dynamics.engine.tape", "dynamics.noise"), ("dynamics.noise", "dynamics.simulate"),
        ("dynamics.simulate", "dynamics.studies.clocks"),
    ]  # fmt: skip
    assert circle(wrong) == ["dynamics.simulate", "dynamics.studies.clocks"]
    assert upward({"dynamics.engine.tape": "from dynamics import noise"}) == [("dynamics.engine.tape", "dynamics")]


def test_a_planted_import_is_caught():
    assert trespasses("dynamics", "import streamlit as st") == {"streamlit"}
    assert trespasses("dynamics", "def f():\n    from figures import blob") == {"figures"}
    assert trespasses("figures", "import numpy\nimport pages.links") == {"pages"}
    assert not trespasses("pages", "import streamlit\nfrom dynamics import simulate")
