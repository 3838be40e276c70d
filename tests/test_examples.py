"""The notebooks of examples/ run, and what they say comes out."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "examples").glob("*.ipynb"))}


def carried_out(name: str) -> str:
    """What the code cells print; a notebook as a program."""
    cells = nbformat.read(NOTEBOOKS[name], 4).cells
    with redirect_stdout(io.StringIO()) as said:
        exec("\n".join(cell.source for cell in cells if cell.cell_type == "code"), {})
    return said.getvalue()


def test_there_are_three_without_outputs_for_readers() -> None:
    assert len(NOTEBOOKS) == 3
    for path in NOTEBOOKS.values():
        book = nbformat.read(path, 4)
        nbformat.validate(book)
        assert book.cells[0].source.startswith("# ")
        assert not any(cell.get("outputs") for cell in book.cells)
        assert f"examples/{path.name}" in (ROOT / "README.md").read_text("utf-8")


def test_in_jupyter_a_run_is_the_player(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(NOTEBOOKS["1_hyperbola"], 4)
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    (shown,) = [output.data for output in outputs if "text/html" in output.get("data", {})]
    assert shown["text/html"].startswith("<iframe ")
    assert shown["text/plain"].startswith("<Outcome: 300 paths of SGD and of its limit on hyperbola")
    said = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    rows = re.findall(r"^ +[\d.]+ +([\d.]+) +([\d.]+) +([\d.]+) ± ", said, re.M)
    assert len(rows) == 5
    assert [float(limit) for _, limit, _ in rows] == pytest.approx([float(exact) for exact, _, _ in rows], rel=2e-3)
    ahead = [float(each) for each in re.findall(r"ahead by ([\d.]+)", said)]
    assert [ahead[0] / ahead[1], ahead[1] / ahead[2]] == pytest.approx([2.0, 2.0], abs=0.3)


def test_a_loss_of_ones_own_ends_at_its_flattest_point() -> None:
    said = carried_out("2_a_loss_of_your_own")
    flattest, limit, sgd = (float(value) for value in re.findall(r"x = ([\d.]+)", said)[-3:])
    assert flattest == pytest.approx(2 ** (1 / 6), abs=1e-4)
    assert [limit, sgd] == pytest.approx([flattest, flattest], abs=0.03)
    assert "x^{9} - 2 x^{3}" in said


def test_a_verdict_is_given_and_one_is_refused() -> None:
    said = carried_out("3_does_it_converge")
    assert said.startswith("SGD’s law tends to the limit’s\n")
    assert "The learning rates are too large to tell" in said
    distances = [float(each) for each in re.findall(r"([\d.]+) ± ", said)[-3:]]
    assert distances[0] > 1.7 * distances[1] > 2.9 * distances[2]
