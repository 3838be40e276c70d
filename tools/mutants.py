"""`python -m tools.mutants [FILE or NAME ...]`, `make mutants`: errors planted one at a time, to see that the tests notice.

A plant is a text of one file that is replaced by another, and the tests that must then fail. The lists are tests/mutants/*.toml; in
a copy of the checkout each is planted, tried, and taken out again. Survivors are named at the end, and make the exit code 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

ROOT = Path(__file__).parents[1]
LISTS = ROOT / "tests" / "mutants"
BESIDE = (".venv", "node_modules")  # not in the repository, and used as they are
PACKAGES = ("pytest", "numba", "casadi", "scipy.integrate", "scipy.optimize", "scipy.stats", "streamlit.testing.v1")
SCRIPTS = "tests/scripts/"  # tests of the browser's modules, by node
FAILED = re.compile(r"^(?:FAILED|ERROR|✖) (\S.*?)(?: - .*| \([\d.]+ms\))?$", re.M)  # as pytest and node say it
SECONDS = 600.0  # a plant that runs longer is noticed: nobody waits for such a test


@dataclass(frozen=True)
class Plant:
    """`why` says what a user would see. `explained` says why no test can notice it, if so."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str = ""
    explained: str = ""


def plants() -> dict[str, Plant]:
    """All of them, by name; `area.name`, where the area is the list's."""
    found = {}
    for path in sorted(LISTS.glob("*.toml")):
        for name, said in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{name}"] = Plant(f"{path.stem}.{name}", **said | {"tests": tuple(said["tests"])})
    return found


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of what is committed or about to be."""
    with TemporaryDirectory(prefix="mutants-") as folder:
        names = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in names.stdout.splitlines():
            if (ROOT / name).is_file():
                target = Path(folder, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        for name in BESIDE:
            if (ROOT / name).exists():
                Path(folder, name).symlink_to(ROOT / name)
        yield Path(folder)


@contextmanager
def planted(plant: Plant, copy: Path) -> Iterator[None]:
    """Raises ValueError where the text is not in the file exactly once."""
    path = copy / plant.file
    source = path.read_text(encoding="utf-8")
    if source.count(plant.old) != 1:
        raise ValueError(f"{plant.name}: its text is in {plant.file} {source.count(plant.old)} times, not once.")
    path.write_text(source.replace(plant.old, plant.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(source, encoding="utf-8")


def noticed(tests: tuple[str, ...], copy: Path) -> str:
    """The first of the tests that fails, or why they end; "" where all pass."""
    scripts = [test for test in tests if test.startswith(SCRIPTS)]
    others = [test for test in tests if not test.startswith(SCRIPTS)]
    return (scripts and _by_node(scripts, copy)) or (others and _by_pytest(others, copy)) or ""


def _by_node(tests: list[str], copy: Path) -> str:
    ended = subprocess.run([str(copy / ".venv/bin/node"), "--test", *tests], cwd=copy, capture_output=True, text=True)
    return _first(ended.stdout + ended.stderr) if ended.returncode else ""


def _by_pytest(tests: list[str], copy: Path) -> str:
    """In a child that has the packages already: to import them takes longer than most of the tests."""
    for package in PACKAGES:
        import_module(package)
    with TemporaryFile("w+", encoding="utf-8") as said:
        child = get_context("fork").Process(target=_run, args=(tests, copy, said.fileno()))
        child.start()
        child.join(SECONDS)
        if child.is_alive():
            child.kill()
            return f"no end within {SECONDS:.0f} s"
        said.seek(0)
        return _first(said.read()) if child.exitcode else ""


def _run(tests: list[str], copy: Path, output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(copy)
    sys.path[:] = [str(copy), *(each for each in sys.path if Path(each).resolve() != ROOT)]
    raise SystemExit(int(import_module("pytest").main(["-x", "-q", "-p", "no:cacheprovider", *tests])))


def _first(said: str) -> str:
    """Of what pytest or node has said, the first test that failed."""
    failed = FAILED.search(said)
    return failed[1] if failed else (said.strip().splitlines() or ["it ended"])[-1]


def main(wanted: list[str]) -> int:
    names = {plant: {plant.name, *plant.name.split(".")} for plant in plants().values()}  # area.name, the area, or the name
    if unknown := set(wanted).difference(*names.values()):
        print(f"There is no plant “{min(unknown)}”.")
        return 2
    chosen = [plant for plant, called in names.items() if not wanted or called & set(wanted)]
    with copied() as copy:
        every = tuple(sorted({test for plant in chosen for test in plant.tests}))
        if failed := noticed(every, copy):
            print(f"Without any plant {failed} fails: mend that first.")
            return 1
        survivors = []
        for plant in chosen:
            with planted(plant, copy):
                by = noticed(plant.tests, copy)
            print(f"caught    {plant.name}  by {by}" if by else f"SURVIVED  {plant.name}", flush=True)
            if not by:
                survivors.append(plant)
    unexplained = [plant for plant in survivors if not plant.explained]
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} were caught.")
    for plant in survivors:
        print(f"  {plant.name}: {plant.explained or plant.why or 'no test noticed'}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
