"""The bench, without a browser: what is typed into its fields is put there as the fields put it."""

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from dynamics import Experiment, Landscape, landscape, landscape_names, noise
from dynamics.files import from_toml, to_toml
from dynamics.inspection.written import limit_written
from dynamics.landscapes.typed import read_landscape, write_landscape
from pages.bench import Bench
from tests.pages.test_simulator import button, link, opened, said, scene, settled


def on_bench(**query: str) -> AppTest:
    page = opened(view="bench", **query)
    assert not page.exception
    return page


def type_formula(page: AppTest, text: str) -> AppTest:
    desk = page.session_state.bench
    desk.formula.text, desk.changed = text, True
    page.run()
    assert not page.exception
    return page


def type_matrix(page: AppTest, text: str) -> AppTest:
    desk = page.session_state.bench
    desk.matrix.text, desk.changed = text, True
    page.run()
    assert not page.exception
    return page


def checks(page: AppTest) -> str:
    return " ".join(str(html.value if hasattr(html, "value") else html.proto.body) for html in page.get("html"))


def test_it_opens_with_the_formulas_of_the_landscape_and_stays_as_it_was_linked() -> None:
    page = on_bench(landscape="hyperbola")
    assert said(page) == ""
    assert page.session_state.bench.formula.text == "x*y - a\na = 1 in [0.25, 4]"
    assert link(page) == {"view": "bench", "landscape": "hyperbola", "paths": "8", "frames": "12"}
    assert page.slider(key="bench.parameter.a").value == 1
    assert "reaches L = 0" in checks(page)


@pytest.mark.parametrize("name", landscape_names())
def test_each_built_in_landscape_can_be_edited(name: str) -> None:
    own = landscape(name).own
    read = read_landscape(write_landscape(own)).landscape
    assert read is not None
    assert (read.parameters, read.values) == (own.parameters, own.values)
    assert set(read.variables) == set(own.variables)
    built_in = Bench(Experiment(landscape=name))  # type: ignore[arg-type]
    assert Bench.from_query(built_in.to_query()) == (built_in, [])


def test_what_is_typed_is_in_the_link_and_variables_are_found() -> None:
    page = type_formula(on_bench(), "2x y - b\nx - z\nb = 1/2 in [0, 1]")
    assert link(page)["residuals"] == "2*x*y - b;x - z"
    assert link(page)["variables"] == "x,y,z"
    assert (link(page)["landscape.b"], link(page)["range.b"]) == ("0.5", "0,1")
    assert scene(page).experiment.start[2] == 1.0
    read, notes = Bench.from_query(link(page))
    assert (read, notes) == (scene(page), [])
    assert type_formula(page, "x*y - 1").session_state.scene.experiment.landscape.variables == ("x", "y")


BAD = ["x*y -", "f(x)", "1/2x", "", "x.y", "1e999*x", "__import__('os')", "x = y = 1", "a = 1 in [2, 3]\nx"]


@pytest.mark.parametrize("bad", BAD)
def test_a_wrong_formula_loses_nothing(bad: str) -> None:
    page = on_bench(residuals="x*y - 2", variables="x,y", start="1,1")
    before = link(page), scene(page)
    type_formula(page, bad)
    assert (link(page), scene(page)) == before
    assert page.session_state.bench.formula.text == bad
    assert "the last formula that could be read" in " ".join(caption.value for caption in page.caption)
    assert "reaches L = 0" in checks(page)


def test_a_slider_is_written_into_the_text_and_all_else_in_it_stays() -> None:
    page = type_formula(on_bench(), "x*y - a*b  \n a = 1/2;  b = 2 in [0, 3]")
    page.slider(key="bench.parameter.a").set_value(0.75).run()
    assert page.session_state.bench.formula.text == "x*y - a*b  \n a = 0.75 in [0.125, 2];  b = 2 in [0, 3]"
    page.slider(key="bench.parameter.b").set_value(1.5).run()
    assert page.session_state.bench.formula.text == "x*y - a*b  \n a = 0.75 in [0.125, 2];  b = 1.5 in [0, 3]"
    assert scene(page).experiment.landscape.parameter_values == {"a": 0.75, "b": 1.5}


