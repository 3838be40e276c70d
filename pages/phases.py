"""Phase diagrams: who recovers a sparse vector from how many samples. Shipped ones open at once; others are computed live."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import ClassVar

import streamlit as st

from dynamics.settings import Choice, Number, Setting
from dynamics.sweeps.cluster import run
from dynamics.sweeps.grid import METHODS, Cell, Settings, Sweep
from dynamics.sweeps.results import SHIPPED, Found, finished, save, shipped
from figures.phases import cost_sentence, phase_panel
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import setting_control
from pages.shared.panel import panel
from pages.shared.progress import follow
from pages.shared.scene import Scene
from pages.shared.sentences import plain
from pages.shared.session import move

KEPT = Path(tempfile.gettempdir(), f"after-zero-loss-{os.getuid()}", "sweeps")  # finished cells of live sweeps survive a restart
log = logging.getLogger(__name__)
OWN, OWN_DIMENSIONS = "own", "own-dimensions"
LIVE = {OWN: "computed now, over n and κ", OWN_DIMENSIONS: "computed now, over n and d"}
DIAGRAM = Choice(
    name="diagram",
    title="diagram",
    options=SHIPPED | LIVE,
    default="d100",
    meaning="Which diagram is shown. Try one that is computed while you watch.",
)
METHOD = Choice(
    name="method",
    title="method",
    options=METHODS,
    default="flow",
    meaning="Whose share of successes is shown. Try gradient descent, which needs n = d.",
)
DIMENSION = Number(
    name="dimension",
    title="number of features",
    heading="Features",
    symbol="d",
    minimum=10,
    maximum=400,
    whole=True,
    default=60,
    meaning="The length of the vector that is sought. Try twice as much: the samples that it takes grow as ln d.",
)
SPARSITY = Number(
    name="sparsity",
    title="sparsity",
    symbol="κ",
    minimum=1,
    maximum=20,
    whole=True,
    default=3,
    meaning="How many ones the vector has. Try more: each one needs samples.",
)
SEEDS = Number(
    name="seeds",
    title="number of seeds",
    heading="Seeds in a cell",
    minimum=1,
    maximum=50,
    whole=True,
    default=5,
    meaning="Problems drawn for each cell: its share of successes is known to about 1/√seeds. Try 20 for a smooth edge.",
)
ASKED = {OWN: (DIMENSION, SEEDS), OWN_DIMENSIONS: (SPARSITY, SEEDS)}  # of a live diagram
SPARSITIES = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30)
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1)  # of d: the numbers of samples
DIMENSIONS, SAMPLES = (20, 40, 80, 160, 320), (5, 10, 15, 20, 25, 30, 40, 60)
SHOW_SECONDS = 0.4


@dataclass(frozen=True)
class Phases(Scene):
    """The experiment is carried along for the other pages.

    `diagram` is one of SHIPPED, or of LIVE: OWN at `dimension`, OWN_DIMENSIONS at `sparsity`, with `seeds` in a cell.
    """

    settings: ClassVar[tuple[Setting, ...]] = (DIAGRAM, METHOD, DIMENSION, SPARSITY, SEEDS)

    diagram: str = DIAGRAM.default
    method: str = METHOD.default
    dimension: int = DIMENSION.default
    sparsity: int = SPARSITY.default
    seeds: int = SEEDS.default

    @property
    def sweep(self) -> Sweep:
        if self.diagram in SHIPPED:
            return shipped(self.diagram)[0]
        if self.diagram == OWN:
            samples = sorted({max(2, round(share * self.dimension)) for share in SHARES})
            sizes = [(self.dimension, kappa, n) for kappa in SPARSITIES if kappa <= self.dimension for n in samples]
        else:
            sizes = [(dimension, self.sparsity, n) for dimension in DIMENSIONS for n in SAMPLES]
        cells = tuple(Cell(self.method, *size) for size in sizes)
        return Sweep("", Settings(seeds=self.seeds, learning_rate=2e-3, horizon=12.0), cells)


def render() -> None:
    begun = begin("phases", Phases, _controls)
    scene = begun.scene
    try:
        sweep = scene.sweep
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    if scene.diagram in SHIPPED:
        if scene.method not in {cell.method for cell in sweep.cells}:
            st.info(f"No diagram of {METHODS[scene.method]} is shipped: it takes a minute.")
            st.button("Compute it now", key="compute", on_click=lambda: move(replace(scene, diagram=OWN)), type="primary")
            return
        with for_all():
            panel(phase_panel(*shipped(scene.diagram), scene.method), "phases")
        st.caption(f"Computed with `python -m dynamics.sweep assets/sweeps/{scene.diagram}.toml --out {scene.diagram}.jsonl`.")
        return

    def work(*, progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[dict[Cell, Found]]:
        return _live(sweep, progress, cancel)

    follow("phases", ("phases", sweep.settings, sweep.cells), work, lambda found, _: _show(sweep, found, scene.method), here=True)


def _show(sweep: Sweep, found: dict[Cell, Found], method: str) -> None:
    panel(phase_panel(sweep, found, method), "phases")


def _live(sweep: Sweep, progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[dict[Cell, Found]]:
    """Go on from the cells that an earlier run has finished, and tell every SHOW_SECONDS what there is."""
    path = KEPT / f"{sha256(repr(sweep).encode()).hexdigest()[:16]}.jsonl"
    found = finished(path)
    yield dict(found)
    told = monotonic()
    for one in _saved(path, run(sweep, found, cancel=cancel)):
        found[one.cell] = one
        progress(len(found) / len(sweep.cells))
        if monotonic() - told > SHOW_SECONDS:
            told = monotonic()
            yield dict(found)
    yield dict(found)


def _saved(path: Path, found: Iterable[Found]) -> Iterator[Found]:
    """What is found, written down for as long as the disk takes it."""
    writes = True
    for one in found:
        try:
            if writes:
                KEPT.mkdir(parents=True, exist_ok=True)
                list(save(path, [one]))
        except OSError as error:
            log.warning("Cells of sweeps are not kept: %s", error)
            writes = False
        yield one


def _controls(scene: Phases) -> Phases:
    st.markdown(
        "How many samples does it take to find a κ-sparse vector among *d* features? Gradient descent from a large start needs "
        "about *d*. Label noise’s limit is the minimum-ℓ1 interpolator, and needs about κ ln *d*."
    )
    chosen = {setting.name: setting_control(setting, getattr(scene, setting.name)) for setting in (DIAGRAM, METHOD)}
    for setting in ASKED.get(chosen["diagram"], ()):
        chosen[setting.name] = setting_control(setting, getattr(scene, setting.name))
    said = replace(scene, **chosen)
    if said.diagram not in SHIPPED:
        st.caption(cost_sentence(said.sweep))
    return said
