"""The files of a site, one after another."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from content.catalogue import DEFAULT
from content.lectures import Lecture, Step, lectures
from content.presets import Preset, presets
from content.questions import ON_THE_PICTURE
from dynamics import Experiment
from dynamics.resources import resource
from dynamics.settings import number_text, read, strict
from dynamics.studies.side_by_side import BESIDE, experiments_beside, measure_of, measured
from exports.page import FLAT
from exports.site import modules, pages
from exports.site.alternatives import alternatives
from exports.site.pages import Shown, Site
from exports.site.runs import Look, Run, Still, blob_of, choices_of, rate_control, rates_of, run_of, simulated
from exports.site.studies import STUDIES, anatomy_of, broken
from exports.site.text import html
from figures.about import about_page
from figures.card import card, card_of
from figures.comparison import compared, differences
from figures.prediction import drift_arrow, origin_of_arrows, sketch
from figures.side_by_side import sentence, table
from figures.simulation import picture_box, with_next

PARTS = ("lectures", "gallery")
OF_ONE_RUN = ("simulator", "bench")  # pages whose picture is that of their experiment
STYLES = ("common", "player/player", "save/save", "panel/panel", "anatomy/anatomy", "ask/ask", "hall/hall", "site/site")
COPIED = (
    "icon.svg", "plotly/LICENSE", "plotly/plotly-cartesian.min.js", "plotly/plotly-gl3d.min.js",
    *(f"fonts/{family}-{letters}.woff2" for family in ("ibm-plex-sans", "source-serif-4") for letters in ("latin", "greek")),
    "fonts/LICENSE-ibm-plex-sans.txt", "fonts/LICENSE-source-serif-4.txt",
)  # fmt: skip

CHOICES = '<div class="site-choices" id="choices"></div>'

Files = Iterator[tuple[str, bytes]]  # paths and contents


def build(parts: Sequence[str], laboratory: str = "", address: str = "") -> Files:
    """`parts` are PARTS, or single ones, as “lectures/zero_loss” and “gallery/torus”; `laboratory` the address of a live one.

    `address` is where the site will be served: then its links, pasted somewhere, show a picture.
    Raises ValueError, with a sentence, for a part that there is not.
    """
    there = f"{address.rstrip('/')}/" if address else ""
    chosen = tuple(_chosen(parts, "lectures", lectures().values())), tuple(_chosen(parts, "gallery", presets()))
    return _files(Site(*chosen, laboratory, there))


def _chosen(parts: Sequence[str], folder: str, known: Any) -> list[Any]:
    names = {each.name: each for each in known}
    wanted = [part.removeprefix(f"{folder}/") for part in parts if part.partition("/")[0] == folder]
    for name in wanted:
        if name not in (*names, folder):
            raise ValueError(f"There is no “{name[:40]}” in {folder}. There are: {', '.join(names)}.")
    if unknown := [part for part in parts if part.partition("/")[0] not in PARTS]:
        raise ValueError(f"A site has {' and '.join(PARTS)}; not “{unknown[0][:40]}”.")
    return list(names.values()) if folder in wanted else [names[name] for name in names if name in wanted]


def _files(site: Site) -> Files:
    yield from _shared()
    yield from _front(site)
    yield "glossary.html", pages.words(site)
    if site.presets:
        yield "gallery.html", pages.gallery(site)
    for preset in site.presets:
        yield from _entry(site, preset)
    if site.lectures:
        yield "lectures.html", pages.contents(site)
        yield "notes.html", pages.NOTES.encode()
    for lecture in site.lectures:
        yield from _lecture(site, lecture)


def _shared() -> Files:
    """What every page uses, once."""
    yield "lab/modules.js", modules.script()
    for name in COPIED:
        yield f"lab/{name}", resource(*name.split("/")).read_bytes()
    for name, styles in (("site", STYLES), ("speaker", ("common", "hall/speaker"))):
        texts = (resource(*f"{each}.css".split("/")).read_text(encoding="utf-8") for each in styles)
        yield f"lab/{name}.css", "\n".join(texts).encode()


def _scripts(*runs: Run) -> Files:
    for run in runs:
        yield from run.files


def _jpeg(png: bytes) -> bytes:
    """A quarter of the bytes: a site has many."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).save(file, "JPEG", quality=85)
    return file.getvalue()


def _front(site: Site) -> Files:
    look = Look.of({})
    run = run_of(look)
    yield from run.files
    if site.address:
        yield pages.CARD, _jpeg(card(blob_of(look), "", pages.DESCRIPTION))
    shown = Shown(players=[{"at": "picture", "run": run.name, "group": ""}], first=(run,))
    yield "index.html", pages.front(site, shown)


# An entry of the gallery


