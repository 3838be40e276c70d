"""Hostile links: each is a scene and sentences, never an exception, and nothing of it becomes markup.

`python -m benchmarks.fuzz` tries ten thousand.
"""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.catalogue import TITLES
from pages.shared.sentences import plain
from tests.hostile import CANARIES, SMALL, blameless, queries, read, scene_of
from tests.pages.test_simulator import as_read, opened, said

FEW = settings(derandomize=True, max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("view", TITLES)
def test_every_link_is_read_and_written(view: str) -> None:
    @FEW
    @given(queries(view))
    def tried(query: dict[str, str]) -> None:
        read(view, query)

    tried()


@pytest.mark.parametrize("view", TITLES)
def test_a_page_shows_what_was_typed_as_it_is(view: str) -> None:
    """Every setting is refused in a sentence that quotes it."""
    keys = ["landscape", "learning_rate", "noise", *(setting.key for setting in scene_of(view).settings)]
    query = {"view": view, **SMALL, **dict(zip(keys, itertools.cycle(CANARIES), strict=False))}
    page = opened(**query)
    blameless(page, query)
    assert said(page) or view in ("home", "presets", "lecture", "how", "glossary", "recovery", "phases", "gallery")


def test_an_unknown_page_is_named_as_it_was_typed() -> None:
    for canary in CANARIES[:2]:
        query = {"view": canary, **SMALL}
        page = opened(**query)
        blameless(page, query)
        assert f"There is no page called “{canary}”" in said(page)


@given(st.one_of(st.sampled_from(CANARIES), st.text(max_size=80)))
@FEW
def test_plain_text_reads_as_it_was(text: str) -> None:
    assert as_read(plain(text)) == " ".join(text.replace("\u2060", "").split())
    assert not any(canary in plain(text) for canary in CANARIES)
