"""What the checks say of landscapes whose Γ is known: exact numbers, and a sentence for everything that is wrong."""

import math
import re

import numpy as np
import pytest

from dynamics import Landscape, landscape, landscape_names, noise
from dynamics.experiment import NUMBERS
from dynamics.inspection.checks import LEARNING_RATES, pleasant
from dynamics.limit.flow import gradient_flow

XY, XYZ = ("x", "y"), ("x", "y", "z")
CIRCLE = Landscape.from_residuals(["(x^2 + y^2 - 1)/2"], XY)
HYPERBOLA = Landscape.from_residuals(["x*y - 1"], XY)
TWELVE = tuple(f"x{i}" for i in range(12))
SQUARE = "+".join(f"{name}^2" for name in TWELVE)


def found(findings, topic):
    (item,) = (item for item in findings.items if item.topic == topic)
    return item


def levels(findings, level):
    return {item.topic for item in findings.items if item.level == level}


def test_circle_exactly():
    findings = CIRCLE.check((1.5, 1.0), noise("isotropic", scale=0.5), learning_rate=0.1)
    assert (findings.dimension, findings.rank, findings.pieces) == (1, 1, 1)
    np.testing.assert_allclose(findings.end, np.array([1.5, 1.0]) / math.hypot(1.5, 1.0), atol=1e-7)
    np.testing.assert_allclose([findings.sharpness, findings.largest_learning_rate], [1.0, 2.0], rtol=1e-9)
    assert findings.worst == "ok"
    np.testing.assert_allclose(found(findings, "noise").value, 0.5, rtol=1e-12)  # tr Σ = 2 s²
    np.testing.assert_allclose(found(findings, "limit").value, 0.25, rtol=1e-9)  # tr PΣP = s²


def test_learning_rate_is_judged_and_offered():
    assert found(CIRCLE.check((1.5, 1.0)), "sharpness").suggestion == (("learning_rate", 1.0),)
    assert found(CIRCLE.check((1.5, 1.0), learning_rate=1.5), "sharpness").level == "warning"
    too_large = found(HYPERBOLA.check((2.0, 0.5), learning_rate=0.5), "sharpness")
    assert (too_large.level, too_large.suggestion) == ("error", (("learning_rate", 0.2),))  # 2/4.25 = 0.4706, with a margin
    np.testing.assert_allclose(too_large.value, 2 / 4.25, rtol=1e-9)
    assert [pleasant(value) for value in (1.0, 0.99, 0.235, 7.0, 0.0051, 1 - 1e-12)] == [1.0, 0.5, 0.2, 5.0, 0.005, 1.0]


@pytest.mark.parametrize(
    ("residuals", "variables", "start", "pieces"),
    [
        (["x*y - 1"], XY, (2, 0.5), 2),
        (["x*y*z - 1"], XYZ, (2.3, 1.7, 0.9), 4),
        (["x*y - 1", "z - x"], XYZ, (2, 0.6, 1), 2),
        (["(x^2 + y^2 - 1)*(x^2 + y^2 - 4)/4"], XY, (1.2, 0.3), 2),
        (["(x^2/9 + 9*y^2 - 1)/4"], XY, (1, 0.4), 1),
        (["(x^2/400 + y^2 - 1)/4"], XY, (1, 0.4), 1),
        (["((x - 1)^2 + y^2)*((x + 1)^2 + y^2) - 0.9"], XY, (1.2, 0.3), 2),  # Cassini's ovals, two below 1
        (["((x - 1)^2 + y^2)*((x + 1)^2 + y^2) - 1.1"], XY, (1.2, 0.3), 1),
        (["(x*(x - 1)^2*(x - 2) + y^2)^2 + z^2 - 0.03"], XYZ, (0.4, 0.4, 0.2), 1),  # genus 2
        (["x - z*cos(3*z)", "y - z*sin(3*z)"], XYZ, (0.4, 0.4, 1.2), 1),  # a spiral
        (["a*c - 1", "a*d - 2", "b*c - 2", "b*d - 4"], tuple("abcd"), (1, 0.5, 0.2, 1), 2),  # (a, b) = t(1, 2), t ≠ 0
        (["a*f + b*g - 1", "a*h + b*k", "c*f + d*g", "c*h + d*k - 2"], tuple("abcdfghk"), (1, 0.1, 0.2, 1, 1, 0.1, 0.2, 1.5), 2),
        ([f"({SQUARE} - 1)/2"], TWELVE, tuple(np.linspace(0.1, 1, 12)), 1),
    ],
)  # fmt: skip
def test_pieces(residuals, variables, start, pieces):
    findings = Landscape.from_residuals(residuals, variables).check(start)
    assert findings.pieces == pieces == found(findings, "pieces").value
    assert not levels(findings, "error")
    assert found(findings, "pieces").level == ("ok" if pieces == 1 else "note")