def _entry(site: Site, preset: Preset) -> Files:
    for scheme in ("", ".dark"):
        picture = resource("gallery", f"{preset.name}{scheme}.jpg")
        if picture.exists():
            yield f"gallery/{preset.name}{scheme}.jpg", picture.read_bytes()
    if site.address:
        picture = resource("gallery", f"{preset.name}.jpg")
        yield pages.card_name(preset), _jpeg(card_of(picture, preset.title, preset.claim))
    query = dict(preset.query)
    if preset.view in SIDE_BY_SIDE:
        yield from _together(site, preset, query)
    elif preset.view in STUDIES:
        yield from _study(site, preset, query)
    elif preset.view in OF_ONE_RUN:
        yield from _picture(site, preset, query)
    else:  # a page that needs a live laboratory
        still = f'<p><img src="{preset.name}.jpg" alt="" width="400" height="250"></p>'
        yield f"gallery/{preset.name}.html", pages.entry(site, preset, "", still, Shown())


def _picture(site: Site, preset: Preset, query: dict[str, str]) -> Files:
    """One picture, with what can be chosen."""
    look = Look.of(query)
    choices = choices_of(look)
    yield from _scripts(*choices.runs.values())
    now = choices.runs["|".join(control["chosen"] for control in choices.controls)]
    player = {"at": "picture", "run": now.name, "group": "", "runs": {key: run.name for key, run in choices.runs.items()}}
    told = {
        "controls": choices.controls, "texts": {},
        "links": {key: pages.link(DEFAULT, link) for key, link in choices.links.items()},
    }  # fmt: skip
    places = f'{CHOICES}\n<div class="player" id="picture"></div>'
    shown = Shown(players=[player], choices=told, bundle=_bundle(look), first=(now,))
    yield f"gallery/{preset.name}.html", pages.entry(site, preset, "", places, shown)


@dataclass(frozen=True)
class Beside:
    """Experiments that are shown beside each other, each with what stands over it, and what is said of them above and below."""

    experiments: list[Experiment]
    heads: list[str]
    above: str
    below: str = ""


def _pair(left: Experiment, _query: dict[str, str]) -> Beside:
    right = replace(left, noise="isotropic" if left.noise.kind != "isotropic" else "label")  # type: ignore[arg-type]
    different = differences(left, right)
    heads = [f"**{side}**: {'; '.join(row[1 + i] for row in different)}" for i, side in enumerate(("Left", "Right"))]
    return Beside([left, right], heads, compared(left, right))


def _optimizers(first: Experiment, query: dict[str, str]) -> Beside:
    experiments = experiments_beside(first, read([BESIDE], query, {}, strict).get(BESIDE.name, BESIDE.default))
    above = sentence([measured(simulated(each)) for each in experiments])
    below = table([measured(simulated(each), measure_of(each)) for each in experiments])
    return Beside(experiments, [f"**{each.optimizer.heading}**" for each in experiments], above, below)


SIDE_BY_SIDE = {"compare": _pair, "optimizers": _optimizers}


def _together(site: Site, preset: Preset, query: dict[str, str]) -> Files:
    """Pictures that go by one clock, each with the axes of itself and the next, at a few learning rates."""
    look = Look.of(query)
    rates = rates_of(look.experiment)
    shown = {f"{rate:g}": SIDE_BY_SIDE[preset.view](replace(look.experiment, learning_rate=rate), query) for rate in rates}
    runs = {}
    for key, each in shown.items():
        found = [simulated(experiment) for experiment in each.experiments]
        runs[key] = [run_of(look, one, beside=other) for one, other in with_next(found)]
        yield from _scripts(*runs[key])
    control = rate_control(rates, look.experiment.learning_rate)
    now = control["chosen"]
    players = [
        {"at": f"picture-{i}", "run": run.name, "group": "together", "runs": {key: runs[key][i].name for key in runs}}
        for i, run in enumerate(runs[now])
    ]
    texts = {part: {key: html(getattr(each, part)) for key, each in shown.items()} for part in ("above", "below")}
    told = {
        "controls": [control], "texts": texts,
        "links": {f"{rate:g}": pages.link(preset.view, query | {"learning_rate": number_text(rate)}) for rate in rates},
    }  # fmt: skip
    columns = "".join(
        f'<div>{html(head)}<div class="player" id="picture-{i}"></div></div>' for i, head in enumerate(shown[now].heads)
    )
    above, below = (f'<div id="{part}">{texts[part][now]}</div>' for part in ("above", "below"))
    places = f'{CHOICES}\n{above}\n<div class="site-pair">{columns}</div>\n{below}'
    page = Shown(players=players, choices=told, bundle=_bundle(look), first=tuple(runs[now]))
    yield f"gallery/{preset.name}.html", pages.entry(site, preset, "", places, page)


