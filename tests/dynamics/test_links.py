"""One experiment is one link: round trips, released links, and links that are wrong."""

import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics import SCHEDULES, SCHEMES, Experiment, Landscape, landscape, landscape_names, noise
from dynamics.experiment import NUMBERS
from dynamics.landscapes.landscape import Parameter
from dynamics.limit.coefficients import PARTS
from dynamics.settings import in_words

GOLDEN = tomllib.loads((Path(__file__).parent.parent / "golden_links.toml").read_text("utf-8"))["links"]
CUSTOM = Landscape.from_residuals(["a*x*y - 1", "x - y + z"], ("x", "y", "z"), {"a": 1.5})

scales = st.floats(0, 10, allow_subnormal=False)
laws = st.fixed_dictionaries(
    {"law": st.sampled_from(["gaussian", "rademacher", "student"]), "freedom": st.floats(0.5, 50), "memory": st.floats(0, 0.99)}
)
noises = st.one_of(
    st.builds(lambda s, law: noise("isotropic", scale=s, **law), scales, laws),
    st.builds(lambda s, law, b: noise("label", scale=s, batch=b, **law), scales, laws, st.sampled_from([1, "full"])),
    st.builds(lambda b, law: noise("minibatch", batch=b, law=law), st.integers(1, 50), st.sampled_from(["sampling", "gaussian"])),
)


settings_of_experiments = st.fixed_dictionaries(
    {
        "learning_rate": st.floats(0.01, 1.0),
        "horizon": st.floats(0.01, 5.0),
        "paths": st.integers(1, 500),
        "frames": st.integers(2, 600),
        "seed": st.integers(0, 2**32 - 1),
        "scheme": st.sampled_from(list(SCHEMES)),
        "substeps": st.integers(1, 64),
        "schedule": st.sampled_from(list(SCHEDULES)),
        "noise": noises,
        "parts": st.sets(st.sampled_from(PARTS)),
    }
).filter(lambda given: given["scheme"] == "explicit" or given["parts"] == set(PARTS))


@settings(max_examples=200, deadline=None)
@given(settings_of_experiments, st.sampled_from(["hyperbola", CUSTOM]), st.floats(0.5, 2.0))
def test_a_link_reads_back_as_the_same_experiment(given_settings, base, coordinate):
    chosen = landscape(base) if isinstance(base, str) else base
    experiment = Experiment(landscape=chosen, start=(coordinate,) * chosen.dimension, **given_settings)
    query = experiment.to_query()
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in query.items())
    assert Experiment.from_query(query) == experiment
    notes = []
    assert Experiment.from_query(query, notes) == experiment
    assert notes == []


RANGED = {"residuals": "a*x - b*y", "variables": "x,y", "landscape.a": "0.5", "landscape.b": "2", "range.a": "0,1", "start": "1,1"}


def test_the_ranges_of_ones_own_parameters_are_in_the_link():
    experiment = Experiment.from_query(RANGED)
    assert experiment.landscape.parameters == (Parameter("a", 0.5, 0.0, 1.0),)
    assert RANGED.items() <= experiment.to_query().items()
    assert Experiment.from_query(experiment.to_query()) == experiment


@pytest.mark.parametrize("bad", ["0", "1,0", "a,b", "nan,1", "0,inf", "0,1,2", "", "-1e30,1"])
def test_a_range_that_is_none_is_named(bad):
    with pytest.raises(ValueError, match="is the range of a parameter, two numbers such as 0,1"):
        Experiment.from_query(RANGED | {"range.a": bad})
    with pytest.raises(ValueError, match=r"“range\.q” is the range of a parameter"):
        Experiment.from_query(RANGED | {"range.q": "0,1"})


def test_a_parameter_beyond_its_range_is_named_and_put_to_its_end():
    with pytest.raises(ValueError, match=r"The parameter a must be between 0\.6 and 1; not 0\.5\."):
        Experiment.from_query(RANGED | {"range.a": "0.6,1"})
    notes: list[str] = []
    experiment = Experiment.from_query(RANGED | {"range.a": "0.6,1"}, notes)
    assert experiment.landscape.parameter_values == {"a": 0.6, "b": 2.0}
    assert len(notes) == 1


@pytest.mark.parametrize("name", landscape_names())
def test_defaults_are_left_out(name):
    assert Experiment(landscape=name).to_query() == {"v": "1", "landscape": name}


