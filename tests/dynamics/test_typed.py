"""What a person types, read as a landscape or a matrix."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics import landscape, landscape_names
from dynamics.engine.formula import FormulaError
from dynamics.landscapes.typed import read_landscape, read_matrix, write_landscape


def read(text, form="residuals", variables=None):
    typed = read_landscape(text, form, variables)
    assert typed.problems == ()
    return typed.landscape


@pytest.mark.parametrize(
    ("text", "variables", "residuals"),
    [
        ("x*y = 1", "x y", ["x*y - 1"]),
        ("xy = 1", "x y", ["x*y - 1"]),
        ("y = x²", "x y", ["y - x^2"]),
        ("x*(1 - y) = 0", "x y", ["x*(1 - y)"]),
        ("x*y - 1; z - x\r\n\n w", "w x y z", ["x*y - 1", "z - x", "w"]),
        ("x10 + x2 + x1", "x1 x2 x10", ["x10 + x2 + x1"]),
        ("x1x2 - 1", "x1 x2", ["x1*x2 - 1"]),
        ("v*tanh(w + b) - 1", "b v w", ["v*tanh(w + b) - 1"]),
        ("θ² − 1", "theta", ["theta^2 - 1"]),
        ("+".join(f"w{k}" for k in range(12)) + " - 1", " ".join(f"w{k}" for k in range(12)), None),
    ],
)
def test_variables_are_found(text, variables, residuals):
    typed = read_landscape(text)
    if variables:
        assert typed.problems == ()
        assert typed.landscape.variables == tuple(variables.split())
    if residuals:
        assert list(typed.landscape.definition.residuals) == residuals


def test_parameters_have_ranges():
    built = read("ax + by - c\na = 1/2\nb = -2 in [-2^3, 0]\nc in [0, π]")
    assert built.variables == ("x", "y")
    assert [(spec.name, spec.default, spec.minimum, spec.maximum) for spec in built.parameters[:2]] == [
        ("a", 0.5, 0.125, 2.0),
        ("b", -2.0, -8.0, 0.0),
    ]
    assert built.parameter_values["c"] == pytest.approx(1.5707963)
    assert built.with_parameters(b=-8).parameter_values["b"] == -8
    with pytest.raises(ValueError, match="between -8 and 0"):
        built.with_parameters(b=1)


def test_a_loss_may_be_named():
    for text in ("(x*y - 1)²/2", "L = (xy - 1)²/2", "L(x, y) = (xy − 1)^2 / 2"):
        assert read(text, "loss").loss([2.0, 1.0]) == 0.5


def test_given_variables_decide():
    assert read("x*y - a", variables=["y", "x", "a"]).variables == ("y", "x", "a")
    assert read("a = 1", variables="a").definition.residuals == ("a - 1",)


WRONG = [  # text, form, (line, column) of the first problem, words
    ("", "residuals", (0, 0), "no formula yet"),
    (" \n;", "loss", (0, 0), "no formula yet"),
    ("5", "residuals", (0, 0), "no variable"),
    ("x\n 5", "residuals", (1, 1), "no variable"),
    ("x - x", "residuals", (0, 0), "does not change"),
    ("a = 1", "residuals", (0, 0), "no residual"),
    ("a - 1\na = 1", "residuals", (0, 0), "no variable"),
    ("x,x", "residuals", (0, 1), "comma"),
    ("x\nx*y - 1; 1/2x", "residuals", (1, 12), "two things"),
    ("x + ", "residuals", (0, 3), "missing"),
    ("x*y - 1\n√2x", "residuals", (1, 0), "root"),
    ("f(x) - 1", "residuals", (0, 0), "not a known function"),
    ("xsin(y)", "residuals", (0, 0), "not a known function"),
    ("averyveryverylongname - 1", "residuals", (0, 0), "cannot be a name"),
    ("x - loss", "residuals", (0, 4), "already has a meaning"),
    ("pi = 3\nx", "residuals", (0, 0), "already has a meaning"),
    ("x - a\na = 2 in [0, 1]", "residuals", (1, 3), "not between"),
    ("x - a\na = 2 in [1, 0]", "residuals", (1, 10), "runs from"),
    ("x - a\na = 2 in 0, 1", "residuals", (1, 6), "no range"),
    ("x - a\na = 1/0", "residuals", (1, 4), "not a real number"),
    ("x - a\na = 1/", "residuals", (1, 6), "missing"),
    ("x - a\na = 1e12", "residuals", (1, 3), "between −1e9"),
    ("x - a\na = 1\na = 2", "residuals", (2, 0), "given twice"),
    ("\n".join(f"x{k}" for k in range(13)), "residuals", (0, 0), "13 variables"),
    ("\n".join(["x"] * 65), "residuals", (64, 0), "65 residuals"),
    ("\n".join([f"a{k}z = 1" for k in range(41)]) + "\nx", "residuals", (0, 0), "41 parameters"),
    ("x\ny", "loss", (1, 0), "one formula"),
    ("x = 1", "loss", (0, 0), "no loss"),
    ("x*y = 1", "loss", (0, 4), "not allowed"),
    ("x < 1", "residuals", (0, 2), "not allowed"),
    ("x - \ud800", "residuals", (0, 4), "U+D800"),
    ("x\0", "residuals", (0, 1), "U+0000"),
    ("x" * 30_000, "residuals", (0, 0), "longer than"),
]


@pytest.mark.parametrize(("text", "form", "place", "words"), WRONG, ids=lambda case: repr(case)[:30])
def test_what_is_wrong_has_a_place(text, form, place, words):
    typed = read_landscape(text, form)
    assert typed.landscape is None
    first = typed.problems[0]
    assert (first.line, first.column) == place
    assert words in first.sentence


def test_each_line_says_what_is_wrong_with_it():
    typed = read_landscape("x +\nx*y - 1\n1/2x\nz - #")
    assert [problem.line for problem in typed.problems] == [0, 2, 3]
    assert typed.variables == ("x", "y")
    assert typed.problems[1].remedy == "write 1/(2*x) or (1/2)*x"


def test_wrong_variables_are_problems():
    sentences = [problem.sentence for problem in read_landscape("x*y", variables=["x", "x", "y", "2"]).problems]
    assert sentences[0] == "The variable “x” is named twice."
    assert "cannot be a name" in sentences[1]


@pytest.mark.parametrize("name", landscape_names())
def test_a_built_in_landscape_written_and_read_is_itself(name):
    built = landscape(name)
    form = "residuals" if built.has_residuals else "loss"
    again = read(write_landscape(built), form, built.variables)
    assert again.definition == built.definition
    assert again.parameter_values == built.parameter_values
    assert [(spec.minimum, spec.maximum) for spec in again.parameters] == [
        (spec.minimum, spec.maximum) for spec in built.parameters
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["residuals", "loss"]))
def test_any_text_is_read(text, form):
    typed = read_landscape(text, form)
    assert (typed.landscape is None) == bool(typed.problems)
    lines = text.splitlines() or [""]
    assert all(0 <= problem.line <= len(lines) and problem.sentence.endswith(".") for problem in typed.problems)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[[1, 0], [0, 1]]", (("1", "0"), ("0", "1"))),
        ("[[1, 0],\n [0, 1]]", (("1", "0"), ("0", "1"))),
        ("[1, 0], [0, 1]", (("1", "0"), ("0", "1"))),
        ("[1, 0; 0, 1]", (("1", "0"), ("0", "1"))),
        ("1, 0\n0, 1", (("1", "0"), ("0", "1"))),
        ("1 0; 0 −1", (("1", "0"), ("0", "-1"))),
        ("1, atan2(x, y); 0, x²", (("1", "atan2(x, y)"), ("0", "x^2"))),
        ("x", (("x",),)),
    ],
)
def test_matrices(text, rows):
    assert read_matrix(text, ("x", "y")) == rows


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "empty"),
        ("1, 0; 0", 6, "2 entries, and this one 1 entry"),
        ("[[1, 2]", 7, "do not match"),
        ("[[1], [x+]]", 9, "missing"),
        ("[[1, 0], [0, ]]", 12, "empty"),
        ("[[[1]]]", 2, "two levels"),
        ("[[1, 0] x [0, 1]]", 8, "outside"),
        ("1, 0; z, 1", 6, "unknown"),
        ("1, 0; 0, __import__('os')", 20, "not allowed"),
    ],
)
def test_what_is_no_matrix_has_a_place(text, position, words):
    with pytest.raises(FormulaError, match=words) as refusal:
        read_matrix(text, ("x", "y"))
    assert refusal.value.position == position
