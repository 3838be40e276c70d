"""Files: what is written reads back as the same, what is wrong is named, and nothing takes long or runs."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics import Experiment, Landscape, landscape, landscape_names, noise
from dynamics.files import MAX_BYTES, from_toml, to_toml
from dynamics.landscapes.catalogue import FOLDER
from dynamics.landscapes.landscape import ManifoldPiece, Parameter, View
from tests.dynamics.test_links import settings_of_experiments

HYPERBOLA = (FOLDER / "hyperbola.toml").read_text(encoding="utf-8")
FILE = to_toml(landscape("hyperbola"))
START = next(line for line in FILE.splitlines() if line.startswith("start"))

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
numbers = st.floats(-1e3, 1e3, allow_subnormal=False)


@st.composite
def own_landscapes(draw) -> Landscape:
    """Landscapes of one's own with some of all that a file may hold."""
    dimension = draw(st.integers(1, 4))
    variables = tuple(f"x{i}" for i in range(dimension))
    values = draw(st.dictionaries(st.sampled_from(["a", "b", "c_1"]), numbers, max_size=3))
    names = (*variables, *values)
    formulas = st.lists(st.sampled_from([*variables, f"{names[-1]} + x0", "x0 - 1", "sin(x0)^2 + 0.5"]), min_size=1, max_size=3)
    if draw(st.booleans()):
        built = Landscape.from_residuals(draw(formulas), variables, values)
    else:
        built = Landscape.from_loss(f"({draw(formulas)[0]})^2", variables, values)
    ranged = [name for name in values if draw(st.booleans())]
    specs = tuple(Parameter(name, values[name], values[name] - 0.5, values[name] + 1, draw(words)) for name in ranged)
    box = ((-1.5, 2.0), (0.0, draw(st.floats(1, 9))))
    view = View("plane", draw(words), "plane", ("x0", "log(1 + loss)"), ("x", draw(words)), box)
    piece = ManifoldPiece((("0", "2*pi"), ("-1.5", "2")), tuple("u*v" for _ in variables), (9, 7))
    return replace(
        built,
        parameters=specs,
        title=draw(words),
        text=draw(words),
        start=draw(st.sampled_from([(), (0.5,) * dimension])),
        views=draw(st.sampled_from([(), (view,)])),
        manifold=draw(st.sampled_from([(), (piece,)])),
        suggestions=draw(st.sampled_from([(), (("learning_rate", 0.1), ("noise", (("kind", "isotropic"), ("scale", 0.5))))])),
    )


@pytest.mark.parametrize("name", landscape_names())
def test_a_built_in_landscape_is_known_again(name):
    shipped = landscape(name)
    assert from_toml((FOLDER / f"{name}.toml").read_bytes()) == shipped
    assert from_toml(to_toml(shipped)) == shipped
    moved = shipped.with_parameters(**{spec.name: spec.maximum for spec in shipped.parameters})
    experiment = Experiment(landscape=moved, seed=7)
    assert from_toml(to_toml(experiment)) == experiment


@settings(max_examples=100, deadline=None)
@given(own_landscapes())
def test_a_landscape_reads_back_as_the_same(written):
    assert from_toml(to_toml(written)) == written
    assert len(to_toml(written).encode()) <= MAX_BYTES


@settings(max_examples=100, deadline=None)
@given(own_landscapes(), settings_of_experiments, st.floats(0.5, 2.0))
def test_an_experiment_reads_back_as_the_same(written, given_settings, coordinate):
    if not written.has_residuals:
        given_settings |= {"noise": noise("isotropic", scale=0.3)}
    experiment = Experiment(landscape=written, start=(coordinate,) * written.dimension, **given_settings)
    assert from_toml(to_toml(experiment)) == experiment
    assert tomllib.loads(to_toml(experiment))["experiment"]["seed"] == experiment.seed


def test_a_covariance_reads_back_as_the_same():
    sigma = noise("covariance", matrix=[["1 + x^2", "0"], ["0", "atan2(1, 2)"]], law="student", freedom=4.0)
    experiment = Experiment(landscape=landscape("circle"), noise=sigma)
    assert from_toml(to_toml(experiment)) == experiment


def test_a_file_may_be_short():
    assert from_toml('variables = ["x", "y"]\nresiduals = ["x*y - 1"]') == Landscape.from_residuals(["x*y - 1"], ("x", "y"))
    file = from_toml('variables = ["x"]\nloss = "(x - a)^2"\n[parameters.a]\ndefault = 1\nminimum = 0\nmaximum = 2\n')
    assert file == replace(Landscape.from_loss("(x - a)^2", ("x",), {"a": 1.0}), parameters=(Parameter("a", 1.0, 0.0, 2.0),))


