"""The HTML of a site's pages: the frame that all share, and what is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs

from content.lectures import Lecture
from content.presets import Preset
from exports.site.runs import Run
from exports.site.text import Links, formula, html
from figures.about import PAPER, VERSION, link
from figures.card import tags
from figures.glossary import Term, glossary

NAME = "After Zero Loss"
SUMMARY = (
    "<strong>Stochastic gradient descent does not stop when the training loss reaches zero.</strong> Its noise goes on to move it "
    "along Γ, the set of all parameters that fit perfectly: here SGD (discs) falls onto Γ, and then drifts along it as the "
    "limiting stochastic differential equation (rings) of Li, Wang and Arora, ICLR 2022, says."
)
DESCRIPTION = "What stochastic gradient descent does after it reaches zero loss."
CARD = "card.jpg"
CAUGHT = "this.library = window.Plotly"  # as assets/plotly.js looks for it

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{description}">
<meta property="og:title" content="{title}">
<meta property="og:description" content="{description}">
{preview}<meta name="generator" content="{version}">
<title>{title}</title>
<link rel="icon" href="{root}lab/icon.svg">
<link rel="stylesheet" href="{root}lab/site.css">
<script src="{root}lab/modules.js"></script>
{scripts}
</head>
<body>
<header class="site-head">
<a class="site-name" href="{root}index.html">{name}</a>
<nav aria-label="Pages">{navigation}</nav>
</header>
<main>
{body}
</main>
<footer class="site-foot">
<p id="about">{about}</p>
<p>{paper}. Everything here was computed beforehand: these are plain files, which need neither a server nor a network.</p>
</footer>
<script type="application/json" id="page">{data}</script>
<script type="module">import "azl/site/site.js";</script>
</body>
</html>
"""

NOTES = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Notes · {NAME}</title>
<link rel="icon" href="lab/icon.svg">
<link rel="stylesheet" href="lab/speaker.css">
<script src="lab/modules.js"></script>
</head>
<body>
<main id="notes"></main>
<script type="module">import "azl/hall/speaker.js";</script>
</body>
</html>
"""


@dataclass(frozen=True)
class Site:
    """What all pages share: which parts there are, and the addresses of a live laboratory, and of the site itself, or ""."""

    lectures: tuple[Lecture, ...]
    presets: tuple[Preset, ...]
    laboratory: str = ""
    address: str = ""  # with a slash at its end: only so can a pasted link show a picture

    def links(self, root: str) -> Links:
        """Where a link of the app leads, from a page from which `root` leads to the front page."""

        def there(query: str) -> str | None:
            asked = {key: values[0] for key, values in parse_qs(query.removeprefix("?")).items()}
            view, lecture = asked.get("view"), asked.get("lecture", "")
            if view == "glossary":
                return f"{root}glossary.html?{escape(query.removeprefix('?'))}#{asked.get('term', '')}"
            if view == "lecture" and lecture in {each.name for each in self.lectures}:
                return f"{root}lectures/{lecture}.html#step-{asked.get('step', '1')}"
            return escape(self.laboratory + query) if self.laboratory else None

        return there


@dataclass(frozen=True)
class Shown:
    """What a page's script is told (assets/site/site.js), and which bundle of plotly.js and which runs it needs at once."""

    players: list[dict[str, Any]] = field(default_factory=list)
    panels: list[dict[str, Any]] = field(default_factory=list)
    abouts: dict[str, dict[str, str]] = field(default_factory=dict)
    choices: dict[str, Any] | None = None
    anatomy: dict[str, Any] | None = None
    lecture: dict[str, Any] | None = None
    bundle: str = "cartesian"
    first: tuple[Run, ...] = ()


def page(
    site: Site, root: str, title: str, description: str, body: str, shown: Shown, about: str = VERSION, card: str = CARD
) -> bytes:
    """`card` is the file of the picture that a pasted link shows."""
    data = {
        "players": shown.players, "choices": shown.choices, "panels": shown.panels, "abouts": shown.abouts,
        "anatomy": shown.anatomy, "lecture": shown.lecture, "laboratory": site.laboratory,
    }  # fmt: skip
    scripts = []
    if shown.players or shown.panels or shown.lecture:
        plotly = f"{root}lab/plotly/plotly-{shown.bundle}.min.js"
        drafted = bool(shown.players or shown.lecture)  # until Plotly is there
        later = f'<link rel="preload" as="script" href="{plotly}">'
        scripts = [later if drafted else f'<script async id="plotly" src="{plotly}" onload="{CAUGHT}"></script>']
        names = dict.fromkeys(name for run in shown.first for name in (run.name, run.still))
        scripts += [f'<script async src="{root}runs/{name}.js"></script>' for name in names]
    places = [
        *([("gallery.html", "Gallery")] if site.presets else []),
        *([("lectures.html", "Lectures")] if site.lectures else []),
        ("glossary.html", "Glossary"),
    ]
    navigation = "".join(f'<a href="{root}{place}">{text}</a>' for place, text in places)
    if site.laboratory:
        navigation += f'<a href="{escape(site.laboratory)}">Laboratory</a>'
    return PAGE.format(
        title=escape(title if title == NAME else f"{title} · {NAME}"), description=escape(description), version=VERSION, name=NAME,
        preview=tags(site.address + card, description) if site.address else "", root=root,
        scripts="\n".join(scripts), navigation=navigation, body=body, about=escape(about), paper=PAPER,
        data=json.dumps(data, ensure_ascii=False).replace("</", "<\\/"),
    ).encode()  # fmt: skip


