"""What can be taken away from a page, as buttons; each file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from content.catalogue import TITLES, WITH_PANELS
from exports import Numbers, csv, npz, panels_html, parquet, shown
from figures.about import about_page
from pages.shared.scene import Scene

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

    def page() -> str:
        return panels_html(TITLES[view], here.values(), said, app_address())

    with st.popover("Take away", key="takeaway"):
        download("A page of the pictures", f"{view}.html", page, "One file, with the network off.")
        download("Numbers, CSV", f"{view}.csv", lambda: csv(numbers()), "What the pictures show, and what each column means.")
        download("Numbers, Parquet", f"{view}.parquet", lambda: parquet(numbers()), "The same for pandas, Polars or R.")
        download("Numbers, NPZ", f"{view}.npz", lambda: npz(numbers()), "The same for NumPy.")


def _seed(scene: Scene) -> float:
    """The page's own, where it has one."""
    own = [getattr(scene, each.name) for each in scene.settings if each.title == "seed"]
    return scene.experiment.seed if not own or own[0] is None else own[0]
