"""The site without a server shows what the app shows: each alternative the very panels and words of the page of its link."""

import pytest
from streamlit.testing.v1 import AppTest

from content.presets import preset, presets
from exports.site.alternatives import alternatives
from exports.site.studies import STUDIES
from pages.convergence import Question
from pages.densities import Densities
from pages.flatness import FlatnessScene
from pages.gallery import Gallery
from pages.large_steps import LargeSteps
from pages.network import RealNetwork
from pages.phases import Phases
from pages.recovery import Sparse
from tests.pages.test_simulator import APP, settled

SCENES = {
    "convergence": Question, "densities": Densities, "flatness": FlatnessScene, "gallery": Gallery, "large_steps": LargeSteps,
    "network": RealNetwork, "phases": Phases, "recovery": Sparse,
}  # fmt: skip


def shown(page: AppTest) -> set[bytes]:
    return set(page.session_state["panels"].values())


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("in_law", "0.05|0.25|1"), ("sparse", "1|20"), ("phases", "dimensions|gd"), ("network", "0.04|0.5"), ("large_steps", "2"),
        ("log_determinant", "0.03|label"),
    ],
)  # fmt: skip
def test_an_alternative_is_what_the_page_of_its_link_shows(name: str, chosen: str) -> None:
    entry = preset(name)
    link = alternatives(entry.view, dict(entry.query))[1][chosen]
    words, panels = STUDIES[entry.view](link)
    encoded = {panel.encode() for panel in panels}
    page = AppTest.from_file(APP, default_timeout=120)
    for key, value in {"view": entry.view, **link}.items():
        page.query_params[key] = value
    page.run()
    settled(page, lambda page: shown(page) == encoded)
    assert not page.exception
    assert not page.warning
    assert shown(page) == encoded
    told = " ".join(text.value for text in page.markdown)
    assert words.split("\n\n")[-1].rpartition(".** ")[2] in told  # what is found; a heading stands otherwise


def test_every_alternative_has_its_link_and_each_control_its_own_values() -> None:
    """A link that were clamped or refused would show something else than it says."""
    for entry in presets():
        if entry.view not in SCENES:
            continue
        controls, links = alternatives(entry.view, dict(entry.query))
        assert links["|".join(control.chosen for control in controls)] == dict(entry.query)
        scenes = {key: SCENES[entry.view].from_query(link) for key, link in links.items()}
        assert [notes for _, notes in scenes.values() if notes] == [], entry.name
        assert len({scene for scene, _ in scenes.values()}) == len(scenes) >= 3, entry.name
