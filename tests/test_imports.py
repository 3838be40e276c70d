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


def test_nothing_below_the_studies_knows_of_them():
    """But for the public face."""
    below = [
        path
        for path in (ROOT / "dynamics").rglob("*.py")
        if "studies" not in path.parts and path.parent.name + path.name != "dynamics__init__.py"
    ]
    assert len(below) > 40
    assert not [path for path in below if "dynamics.studies" in path.read_text("utf-8")]


def test_a_planted_import_is_caught():
    assert trespasses("dynamics", "import streamlit as st") == {"streamlit"}
    assert trespasses("dynamics", "def f():\n    from figures import blob") == {"figures"}
    assert trespasses("figures", "import numpy\nimport pages.links") == {"pages"}
    assert not trespasses("pages", "import streamlit\nfrom dynamics import simulate")