def _open(site: Site, view: str, query: dict[str, str]) -> str:
    """A link into the live laboratory, where there is one."""
    if not site.laboratory:
        return ""
    there = escape(site.laboratory + link(view, query))
    return f'<p><a class="site-button" id="laboratory" href="{there}">Open in the laboratory</a></p>'


# Front page, gallery, glossary


def front(site: Site, shown: Shown) -> bytes:
    ways = [
        *([(f"lectures/{site.lectures[0].name}.html", "Take a lecture")] if site.lectures else []),
        *([("gallery.html", "Browse the gallery")] if site.presets else []),
        *([(site.laboratory, "Open the laboratory")] if site.laboratory else []),
    ]
    buttons = "".join(
        f'<a class="site-button{" first" * (not number)}" href="{escape(place)}">{text}</a>'
        for number, (place, text) in enumerate(ways)
    )
    body = (
        f'<h1 class="unseen">{NAME}</h1>\n<p class="site-summary">{SUMMARY}</p>\n<p class="site-ways">{buttons}</p>\n'
        '<div class="player" id="picture"></div>'
    )
    return page(site, "", NAME, DESCRIPTION, body, shown)


def gallery(site: Site) -> bytes:
    sections = "".join(
        f'<h2>{escape(section)}</h2>\n<ul class="azl-gallery">{"".join(map(_card, entries))}</ul>\n'
        for section, entries in groupby(site.presets, lambda each: each.section)
    )
    return page(site, "", "Gallery", "Experiments, each with what it claims.", f"<h1>Gallery</h1>\n{sections}", Shown())


def _card(entry: Preset) -> str:
    return (
        f'<li><a class="azl-card" href="gallery/{entry.name}.html"><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="gallery/{entry.name}.dark.jpg">'
        f'<img src="gallery/{entry.name}.jpg" alt="" loading="lazy" width="400" height="250"></picture>'
        f"<strong>{escape(entry.title)}</strong><span>{escape(entry.claim)}</span></a></li>"
    )


def words(site: Site) -> bytes:
    parts = []
    for group, terms in groupby(glossary().items(), lambda each: each[1].group):
        entries = "".join(_word(name, term) for name, term in terms)
        parts.append(f"<h2>{escape(group)}</h2>\n<dl>{entries}</dl>\n")
    return page(site, "", "Glossary", "The words of the field.", f"<h1>Glossary</h1>\n{''.join(parts)}", Shown())


def _word(name: str, term: Term) -> str:
    title = ", ".join(filter(None, (term.title, term.symbol)))
    typeset = formula(term.formula, display=True) if term.formula else ""
    return f'<dt id="{name}">{escape(title)}</dt><dd>{escape(term.meaning)}{typeset}</dd>'


def contents(site: Site) -> bytes:
    links = site.links("")
    items = "".join(
        f'<li><a href="lectures/{each.name}.html">{escape(each.title)}</a>{html(each.abstract, links)}</li>'
        for each in site.lectures
    )
    body = f'<h1>Lectures</h1>\n<ul class="site-lectures">{items}</ul>'
    return page(site, "", "Lectures", "Lectures with their experiments.", body, Shown())


# An entry of the gallery, a lecture


def card_name(preset: Preset) -> str:
    return f"gallery/{preset.name}.{CARD}"


def entry(site: Site, preset: Preset, text: str, places: str, shown: Shown, about: str = VERSION) -> bytes:
    """`places` is HTML, in which the page's script puts players and panels."""
    body = (
        f'<h1>{escape(preset.title)}</h1>\n<p class="site-claim">{escape(preset.claim)}</p>\n'
        f"{html(text, site.links('../'))}\n{places}\n{_open(site, preset.view, dict(preset.query))}"
    )
    return page(site, "../", preset.title, preset.claim, body, shown, about, card_name(preset))


TURNS = (
    '<button type="button" id="back">Back</button><button type="button" id="next" class="first">Next</button>'
    '<button type="button" id="skip" hidden>Reveal without an answer</button>'
)


def lecture(site: Site, content: Lecture, shown: Shown) -> bytes:
    links, count = site.links("../"), len(content.steps)
    steps = []
    for number, step in enumerate(content.steps, 1):
        abstract = html(content.abstract, links) if number == 1 else ""
        parts = [f"<h2>{escape(step.title)}</h2>", abstract, html(step.before, links)]
        if step.question is not None:
            parts.append('<div data-question="ask"></div>')
        parts.append(f"<div data-after>{html(step.after, links)}</div>")
        if step.seen is not None:
            parts.append('<div data-after data-question="seen"></div>')
        caption = f'<p class="site-step">Step {number} of {count}</p>'
        steps.append(f'<section class="step" id="step-{number}"{" hidden" * (number > 1)}>{caption}{"".join(parts)}</section>')
    body = (
        f'<h1 class="site-lecture">{escape(content.title)}</h1>\n<div class="site-columns"><div class="site-words">'
        f'<div class="site-turns">{TURNS}</div>\n'
        f'{"".join(steps)}</div>\n<div class="site-picture"><div class="player" id="lecture-picture"></div></div></div>'
        "<noscript><style>.step[hidden] { display: block }</style></noscript>"
    )
    return page(site, "../", content.title, content.title, body, shown)
