"""Formulas from strangers: nothing runs, nothing hangs, and every refusal is a sentence with a place.

They are read in a process of their own under an audit hook, which sees whatever is compiled, executed, imported or opened.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dynamics.hostile import CODE, HOSTILE, NAMES

FUZZED = 100_000
HARMLESS = 45  # of the hostile, those that are formulas after all: x = 1 as an equation, five thousand spaces before an x …


def read_under_a_hook(count, *more):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    program = [sys.executable, str(Path(__file__).with_name("hostile.py")), str(count), *more]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def happened():
    return read_under_a_hook(FUZZED)


def test_there_are_enough_of_them(happened):
    assert happened["hostile"] == len(HOSTILE) == len(set(HOSTILE)) >= 150
    assert happened["count"] == FUZZED


def test_nothing_is_executed(happened):
    assert happened["events"] == []


def test_every_refusal_is_a_sentence_with_a_place(happened):
    assert happened["silent"] == []
    assert happened["hostile_refused"] >= len(HOSTILE) - HARMLESS
    assert 0.5 * FUZZED < happened["refused"] < FUZZED


def test_none_takes_long(happened):
    """50 ms of the process's own time is the aim; ten times that is asserted, for machines that do much else."""
    assert happened["milliseconds"] < 500, happened["slowest"]


def test_a_program_that_evaluates_is_seen():
    happened = read_under_a_hook(10, "plant")
    assert {"compile", "exec"} <= set(happened["events"])


@pytest.mark.parametrize("text", CODE)
def test_code_is_no_formula(text):
    """What programs run is refused in words, except what is a formula too."""
    from dynamics.engine.formula import FormulaError, parse

    if text in ("x = 1", "x == y", "x---y", "pi.real"):
        return
    with pytest.raises(FormulaError) as refusal:
        parse(text, NAMES)
    assert 0 <= refusal.value.position <= len(text)
