"""Sweeps: the probability that a method recovers a sparse vector, over a grid of problem sizes.

    python -m dynamics.sweep FILE.toml --out results.jsonl [--scheduler tcp://host:port]

Every cell of the grid is a seeded task, run by Dask: in this process, or on the cluster whose scheduler is named, or that
AFTER_ZERO_LOSS_SCHEDULER names. Finished cells are appended to the results, one JSON object a line, as they come. A sweep that was
interrupted, by whatever, goes on from there: cells that are in the file are not computed again.

JSON lines and not Parquet: a line is whole or it is not, so that nothing written before a crash is lost, and anybody can read it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import numpy as np

from dynamics.models.label_noise import label_noise_flow
from dynamics.models.linear import OverparametrizedLinear, overparametrized_linear
from dynamics.models.oracles import minimum_l1, minimum_l2
from dynamics.models.problems import sparse_problem
from dynamics.models.training import descend, train
from dynamics.noise import LabelNoise

if TYPE_CHECKING:
    from distributed import Client

SCHEDULER = "AFTER_ZERO_LOSS_SCHEDULER"
METHODS = {
    "flow": "the limiting flow of label noise",
    "sgd": "label-noise SGD",
    "gd": "gradient descent",
    "l1": "minimum ℓ1 (linear programming)",
}
LOOK_SECONDS = 0.05
MOST_CELLS = 20_000
MOST_DIMENSION = 10_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cells of a sweep have in common.

    A vector is recovered if ‖w − w*‖ ≤ `tolerance` ‖w*‖. `scale` is the label noise δ; SGD runs to slow time `horizon` at
    `learning_rate`, and then without noise until it interpolates; GD and the flow start from u = v = `initialization`.
    """

    law: str = "boolean"
    seeds: int = 10
    tolerance: float = 0.05
    initialization: float = 1.0
    scale: float = 1.0
    learning_rate: float = 1e-3
    horizon: float = 20.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("seeds", 1, 1000), ("tolerance", 1e-9, 1.0), ("initialization", 1e-6, 1e3), ("scale", 1e-6, 1e3),
            ("learning_rate", 1e-6, 1.0), ("horizon", 1e-3, 1e4),
        ):  # fmt: skip
            value = getattr(self, name)
            if not (isinstance(value, int | float) and low <= value <= high):
                raise ValueError(f"A sweep's {name} is a number between {low:g} and {high:g}; not {value!r}.")


@dataclass(frozen=True, order=True)
class Cell:
    """One point of the grid."""

    method: str
    dimension: int
    sparsity: int
    samples: int

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"A sweep's method is one of {', '.join(METHODS)}; not “{self.method}”.")
        if not 1 <= self.dimension <= MOST_DIMENSION:
            raise ValueError(f"A sweep's dimension is between 1 and {MOST_DIMENSION:,}; not {self.dimension}.")
        if not (1 <= self.sparsity <= self.dimension and self.samples >= 1):
            raise ValueError("A sweep's sparsity is between 1 and the dimension, and there is at least one sample.")


@dataclass(frozen=True)
class Found:
    """A finished cell: the relative error ‖w − w*‖/‖w*‖ of each seed, and how long it took."""

    cell: Cell
    errors: tuple[float, ...]
    recovered: int
    seconds: float

    def to_line(self) -> str:
        errors = [float(f"{error:.4g}") for error in self.errors]
        return json.dumps(asdict(self.cell) | {"recovered": self.recovered, "errors": errors, "seconds": round(self.seconds, 3)})

    @staticmethod
    def from_line(line: str) -> Found:
        said = json.loads(line)
        cell = Cell(*(said[field.name] for field in fields(Cell)))
        return Found(cell, tuple(said["errors"]), said["recovered"], said["seconds"])


@dataclass(frozen=True)
class Sweep:
    """A grid of cells with common settings, from a TOML file: see assets/sweeps/."""

    title: str
    settings: Settings
    cells: tuple[Cell, ...]

    @staticmethod
    def read(path: Path | str) -> Sweep:
        """Raises ValueError, with a sentence, if the file is malformed."""
        try:
            said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"The sweep {path} cannot be read: {error}") from error
        return Sweep.of(said)

    @staticmethod
    def of(said: dict[str, Any]) -> Sweep:
        known = {"title", "methods", "dimensions", "sparsities", "samples"}
        names = {field.name for field in fields(Settings)}
        if unknown := sorted(set(said) - known - names):
            raise ValueError(f"A sweep has no setting “{unknown[0]}”; it has {', '.join(sorted(known | names))}.")
        if missing := sorted(known - {"title"} - set(said)):
            raise ValueError(f"The sweep does not say its {missing[0]}.")
        settings = Settings(**{name: said[name] for name in names & set(said)})
        cells = tuple(
            Cell(method, dimension, sparsity, samples)
            for method in said["methods"]
            for dimension in said["dimensions"]
            for sparsity in said["sparsities"]
            for samples in said["samples"]
            if sparsity <= dimension
        )
        if not 1 <= len(cells) <= MOST_CELLS:
            raise ValueError(f"A sweep has between 1 and {MOST_CELLS:,} cells; this one has {len(cells):,}.")
        return Sweep(said.get("title", ""), settings, cells)


