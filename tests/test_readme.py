"""What the README tells a reader to type works, and what it shows is there."""

import re
from pathlib import Path

import pytest

from content.presets import presets

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_runs_and_prints_what_its_comment_says(capsys):
    exec(re.search(r"```python\n(.*?)```", README, re.S)[1], {})
    first, second = capsys.readouterr().out.splitlines()
    assert [float(number) for number in first.strip("[]").split()] == pytest.approx([-0.75, 0.0])
    assert second.startswith("ok ")


def test_files_and_targets_that_are_named_exist():
    named = {*re.findall(r"`((?:dynamics|tests|docs|assets)/[\w./-]*)`", README), *re.findall(r"docs/images/[\w-]+\.png", README)}
    assert len(named) > 8
    assert not [name for name in named if not (ROOT / name).exists()]
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    files = set(re.findall(r"`((?:dynamics|figures|pages|tests|docs|assets|benchmarks)/[\w./-]+)`", guide))
    assert len(files) > 15
    assert not [name for name in files if not (ROOT / name).exists()]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"make (\w+) ", README)):
        assert target in {"run", "test", "bench", "and"} or f"\n{target}:" in makefile


def test_as_many_experiments_as_it_says():
    assert re.search(r"has (\d+) experiments to begin with", README)[1] == str(len(presets()))