def test_loss_form_finds_the_same():
    one = Landscape.from_loss("((x*y - 1)^2 + 30*(z - x)^2)/4", XYZ).check((2, 0.6, 1), noise("isotropic"))
    other = Landscape.from_residuals(["x*y - 1", "sqrt(30)*(z - x)"], XYZ).check((2, 0.6, 1), noise("isotropic"))
    assert (one.dimension, one.rank, one.pieces) == (other.dimension, other.rank, other.pieces) == (1, 2, 2)
    np.testing.assert_allclose(one.end, other.end, atol=1e-6)
    np.testing.assert_allclose(one.sharpness, other.sharpness, rtol=1e-5)


def test_twelve_variables_in_loss_form():
    findings = Landscape.from_loss(f"({SQUARE} - 1)^2/8", TWELVE).check(np.linspace(0.1, 1, 12), noise("isotropic"))
    assert (findings.dimension, findings.rank, findings.pieces) == (11, 1, 1)
    np.testing.assert_allclose(findings.sharpness, 1.0, rtol=1e-9)
    np.testing.assert_allclose(found(findings, "limit").value, 11.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("form", "start", "node"),
    [
        ({"residuals": ["(x^2 + y^2)^2 - 2*(x^2 - y^2)"]}, (1.6, 0.3), [(0, 0)]),
        ({"residuals": ["x*y"]}, (1.4, 0.8), [(0, 0)]),
        ({"loss": "x^2*y^2/2"}, (1.4, 0.8), [(0, 0)]),
        ({"residuals": ["(y - x^2)*(y + x^2 - 2)"]}, (0.3, 0.4), [(1, 1), (-1, 1)]),
    ],
)
def test_where_the_rank_drops_and_pieces_meet(form, start, node):
    build = Landscape.from_residuals if "residuals" in form else Landscape.from_loss
    findings = build(*form.values(), XY).check(start)
    drop = found(findings, "rank")
    assert drop.level == "warning"
    assert min(np.linalg.norm(np.subtract(drop.value, at)) for at in node) < 1e-4
    assert findings.pieces == 1


def test_rank_that_stays_is_not_called_a_drop():
    hyperbola = found(HYPERBOLA.check((2.0, 0.5)), "rank")
    np.testing.assert_allclose(hyperbola.value, 2.0, rtol=1e-5)  # λ = x² + y² is least at (1, 1)
    thin = found(Landscape.from_residuals(["(x^2 + 400*y^2 - 1)/4"], XY).check((1.0, 0.4)), "rank")
    np.testing.assert_allclose(thin.value, 0.25, rtol=1e-3)  # at (±1, 0), where ∇f = (1/2, 0)
    assert (hyperbola.level, thin.level) == ("ok", "note")


def test_a_flow_that_becomes_softer_comes_to_rest_where_it_is_soft():
    """At the start λ_max is 3,000 times what it is at the end: resting is judged by the end."""
    thin = Landscape.from_residuals(["(x^2 + 400*y^2 - 1)/4"], XY)
    end = gradient_flow(thin, (1.0, 0.4)).points[-1]
    assert abs(thin.residuals(end)[0]) < 1e-8