def compute(cell: Cell, settings: Settings) -> Found:
    """All seeds of a cell. Seed s draws the same problem for every method."""
    started = monotonic()
    errors = tuple(recovery_error(cell, settings, seed) for seed in range(settings.seeds))
    return Found(cell, errors, sum(error <= settings.tolerance for error in errors), monotonic() - started)


def recovery_error(cell: Cell, settings: Settings, seed: int) -> float:
    """‖w − w*‖/‖w*‖ of the method's w; infinite where it diverged."""
    design, targets, truth = sparse_problem(
        d=cell.dimension, n=cell.samples, sparsity=cell.sparsity, law=settings.law, seed=seed
    )  # fmt: skip
    if cell.method == "l1":
        found = minimum_l1(design, targets)
    elif cell.samples > cell.dimension:
        found = minimum_l2(design, targets)  # the one vector that fits: every method ends there
    else:
        model = overparametrized_linear(design, targets)
        found = model.coefficients(_end(model, cell.method, settings, seed))
    error = float(np.linalg.norm(found - truth) / np.linalg.norm(truth))
    return error if np.isfinite(error) else float("inf")


def _end(model: OverparametrizedLinear, method: str, settings: Settings, seed: int) -> np.ndarray:
    """Where the method ends, (D,)."""
    start = np.full(model.dimension, settings.initialization)
    if method == "flow":
        return label_noise_flow(model, start, [np.inf], settings.scale)[-1]
    if method == "gd":
        return descend(model, start)
    steps = round(settings.horizon / settings.learning_rate**2)
    trained = train(
        model, start, learning_rate=settings.learning_rate, steps=steps, noise=LabelNoise(scale=settings.scale), seed=seed, frames=2
    )
    return trained.points[-1] if trained.status == "diverged" else descend(model, trained.points[-1])


# Running it


def finished(path: Path) -> dict[Cell, Found]:
    """The cells of a results file. A last line that was cut off is as if it were not there."""
    found: dict[Cell, Found] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                one = Found.from_line(line)
            except (ValueError, KeyError, TypeError):
                continue
            found[one.cell] = one
    return found


def run(
    sweep: Sweep, done: Iterable[Cell] = (), *, scheduler: str | None = None, cancel: Callable[[], bool] = lambda: False
) -> Iterator[Found]:
    """The cells that are not `done`, as they finish. Closing the iterator, or `cancel` answering True, drops those under way."""
    from distributed import as_completed

    done = set(done)
    cells = [cell for cell in sweep.cells if cell not in done]
    with connected(scheduler) as client:
        # Retries are for workers that died; a cell's own error comes out here.
        futures = client.map(compute, cells, settings=sweep.settings, pure=False, retries=3)
        try:
            for future in _until(as_completed(futures), cancel):
                yield future.result()
        finally:
            client.cancel(futures)


def _until(futures, cancel: Callable[[], bool]) -> Iterator[Any]:
    """The futures as they complete, until `cancel` answers True."""
    while not (futures.is_empty() or cancel()):
        batch = futures.next_batch(block=False)
        yield from batch
        if not batch:
            sleep(LOOK_SECONDS)


@contextmanager
def connected(scheduler: str | None = None) -> Iterator[Client]:
    """A Dask client: of the scheduler at this address, or of one within this process."""
    from distributed import Client

    address = scheduler or os.environ.get(SCHEDULER)
    if address:
        try:
            client = Client(address, timeout="10s")
        except OSError as error:
            raise ValueError(f"There is no Dask scheduler at {address}.") from error
    else:
        client = Client(processes=False, n_workers=1, threads_per_worker=os.cpu_count(), dashboard_address="127.0.0.1:0")
    try:
        yield client
    finally:
        client.close()


def save(path: Path, found: Iterable[Found]) -> Iterator[Found]:
    """Append what is found to the file, each line written through before the next is waited for."""
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with open(path, "a", encoding="utf-8") as file:
        if torn:
            file.write("\n")
        for one in found:
            file.write(one.to_line() + "\n")
            file.flush()
            os.fsync(file.fileno())
            yield one


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dynamics.sweep", description="Recovery probabilities over a grid.")
    parser.add_argument("file", type=Path, help="a TOML file, as in assets/sweeps/")
    parser.add_argument("--out", type=Path, required=True, help="results, one JSON object a line; finished cells are kept")
    parser.add_argument("--scheduler", help=f"a Dask scheduler, tcp://host:port; else ${SCHEDULER}, else this process")
    chosen = parser.parse_args(arguments)
    try:
        sweep = Sweep.read(chosen.file)
        done = finished(chosen.out)
        left = [cell for cell in sweep.cells if cell not in done]
        print(f"{sweep.title}: {len(left):,} of {len(sweep.cells):,} cells to compute", flush=True)
        started = monotonic()
        for count, one in enumerate(save(chosen.out, run(sweep, done, scheduler=chosen.scheduler)), 1):
            remaining = (monotonic() - started) / count * (len(left) - count)
            cell = one.cell
            print(
                f"{count}/{len(left)}  {cell.method} d={cell.dimension} κ={cell.sparsity} n={cell.samples}: "
                f"{one.recovered}/{len(one.errors)}  {remaining:.0f} s left", flush=True,
            )  # fmt: skip
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    from dynamics import sweep  # by its name, as the workers of a cluster know it

    sys.exit(sweep.main())