def test_parameters_and_matrices_travel():
    chosen = landscape("hyperbola", a=2.5)
    experiment = Experiment(landscape=chosen, noise=noise("covariance", matrix=[["1", "atan2(x, y)*0"], ["0", "max(x*x, 1)"]]))
    query = experiment.to_query()
    assert query["landscape.a"] == "2.5"
    assert query["noise.matrix"] == "1,atan2(x, y)*0;0,max(x*x, 1)"
    assert Experiment.from_query(query) == experiment


def test_what_people_type_travels_in_plain_form():
    friendly = {
        "residuals": "xy = a;2x² − |y|", "variables": "x,y", "landscape.a": "0.5", "range.a": "0.1,3", "start": "1,1",
        "noise": "covariance", "noise.matrix": "2x²,xy;xy,3y²",
    }  # fmt: skip
    experiment = Experiment.from_query(friendly)
    query = experiment.to_query()
    assert query["residuals"] == "x*y - a;2*x^2 - abs(y)"
    assert query["noise.matrix"] == "2*x^2,x*y;x*y,3*y^2"
    assert Experiment.from_query(query) == experiment
    moved = replace(experiment, landscape=experiment.landscape.with_parameters(a=2))
    assert Experiment.from_query(moved.to_query()) == moved
    assert hash(Experiment.from_query(moved.to_query())) == hash(moved)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["query"])
def test_released_links_keep_their_meaning(golden):
    query = dict(part.split("=", 1) for part in golden["query"].split("&"))
    experiment = Experiment.from_query(query)
    definition = experiment.landscape.definition
    found = {
        "variables": list(definition.variables),
        "residuals": list(definition.residuals),
        "loss": definition.loss,
        "parameters": experiment.landscape.parameter_values,
        "noise": {name: getattr(experiment.noise, name) for name in ("kind", *(field.name for field in fields(experiment.noise)))},
        "start": list(experiment.start),
        "scheme": experiment.scheme,
        "schedule": experiment.schedule,
        "parts": list(experiment.parts),
    } | {name: getattr(experiment, name) for name in NUMBERS}
    if "matrix" in found["noise"]:
        found["noise"]["matrix"] = [list(row) for row in found["noise"]["matrix"]]
    # Links older than a setting have none of it.
    later = {} if found["noise"]["kind"] == "minibatch" else {"freedom": 3.0, "memory": 0.0}
    assert found == {"parts": list(PARTS)} | golden["means"] | {"noise": later | golden["means"]["noise"]}


# What is wrong, a word of the sentence, and what a page takes instead.
WRONG = [
    ({"learning_rate": "-1"}, "learning rate must be between", ("learning_rate", NUMBERS["learning_rate"].minimum)),
    ({"learning_rate": "1e99"}, "learning rate must be between", ("learning_rate", NUMBERS["learning_rate"].maximum)),
    ({"learning_rate": "fast"}, "is a number", ("learning_rate", Experiment(landscape="hyperbola").learning_rate)),
    ({"learning_rate": "nan"}, "is a number", ("learning_rate", Experiment(landscape="hyperbola").learning_rate)),
    ({"paths": "1000000"}, "number of paths must be between", ("paths", NUMBERS["paths"].maximum)),
    ({"paths": "3.5"}, "whole number", ("paths", 4)),
    ({"seed": "-4"}, "seed must be between", ("seed", 0)),
    ({"frames": ""}, "whole number", ("frames", 400)),
    ({"scheme": "magic"}, "scheme is one of", ("scheme", "explicit")),
    ({"schedule": "x" * 200}, "schedule is one of", ("schedule", "two-phase")),
    ({"landscape": "nowhere"}, "Unknown landscape", ("landscape", landscape("hyperbola"))),
    ({"landscape": "hyperbola", "landscape.a": "99"}, "must be between", ("landscape", landscape("hyperbola", a=4.0))),
    ({"landscape": "hyperbola", "landscape.q": "1"}, "no parameter", ("landscape", landscape("hyperbola"))),
    ({"parts": "mixed,sideways"}, "parts of the drift are", ("parts", PARTS)),
    ({"parts": ""}, "parts of the drift are", ("parts", PARTS)),
    ({"parts": "mixed", "scheme": "projective"}, "choose the explicit scheme", ("scheme", "projective")),
    ({"noise": "pink"}, "Unknown noise", ("noise", Experiment(landscape="hyperbola").noise)),
    ({"noise": "isotropic", "noise.scale": "-1"}, "scale", ("noise", noise("isotropic"))),
    ({"noise": "isotropic", "noise.colour": "red"}, "no setting", ("noise", noise("isotropic"))),
    ({"noise": "isotropic", "noise.law": "student", "noise.freedom": "-3"}, "degrees of freedom", ("noise", noise("isotropic"))),
    ({"noise": "isotropic", "noise.memory": "1"}, "memory", ("noise", noise("isotropic"))),
    ({"noise": "minibatch", "noise.memory": "0.5"}, "no setting", ("noise", noise("minibatch"))),
    ({"noise": "covariance", "noise.matrix": "1,0"}, "square", ("noise", Experiment(landscape="hyperbola").noise)),
    ({"noise": "covariance", "noise.matrix": "1,2;3,4"}, "symmetric", ("noise", Experiment(landscape="hyperbola").noise)),
    ({"start": "1"}, "start has 1 numbers", ("start", Experiment(landscape="hyperbola").start)),
    ({"start": "a,b"}, "start is 2 numbers", ("start", Experiment(landscape="hyperbola").start)),
    ({"start": "inf,1"}, "must be between", ("start", Experiment(landscape="hyperbola").start)),
    ({"residuals": "x*y-1; import os", "variables": "x,y"}, "not allowed", ("landscape", landscape("hyperbola"))),
    ({"loss": "x*y", "variables": ""}, "cannot be a name", ("landscape", landscape("hyperbola"))),
    ({"v": "99"}, "version 99", ("seed", 0)),
    ({"rng": "MT19937"}, "random number generator", ("seed", 0)),
    ({"learning_rate": "0.00001", "horizon": "1000"}, "path-steps", ("learning_rate", 0.00001)),
    ({"landscape": "x" * 9000}, "longer than", ("landscape", landscape("hyperbola"))),
]


