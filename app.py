"""After Zero Loss: what SGD does after it reaches zero loss.

Every link is a root link, `/?view=simulator&...`: an address such as `/simulator` would reach the modules of pages/
on a cold server before this file has run.
"""

from pathlib import Path

import streamlit as st

from pages import (
    anatomy,
    assumptions,
    bench,
    clocks,
    compare,
    convergence,
    densities,
    flatness,
    gallery,
    phases,
    recovery,
    simulator,
)
from server import routes

VIEWS = {
    "simulator": simulator.render,
    "bench": bench.render,
    "compare": compare.render,
    "convergence": convergence.render,
    "clocks": clocks.render,
    "densities": densities.render,
    "anatomy": anatomy.render,
    "assumptions": assumptions.render,
    "recovery": recovery.render,
    "phases": phases.render,
    "flatness": flatness.render,
    "gallery": gallery.render,
}
DEFAULT_VIEW = "simulator"
SIDEBAR_WIDTH = 328  # pixels; on a phone the sidebar starts folded


def show() -> None:
    view = st.query_params.get("view", DEFAULT_VIEW)
    if view not in VIEWS:
        st.warning(f"There is no page called “{view[:40]}”; this is the {DEFAULT_VIEW}.")
        view = DEFAULT_VIEW
    VIEWS[view]()


if __name__ == "__main__":  # Streamlit runs this file as a script; the server imports it for `app`
    st.set_page_config("After Zero Loss", layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    st.navigation([st.Page(show, title="After Zero Loss")], position="hidden").run()
else:
    simulator.warm_up()
    app = st.App(Path(__file__), routes=routes.routes())
