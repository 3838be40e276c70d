"""A notebook or a program that is taken away carries out the very experiment again."""

import io
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import numpy as np
import pytest

from dynamics import Experiment, Landscape, landscape, noise, optimizer, simulate
from dynamics.files import from_toml, to_toml
from exports import notebook, script

ROOT = Path(__file__).parents[2]
SMALL = {"paths": 12, "frames": 20, "horizon": 0.2}
OWN = Landscape.from_residuals(["x^2*y - a", "b*(x - 1)"], ("x", "y"), {"a": 1.5, "b": 0.0})
FILE = from_toml(to_toml(landscape("torus")).replace('title = "', 'title = "\\"\\"\\" + print(1) '))
EXPERIMENTS = {
    "shipped": Experiment(landscape="hyperbola", seed=5, **SMALL),
    "parameters": Experiment(landscape=landscape("ellipse").with_parameters(b=0.7), **SMALL),
    "residuals": Experiment(landscape=OWN, start=(1.0, 1.4), noise=noise("label", scale=0.3, batch="full"), **SMALL),
    "loss": Experiment(
        landscape=Landscape.from_loss("(x^2 + y^2 - 1)^2/8", ("x", "y")), start=(1.2, 0.4), parts=("normal",),
        noise=noise("covariance", matrix=(("1", "0"), ("0", "1/25")), law="student", freedom=5.0), **SMALL,
    ),
    "file": Experiment(landscape=FILE, **SMALL),
    "optimizer": Experiment(landscape="hyperbola", optimizer=optimizer("momentum", beta=0.5), **SMALL),
}  # fmt: skip


def code(experiment: Experiment) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook(experiment)["cells"] if cell["cell_type"] == "code")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_code_of_a_notebook_makes_the_same_arrays(name: str) -> None:
    experiment, made = EXPERIMENTS[name], {}
    with redirect_stdout(io.StringIO()) as said:
        exec(code(experiment), made)
    assert made["experiment"].to_query() == experiment.to_query()
    expected = simulate(experiment)
    np.testing.assert_array_equal(made["outcome"].sgd, expected.sgd)
    np.testing.assert_array_equal(made["outcome"].limit, expected.limit)
    assert "of the limit" in said.getvalue()


def test_a_notebook_is_one_and_says_where_it_is_from() -> None:
    content = notebook(EXPERIMENTS["residuals"])
    nbformat.validate(nbformat.from_dict(content))
    assert content == notebook(EXPERIMENTS["residuals"])
    text = "".join(content["cells"][0]["source"])
    assert all(part in text for part in ("After Zero Loss 0.", "link ?view=simulator", "seed 0", "arXiv 2110.06914"))


def test_a_program_runs_by_itself_and_writes_the_page(tmp_path: Path) -> None:
    text = script(EXPERIMENTS["shipped"])
    assert max(map(len, text.splitlines())) < 140
    (tmp_path / "run.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "run.py"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    mean = simulate(EXPERIMENTS["shipped"]).sgd[-1].mean(axis=0)
    assert f"mean {mean}, of the limit" in last
    assert "seed=5" in (tmp_path / "hyperbola.html").read_text(encoding="utf-8")


def test_text_of_strangers_stays_text() -> None:
    """A file's title may hold whatever ends a text in Python."""
    experiment, made = EXPERIMENTS["file"], {}
    assert experiment.landscape.name == "custom"
    with redirect_stdout(io.StringIO()) as said:
        exec(code(experiment), made)
    assert made["landscape"].title.startswith('""" + print(1)')
    assert said.getvalue().startswith("ok\n")
    compile(script(experiment), "script", "exec")
