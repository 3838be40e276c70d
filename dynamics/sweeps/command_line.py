"""A sweep from the command line, `python -m dynamics.sweep`.

Finished cells are appended to the results as they come. A sweep that was interrupted, by whatever, goes on from there: cells that
are in the file are not computed again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic

from dynamics.sweeps.cluster import SCHEDULER, run
from dynamics.sweeps.grid import Sweep
from dynamics.sweeps.results import finished, save


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
    except OSError as error:
        print(f"The results cannot be written to “{chosen.out}”: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130
    return 0
