"""A picture without a page around it, for a frame in somebody's page: it needs no Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from content.catalogue import DEFAULT
from dynamics.experiment import NUMBERS
from pages.shared.pictures import EARLY, NEW
from pages.shared.scene import Picture
from server.plain import plain_page
from server.routes import address

EMBED, CONTROLS = "embed", "controls"  # keys of a link
STYLES = ("common.css", "player/player.css", "save/save.css", "embed/embed.css")
RANGE = 10.0  # of a learning rate's slider: so many times less and more than the link's


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