def test_the_start_is_in_the_link_and_one_where_nothing_is_defined_is_a_sentence() -> None:
    page = type_formula(on_bench(), "log(x)*y")
    page.number_input(key="bench.start.x").set_value(2.0).run()
    assert link(page)["start"] == "2,1.2"
    page.number_input(key="bench.start.x").set_value(-2.0).run()
    assert "not defined at the start" in said(page)
    assert link(page)["start"] == "2,1.2"


def test_the_noise_is_chosen_and_a_matrix_is_pasted() -> None:
    page = on_bench()
    page.selectbox(key="bench.kind").set_value("isotropic").run()
    page.number_input(key="bench.noise.scale").set_value(0.5).run()
    assert (link(page)["noise"], link(page)["noise.scale"]) == ("isotropic", "0.5")
    page.selectbox(key="bench.kind").set_value("covariance").run()
    type_matrix(page, "[[1 + x^2, 0], [0, 2]]")
    assert link(page)["noise.matrix"] == "1 + x^2,0;0,2"
    type_matrix(page, "[[1, 2], [0, 1]]")
    assert link(page)["noise.matrix"] == "1 + x^2,0;0,2"
    type_matrix(page, "[[1, 0], [0, 3]]")
    type_formula(page, "x*y - z")
    assert link(page)["noise.matrix"] == "1,0;0,3"  # it waits for a third row
    assert link(page)["variables"] == "x,y"


def test_a_loss_of_residuals_is_written_out_and_label_noise_gives_way() -> None:
    page = type_formula(on_bench(), "x*y - 1\nx - z")
    page.segmented_control(key="bench.form").set_value("loss").run()
    assert not page.exception
    assert link(page)["loss"] == "((x*y - 1)^2 + (x - z)^2)/4"
    assert scene(page).experiment.noise.kind == "isotropic"


def test_variables_keep_the_order_of_the_link_and_those_that_no_formula_names() -> None:
    page = on_bench(residuals="x*y - 1", variables="z,y,x", start="3,2,1")
    type_formula(page, "x*y - 2")
    assert (link(page)["variables"], link(page)["start"]) == ("z,y,x", "3,2,1")


def test_what_a_check_suggests_is_taken() -> None:
    page = on_bench(landscape="hyperbola", learning_rate="0.3")
    take = next(each for each in page.button if each.key and each.key.startswith("bench.take"))
    take.click().run()
    assert not page.exception
    assert float(link(page)["learning_rate"]) < 0.256
    assert page.select_slider(key="control.learning_rate").value == scene(page).experiment.learning_rate


def test_a_landscape_to_begin_with_and_the_settings_beside_the_bench() -> None:
    page = type_formula(on_bench(), "x*y - 3")
    page.select_slider(key="control.learning_rate").set_value(0.02).run()
    assert page.session_state.bench.formula.text == "x*y - 3"
    assert (link(page)["residuals"], link(page)["learning_rate"]) == ("x*y - 3", "0.02")
    page.selectbox(key="control.landscape").set_value("torus").run()
    assert not page.exception
    assert scene(page).experiment.landscape == landscape("torus").own
    assert page.session_state.bench.formula.text == write_landscape(landscape("torus").own)


def test_the_simulator_opens_with_it_and_leads_back() -> None:
    page = type_formula(on_bench(), "x*y - 3")
    button(page, "simulate").click().run()
    assert not page.exception
    assert link(page)["view"] == "simulator"
    assert scene(page).experiment.landscape.definition.residuals == ("x*y - 3",)
    page = opened(landscape="circle")
    page.selectbox(key="control.landscape").set_value("custom").run()
    assert not page.exception
    assert link(page)["view"] == "bench"
    assert page.session_state.bench.formula.text == write_landscape(landscape("circle").own)


OWN = {"residuals": "x*y - a", "variables": "x,y", "start": "2,1", "noise": "label", "landscape.a": "1", "range.a": "0.5,2"}


VIEWS = ["compare", "convergence", "clocks", "densities", "anatomy", "assumptions", "flatness", "recovery"]


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_takes_it_along(view: str) -> None:
    page = opened(view=view, horizon="0.2", **OWN)
    assert not page.exception


