"""Sweeps: what they compute, that nothing finished is lost, and what is refused."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from dynamics import noise, overparametrized_linear, sparse_problem, train
from dynamics.models.training import descend
from dynamics.sweeps import cluster as dask
from dynamics.sweeps.cell import compute, recovery_error
from dynamics.sweeps.cluster import run
from dynamics.sweeps.command_line import main
from dynamics.sweeps.grid import Cell, Settings, Sweep
from dynamics.sweeps.results import Found, finished, save

ROOT = Path(__file__).parents[2]
FILE = """
title = "small"
methods = ["flow", "l1", "gd"]
dimensions = [30]
sparsities = [1, 6]
samples = [4, 15, 31]
seeds = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_cell_recovers_where_it_should() -> None:
    settings = Settings(seeds=4)
    for method in ("flow", "l1"):
        assert compute(Cell(method, 60, 2, 30), settings).recovered == 4
        assert compute(Cell(method, 60, 20, 10), settings).recovered == 0
    assert compute(Cell("gd", 60, 2, 30), settings).recovered == 0
    assert compute(Cell("gd", 60, 2, 61), settings).recovered == 4


def test_sgd_recovers_too() -> None:
    settings = Settings(seeds=1, learning_rate=4e-3, horizon=12.0)
    assert recovery_error(Cell("sgd", 40, 2, 24), settings, 0) < 0.1


def test_a_cell_counts_the_errors_within_its_tolerance() -> None:
    cell, settings = Cell("sgd", 20, 2, 12), Settings(seeds=3, learning_rate=4e-3, horizon=0.5)
    errors = sorted(recovery_error(cell, settings, seed) for seed in range(3))
    assert errors[0] < errors[1] < errors[2]
    found = compute(cell, replace(settings, tolerance=(errors[1] + errors[2]) / 2))
    assert sorted(found.errors) == errors
    assert found.recovered == 2


def test_each_seed_has_a_problem_and_a_noise_of_its_own() -> None:
    settings = Settings(learning_rate=4e-3, horizon=0.5)
    design, targets, truth = sparse_problem(d=20, n=12, sparsity=2, law=settings.law, seed=1)
    model = overparametrized_linear(design, targets)
    steps, start = round(0.5 / 4e-3**2), np.full(model.dimension, settings.initialization)
    trained = train(model, start, learning_rate=4e-3, steps=steps, noise=noise("label", scale=settings.scale), seed=1, frames=2)
    expected = model.coefficients(descend(model, trained.points[-1]))
    error = np.linalg.norm(expected - truth) / np.linalg.norm(truth)
    assert recovery_error(Cell("sgd", 20, 2, 12), settings, 1) == pytest.approx(float(error), rel=1e-9)


def test_the_command_line_writes_a_line_a_cell_and_goes_on_where_it_was(file: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.jsonl"
    assert main([str(file), "--out", str(out)]) == 0
    whole = finished(out)
    assert len(whole) == 18
    lines = out.read_text().splitlines()
    out.write_text("\n".join(lines[:7]) + "\n" + lines[7][:20])  # as after a crash
    assert len(finished(out)) == 7
    assert main([str(file), "--out", str(out)]) == 0
    assert "11 of 18 cells to compute" in capsys.readouterr().out
    again = finished(out)
    assert {cell: found.errors for cell, found in again.items()} == {cell: found.errors for cell, found in whole.items()}


def test_lines_are_read_as_they_were_written() -> None:
    found = Found(Cell("gd", 10, 2, 5), (0.5, 0.25, 1e-9), 1, 0.5)
    assert Found.from_line(found.to_line()) == found
    assert json.loads(found.to_line())["method"] == "gd"


def test_cancelling_drops_what_is_under_way(file: Path) -> None:
    asked = iter([False] * 3 + [True] * 10_000)
    assert len(list(run(Sweep.read(file), cancel=lambda: next(asked)))) < 18


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("methods = [", "cannot be read"),
        ('methods = ["flow"]', "does not say its dimensions"),
        (FILE.replace("flow", "magic"), "method is one of flow, sgd, gd, l1"),
        (FILE + "colour = 3", "no setting “colour”"),
        (FILE.replace("seeds = 3", "seeds = 0"), "seeds must be between 1 and 1,000"),
        (FILE.replace("[1, 6]", "[100]"), "between 1 and 20,000 cells; this one has 0"),
    ],
)
def test_a_file_that_is_wrong_is_a_sentence(text: str, sentence: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    assert main([str(path), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert sentence in capsys.readouterr().err


def test_results_that_cannot_be_written_are_a_sentence(file: Path, tmp_path: Path, capsys) -> None:
    assert main([str(file), "--out", str(tmp_path / "none" / "out.jsonl")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_a_sentence(file: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(dask, "PATIENCE", "1s")
    assert main([str(file), "--out", str(tmp_path / "o.jsonl"), "--scheduler", f"tcp://127.0.0.1:{free_port()}"]) == 2
    assert "no Dask scheduler" in capsys.readouterr().err


def test_a_worker_that_is_killed_loses_no_finished_cell(tmp_path: Path) -> None:
    """A cluster of real processes; one worker gets SIGKILL in the middle."""
    cells = tuple(Cell("flow", 60, sparsity, samples) for sparsity in range(1, 13) for samples in range(10, 40, 5))
    sweep, out = Sweep("", Settings(seeds=5), cells), tmp_path / "out.jsonl"
    with cluster(workers=2) as (address, workers):
        killed_after = None
        for count, _ in enumerate(save(out, run(sweep, scheduler=address)), 1):
            if count == 10:
                os.kill(workers[0].pid, signal.SIGKILL)
                killed_after = len(finished(out))
    assert killed_after == 10
    lines = [Found.from_line(line) for line in out.read_text().splitlines()]
    assert sorted(found.cell for found in lines) == sorted(cells)  # all of them, each once
    one = lines[0]
    assert compute(one.cell, sweep.settings).errors == pytest.approx(one.errors, rel=1e-2, abs=1e-9)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def cluster(workers: int):
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__DASHBOARD__LINK": ""}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": ROOT}
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *here]
    scheduler = subprocess.Popen(command, **quiet)
    try:
        deadline = monotonic() + 60
        while monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.1)
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", *here]
        processes = [subprocess.Popen(command, **quiet) for _ in range(workers)]
        try:
            yield address, processes
        finally:
            for process in processes:
                process.kill()
                process.wait()
    finally:
        scheduler.kill()
        scheduler.wait()
