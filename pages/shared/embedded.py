"""A picture without a page around it: for a frame in somebody's page, and what a pasted link shows. Neither needs Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from content.catalogue import DEFAULT, FIRST, INTROS, OF_AN_EXPERIMENT, TITLES
from dynamics.experiment import NUMBERS
from figures.about import link
from figures.card import SIZE, card
from pages.shared.pictures import EARLY, NEW, early_bytes
from pages.shared.scene import Picture
from server import blobs
from server.plain import plain_page
from server.routes import address

EMBED, CONTROLS = "embed", "controls"  # keys of a link
FOR_A_DAY = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
STYLES = ("theme.css", "player/player.css", "save/save.css", "embed/embed.css")
RANGE = 10.0  # of a learning rate's slider: so many times less and more than the link's
NAME = "After Zero Loss"
INTRO = (
    "What stochastic gradient descent does after it reaches zero loss: SGD and its limiting stochastic differential equation on "
    "the manifold of zero loss."
)


def embed_routes() -> list[BaseRoute]:
    return [Route("/card.png", _card)]


def embedded(query: Mapping[str, str]) -> Response | None:
    """The player alone, where a link asks for it and its page is one picture; else None."""
    if query.get(EMBED) != "true" or query.get("view", DEFAULT) not in EARLY:
        return None
    own = {key: value for key, value in query.items() if key not in (EMBED, CONTROLS, "embed_options")}
    scene, notes = Picture.from_query(own)
    told = {
        "picture": NEW,
        "query": own,
        "controls": _controls(scene, query.get(CONTROLS, "").split(",")),
        "notes": notes,
        "title": scene.experiment.landscape.title,
    }
    # A script's text ends at its first end tag.
    held = json.dumps(told).replace("<", "\\u003c")
    body = f'<main></main><script type="application/json" id="embed">{held}</script>'
    return plain_page(address, scene.experiment.landscape.title, body, "embed/embed.js", STYLES)


def _controls(scene: Picture, names: list[str]) -> list[dict[str, Any]]:
    """What can be changed in a frame: the key of a link, a label, and a range; of “parameters” each of the landscape's."""
    experiment = scene.experiment
    found: list[dict[str, Any]] = []
    if "learning_rate" in names:
        rate, setting = experiment.learning_rate, NUMBERS["learning_rate"]
        low, high = max(rate / RANGE, setting.minimum), min(rate * RANGE, setting.maximum)
        told = {"key": "learning_rate", "label": "Learning rate η", "low": low, "high": high, "value": rate}
        found.append(told | {"logarithmic": True})
    if "parameters" in names:
        values = experiment.landscape.parameter_values
        for each in experiment.landscape.parameters:
            told = {"key": f"landscape.{each.name}", "label": each.name, "low": each.minimum, "high": each.maximum}
            found.append(told | {"value": values[each.name]})
    if "seed" in names:
        found.append({"key": "seed", "label": "Other randomness", "value": experiment.seed, "next": int(NUMBERS["seed"].maximum)})
    return found


def preview(request: Request) -> str:
    """What a pasted link shows, as the head of its page has it: Open Graph's title, words and picture."""
    query = dict(request.query_params)
    view = query.get("view", DEFAULT if query else FIRST)
    title = f"{TITLES[view]} · {NAME}" if view in TITLES and view != FIRST else NAME
    words = INTROS.get(view, INTRO).replace("*", "")
    here = str(request.url.replace(scheme=request.headers.get("x-forwarded-proto", request.url.scheme), query=None, fragment=None))
    pictured = {key: value for key, value in query.items() if key != "view"} if view in OF_AN_EXPERIMENT else {}
    said = {
        "og:type": "website",
        "og:site_name": NAME,
        "og:title": title,
        "og:description": words,
        "og:url": here + (link(view, {key: value for key, value in query.items() if key != "view"}) if query else ""),
        "og:image": f"{here}card.png" + (f"?{urlencode(pictured)}" if pictured else ""),
        "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]),
        "og:image:alt": "Paths of SGD and of its limit on a landscape of the loss",
        "twitter:card": "summary_large_image",
    }
    return "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in said.items()) + (
        f'<meta name="description" content="{escape(words)}">'
    )


def _card(request: Request) -> Response:
    """The still picture of a link's run; of a run that takes long, of one that does not exist, the first page's."""
    query = {"view": DEFAULT} | {key: value for key, value in request.query_params.items() if key != "view"}
    found = early_bytes(query) or early_bytes({"view": DEFAULT})
    if found is None:
        return Response(status_code=404)
    drawn = blobs.made(("card", str(request.url.query)), lambda: card(found))
    return Response(drawn, headers=FOR_A_DAY, media_type="image/png")
