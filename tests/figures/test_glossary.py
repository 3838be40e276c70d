"""The glossary: every entry is whole, every page has its sentence, and what the player says is in it."""

import json
from itertools import groupby

from content.catalogue import INTROS, TITLES
from figures.glossary import as_json, glossary
from figures.simulation import meanings, series_panels

WITHOUT_A_SENTENCE = {"home", "lecture"}  # they begin with words of their own


def test_every_entry_says_what_a_word_means_in_plain_text() -> None:
    assert len(glossary()) >= 30
    for name, term in glossary().items():
        assert term.meaning.endswith("."), name
        assert not set("$*`\\<>_^") & set(term.title + term.symbol + term.meaning), name
    assert json.loads(as_json()).keys() == glossary().keys()


def test_each_group_is_headed_once() -> None:
    headed = [group for group, _ in groupby(term.group for term in glossary().values())]
    assert len(headed) == len(set(headed))


def test_what_stands_in_the_players_legend_and_beside_it_has_a_meaning() -> None:
    said = meanings()
    assert {panel["name"] for panel in series_panels()} <= said.keys()
    assert {"sgd", "limit", "ghost", "trails", "flow", "manifold", "steps", "fast", "slow"} <= said.keys()


def test_every_page_begins_with_its_question() -> None:
    assert INTROS.keys() == TITLES.keys() - WITHOUT_A_SENTENCE
    for view, sentence in INTROS.items():
        assert "?" in sentence or view == "presets", view
