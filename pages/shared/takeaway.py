"""What can be taken away from a page, as buttons; each file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from content.catalogue import TITLES, WITH_PANELS
from exports import Numbers, csv, npz, parquet, shown
from exports.about import about_page
from pages.shared.scene import Scene

MEDIA_TYPES = {
    "csv": "text/csv", "html": "text/html", "ipynb": "application/x-ipynb+json", "npz": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet", "py": "text/x-python",
}  # fmt: skip


def download(label: str, file: str, make: Callable[[], str | bytes], meaning: str) -> None:
    st.download_button(
        label, make, file, MEDIA_TYPES[file.rpartition(".")[2]], key=f"download.{file.partition('.')[2]}", help=meaning,
        on_click="ignore", width="stretch",
    )  # fmt: skip


def numbers_of_panels(view: str, scene: Scene) -> None:
    """The numbers of the panels that the page shows, whichever they are by then."""
    if view not in WITH_PANELS:
        return
    here: dict[str, bytes] = {}
    st.session_state.panels = here

    said = {
        "page": TITLES[view],
        "parameters": ", ".join(f"{each.title} {getattr(scene, each.name)}" for each in scene.settings),
        **about_page(view, scene.to_query(), _seed(scene)),
    }

    def numbers() -> Numbers:
        return shown(here.values(), said)

    with st.popover("Take away", key="takeaway"):
        download("Numbers, CSV", f"{view}.csv", lambda: csv(numbers()), "What the pictures show, and what each column means.")
        download("Numbers, Parquet", f"{view}.parquet", lambda: parquet(numbers()), "The same for pandas, Polars or R.")
        download("Numbers, NPZ", f"{view}.npz", lambda: npz(numbers()), "The same for NumPy.")


def _seed(scene: Scene) -> float:
    """The page's own, where it has one."""
    own = [getattr(scene, each.name) for each in scene.settings if each.title == "seed"]
    return scene.experiment.seed if not own or own[0] is None else own[0]