@pytest.mark.parametrize(("query", "word", "taken"), WRONG, ids=lambda case: str(case)[:40])
def test_a_wrong_link_is_refused_or_mended_with_a_sentence(query, word, taken):
    with pytest.raises(ValueError, match=word):
        Experiment.from_query(query)
    notes = []
    experiment = Experiment.from_query(query, notes)
    assert any(word in note for note in notes)
    assert all(len(note) < 300 for note in notes)
    name, value = taken
    assert getattr(experiment, name) == value


def test_a_page_is_told_what_is_taken_instead_and_a_program_is_not():
    wrong = {"learning_rate": "1e9", "paths": "0", "landscape.a": "99", "start": "1"}
    notes = []
    Experiment.from_query(wrong | {"landscape": "hyperbola"}, notes)
    told = " ".join(notes)
    for taken in ("a = 4", "(3, 1.2)", "η = 10", "paths 1"):
        assert f"Taken instead: {taken}." in told
    assert "not 10⁹" in told  # no computer's exponent
    Experiment.from_query({"residuals": "", "variables": "x,y"}, notes := [])
    assert notes[0] == "The formula is empty. Taken instead: “Hyperbola”."
    with pytest.raises(ValueError, match="learning rate") as refused:
        Experiment.from_query({"learning_rate": "1e9"})
    assert "instead" not in str(refused.value)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["v", "landscape", "landscape.a", "noise", "noise.scale", "noise.matrix", "start", "paths", "loss", "variables"]
        ),
        st.one_of(st.text(max_size=20), st.sampled_from(["hyperbola", "label", "1", "x", "1,1", "x*x", "covariance"])),
    )
)
def test_any_query_gives_an_experiment_with_notes(query):
    notes = []
    experiment = Experiment.from_query(query, notes)
    assert isinstance(experiment, Experiment)
    if not notes:
        assert Experiment.from_query(experiment.to_query()) == experiment


def test_keys_of_the_page_are_not_the_experiments():
    assert Experiment.from_query({"view": "simulator", "clock": "slow"}) == Experiment(landscape="hyperbola")


def test_an_experiment_is_a_key():
    one, other = Experiment(landscape="hyperbola"), Experiment(landscape="hyperbola")
    assert len({one, other, replace(one, seed=3)}) == 2


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (3950.4, 3, "3,950"), (1e4, 6, "10000"), (1e4, 2, "10,000"), (2.5e8, 2, "2.5·10⁸"), (5.5e-9, 3, "5.5·10⁻⁹"), (0.0, 6, "0"),
        (-1e-7, 3, "−10⁻⁷"), (1e-5, 6, "10⁻⁵"), (-0.05, 3, "−0.05"), (float("inf"), 3, "inf"), (-123456789.0, 3, "−1.23·10⁸"),
    ],
)  # fmt: skip
def test_a_number_in_a_sentence_has_no_computers_exponent(number: float, digits: int, text: str) -> None:
    assert in_words(number, digits) == text
