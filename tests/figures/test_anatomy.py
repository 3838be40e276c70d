"""The anatomy's picture carries exact numbers; its words say what holds."""

import json

import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, limit_drift, limit_map, noise, optimizer
from dynamics.studies.anatomy import anatomy, curve_through, drift_terms, effective_potential
from figures.anatomy import _around, anatomy_picture, anatomy_views, formulas, potential_panel, potential_sentence, terms_in_numbers


def shown(name: str, **changes):
    experiment = Experiment(landscape=name, **changes)  # type: ignore[arg-type]
    point = limit_map(experiment.landscape, np.array(experiment.start))
    chart = curve_through(experiment.landscape, experiment.start, point)
    return experiment, point, chart


def picture(name: str, **changes) -> dict:
    experiment, point, chart = shown(name, **changes)
    return json.loads(anatomy_picture(experiment, point, chart, anatomy_views(experiment.landscape)[0]))


@pytest.mark.parametrize("given", [None, "isotropic", "tilted"])
@pytest.mark.parametrize("name", ["hyperbola", "ellipse", "motor", "neuron", "torus", "trefoil", "cross"])
def test_every_site_has_the_numbers_of_limit_drift(name: str, given: str | None) -> None:
    """With the landscape's own noise, and with others, one of which has every block."""
    size = landscape(name).dimension
    tilted = noise("covariance", matrix=0.5 * np.eye(size) + 0.5)
    changes = {None: {}, "isotropic": {"noise": noise("isotropic")}, "tilted": {"noise": tilted}}[given]
    experiment, point, _ = shown(name, **changes)
    content = picture(name, **changes)
    assert np.array_equal(content["sites"][content["index"]]["point"], point)
    for site in content["sites"][:: max(1, len(content["sites"]) // 7)]:
        expected = limit_drift(experiment.landscape, experiment.noise, np.array(site["point"]))
        entries = np.array(site["covariance"])[np.triu_indices(len(point))]
        parts = np.einsum("pmd,m->pd", np.array(site["maps"]), entries)
        np.testing.assert_allclose(parts, [expected.tangent, expected.mixed, expected.normal], rtol=0, atol=1e-12)


def test_sites_of_an_open_curve_are_in_the_view_and_evenly_spread() -> None:
    content = picture("hyperbola")
    places = np.array([site["place"] for site in content["sites"]])
    assert not content["closed"]
    assert len(places) > 100
    assert (np.abs(places) <= 3.5 + 1e-9).all()
    gaps = np.linalg.norm(np.diff(places, axis=0), axis=-1)
    assert gaps.max() < 1.2 * gaps.min()


def test_sites_of_a_closed_curve_go_round_once() -> None:
    content = picture("circle")
    places = np.array([site["place"] for site in content["sites"]])
    assert content["closed"]
    gaps = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=-1)
    assert gaps.max() < 1.01 * gaps.min()


def test_a_surface_has_one_site() -> None:
    content = picture("sphere")
    assert not content["curve"]
    assert len(content["sites"]) == 1


@pytest.mark.parametrize(
    ("form", "start", "kind"),
    [
        ({"residuals": ["x^2 + y^2 + z^2 + x*y - 1"]}, (1.0, 0.6, 0.2), "mesh3d"),
        ({"loss": "(x^2 + y^2 + z^2 - 1)^2"}, (1.0, 0.6, 0.2), "mesh3d"),
        ({"residuals": ["x^2 + y^2 - 1", "z^2 + w^2 - 1"]}, (1.2, 0.5, 0.2, 0.8), "mesh3d"),
        ({"residuals": ["x^2 + y^2 + z^2 - 4", "x*y - z"]}, (1.0, 1.0, 1.0), "scatter3d"),
        ({"residuals": ["x^2 + y^2 + z^2 + w^2 - 1"]}, (1.2, 0.5, 0.2, 0.8), "scatter3d"),
    ],
)
def test_a_landscape_of_ones_own_has_gamma_beneath_its_arrows(form: dict, start: tuple[float, ...], kind: str) -> None:
    names = ("x", "y", "z", "w")[: len(start)]
    subject = Landscape.from_loss(form["loss"], names) if "loss" in form else Landscape.from_residuals(form["residuals"], names)
    run = Experiment(landscape=subject, start=start)
    point = limit_map(subject, np.array(start))
    chart = curve_through(subject, start, point)
    drawn = []
    for chosen in (point, limit_map(subject, point + 0.05)):
        content = json.loads(anatomy_picture(run, chosen, chart, anatomy_views(subject)[0]))
        assert content["sites"][content["index"]]["point"] == chosen.tolist()
        drawn.append([trace for trace in content["figure"]["data"] if trace.get("meta") == "manifold"])
        assert drawn[-1][0]["type"] == kind
    assert drawn[0] == drawn[1]  # it stays while the point moves


def test_a_view_that_bends_is_taken_as_it_is_at_the_point() -> None:
    experiment, point, chart = shown("torus")
    section = next(view for view in anatomy_views(experiment.landscape) if view.name == "section")
    site = json.loads(anatomy_picture(experiment, point, chart, section))["sites"][0]
    radius = np.hypot(point[0], point[1])
    np.testing.assert_allclose(site["view"], [[point[0] / radius, point[1] / radius, 0], [0, 0, 1]], atol=1e-8)


def test_the_loss_as_height_is_no_view_of_directions() -> None:
    assert [view.name for view in anatomy_views(Experiment(landscape="hyperbola").landscape)] == ["plane"]  # type: ignore[arg-type]


def test_the_caption_names_its_parameters() -> None:
    content = picture("hyperbola", learning_rate=0.1)
    assert "“Hyperbola” (a = 1) at (2.77, 0.361) on Γ, label noise δ = 1" in content["caption"]
    assert "(2.77, 0.361)" in content["alt"]


@pytest.mark.parametrize(
    ("name", "sentence", "quantity"),
    [
        ("hyperbola", "Γ is an open curve", "effective potential U"),
        ("ellipse", "zero within the error of the quadrature", "effective potential U"),
        ("circle", "The drift is zero all along Γ", "effective potential U"),
        ("motor", "The drift has no potential: round the closed Γ the circulation is ∮ b ds = 2.356194", "drift b(s)"),
    ],
)
def test_whether_there_is_a_potential_is_said(name: str, sentence: str, quantity: str) -> None:
    experiment, point, chart = shown(name)
    assert chart is not None
    potential = effective_potential(experiment.landscape, experiment.noise, chart)
    assert sentence in potential_sentence(potential, chart)
    panel = potential_panel(potential, chart, point)
    curve, mark = panel.figure["data"][:2]
    assert curve["name"] == quantity
    assert mark["x"] == [pytest.approx(0, abs=1e-6)]
    assert mark["y"][0] == pytest.approx(np.interp(0, curve["x"], curve["y"]), abs=1e-3)


def test_the_mean_drift_of_the_motor_is_its_circulation_over_the_length() -> None:
    experiment, point, chart = shown("motor")
    assert chart is not None
    data = potential_panel(effective_potential(experiment.landscape, experiment.noise, chart), chart, point).figure["data"]
    assert data[2]["name"] == "its mean round Γ"
    np.testing.assert_allclose(np.abs(data[2]["y"]), 3 / 8, rtol=1e-6)  # of the unit circle


def test_formulas_hold_with_their_numbers() -> None:
    experiment, point, _ = shown("hyperbola")
    found = anatomy(experiment.landscape, experiment.noise, point)
    tangent, mixed, normal = formulas(found)
    assert tangent.startswith(r"-\tfrac12 H^\dagger\, T[\Sigma_\parallel] = -\tfrac12 \begin{pmatrix}")
    assert normal.endswith(rf"= \begin{{pmatrix}}{found.drift.normal[0]:.3g}\\{found.drift.normal[1]:.3g}\end{{pmatrix}}")
    assert mixed.endswith(r"\begin{pmatrix}0\\0\end{pmatrix}")


def test_another_optimizers_picture_has_its_own_parts_at_every_site() -> None:
    experiment, point, chart = shown("ellipse", optimizer="adam", noise=noise("label"))
    content = picture("ellipse", optimizer="adam", noise=noise("label"))
    assert not content["free"]
    assert [term["name"] for term in content["terms"]] == ["tangent", "mixed", "normal", "own"]
    assert content["sites"][content["index"]]["point"] == pytest.approx(point)
    assert not any(value is None or value != value for site in content["sites"] for part in site["drift"] for value in part)
    for site in content["sites"][::29]:
        expected = optimizer("adam").limit_drift(experiment.landscape, experiment.noise, np.array(site["point"]))
        np.testing.assert_allclose(np.sum(site["drift"], axis=0), expected.total, rtol=0, atol=1e-12)
    assert chart is not None


def test_a_flow_says_that_it_does_not_diffuse() -> None:
    content = picture("hyperbola", optimizer="sam")
    assert (content["diffuses"], content["free"]) == (False, False)
    assert content["remark"] == "SAM does not diffuse: its limit is a flow, and the gradient noise has no part in it."
    assert "The ellipse" not in content["caption"]
    assert "per unit of slow time t = kηρ²" in content["caption"]
    momentum = picture("hyperbola", optimizer="momentum")
    assert (momentum["terms"], momentum["free"], momentum["remark"]) == (None, True, "")
    assert "kη²/(1−β)²" in momentum["caption"]


def test_formulas_of_another_optimizer_are_its_own() -> None:
    experiment, point, _ = shown("hyperbola", optimizer="weight_decay")
    parts = drift_terms(experiment, point)
    *_, own = terms_in_numbers(experiment.optimizer, parts)
    assert own == rf"-\omega P x = \begin{{pmatrix}}{parts['own'][0]:.3g}\\{parts['own'][1]:.3g}\end{{pmatrix}}"


def test_the_stretch_around_a_point_ends_where_something_is_not_known() -> None:
    known = np.array([True, False, True, True, True, False, True])
    assert [_around(known, index) for index in (0, 3, 6)] == [(0, 1), (2, 5), (6, 7)]
    with pytest.raises(ValueError, match="has ended at this point"):
        _around(known, 5)
