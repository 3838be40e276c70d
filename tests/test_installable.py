"""`pip install .` gives `dynamics`, `figures` and `exports`, with the files that they read, without the app."""

import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

import dynamics
from dynamics.resources import resource

ROOT = Path(__file__).parent.parent
PACKAGES = ("dynamics", "figures", "content", "exports")
PROGRAM = """
import sys
sys.modules |= {"streamlit": None, "plotly": None, "dask": None, "distributed": None}  # an import of them fails
import dynamics
from dynamics import resources
from dynamics.models.digits import digits
from dynamics.studies import shape_matters
print(dynamics.__version__)
print(dynamics.__file__)
print(resources.FOLDER)
print(*dynamics.landscape_names())
print(dynamics.landscape("torus").title, shape_matters.setting().features, len(digits(40).targets))
import exports
from exports.page import players_html
said = {"link": "?", "seed": "0", "theory": "", "version": ""}  # no run: its kernels would be compiled anew for this folder
page = players_html("Title", [b"a run"], said, "plane")
print(len(page), len(exports.notebook(dynamics.Experiment(landscape="hyperbola"))["cells"]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    for name in (*PACKAGES, "assets"):
        copytree(ROOT / name, source / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", folder, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_package_finds_its_files_and_needs_no_app(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, file, folder, names, title, exported = done.stdout.splitlines()
    assert version == dynamics.__version__
    assert Path(file).is_relative_to(installed)
    assert Path(folder).is_relative_to(installed)
    assert tuple(names.split()) == tuple(dynamics.landscape_names())
    assert title.startswith("Torus")
    page, cells = map(int, exported.split())
    assert page > 8e5  # with its fonts, its modules and Plotly
    assert cells == 6


def test_it_is_typed_and_the_app_is_not_in_it(installed: Path) -> None:
    assert (installed / "dynamics" / "py.typed").exists()
    assert not (installed / "pages").exists()
    assert not list(installed.glob("dynamics/data/bench*"))


def test_every_package_of_the_checkout_is_named() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = [path.parent.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")]
    assert all(f'"{".".join(package.parts)}"' in text for package in packages)
    assert resource("landscapes").is_dir()


def test_every_folder_is_in_the_package_and_extras_are_what_the_requirements_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = {".".join(path.parent.relative_to(ROOT).parts) for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")}
    assert folders <= set(project["tool"]["setuptools"]["packages"])
    pinned = {
        line.split("#")[0].strip()
        for name in ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")
        for line in (ROOT / name).read_text("utf-8").splitlines()
    }
    extras = project["project"]["optional-dependencies"]
    exact = {need for needs in extras.values() for need in needs if "==" in need}
    assert len(exact) > 8
    assert exact <= pinned