def _study(site: Site, preset: Preset, query: dict[str, str]) -> Files:
    """Panels; where an assumption is broken the run that breaks it; the anatomy."""
    controls, links = alternatives(preset.view, query)
    now = "|".join(control.chosen for control in controls)
    found = {key: STUDIES[preset.view](each) for key, each in links.items()}
    said = {key: about_page(preset.view, each, int(each.get("seed", each.get("draws", 0)))) for key, each in links.items()}
    stills = {key: [Still.of(panel) for panel in panels] for key, (_, panels) in found.items() if key != now}
    yield from (still.file for each in stills.values() for still in each)
    here = [json.loads(panel.encode()) for panel in found[now][1]]
    most = max(len(panels) for _, panels in found.values())
    told = [
        {"at": f"panel-{i}", "panel": panel, "panels": {key: each[i].name for key, each in stills.items() if i < len(each)}}
        for i, panel in enumerate(here + [None] * (most - len(here)))
    ]
    texts = {"above": {key: html(text, site.links("../")) for key, (text, _) in found.items()}}
    places = "".join(f'<div class="panel" id="panel-{i}"></div>' for i in range(most))
    places = f'<div class="site-panels">{places}</div>'
    players: list[dict[str, Any]] = []
    first: list[Run] = []
    if preset.view == "assumptions":
        runs = {key: run_of(Look.of({**each, **broken(each).to_query()})) for key, each in links.items()}
        yield from _scripts(*runs.values())
        first.append(runs[now])
        players.append({"at": "picture", "run": runs[now].name, "group": "", "runs": {key: run.name for key, run in runs.items()}})
        places = f'<div class="player" id="picture"></div>\n{places}'
    anatomy = json.loads(anatomy_of(query)) if preset.view == "anatomy" else None
    if anatomy is not None:
        places = f'<div class="anatomy" id="anatomy"></div>\n{places}'
    choices = None
    if controls:
        there = {key: each["link"] for key, each in said.items()}
        choices = {"controls": [each.told() for each in controls], "texts": texts, "links": there}
    shown = Shown(players=players, panels=told, abouts=said, choices=choices, anatomy=anatomy, first=tuple(first))
    places = f'{CHOICES * bool(controls)}\n<div id="above">{texts["above"][now]}</div>\n{places}'
    yield f"gallery/{preset.name}.html", pages.entry(site, preset, "", places, shown, _about(**said[now]))


def _about(seed: str, version: str, link: str, **_: str) -> str:
    return f"Seed {seed}, {version}, link {link}"


def _bundle(look: Look) -> str:
    return "cartesian" if look.view.kind in FLAT else "gl3d"


# A lecture


def _lecture(site: Site, content: Lecture) -> Files:
    told: list[dict[str, Any]] = []
    first: list[Run] = []
    bundle = "cartesian"
    for step in content.steps:
        runs, said = _step(step)
        yield from _scripts(*runs)
        if not told and runs:
            first, bundle = runs[:1], _bundle(Look.of(dict(step.query)))
        told.append(said)
    shown = Shown(lecture={"steps": told}, bundle=bundle, first=tuple(first))
    yield f"lectures/{content.name}.html", pages.lecture(site, content, shown)


def _step(step: Step) -> tuple[list[Run], dict[str, Any]]:
    """The runs of a step, the part first that is shown before an answer, and what assets/site/lecture.js is told."""
    questions = {part: each.told() for part, each in (("ask", step.question), ("seen", step.seen)) if each is not None}
    said: dict[str, Any] = {"title": step.title, "notes": step.notes, "part": "", "whole": "", "questions": questions}
    if not step.query:
        return [], said
    look = Look.of(dict(step.query))
    outcome = simulated(look.experiment)
    frames = max(2, round(step.until * len(outcome.times)))
    early = outcome.until(frames)
    whole = run_of(look)
    runs = [whole]
    said |= {"part": whole.name, "whole": whole.name}
    if step.question is not None:
        part = run_of(look, early, whole=outcome)
        runs.insert(0, part)
        said["part"] = part.name
        view, _ = picture_box(outcome, look.view)
        if step.question.kind in ON_THE_PICTURE:
            questions["ask"]["axes"] = list(view.labels[:2])
            said["box"] = [list(side) for side in view.box[:2]]
        if step.question.kind == "arrow":
            truth = drift_arrow(early, view)
            said |= {"origin": origin_of_arrows(early, view), "truth": None if truth is None else truth.told()}
        if step.question.kind == "sketch":
            questions["ask"]["sketch"] = sketch(outcome, step.question.quantity, frames)
    return runs, said
