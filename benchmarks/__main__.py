"""`python -m benchmarks`: this engine and its peers side by side, in one run on one machine.

Every number is a median, with the least and the most in brackets, of repeats taken in turn. Compiling is not counted.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from time import perf_counter

from benchmarks import (
    accuracy,
    built_in,
    first_picture,
    formulas,
    hall,
    keystrokes,
    limit,
    linear_model,
    network,
    optimizers,
    sgd,
    static_site,
    taken_away,
    without_draws,
)
from benchmarks.measure import Timing, show
from dynamics.engine.blas import one_thread_for_good
from dynamics.engine.turns import threads_available

NANO, MICRO, MILLI = 1e-9, 1e-6, 1e-3


def main() -> None:
    one_thread_for_good()
    started = perf_counter()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "casadi", "jax", "diffrax", "streamlit"))
    load = os.getloadavg()[0]
    print(
        f"{processor()}, {threads_available()} cores, load {load:.1f} at the start; Python {platform.python_version()}, {libraries}"
    )

    against(
        f"SGD, ns per path-step: isotropic Gaussian noise, {sgd.PATHS:,} paths × {sgd.STEPS:,} steps, float64",
        {name: sgd.measured(name) for name in sgd.GRADIENTS}, sgd.RIVALS, sgd.PATHS * sgd.STEPS, sgd.ENGINE,
    )  # fmt: skip
    against(
        f"Limiting SDE, ns per path-step: isotropic noise, {limit.PATHS:,} paths × {limit.STEPS:,} steps, float64; "
        "the engine retracts to Γ, diffrax does not and uses XLA's own threads",
        {name: limit.measured(name) for name in limit.RESIDUALS}, limit.RIVALS, limit.PATHS * limit.STEPS, limit.ENGINE,
    )  # fmt: skip

    show(optimizers.TITLE, optimizers.HEADER, optimizers.rows())
    show(without_draws.TITLE, without_draws.HEADER, without_draws.rows())

    show(
        "Limiting SDE at about equal error, µs per path to T = 1, all threads",
        ["", "median (least–most)", "ratio", "error", "lost"],
        accuracy.rows(),
    )

    trained = {features: linear_model.measured(features) for features in linear_model.SIZES}
    rows = [
        [rival, *(cell for times, steps in trained.values() for cell in (
            times[rival].per(steps, NANO), f"{times[rival].median / times[linear_model.ENGINE].median:.1f}"
        ))]
        for rival in linear_model.RIVALS
    ]  # fmt: skip
    show(
        "Label-noise SGD on w = u∘u − v∘v, one sample a step, ns per step, one thread, float64",
        ["", *(cell for features in trained for cell in (f"d = {features:,}", "ratio"))],
        rows,
    )

    of_network = {samples: network.measured(samples) for samples in network.SIZES}
    against(
        f"Label-noise SGD on the network 64–32–1, full gradient, µs per step, {network.STEPS:,} steps, one thread, float64",
        {f"n = {samples}": timings for samples, timings in of_network.items()},
        network.RIVALS,
        network.STEPS,
        network.ENGINE,
        MICRO,
    )

    parts = formulas.measured()
    show(
        f"A new formula, ms: {formulas.FORMULAS} formulas never seen before, aim 100",
        ["", "median (least–most)"],
        [[part, timing.per(1, MILLI)] for part, timing in parts.items()],
    )
    show(
        f"A new loss in 12 variables, ms: {formulas.IN_TWELVE} formulas never seen before, aim 2,000",
        ["", "median (least–most)"],
        [[part, timing.per(1, MILLI)] for part, timing in formulas.measured_in_twelve().items()],
    )
    landscapes = built_in.measured()
    show(
        "simulate, ms: each built-in landscape at its default size (300 paths × 400 frames), aim 250",
        ["", *built_in.PARTS],
        [[name, *(timing.per(1, MILLI) for timing in timings.values())] for name, timings in landscapes.items()],
    )
    show(
        "In the browser",
        ["", "compared with", "the app"],
        [list(row) for row in (*first_picture.rows(), *keystrokes.rows(), *hall.rows(), *static_site.rows(), *taken_away.rows())],
    )
    print(f"\nAll of it took {perf_counter() - started:.0f} s.")


def against(
    title: str, times: Mapping[str, Mapping[str, Timing]], rivals: Sequence[str], amount: float, engine: str, unit: float = NANO
) -> None:
    """A row a rival, two columns a landscape: its time, and how many times the engine's it is."""
    header = [""] + [cell for name in times for cell in (name, "ratio")]
    rows = []
    for rival in rivals:
        row = [rival]
        for timings in times.values():
            row += [timings[rival].per(amount, unit), f"{timings[rival].median / timings[engine].median:.1f}"]
        rows.append(row)
    show(title, header, rows)


def processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


main()