def test_noise_on_the_manifold():
    assert "0 on all of Γ" in found(landscape("neuron").check(landscape("neuron").start, noise("minibatch")), "noise").sentence
    label = HYPERBOLA.check((2.0, 0.5), noise("label"))
    assert found(label, "limit").level == "note"
    assert "deterministic" in found(label, "limit").sentence
    nothing = CIRCLE.check((1.5, 1.0), noise("isotropic", scale=0.0))
    assert found(nothing, "noise").level == "warning"
    assert "limit" not in {item.topic for item in nothing.items}
    remembering = CIRCLE.check((1.5, 1.0), noise("isotropic", memory=0.5))
    assert any(item.topic == "noise" and item.level == "warning" and "ρ = 0.5" in item.sentence for item in remembering.items)


def test_a_covariance_that_is_none_somewhere_on_the_manifold():
    negative = found(CIRCLE.check((1.5, 1.0), noise("covariance", matrix=[["x", "0"], ["0", "1"]])), "noise")
    assert negative.level == "error"
    assert "a point of Γ" in negative.sentence
    assert -1 <= negative.value < -0.9  # the eigenvalue is x, at a point of the circle
    skew = CIRCLE.check((1.5, 1.0), noise("covariance", matrix=[["1", "max(0, -x)/4"], ["0", "1"]]))  # symmetric where x > 0
    assert "not symmetric" in found(skew, "noise").sentence
    undefined = CIRCLE.check((1.5, 1.0), noise("covariance", matrix=[["sqrt(x)", "0"], ["0", "1"]]))
    assert "not a number" in found(undefined, "noise").sentence
    size = CIRCLE.check((1.5, 1.0), noise("covariance", matrix=[["1"]]))
    assert "1×1" in found(size, "noise").sentence
    by_loss = Landscape.from_loss("(x*y - 1)^2/2", XY).check((2.0, 1.0), noise("label"))
    assert found(by_loss, "noise").level == "error"
    good = CIRCLE.check((1.5, 1.0), noise("covariance", matrix=[["x^2", "x*y"], ["x*y", "y^2"]]))  # radial: nothing along Γ
    assert not levels(good, "error")
    assert found(good, "limit").level == "note"


@pytest.mark.parametrize(
    ("loss", "start", "words", "remedy"),
    [
        ("x^2 + y^2 - 1", (1.5, 1), "goes below", "Square"),
        ("x*y - 1", (1.5, 1), "goes below", "Square"),
        ("(x*y - 1)^2 + 0.3", (1.5, 1), "L = 0.3", "subtract it: write … - 0.3"),
        ("(x*y - 1)^2/2", (0, 0), "L = 0.5", "saddle"),
        ("3 + floor(sigmoid(x)/2)", (0, 0), "constant, 3", ""),
        ("floor(x)^2", (1.5, 1), "staircase", "tanh"),
        ("x^4 + y^2", (1, 1), "rank", "not a power"),
        ("exp(-x) + y^2", (1, 1), "not come to rest", ""),
        ("abs(y)", (1, 1), "Φ", ""),
        ("abs(x) - 1", (1, 1), "goes below", "Square"),
        ("1/x^2 + y^2", (1, 1), "Φ", ""),
    ],
)
def test_a_loss_that_does_not_reach_zero(loss, start, words, remedy):
    findings = Landscape.from_loss(loss, XY).check(start, noise("isotropic"), 0.1)
    zero = found(findings, "zero")
    assert zero.level == "error"
    assert words in zero.sentence
    assert remedy in zero.remedy
    assert (findings.end, findings.dimension, findings.pieces, findings.sharpness) == (None, None, None, None)


def test_another_start_is_offered_where_it_helps():
    field, value = found(HYPERBOLA.check((0.0, 0.0)), "zero").suggestion[0]
    assert field == "start"
    assert found(HYPERBOLA.check(value), "zero").level == "ok"
    logarithm = Landscape.from_residuals(["log(x)"], XY)
    ((_, inside),) = found(logarithm.check((-1.0, 0.0)), "start").suggestion
    assert np.isfinite(logarithm.loss(np.array(inside)))
    nowhere = Landscape.from_residuals(["log(-1 - x^2)"], XY).check((-1.0, 0.0))
    assert found(nowhere, "start").level == "error"