def test_a_file_holds_all_that_is_on_the_bench() -> None:
    experiment = scene(type_formula(on_bench(), "x*y - a\na = 2 in [1, 3]")).experiment
    assert from_toml(to_toml(experiment)) == experiment
    assert isinstance(experiment.landscape, Landscape)


def latex(page: AppTest) -> str:
    return " ".join(part.value for part in page.latex)


def written(page: AppTest) -> AppTest:
    return settled(page, lambda page: "It is being written down." not in [caption.value for caption in page.caption])


def test_the_limit_is_typeset_where_it_is_short_and_can_be_taken_along() -> None:
    page = written(on_bench(landscape="circle", noise="isotropic"))
    assert r"du = \frac{s}{r}\, dW" in latex(page)
    assert "Download the limit at 41 points of Γ" in [button.proto.label for button in page.get("download_button")]
    type_formula(page, "x*y*z - 1")
    written(page)
    assert "dt" not in latex(page)
    assert any("more than one dimension" in caption.value for caption in page.caption)
    table = next(markdown.value for markdown in page.markdown if "drift of *x*" in markdown.value)
    assert table.count("\n") == 9


def test_a_limit_that_nobody_waits_for_is_given_up() -> None:
    work = partial(limit_written, landscape("hyperbola"), noise("isotropic"), (2.0, 1.0))
    assert list(work(cancel=lambda: True)) == []
    (found,) = work(cancel=lambda: False)
    assert found.symbols.equation is not None
    assert found.table is not None


def test_what_a_run_costs_is_said_with_what_to_lower() -> None:
    page = on_bench(residuals="x*y - 1", variables="x,y", start="1,1", paths="400", horizon="9")
    cost = next(caption.value for caption in page.caption if caption.value.startswith("A run takes"))
    assert "× 400 paths × 3,600 steps" in cost
    assert "take fewer" in cost


def test_it_opens_in_the_pages_of_an_experiment() -> None:
    page = on_bench(residuals="x*y - 1", variables="x,y", start="1,1")
    page.button(key="open.anatomy").click().run()
    assert not page.exception
    assert (link(page)["view"], link(page)["residuals"]) == ("anatomy", "x*y - 1")


@pytest.mark.parametrize(
    ("name", "heading", "sentence"),
    [
        ("momentum", "The limit of momentum", "It is SGD’s, in the slow time t = kη²/(1−β)²."),
        ("langevin", "The limit of Langevin", "It is SGD’s, in the slow time t = kηθ."),
        ("sam", "The limit of SGD", "That of SAM is another one: Anatomy has the parts of its drift, Optimizers its paths."),
    ],
)
def test_the_limit_says_whose_it_is_and_the_simulator_keeps_the_optimizer(name: str, heading: str, sentence: str) -> None:
    page = on_bench(landscape="hyperbola", optimizer=name)
    assert not page.exception
    assert link(page)["optimizer"] == name
    assert heading in [text.value for text in page.markdown]
    assert sentence in [caption.value for caption in page.caption]
    checks = " ".join(block.proto.body for block in page.get("html") if "azl-finding" in block.proto.body)
    assert 'data-topic="zero"' in checks
    assert 'data-topic="sharpness"' not in checks
    page.button(key="simulate").click().run()
    assert link(page)["optimizer"] == name
    assert from_toml(to_toml(scene(page).experiment)) == scene(page).experiment


def test_an_optimizer_is_chosen_and_its_settings_do_not_stay_behind() -> None:
    page = on_bench(landscape="ellipse", optimizer="adam", **{"optimizer.kappa": "5"})
    page.selectbox(key="control.optimizer").set_value("sam").run()
    assert not page.exception
    assert {key for key in link(page) if key.startswith("optimizer")} == {"optimizer"}
    page.selectbox(key="control.optimizer").set_value("sgd").run()
    assert "optimizer" not in link(page)


def test_what_the_optimizer_cannot_do_is_a_sentence() -> None:
    page = type_formula(on_bench(landscape="hyperbola", noise="isotropic", optimizer="one_sam"), "x*y - 1")
    page.segmented_control(key="bench.form").set_value("loss").run()
    assert not page.exception
    assert any("SAM on one sample needs samples" in warning.value for warning in page.warning)
