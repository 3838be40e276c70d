"""Pictures as one page that shows them by itself: the browser's own modules, fonts and data in one file, which needs no network."""

from __future__ import annotations

import gzip
import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

from dynamics import Experiment, Outcome, simulate
from dynamics.resources import resource
from exports.about import about
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob

FONT = re.compile(r"@font-face \{[^}]*IBM Plex Sans[^}]*\}")  # as common.css declares it
ADDRESS = re.compile(r'url\("([^"]+)"\)')
FLAT = ("contour", "plane")  # kinds of view that plotly's smaller bundle draws
SPATIAL = {"surface", "mesh3d", "scatter3d", "cone"}  # kinds of trace that it does not
IMPORT = re.compile(r'((?:from|import)\s*\(?\s*)"(\.{1,2}/[\w./-]+\.js)"')
FOLDERS = ("player", "panel", "save")  # of assets/, whose modules a page has

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{version}">
<meta name="description" content="{description}">
<title>{title} · After Zero Loss</title>
<link rel="icon" href="data:,">
{canonical}<style>
{fonts}
:root {{ color-scheme: light dark; font-family: "IBM Plex Sans", "Helvetica Neue", Arial, sans-serif }}
body {{ margin: 0.75rem; background: light-dark(#fbfaf7, #14161a); color: light-dark(#23242b, #f1efe9) }}
main {{ display: grid; gap: 0.75rem }}
main:has(.player + .player) {{ grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)) }}
.about {{ max-width: 60rem; font-size: 0.875rem; line-height: 1.5; overflow-wrap: anywhere }}
{style}
</style>
<body>
<main></main>
<footer class="about">{about}</footer>
{packed}
<script>
{bytes_of}
  function unpacked({{ textContent }}) {{
    const packed = new Blob([bytesOf(textContent)]).stream();
    return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  }}
  const held = [...document.querySelectorAll("script[type='text/plain']")];
  const texts = Object.fromEntries(held.map((script) => [script.id, unpacked(script)]));
  function run(text, type) {{
    const script = document.createElement("script");
    Object.assign(script, {{ type, textContent: text }});
    document.head.append(script);
  }}
  const spatial = ({{ data, layout }}) => layout?.scene !== undefined || data.some(({{ type }}) => {spatial}.includes(type));
  const libraries = {{}};
  async function library(name) {{
    run(await texts[name], "text/javascript");
    return window.Plotly;
  }}
  function plotly(figure) {{
    const name = spatial(figure) ? "gl3d" : "cartesian";
    return (libraries[name] ??= library(name));
  }}
  async function show() {{
    const named = ([name, source]) => [name, URL.createObjectURL(new Blob([source], {{ type: "text/javascript" }}))];
    const imports = Object.fromEntries(Object.entries(JSON.parse(await texts.modules)).map(named));
    run(JSON.stringify({{ imports }}), "importmap");
    const {{ mount }} = await import("azl/{module}");
    for (const bytes of {contents}.map(bytesOf)) {{
      const root = document.createElement("div");
      root.className = "{name}";
      Object.assign(root.dataset, {{ seed: {seed}, link: {link} }});
      document.querySelector("main").append(root);
      mount(root, {{ {given}, plotly }});
    }}
  }}
  show();
</script>
"""


def standalone_html(source: Experiment | Outcome, view: str = "", address: str = "") -> str:
    """A run as a page that plays from a file with the network off; the same source gives the same bytes.

    `view` is the name of one of the landscape's views, the first by default; `address` that of an app, for the page's link into it.
    Raises ValueError, with a sentence, for another view.
    """
    outcome = simulate(source) if isinstance(source, Experiment) else source
    landscape = outcome.experiment.landscape
    views = {each.name: each for each in landscape_views(landscape)}
    if view and view not in views:
        raise ValueError(f"This landscape has no view “{view[:40]}”; it has {', '.join(views)}.")
    seen = views[view] if view else next(iter(views.values()))
    return players_html(landscape.title, [simulation_blob(outcome, seen)], about(outcome), seen.kind, address)


def players_html(title: str, blobs: Sequence[bytes], said: Mapping[str, str], kind: str, address: str = "") -> str:
    """What players play (figures/simulation.py) as one page, several under one clock; `kind` is that of their views.

    The rest is as for panels.
    """
    bundle = "cartesian" if kind in FLAT else "gl3d"
    given = "blob: bytes, header: { pickable: false }, send: () => {}" + ", group: 'together'" * (len(blobs) > 1)
    return _page("player/player.js", given, title, said, blobs, [bundle], address)


def panels_html(title: str, panels: Iterable[bytes], said: Mapping[str, str], address: str = "") -> str:
    """Encoded panels (figures/panel.py) as one page; `said` is what it says of itself, `link`, `version` and `theory` among it."""
    contents = list(panels)
    spatial = [_is_spatial(json.loads(each)["figure"]) for each in contents]
    bundles = ["gl3d"] * any(spatial) + ["cartesian"] * (not all(spatial))
    given = "panel: JSON.parse(new TextDecoder().decode(bytes))"
    return _page("panel/panel.js", given, title, said, contents, bundles, address)


def _is_spatial(figure: Mapping) -> bool:
    return "scene" in figure["layout"] or any(trace.get("type") in SPATIAL for trace in figure["data"])


def _page(
    module: str, given: str, title: str, said: Mapping[str, str], contents: Sequence[bytes], bundles: Sequence[str], address: str
) -> str:
    link = address + said["link"]
    told = f'<a href="{escape(link)}">{escape(link)}</a>' if address else escape(link)
    lines = [escape(f"{said['theory']}."), f"{escape(said['version'])}, seed {escape(said['seed'])}, link {told}"]
    described = (f"{key}: {value}" for key, value in said.items() if isinstance(value, str))
    return PAGE.format(
        version=escape(said["version"]),
        description=escape("; ".join(described)),
        title=escape(title),
        canonical=f'<link rel="canonical" href="{escape(link)}">\n' if address else "",
        fonts=_fonts(),
        style="\n".join(_text(f"{name}/{name}.css") for name in FOLDERS),
        about="<br>".join(lines),
        packed="\n".join([_held("modules", _modules()), *(_held(name, _library(name)) for name in bundles)]),
        module=module,
        name=module.split("/")[0],
        seed=json.dumps(said["seed"]),
        link=json.dumps(link),
        given=given,
        spatial=json.dumps(sorted(SPATIAL)),
        bytes_of=_text("player/base64.js").replace("export ", ""),  # by which the modules themselves are unpacked
        contents=json.dumps([b64encode(each).decode() for each in contents]),
    )


def _held(name: str, packed: str) -> str:
    return f'<script type="text/plain" id="{name}">{packed}</script>'


@cache
def _modules() -> str:
    """By name, packed. A module here has nothing beside it: they name each other from the root of assets/."""
    root = resource()
    paths = sorted(path for folder in FOLDERS for path in resource(folder).rglob("*.js"))
    return packed(json.dumps({f"azl/{path.relative_to(root).as_posix()}": module_source(path) for path in paths}))


def module_source(path: Path) -> str:
    """A module of assets/ that names others from the root of assets/, as an import map may have them."""
    folder = path.parent.relative_to(resource()).as_posix()

    def named(found: re.Match[str]) -> str:
        return f'{found[1]}"azl/{posixpath.normpath(posixpath.join(folder, found[2]))}"'

    return IMPORT.sub(named, path.read_text(encoding="utf-8"))


@cache
def _library(bundle: str) -> str:
    return packed(_text(f"plotly/plotly-{bundle}.min.js"))


def packed(text: str) -> str:
    """Compressed, the same each time."""
    return b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


@cache
def _fonts() -> str:
    """The theme's own declarations, with the fonts in them."""

    def within(found: re.Match[str]) -> str:
        return f'url("data:font/woff2;base64,{b64encode(resource(*found[1].split("/")).read_bytes()).decode()}")'

    return ADDRESS.sub(within, "\n".join(FONT.findall(_text("common.css"))))


def _text(name: str) -> str:
    return resource(*name.split("/")).read_text(encoding="utf-8")
