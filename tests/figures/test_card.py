"""The still picture of a link: of the size that readers of links expect, and of this run."""

import io

import numpy as np
import pytest
from PIL import Image

from dynamics import Experiment, simulate
from figures.card import BAND, SIZE, card
from figures.landscape_figure import landscape_views
from figures.palette import themes
from figures.simulation import simulation_blob

COLOURS = themes()["light"]


def drawn(experiment: Experiment, view: int = 0) -> np.ndarray:
    outcome = simulate(experiment)
    image = Image.open(io.BytesIO(card(simulation_blob(outcome, landscape_views(outcome.experiment.landscape)[view]))))
    assert (image.format, image.size) == ("PNG", SIZE)
    return np.asarray(image.convert("RGB"), dtype=int)


def near(picture: np.ndarray, colour: str) -> np.ndarray:
    """Where the picture has a colour: rows and columns."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return np.argwhere(np.abs(picture[: SIZE[1] - BAND] - rgb).max(axis=-1) < 40)


@pytest.mark.parametrize(("name", "view"), [("hyperbola", 0), ("hyperbola", 1), ("torus", 0), ("torus", 1), ("trefoil", 0)])
def test_each_kind_of_view_shows_its_paths_and_where_the_loss_is_zero(name: str, view: int) -> None:
    picture = drawn(Experiment(landscape=name, paths=40, frames=20), view)
    for role in ("sgd", "manifold"):
        assert len(near(picture, COLOURS[role])) > 100, role
    assert (picture[SIZE[1] - BAND :].min(axis=-1) < 100).sum() > 1000  # words


def test_the_paths_are_where_they_ended() -> None:
    """SGD ends where its start says, on either branch of the hyperbola, which are opposite."""
    right, left = (
        near(drawn(Experiment(landscape="hyperbola", start=(a, a), paths=40, frames=20)), COLOURS["sgd"]).mean(axis=0)
        for a in (1.5, -1.5)
    )
    middle = np.array([(SIZE[1] - BAND) / 2, SIZE[0] / 2])
    np.testing.assert_allclose(left - middle, middle - right, atol=8)
    assert right[0] < middle[0] - 30
    assert right[1] > middle[1] + 30
