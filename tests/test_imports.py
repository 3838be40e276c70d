"""Imports point one way: app -> pages -> figures -> dynamics."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "dynamics": {"dynamics"},
    "figures": {"figures", "dynamics"},
    "pages": {"pages", "figures", "dynamics"},
}
FORBIDDEN = {"dynamics": {"streamlit", "plotly"}, "figures": {"streamlit"}, "pages": set()}
OURS = {*ALLOWED, "app", "benchmarks", "tests"}


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


FLOORS = ("engine", "studies")  # of dynamics/, from the lowest up; what is not in a folder stands between them
FACE = ROOT / "dynamics" / "__init__.py"


def parts_named(source: str) -> set[str]:
    """The parts of `dynamics` that a module imports: the X of `dynamics.X`, and of `from dynamics import X`."""
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            package, _, rest = node.module.partition(".")
            if package == "dynamics":
                named |= {rest.split(".")[0]} if rest else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            named |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("dynamics.")}
    return named


def test_floors_of_dynamics_import_only_what_lies_below() -> None:
    engine = {path: parts_named(path.read_text("utf-8")) for path in (ROOT / "dynamics" / "engine").glob("*.py")}
    assert not {path.name: named for path, named in engine.items() if named - {"engine"}}
    middle = [path for path in (ROOT / "dynamics").rglob("*.py") if path != FACE and not {*FLOORS} & {*path.parts}]
    assert len(middle) > 40
    assert not [path.name for path in middle if "studies" in parts_named(path.read_text("utf-8"))]


def test_a_planted_floor_is_caught() -> None:
    assert parts_named("from dynamics import noise\nimport dynamics.flow") == {"noise", "flow"}
    assert parts_named("from dynamics.studies.convergence import stages") == {"studies"}


def test_a_planted_import_is_caught():
    assert trespasses("dynamics", "import streamlit as st") == {"streamlit"}
    assert trespasses("dynamics", "def f():\n    from figures import blob") == {"figures"}
    assert trespasses("figures", "import numpy\nimport pages.links") == {"pages"}
    assert not trespasses("pages", "import streamlit\nfrom dynamics import simulate")
