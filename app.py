"""After Zero Loss: what SGD does after it reaches zero loss.

Every link is a root link, `/?view=simulator&...`: an address such as `/simulator` would reach the modules of pages/
on a cold server before this file has run.
"""

from importlib import import_module
from pathlib import Path
from time import perf_counter

import streamlit as st
from starlette.middleware import Middleware

from content.catalogue import DEFAULT, FIRST, OF_AN_EXPERIMENT, TITLES
from content.presets import meant
from pages.shared.about import about
from pages.shared.embedded import embedded
from pages.shared.pictures import early, is_spatial, new_picture
from pages.shared.preview import card_routes, preview
from pages.shared.sentences import plain
from server import log, pace, promptly, routes
from server.headers import Headers
from server.health import health_routes

PAGES = {view: import_module(f"pages.{view}") for view in TITLES}
NAME = "After Zero Loss"
SIDEBAR_WIDTH = 328  # pixels; on a phone the sidebar starts folded


def wanted() -> str:
    """What the address asks for: a link that names no page is the simulator's, an address that says nothing the front page."""
    return st.query_params.get("view", DEFAULT if st.query_params else FIRST)


def show() -> None:
    came = perf_counter()
    with pace.let_in():
        began = perf_counter()
        _show()
    view = wanted()
    log.event("page", view=view if view in PAGES else "unknown", waited=began - came, seconds=perf_counter() - began)


def _show() -> None:
    view = wanted()
    if view not in PAGES:
        st.warning(f"There is no page called “{plain(view[:40])}”; this is the {DEFAULT}.")
        view = DEFAULT
    PAGES[view].render()
    if view in OF_AN_EXPERIMENT and view != "bench":  # which shows it in any case
        about(st.session_state.scene.experiment.landscape)


if __name__ == "__main__":  # Streamlit runs this file as a script; the server imports it for `app`
    title = f"{TITLES[wanted()]} · {NAME}" if wanted() in TITLES else NAME
    st.set_page_config(title, layout="wide", initial_sidebar_state="collapsed" if st.context.is_embedded else SIDEBAR_WIDTH)
    st.navigation([st.Page(show, title=title)], position="hidden").run()
else:
    PAGES[DEFAULT].warm_up()
    app = st.App(
        Path(__file__),
        routes=[new_picture, *card_routes(), *health_routes(), *routes.routes(meant, early, is_spatial, embedded, preview)],
        middleware=[Middleware(Headers)],
        lifespan=promptly.lifespan,
        on_script_error=lambda error: log.failure("A page failed.", error),
    )