def test_what_was_edited_is_no_longer_the_built_in_one():
    edited = from_toml(HYPERBOLA.replace("x*y - a", "x*y - 2*a"))
    assert (edited.name, edited.title) == ("custom", "Hyperbola")
    assert edited.definition.residuals == ("x*y - 2*a",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("horizon", "horizn", "The key “horizn” is unknown. Known: title,"),
        ("meaning", "meant", "The key “meant” in “parameters.a” is unknown."),
        ("labels", "lables", "The key “lables” in “views[0]” is unknown."),
        ("samples", "sample", "The key “sample” in “manifold[0]” is unknown."),
        ('residuals = ["x*y - a"]', 'residuals = "x*y - a"', "“residuals” is a list of texts."),
        ('residuals = ["x*y - a"]', "", "either “residuals” or a “loss”"),
        ('"x*y - a"', '"x*y - q"', "“q” is unknown here"),
        ('"x*y - a"', "\"__import__('os')\"", "not"),
        ("default = 1.0", "default = 99.0", "“parameters.a” must lie between its minimum, 0.25, and its maximum, 4."),
        ("default = 1.0", "default = true", "“parameters.a.default” is a number"),
        ("default = 1.0", "default = 1979-05-27", "“parameters.a.default” is a number"),
        ("default = 1.0", "default = nan", "“parameters.a.default” is a number"),
        ("learning_rate = 0.05", "learning_rate = 1e9", "The learning rate must be between"),
        ('kind = "label"', 'kind = "pink"', "Unknown noise “pink”"),
        ('kind = "label"', 'kind = "label", colour = "red"', "no setting “colour”"),
        ('kind = "label"', 'kind = "covariance", matrix = [[1]]', "no setting “scale”"),
        ('kind = "contour"', 'kind = "film"', "The “kind” in “views[0]” is one of contour,"),
        ('"sqrt(a)*exp(u)"', '"w"', "“manifold[0].points”: "),
        ("samples = [241]", "samples = [200000000]", "“manifold[0].samples” has a whole number"),
        (START, "start = [2.0]", "“start” is a list of 2 numbers."),
        (START, 'start = [2.0, "0.5"]', "“start” is a number"),
    ],
)
def test_what_is_wrong_is_named(old, new, sentence):
    assert old in FILE
    with pytest.raises(ValueError, match=r"\.$") as refused:
        from_toml(FILE.replace(old, new, 1))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("pahts = 3", "The key “pahts” in “experiment” is unknown. Known: noise, optimizer, start,"),
        ("paths = -3", "The number of paths must be between"),
        ("paths = true", "“experiment.paths” is a number"),
        ("seed = 0.5", "The seed is a whole number"),
        (f"seed = 1{'0' * 400}", "“experiment.seed” is a number that is not too large."),
        ("scheme = 3", "“experiment.scheme” is a text."),
        ('scheme = "magic"', "The scheme is one of"),
        ('noise = "label"', "“experiment.noise” is a table"),
        ("noise = { scale = 1 }", "needs a “kind”"),
        ('noise = { kind = "isotropic", scale = "x" }', "standard deviation"),
        ('start = "1,1"', "“experiment.start” is a list."),
        ("start = [[1], 1]", "“experiment.start” is a list of numbers."),
        ('parts = ["none"]', "The parts of the drift are"),
        ("parts = [1]", "“experiment.parts” is a list of texts."),
    ],
)
def test_what_is_wrong_with_an_experiment_is_named(line, sentence):
    with pytest.raises(ValueError, match=r"\.$") as refused:
        from_toml(f"{HYPERBOLA}\n[experiment]\n{line}\n")
    assert sentence in str(refused.value)


HOSTILE = {
    "a deep key": "a." * 30_000 + "b = 1",
    "many deep tables": "\n".join(f"[{'.'.join(['a'] * 150)}.x{i}]" for i in range(210)),
    "deep lists": "a = " + "[" * 60_000,
    "deep tables": "a = " + "{a=" * 20_000,
    "a long number": "a = " + "9" * 60_000,
    "many keys": "\n".join(f"a{i}=1" for i in range(8_000)),
    "too large": "#" * (MAX_BYTES + 1),
    "a byte of its own": b"title = '\xff'",
    "half a character": "title = '\ud800'",
    "nothing": "",
    "zeros": "\0" * 1000,
    "quotes": "a = '''" + "'" * 60_000,
    "formulas without end": 'variables = ["x"]\nresiduals = ["' + "(" * 900 + "x" + ")" * 900 + '"]',
    "many residuals": "variables = ['x']\nresiduals = [" + "'x'," * 5_000 + "]",
    "a program": 'variables = ["x"]\nloss = "().__class__.__bases__[0].__subclasses__()"',
    "a name that is none": 'variables = ["__builtins__"]\nloss = "1"',
    "a table for a text": "variables = { x = 1 }\nloss = { y = 1 }",
    "tables for parameters": "variables = ['x']\nloss = 'x^2'\nparameters = [1, 2]",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_a_sentence(text):
    """Without bounds the first two take minutes."""
    with pytest.raises(ValueError, match=r"^[“A-Z].*\.$") as refused:
        from_toml(text)
    assert len(str(refused.value)) < 500


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(HYPERBOLA) - 1), st.text(max_size=6), st.integers(0, 12))
def test_a_mangled_file_is_read_or_refused(place, inserted, dropped):
    mangled = HYPERBOLA[:place] + inserted + HYPERBOLA[place + dropped :]
    try:
        assert isinstance(from_toml(mangled), Landscape | Experiment)
    except ValueError as error:
        assert str(error)  # noqa: PT017
