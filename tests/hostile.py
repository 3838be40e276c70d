"""Links that nobody would write by hand, for every page: what may stand in a query, and what a page must not make of it."""

from __future__ import annotations

import re
from importlib import import_module

from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dynamics import landscape_names
from dynamics.noise import KINDS
from pages.shared.scene import Picture, Scene

CANARIES = (
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "![i](http://evil.example/i.png)", "[a](javascript:alert(1))",
    "$\\href{http://evil.example}{x}$", ":red[x]", ":material/home:", "`x`", "**x**", "_x_", "~~x~~", "| a |\n|---|",
    "&lt;b&gt;",
    "<a href='http://evil.example'>x</a>", "http://evil.example", "www.evil.example", "\\input{/etc/passwd}", "a@evil.example",
)  # fmt: skip
NUMBERS = (
    "0", "-1", "1", "2", "3", "0.1", "1e-5", "1e5", "1e308", "1e309", "-1e309", "nan", "inf", "-inf", "1e-320", "0x10", "１", "1_0",
    "", " ", "+1", "1,2", "9" * 400, "4294967296", "true", "None",
)  # fmt: skip
PATHS = (
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\app.py",
    "\x00",
    "file:///etc/passwd",
    "con",
    "a" * 3000,
    "\ud7ff",
    "‮x",
    "🌋" * 50,
)
FORMULAS = (
    "x*y - 1", "x;y", "x^2 + y^2 - 1", "1/0", "0/0", "log(x)", "sqrt(-1)", "x^y^x", "x^1e9", "((((((x))))))", "x" * 200,
    "__import__('os')",
    "x.__class__", "exp(exp(exp(x)))", "abs(x)", "floor(x)", "max(x,y)", "1e400*x", "x\ny", "x;;y", ";", "lambda: x",
    "x if y else x",
    "f'{x}'", "[x for x in y]", "x := 1", "pi", "e",
)  # fmt: skip
EXPERIMENT = (
    "learning_rate", "horizon", "paths", "frames", "seed", "substeps", "scheme", "schedule", "parts", "landscape", "residuals",
    "loss", "variables", "start", "noise", "noise.scale", "noise.batch", "noise.law", "noise.freedom", "noise.memory",
    "noise.matrix", "v", "optimizer", "range.a", "range.x", "landscape.a", "landscape.r", "landscape.zzz",
)  # fmt: skip
SMALL = {"paths": "4", "frames": "5", "horizon": "0.02"}
INTERNAL = re.compile(r"Traceback|File \"|/work/|site-packages|\.py\b(?!\w)|\bobject at 0x|\bdynamics\.\w+\.\w+|<class '")


def scene_of(view: str) -> type[Scene]:
    """The class of a page's scenes."""
    module = import_module(f"pages.{view}")
    own = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Scene) and each.__module__ == module.__name__
    ]
    return own[0] if own else Picture


def queries(view: str) -> st.SearchStrategy[dict[str, str]]:
    own = tuple(setting.key for setting in scene_of(view).settings)
    values = st.one_of(
        st.sampled_from(NUMBERS), st.sampled_from(CANARIES), st.sampled_from(PATHS), st.sampled_from(FORMULAS),
        st.sampled_from((*landscape_names(), *KINDS)), st.text(max_size=40), st.integers().map(str), st.floats().map(repr),
    )  # fmt: skip
    keys = st.one_of(st.sampled_from(EXPERIMENT + own), st.text(max_size=10))
    return st.dictionaries(keys, values, max_size=6).map(
        lambda query: {key: value for key, value in query.items() if key != "view"}
    )


def read(view: str, query: dict[str, str]) -> Scene:
    """The scene of a link, which has a link of its own that says the same without a note."""
    kind = scene_of(view)
    scene, notes = kind.from_query(query)
    assert all(isinstance(note, str) and note and len(note) < 2000 for note in notes), notes
    assert not any(INTERNAL.search(quoted_out(note)) for note in notes), notes
    again, more = kind.from_query(scene.to_query())
    assert again == scene, (scene, again)
    assert not more, more
    return scene


def quoted_out(text: str) -> str:
    """Without what somebody typed."""
    return re.sub(r"“[^”]*”", "", text)


def told(page: AppTest) -> list[str]:
    """All Markdown and HTML of a page, labels of its controls among them."""
    parts = [*page.markdown, *page.caption, *page.warning, *page.error, *page.info, *page.success, *page.title, *page.header]
    labels = [
        each.label for kind in (page.button, page.selectbox, page.slider, page.number_input, page.text_input) for each in kind
    ]
    return [*(part.value for part in parts), *(html.proto.body for html in page.get("html")), *labels]


def blameless(page: AppTest, query: dict[str, str]) -> None:
    """No exception, nothing of the inside, and nothing that somebody typed as markup."""
    assert not page.exception, (query, page.exception)
    for text in told(page):
        assert not INTERNAL.search(quoted_out(text)), (query, text)
        for canary in CANARIES:
            if any(canary in value for value in query.values()):
                assert canary not in text, (query, text)
