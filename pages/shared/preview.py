"""What a pasted link shows, without Streamlit: Open Graph's title, words and picture."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from content.catalogue import DEFAULT, FIRST, INTROS, OF_AN_EXPERIMENT, OPENS_WITH, TITLES
from content.lectures import Step, lectures
from content.presets import Preset, presets
from dynamics import landscape, landscape_names
from dynamics.resources import resource
from figures.about import link, query_text
from figures.card import card, card_of, tags
from pages.shared.pictures import early_bytes
from pages.shared.scene import NAMES_A_LANDSCAPE
from server import blobs

FOR_A_DAY = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
NAME = "After Zero Loss"
INTRO = (
    "What stochastic gradient descent does after it reaches zero loss: SGD and its limiting stochastic differential equation on "
    "the manifold of zero loss."
)
PATHS = "Paths of SGD and of its limit on a landscape of the loss"


def card_routes() -> list[BaseRoute]:
    return [Route("/card.png", _card)]


def preview(request: Request) -> str:
    """The head of a link's page. An entry of the gallery has its claim, a lecture its step, an experiment its landscape."""
    query = dict(request.query_params)
    view = query.pop("view", DEFAULT if query else FIRST)
    here = str(request.url.replace(scheme=request.headers.get("x-forwarded-proto", request.url.scheme), query=None, fragment=None))
    title, words = _words(view, query)
    asked = bool(request.query_params)
    picture = here + (f"card.png?{query_text({'view': view, **query})}" if asked else "card.png")
    shown = tags(picture, _alt(view, query), title=title, description=words, url=here + (link(view, query) if asked else ""))
    return f'{shown}<meta name="description" content="{escape(words)}">'


def _words(view: str, query: Mapping[str, str]) -> tuple[str, str]:
    """A title and a sentence."""
    entry, step = _entry(view, query), _step(view, query)
    if entry is not None:
        return f"{entry.title} · {NAME}", entry.claim
    if step is not None:
        return f"{step.title} · {NAME}", f"A step of a lecture: {lectures()[query['lecture']].title}."
    words = INTROS.get(view, INTRO).replace("*", "")
    if view == FIRST or view not in TITLES:
        return NAME, words
    name = query.get("landscape")
    place = f": {landscape(name).title}" if view in OF_AN_EXPERIMENT and name in landscape_names() else ""
    return f"{TITLES[view]}{place} · {NAME}", words


def _alt(view: str, query: Mapping[str, str]) -> str:
    """Words for who cannot see the picture of a link."""
    entry = _drawn_before(view, query)
    return PATHS if entry is None else entry.claim


def _drawn_before(view: str, query: Mapping[str, str]) -> Preset | None:
    """Of a page without a run: the entry of the gallery whose thumbnail is its picture."""
    if view in OF_AN_EXPERIMENT or _step(view, query) is not None:
        return None
    return _entry(view, query) or next((each for each in presets() if each.view == view), None)


def _run_of(view: str, query: Mapping[str, str]) -> dict[str, str]:
    """The experiment of a link's picture."""
    step = _step(view, query)
    if step is not None:
        return dict(step.query)
    if view in OF_AN_EXPERIMENT:
        return dict(query) if NAMES_A_LANDSCAPE & set(query) else {**OPENS_WITH.get(view, {}), **query}
    return {}


def _entry(view: str, query: Mapping[str, str]) -> Preset | None:
    """The gallery's entry whose link this is."""
    return next((each for each in presets() if each.view == view and dict(each.query) == query), None)


def _step(view: str, query: Mapping[str, str]) -> Step | None:
    """The step of a lecture that a link leads to."""
    steps = lectures()[query["lecture"]].steps if view == "lecture" and query.get("lecture") in lectures() else ()
    number = query.get("step", "1")
    return steps[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(steps) else None


def _card(request: Request) -> Response:
    """The still picture of a link; for a run that takes long, or does not exist, the first page's."""
    query = dict(request.query_params)
    view = query.pop("view", DEFAULT if query else FIRST)
    title, words = _words(view, query)
    title = title.removesuffix(NAME).removesuffix(" · ")
    entry = _drawn_before(view, query)
    if entry is not None and (thumbnail := resource("gallery", f"{entry.name}.jpg")).exists():
        return _png(blobs.made(("card", title, words, entry.name), lambda: card_of(thumbnail, title, words)))
    shown, first = early_bytes({"view": DEFAULT} | _run_of(view, query)), early_bytes({"view": DEFAULT})
    if shown is not None:
        says_more = view in OF_AN_EXPERIMENT and _entry(view, query) is None  # the run's own caption does
        return _png(blobs.made(("card", str(request.url.query)), lambda: card(shown, title, "" if says_more else words)))
    return Response(status_code=404) if first is None else _png(blobs.made(("card", FIRST), lambda: card(first, "", INTRO)))


def _png(content: bytes) -> Response:
    return Response(content, headers=FOR_A_DAY, media_type="image/png")
