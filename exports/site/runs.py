"""What is precomputed: the runs of a link, with a few alternatives for each control, as files of their own."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from dynamics import Experiment, Noise, Outcome, noise, simulate
from dynamics.landscapes.landscape import View
from dynamics.settings import in_words
from exports.about import about
from exports.page import packed
from figures.landscape_figure import landscape_views
from figures.panel import Panel
from figures.simulation import CLOCKS, simulation_blob

PARTICLES = 200  # coordinates in a frame of SGD, and of the limit, that a picture draws: its lines are of all paths
BUDGET = 240_000  # bytes of a run: a site has many
FACTORS = (2.0, 1.0, 0.5)  # of the learning rate
NOISES = ("label", "isotropic")  # the first that is another one, and acts on the landscape, is the alternative

simulated = lru_cache(maxsize=64)(simulate)  # a gallery and its lectures show the same runs


@dataclass(frozen=True)
class Look:
    """A link of a page with one picture: an experiment, and how it is looked at."""

    experiment: Experiment
    view: View
    clock: str
    ghost: float | None  # the learning rate of the run behind

    @staticmethod
    def of(query: Mapping[str, str]) -> Look:
        """Raises ValueError, with a sentence, for what is no experiment."""
        experiment = Experiment.from_query(query)
        views = landscape_views(experiment.landscape)
        view = next((each for each in views if each.name == query.get("projection")), views[0])
        return Look(experiment, view, query.get("clock", CLOCKS[0]), float(query["ghost"]) if "ghost" in query else None)

    @property
    def behind(self) -> Outcome | None:
        return None if self.ghost is None else simulated(replace(self.experiment, learning_rate=self.ghost))

    def link(self, experiment: Experiment) -> dict[str, str]:
        """All that a link to the same look at another experiment holds, but the page."""
        own = {} if self.view == landscape_views(experiment.landscape)[0] else {"projection": self.view.name}
        return experiment.to_query() | own


@dataclass(frozen=True)
class Run:
    """A run as scripts, which a page may load from a disk too: its own, and that of its still picture."""

    name: str
    still: str
    files: tuple[tuple[str, bytes], ...]  # paths and contents

    @staticmethod
    def of(blob: bytes, said: Mapping[str, str]) -> Run:
        """The still picture is by itself: the runs of one page share it, and it is as large as what moves."""
        (length,) = struct.unpack_from("<I", blob, 4)
        header = json.loads(zlib.decompress(blob[8 : 8 + length]))
        figure = json.dumps(header.pop("figure"))
        text = zlib.compress(json.dumps(header).encode(), 9)
        rest = blob[:4] + struct.pack("<I", len(text)) + text + blob[8 + length :]
        name, still = _digest(blob), _digest(figure.encode())
        told = json.dumps({"about": dict(said), "blob": b64encode(rest).decode(), "figure": still}, ensure_ascii=False)
        return Run(name, still, (_script(name, told), _script(still, figure)))


@dataclass(frozen=True)
class Still:
    """A panel as a script, packed; what looks the same on two pages is there once."""

    name: str
    file: tuple[str, bytes]  # path and content

    @staticmethod
    def of(panel: Panel) -> Still:
        content = panel.encode()
        name = _digest(content)
        return Still(name, _script(name, json.dumps(packed(content.decode()))))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _script(name: str, content: str) -> tuple[str, bytes]:
    return f"runs/{name}.js", f"azl.came({json.dumps(name)}, {content});\n".encode()


def run_of(look: Look, outcome: Outcome | None = None, **more: Any) -> Run:
    """The run of a look, or another outcome looked at in the same way; `more` is for `simulation_blob`."""
    return Run.of(blob_of(look, outcome, **more), about(outcome or simulated(look.experiment)))


def blob_of(look: Look, outcome: Outcome | None = None, **more: Any) -> bytes:
    """The same for the player."""
    shown, particles = outcome or simulated(look.experiment), PARTICLES // len(look.view.axes)
    return simulation_blob(shown, look.view, look.clock, look.behind, particles=particles, budget=BUDGET, **more)


@dataclass(frozen=True)
class Choices:
    """`controls` are {name, title, options: [[value, words], …], chosen}; `runs` have the values of all controls, joined by “|”."""

    controls: list[dict[str, Any]]
    runs: dict[str, Run]
    links: dict[str, dict[str, str]]


def choices_of(look: Look) -> Choices:
    """Every combination of a few learning rates and noises that can be run."""
    experiment = look.experiment
    rates, noises = rates_of(experiment), noises_of(experiment)
    runs, links = {}, {}
    for rate in rates:
        for kind, each in noises.items():
            chosen = replace(experiment, learning_rate=rate, noise=each)
            runs[f"{rate:g}|{kind}"] = run_of(look, simulated(chosen))
            links[f"{rate:g}|{kind}"] = look.link(chosen)
    controls = [rate_control(rates, experiment.learning_rate), noise_control(noises, experiment.noise.kind)]
    return Choices(controls, runs, links)


def rates_of(experiment: Experiment) -> list[float]:
    """A few learning rates that it can be run at, its own among them."""
    return [rate for factor in FACTORS if _allowed(experiment, learning_rate=(rate := factor * experiment.learning_rate))]


def noises_of(experiment: Experiment) -> dict[str, Noise]:
    """By kind, its own and another one."""
    own = experiment.noise.kind
    other = next((kind for kind in NOISES if kind != own and _allowed(experiment, noise=noise(kind))), None)
    return {own: experiment.noise} | ({} if other is None else {other: noise(other)})


def noise_control(noises: Mapping[str, Noise], chosen: str) -> dict[str, Any]:
    options = [[kind, each.title] for kind, each in noises.items()]
    return {"name": "noise", "title": "Noise", "options": options, "chosen": chosen}


def rate_control(rates: Sequence[float], chosen: float) -> dict[str, Any]:
    options = [[f"{rate:g}", in_words(rate)] for rate in rates]
    return {"name": "learning_rate", "title": "Learning rate η", "options": options, "chosen": f"{chosen:g}"}


def _allowed(experiment: Experiment, **changes: Any) -> bool:
    try:
        replace(experiment, **changes)
    except ValueError:
        return False
    return True