def test_negative_losses_are_shown_where_they_are():
    sign = found(Landscape.from_loss("x^2 + y^2 - 1", XY).check((1.5, 1.0)), "sign")
    assert -1 <= sign.value < 0
    beside = Landscape.from_loss("(x^2 + y^2 - 1)^2*(1.5 + x)", XY).check((1.5, 1.0))  # reaches 0, but is negative where x < −1.5
    assert found(beside, "zero").level == "ok"
    assert found(beside, "sign").level == "error"


def test_kinks():
    away = Landscape.from_residuals(["abs(x) - 1"], XY).check((1.5, 1.0))
    assert found(away, "smoothness").level == "ok"
    assert (away.pieces, away.dimension) == (2, 1)
    diamond = Landscape.from_residuals(["abs(x) + abs(y) - 1"], XY).check((1.5, 1.0))
    assert [item.level for item in diamond.items if item.topic == "smoothness"] == ["warning", "warning"]
    point = Landscape.from_residuals(["abs(x) - 1"], ("x",)).check((1.5,))
    assert (point.dimension, point.pieces) == (0, 2)
    assert found(point, "dimension").level == "warning"


def test_at_the_start_already_and_where_everything_is_zero():
    at_once = HYPERBOLA.check((2.0, 0.5))
    assert "on Γ" in found(at_once, "zero").sentence
    assert at_once.end == (2.0, 0.5)
    nothing = Landscape.from_loss("floor(sigmoid(x)/2)", XY).check((1.0, 1.0))
    assert found(nothing, "dimension").level == "error"
    assert (nothing.rank, nothing.pieces) == (0, None)


def test_a_start_that_is_none_is_a_sentence():
    with pytest.raises(ValueError, match="3 numbers; this landscape needs 2"):
        CIRCLE.check((1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="not a number"):
        CIRCLE.check((1.0, math.nan))
    with pytest.raises(ValueError, match="2 numbers for x, y"):
        CIRCLE.check("ab")


@pytest.mark.parametrize("name", landscape_names())
def test_built_in_landscapes_have_no_errors(name):
    built_in = landscape(name)
    suggested = dict(built_in.suggestions)
    findings = built_in.check(built_in.start, noise(**dict(suggested["noise"])), suggested["learning_rate"])
    assert not levels(findings, "error")
    assert found(findings, "rank").level == ("warning" if name == "cross" else found(findings, "rank").level)
    assert findings.dimension + findings.rank == built_in.dimension


def test_a_suggested_learning_rate_is_one_that_an_experiment_takes() -> None:
    assert (NUMBERS["learning_rate"].minimum, NUMBERS["learning_rate"].maximum) == LEARNING_RATES


def test_where_the_learning_rate_is_too_large_along_the_manifold_a_smaller_one_is_named():
    """1/x = y: λ = 1 + 1/x⁴ grows without bound where x goes to 0."""
    steep = Landscape.from_residuals(["1/x - y"], XY).check((3.0, 1.2), noise("label"), 0.05)
    told = found(steep, "sharpness")
    named = float(re.search(r"η = (\S+) is on the safe side there", told.remedy)[1])  # type: ignore[index]
    assert 0 < named < 0.05
    assert told.level == "note"


def test_numbers_in_the_findings_are_written_as_in_a_sentence():
    steep = Landscape.from_residuals(["exp(100*x)*y - 1"], XY).check((3.0, 1.2), noise("label"), 0.05)
    told = " ".join(finding.sentence for finding in steep.items)
    assert "·10²⁶⁰" in told
    assert "e+" not in told
    flat = Landscape.from_residuals(["x"], ("x",)).check((3.0,), noise("label"), 0.05)
    assert "tr Σ = 1 at Φ(start), as all along Γ." in " ".join(finding.sentence for finding in flat.items)
