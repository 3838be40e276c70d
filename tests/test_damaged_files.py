"""A file of assets/ that is damaged costs its own entry and a line in the log, never the app.

`python -m benchmarks.fuzz --files` tries a thousand.
"""

import random
from pathlib import Path

import pytest

from dynamics.resources import resource
from tests.damage import FILES, assets, damaged, read_all
from tests.pages.test_simulator import opened, said

WHERE = ("landscapes/hyperbola.toml", "gallery/balance.toml", "lectures/zero_loss.md", "glossary.toml", "closed_forms.toml")


@pytest.mark.parametrize("where", WHERE)
def test_a_file_that_cannot_be_read_costs_its_own_entries(where: str, tmp_path: Path, caplog) -> None:
    whole = read_all()
    with assets(tmp_path, Path(where), b"= \xff"):
        found = read_all()
    lost = {kind: whole[kind] - found[kind] for kind in whole if whole[kind] != found[kind]}
    kind = {"glossary.toml": "glossary", "closed_forms.toml": "closed forms"}.get(where, where.split("/")[0])
    expected = whole[kind] if kind in ("glossary", "closed forms") else 1
    assert lost[kind] >= expected
    assert set(lost) <= {kind, "lectures"}  # which explain their words by the glossary
    assert caplog.messages


def test_each_damage_is_survived(tmp_path: Path) -> None:
    chance = random.Random(11)
    for _ in range(30):
        where = chance.choice(FILES)
        with assets(tmp_path, where, damaged((resource() / where).read_bytes(), chance)):
            read_all()


@pytest.mark.parametrize(
    ("where", "view"),
    [
        ("landscapes/hyperbola.toml", "simulator"), ("studies/shape_matters.toml", "gallery"), ("sweeps/d100.toml", "phases"),
        ("studies/large_steps.toml", "large_steps"),
        ("glossary.toml", "glossary"), ("closed_forms.toml", "how"),
    ],
)  # fmt: skip
def test_the_page_goes_on(where: str, view: str, tmp_path: Path) -> None:
    with assets(tmp_path, Path(where), b"\x00"):
        page = opened(view=view, diagram="d100")
        assert not page.exception
        assert "/" not in said(page)
