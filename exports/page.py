"""A run as one page that plays by itself: the player's own modules, fonts and data in one file, which needs no network."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from pathlib import Path

from dynamics import Experiment, Outcome, simulate
from dynamics.resources import resource
from exports.about import about
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob

FONT = re.compile(r"@font-face \{[^}]*IBM Plex Sans[^}]*\}")  # as theme.css declares it
ADDRESS = re.compile(r'url\("([^"]+)"\)')
FLAT = ("contour", "plane")  # kinds of view that plotly's smaller bundle draws
IMPORT = re.compile(r'(from\s+|import\s+)"\./([\w.-]+\.js)"')

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{version}">
<title>{title} · After Zero Loss</title>
<link rel="icon" href="data:,">
<style>
{fonts}
:root {{ color-scheme: light dark; font-family: "IBM Plex Sans", "Helvetica Neue", Arial, sans-serif }}
body {{ margin: 0.75rem; background: light-dark(#fbfaf7, #14161a); color: light-dark(#23242b, #f1efe9) }}
.about {{ max-width: 60rem; font-size: 0.875rem; line-height: 1.5 }}
{style}
</style>
<body>
<main><div class="player" id="player"></div></main>
<footer class="about">{about}</footer>
<script>{plotly}</script>
<script type="importmap">{{"imports": {{{imports}}}}}</script>
<script type="module">
  import {{ mount }} from "azl/player.js";
  const blob = Uint8Array.from(atob("{blob}"), (letter) => letter.charCodeAt(0));
  mount(document.getElementById("player"), {{ blob, send: () => {{}}, plotly: window.Plotly }});
</script>
"""


def standalone_html(source: Experiment | Outcome, view: str = "") -> str:
    """One page, that plays from a file with the network off; the same source gives the same bytes.

    `view` is the name of one of the landscape's views, the first by default. Raises ValueError, with a sentence, for another one.
    """
    outcome = simulate(source) if isinstance(source, Experiment) else source
    landscape = outcome.experiment.landscape
    views = {each.name: each for each in landscape_views(landscape)}
    if view and view not in views:
        raise ValueError(f"This landscape has no view “{view[:40]}”; it has {', '.join(views)}.")
    seen = views[view] if view else next(iter(views.values()))
    bundle = "cartesian" if seen.kind in FLAT else "gl3d"
    said = about(outcome)
    lines = [f"{said['theory']}.", f"{said['version']}, link {said['link']}"]
    return PAGE.format(
        version=escape(said["version"]),
        title=escape(landscape.title),
        fonts=_fonts(),
        style=_text("player/player.css"),
        about="<br>".join(map(escape, lines)),
        plotly=_script(_text(f"plotly/plotly-{bundle}.min.js")),
        imports=", ".join(f'"azl/{path.name}": "{_module(path)}"' for path in sorted(resource("player").glob("*.js"))),
        blob=b64encode(simulation_blob(outcome, seen)).decode(),
    )


def _module(path: Path) -> str:
    """A module as an address of its own. Such an address has nothing beside it: modules are named by the import map."""
    source = IMPORT.sub(r'\1"azl/\2"', path.read_text(encoding="utf-8"))
    return f"data:text/javascript;base64,{b64encode(source.encode()).decode()}"


def _fonts() -> str:
    """The theme's own declarations, with the fonts in them."""

    def within(found: re.Match[str]) -> str:
        return f'url("data:font/woff2;base64,{b64encode(resource(*found[1].split("/")).read_bytes()).decode()}")'

    return ADDRESS.sub(within, "\n".join(FONT.findall(_text("theme.css"))))


def _text(name: str) -> str:
    return resource(*name.split("/")).read_text(encoding="utf-8")


def _script(source: str) -> str:
    """A script may not hold what ends it."""
    return source.replace("</script", "<\\/script")
