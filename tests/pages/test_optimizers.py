"""The page of optimizers side by side: what a link holds, what is left out, and what the tables say."""

from urllib.parse import parse_qsl

import numpy as np
import pytest

from dynamics import Experiment, noise, optimizer, simulate
from dynamics.optimizers import OPTIMIZERS
from dynamics.optimizers.measures import MEASURES
from dynamics.studies.side_by_side import experiments_beside, measure_of, measured
from figures.side_by_side import known_optimizers, sentence, table
from pages.optimizers import SideBySide
from tests.pages.test_simulator import opened


def test_a_link_holds_the_optimizers_and_their_settings() -> None:
    scene, notes = SideBySide.from_query({"landscape": "hyperbola", "beside": "adam,kappa=5,beta1=0.5;sam;momentum,nesterov=1"})
    assert notes == []
    assert scene.beside == (optimizer("adam", kappa=5, beta1=0.5), optimizer("sam"), optimizer("momentum", nesterov=True))
    assert SideBySide.from_query(scene.to_query()) == (scene, [])
    alone, notes = SideBySide.from_query({"beside": "none"})
    assert (alone.beside, notes) == ((), [])


@pytest.mark.parametrize(
    ("query", "sentence", "left"),
    [
        ({"beside": "sgd;sam;adam;momentum"}, "At most 3", ("adam",)),
        ({"beside": "lion"}, "Unknown optimizer “lion”", ("adam",)),
        ({"beside": "adam,kappa=-1"}, "between 0.01", ("adam",)),
        ({"beside": "sam;adam", "noise": "covariance", "noise.matrix": "1,0;0,0"}, "Adam is left out", ("sam",)),
    ],
)
def test_what_cannot_be_shown_is_left_out_with_a_sentence(query, sentence, left) -> None:
    scene, notes = SideBySide.from_query({"landscape": "hyperbola"} | query)
    assert any(sentence in note for note in notes), notes
    assert tuple(made.name for made in scene.beside) == left


def test_learning_rates_compare() -> None:
    first = Experiment(landscape="hyperbola", learning_rate=0.01, optimizer=optimizer("momentum", beta=0.9))  # type: ignore[arg-type]
    one, other = experiments_beside(first, [optimizer("sgd")])
    assert one == first
    assert other.learning_rate == pytest.approx(0.1)


def test_on_the_ellipse_sgd_and_adam_part_ways() -> None:
    """On x²/4 + y² = 1 with p = x²/4, tr H = p + 4(1 − p): SGD's p rises, Adam's falls from below p* = 1/5."""
    scene, _ = SideBySide.from_query({"horizon": "0.3"})
    shown = [measured(simulate(experiment)) for experiment in scene.experiments]
    start = np.array(scene.experiment.start)
    p = start[0] ** 2 / 4
    for each, sign in zip(shown, (-1, 1), strict=True):
        assert each.before == pytest.approx(p + 4 * (1 - p), abs=2e-3)
        assert sign * (each.limit - each.before) > 0.02
        assert abs(each.steps - each.limit) < 0.25 * abs(each.limit - each.before) + 4 * each.steps_error
        assert each.lost == 0
    assert "part ways" in sentence(shown)
    assert "part ways" not in sentence(shown[:1] * 2)
    rows = table(shown).splitlines()
    assert rows[2].startswith("| SGD | 0.02 | kη² | 750 | tr H |")
    assert rows[3].startswith("| Adam (κ = 5, β₁ = 0) | 0.02 | kη² | 750 | tr √Diag(H) | tr H = ")


def test_measures_are_what_they_are_called() -> None:
    land, x = Experiment(landscape="ellipse").landscape, np.array([[0.8, 0.9165]])  # type: ignore[arg-type]
    diagonal = np.array([x[0, 0] ** 2 / 4, 4 * x[0, 1] ** 2])
    assert MEASURES["tr √Diag(H)"].value(land, x) == pytest.approx(np.sqrt(diagonal + _second_order(x[0])).sum(), rel=1e-6)
    assert MEASURES["ln λ₁"].value(land, x) == pytest.approx(np.log(land.sharpness(x)))
    of_sam = Experiment(landscape="ellipse", optimizer="sam")  # type: ignore[arg-type]
    of_isotropic = Experiment(landscape="ellipse", noise="isotropic")  # type: ignore[arg-type]
    assert (measure_of(of_sam).name, measure_of(of_isotropic).name) == ("λ₁", "tr H")


def _second_order(x):
    """f ∇²f, for f = x²/4 + y² − 1."""
    return (x[0] ** 2 / 4 + x[1] ** 2 - 1) * np.array([0.5, 2.0])


@pytest.mark.parametrize("view", ["simulator", "compare", "optimizers"])
def test_what_a_run_strains_is_told_with_the_way_to_where_it_is_measured(view) -> None:
    small = {"landscape": "hyperbola", "horizon": "0.1", "paths": "20", "frames": "20", "learning_rate": "0.05"}
    page = opened(view=view, **small, optimizer="momentum")
    told = [caption.value for caption in page.caption if "measured](" in caption.value]
    assert told
    query = dict(parse_qsl(told[0].partition("](?")[2].removesuffix(")")))
    assert query.pop("view") == "convergence"
    assert Experiment.from_query(query).optimizer == optimizer("momentum")
    page = opened(view=view, **small, beside="sgd")
    assert not any("measured](" in caption.value for caption in page.caption)


def test_every_optimizer_is_in_the_table() -> None:
    said = known_optimizers(Experiment(landscape="hyperbola", noise=noise("label")))  # type: ignore[arg-type]
    assert len(said.splitlines()) == 2 + len(OPTIMIZERS)
    assert "| SGD with momentum | kη²/(1−β)² | an SDE | tr H |" in said
    assert "| SAM, full batch | kηρ² | a flow | λ₁ |" in said


def test_the_page_shows_a_player_for_each_and_the_tables() -> None:
    page = opened(view="optimizers", landscape="hyperbola", horizon="0.1", paths="20", frames="20", beside="sam")
    assert not page.exception
    text = " ".join(each.value for each in page.markdown)
    assert "under **SGD**" in text
    assert "| SAM, full batch" in text


def test_two_measures_of_a_run_map_its_points_once(monkeypatch) -> None:
    from dynamics.studies import side_by_side

    outcome, mapped, calls = (
        simulate(Experiment(landscape="hyperbola", horizon=0.05, paths=9, frames=5)),
        side_by_side.limit_map_with_outcome,
        [],
    )

    def counted(*given):
        calls.append(len(given[1]))
        return mapped(*given)

    monkeypatch.setattr(side_by_side, "limit_map_with_outcome", counted)
    first, second = (measured(outcome, MEASURES[name]) for name in ("tr H", "λ₁"))
    assert calls == [1, 9, 9]
    assert (first.steps, first.limit) == pytest.approx((second.steps, second.limit))  # of rank one
