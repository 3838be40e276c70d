"""What can be taken away from a page, as buttons; each file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from content.catalogue import TITLES, WITH_PANELS, WITH_RUNS
from dynamics import Experiment, Outcome
from exports import Numbers, arrays, csv, curves, gathered, npz, panels_html, parquet, players_html, points, shown, stacked
from exports.about import about
from figures.about import about_page
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob, with_next
from pages.shared.pictures import blob_of
from pages.shared.scene import Picture, Scene
from server import runs

AtAPoint = Callable[[Mapping[str, str]], Numbers]

MEDIA_TYPES = {
    "csv": "text/csv", "html": "text/html", "ipynb": "application/x-ipynb+json", "npz": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet", "py": "text/x-python",
}  # fmt: skip


def app_address() -> str:
    """Where this app is, for links into it from what is taken away."""
    return (st.context.url or "").split("?")[0]


def download(label: str, file: str, make: Callable[[], str | bytes], meaning: str) -> None:
    st.download_button(
        label, make, file, MEDIA_TYPES[file.rpartition(".")[2]], key=f"download.{file.partition('.')[2]}", help=meaning,
        on_click="ignore", width="stretch",
    )  # fmt: skip


def finished(experiment: Experiment) -> Outcome:
    """A run that the page shows; one that is under way is waited for."""
    known = runs.known(experiment)
    if known is not None:
        return known
    run = runs.simulation(experiment)
    try:
        return run.future.result()
    finally:
        run.leave()


def takeaway(view: str, scene: Scene, at_a_point: AtAPoint | None = None) -> None:
    """What a page gives away beside its link: its pictures as a page, and the numbers in them."""
    if view not in (*WITH_PANELS, *WITH_RUNS):
        return
    said = _said(view, scene)
    with st.popover("Take away", key="takeaway"):
        if view in WITH_RUNS and isinstance(scene, Picture):
            playing = partial(_players, view, scene, said)
            download("A page that plays", f"{view}.run.html", playing, "One file, with the network off.")
            numbers_of_runs(f"{view}.run", lambda: scene.runs, said)
        if at_a_point is not None:
            meaning = "The parts of the drift, Σ and the frame of H, with what each column means."
            _files("At the point", f"{view}.point", lambda: at_a_point(said), meaning)
        if view in WITH_PANELS:
            _panels(view, said)


def take_away_run(view: str, scene: Scene, picture: Picture, *found: Outcome) -> None:
    """The same of a page with a run that is not its scene's own, and the one behind it."""
    said = _said(view, scene) | {"seed": str(picture.experiment.seed)}

    def playing() -> str:
        return players_html(TITLES[view], [blob_of(picture, *found)], about(found[0]) | said, picture.view.kind, app_address())

    with st.popover("Take away", key="takeaway"):
        download("A page that plays", f"{view}.run.html", playing, "One file, with the network off.")
        numbers_of_runs(f"{view}.run", lambda: dict(zip(("run", "behind"), picture.experiments, strict=False)), said)


def take_away_table(view: str, scene: Scene, numbers: Callable[[Mapping[str, str]], Numbers]) -> None:
    """The same of a page with a table of its own; `numbers` is of what the file also says."""
    said = _said(view, scene)
    with st.popover("Take away", key="takeaway"):
        _files("Numbers", view, lambda: numbers(said), "What the table shows, and what each column means.")


def _said(view: str, scene: Scene) -> dict[str, str]:
    """What its files say of a page."""
    return {
        "page": TITLES[view],
        "parameters": ", ".join(f"{title} {value}" for title, value in scene.said.items()),
        **about_page(view, scene.to_query(), scene.seed),
    }


def numbers_of_runs(name: str, experiments: Callable[[], Mapping[str, Experiment]], said: Mapping[str, str]) -> None:
    """All that there is of runs; of several, by name, in one file that also says what is `said`."""

    def of(table: Callable[[Outcome], Numbers], together: Callable[..., Numbers] = stacked) -> Numbers:
        found = {each: table(finished(experiment)) for each, experiment in experiments().items()}
        return together(found, said) if len(found) > 1 else next(iter(found.values()))

    for label, ending, make, meaning in (
        ("All numbers, NPZ", "npz", lambda: npz(of(arrays, gathered)), "All points and curves, for NumPy."),
        ("Curves, CSV", "csv", lambda: csv(of(curves)), "What is plotted against time, with what each column means."),
        ("Curves, Parquet", "curves.parquet", lambda: parquet(of(curves)), "The same for pandas, Polars or R."),
        ("Paths, Parquet", "paths.parquet", lambda: parquet(of(points)), "Where each path is in each frame."),
    ):
        download(label, f"{name}.{ending}", make, meaning)


def _players(view: str, scene: Picture, said: Mapping[str, str]) -> str:
    """The runs as the page plays them: each with the axes of itself and the next."""
    found = [finished(experiment) for experiment in scene.runs.values()]
    views = {each.name: each for each in landscape_views(found[0].experiment.landscape)}
    seen = views.get(scene.projection) or next(iter(views.values()))
    blobs = [simulation_blob(one, seen, scene.clock, beside=other) for one, other in with_next(found)]
    return players_html(TITLES[view], blobs, said, seen.kind, app_address())


def _panels(view: str, said: dict[str, str]) -> None:
    """The panels that the page shows, whichever they are by then."""
    here: dict[str, bytes] = {}
    st.session_state.panels = here

    def page() -> str:
        return panels_html(TITLES[view], here.values(), said, app_address())

    download("A page of the pictures", f"{view}.html", page, "One file, with the network off.")
    _files("Numbers", view, lambda: shown(here.values(), said), "What the pictures show, and what each column means.")


def _files(label: str, name: str, numbers: Callable[[], Numbers], meaning: str) -> None:
    download(f"{label}, CSV", f"{name}.csv", lambda: csv(numbers()), meaning)
    download(f"{label}, Parquet", f"{name}.parquet", lambda: parquet(numbers()), "The same for pandas, Polars or R.")
    download(f"{label}, NPZ", f"{name}.npz", lambda: npz(numbers()), "The same for NumPy.")
