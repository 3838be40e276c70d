"""A scene and its link say the same."""

import pytest

from dynamics import Experiment, landscape
from pages.flatness import FlatnessScene
from pages.network import RealNetwork
from pages.shared.scene import Picture


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"projection": "surface", "clock": "logarithmic", "ghost": "0.1"},
        {"landscape": "torus", "learning_rate": "0.03", "seed": "7"},
        {"residuals": "x*y - b;x - z", "variables": "x,y,z", "landscape.b": "2", "start": "1,2,3", "projection": "y-z"},
    ],
)
def test_a_link_is_read_and_written_back(query: dict[str, str]) -> None:
    scene, notes = Picture.from_query(query)
    assert notes == []
    assert query.items() <= scene.to_query().items()
    assert Picture.from_query(scene.to_query()) == (scene, [])


def test_defaults_are_left_out() -> None:
    scene = Picture(Experiment(landscape=landscape("circle")))
    assert scene.to_query() == {"v": "1", "landscape": "circle"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"projection": "inside"}, "no projection “inside”"),
        ({"clock": "cuckoo"}, "The clock is one of slow, fast, logarithmic"),
        ({"ghost": "x"}, "earlier run is a number"),
        ({"ghost": "99"}, "must be between"),
        ({"ghost": "nan"}, "earlier run is a number"),
        ({"learning_rate": "fast"}, "The learning rate is a number"),
        ({"landscape": "moon"}, "Unknown landscape “moon”"),
    ],
)
def test_what_is_wrong_is_replaced_with_a_sentence(query: dict[str, str], sentence: str) -> None:
    scene, notes = Picture.from_query(query)
    assert len(notes) == 1
    assert sentence in notes[0]
    assert Picture.from_query(scene.to_query()) == (scene, [])


def test_the_ghost_is_the_same_experiment_with_another_learning_rate() -> None:
    scene, _ = Picture.from_query({"learning_rate": "0.05", "ghost": "0.1", "seed": "4"})
    ghost = scene.experiments[1]
    assert ghost is not None
    assert (ghost.learning_rate, ghost.seed, ghost.start) == (0.1, 4, scene.experiment.start)


def test_a_look_that_belongs_to_a_landscape_goes_with_it() -> None:
    scene, _ = Picture.from_query({"landscape": "hyperbola", "projection": "surface", "ghost": "0.1", "clock": "fast"})
    moved = scene.moved(Experiment(landscape="circle"))
    assert (moved.projection, moved.ghost, moved.clock) == ("", None, "fast")


def test_what_is_taken_away_says_the_seed_of_its_own_page() -> None:
    network, _ = RealNetwork.from_query({"draws": "5", "seed": "2"})
    assert (network.seed, network.said["seed"], network.experiment.seed) == (5, 5, 2)
    flatness, _ = FlatnessScene.from_query({"on": "network", "draws": "4", "seed": "2"})
    assert flatness.seed == 4
    assert Picture.from_query({"seed": "7"})[0].seed == 7


def test_a_study_says_nothing_of_the_usual_experiment_that_it_carries_along() -> None:
    network, _ = RealNetwork.from_query({"draws": "5"})
    assert network.to_query() == {"v": "1", "draws": "5"}
    assert RealNetwork.from_query(network.to_query())[0] == network
    carrying, _ = RealNetwork.from_query({"landscape": "torus"})
    assert carrying.to_query() == {"v": "1", "landscape": "torus"}
    assert RealNetwork.from_query({"landscape": "hyperbola", "learning_rate": "0.1"})[0].to_query()["learning_rate"] == "0.1"
