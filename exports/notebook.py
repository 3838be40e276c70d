"""An experiment as a notebook or a program that carries it out again, through the public API and with every number in it."""

from __future__ import annotations

import json
from textwrap import fill
from typing import Any

from dynamics import Experiment, Landscape, Noise, __version__, landscape_names
from dynamics.experiment import SETTINGS
from dynamics.files import to_toml
from dynamics.optimizers import SGD
from figures.about import PAPER, SIMULATOR, link
from figures.caption import place

WIDTH = 100  # characters of a line of text in a program
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
INSTALLS = "It needs the package of this program: `pip install .` in its folder, Python 3.11 or later."
RESULT = """print(outcome.status)
last = len(outcome.steps) - 1
for frame in [last * fifth // 5 for fifth in range(6)]:
    sgd, limit = outcome.sgd[frame].mean(axis=0), outcome.limit[frame].mean(axis=0)
    print(f"k = {outcome.steps[frame]:>8,}, t = {outcome.times[frame]:6.3f}: mean {sgd}, of the limit {limit}")"""
RESULT_MEANS = (
    "`outcome.sgd` and `outcome.limit` are arrays (frames, paths, variables); `outcome.steps` are its steps k, `outcome.times` "
    "slow times t. `outcome.observables` has loss, distance to Γ, tr H and sharpness, each as mean and 5–95 % over the paths."
)


def notebook(experiment: Experiment) -> dict[str, Any]:
    """The content of an .ipynb file (nbformat 4.5), for `json.dump`; the same experiment gives the same."""
    cells = [
        ("markdown", "\n\n".join([f"# {_title(experiment)}", *_said(experiment), INSTALLS])),
        ("code", _setting(experiment)),
        ("markdown", "A notebook shows an outcome as the player: press play, drag the moment, hide what you do not want to see."),
        ("code", "outcome = dynamics.simulate(experiment)\noutcome"),
        ("markdown", RESULT_MEANS),
        ("code", RESULT),
    ]
    return {
        "cells": [_cell(number, kind, source) for number, (kind, source) in enumerate(cells)],
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook_text(experiment: Experiment) -> str:
    """The file itself."""
    return json.dumps(notebook(experiment), ensure_ascii=False, indent=1) + "\n"


def script(experiment: Experiment) -> str:
    """A program that prints what becomes of the means and writes the page that plays beside it."""
    sentences = [f"{_title(experiment)}.", *_said(experiment), INSTALLS.replace("`", "")]
    told = "\n\n".join(fill(sentence, WIDTH, break_long_words=False, break_on_hyphens=False) for sentence in sentences)
    name = json.dumps(f"{experiment.landscape.name}.html")
    return "\n".join(
        [
            f'r"""{told}\n"""',
            "",
            "from pathlib import Path",
            "",
            _setting(experiment).replace("import dynamics\n", "import dynamics\nimport exports\n", 1),
            "",
            "outcome = dynamics.simulate(experiment)",
            RESULT,
            f'Path({name}).write_text(exports.standalone_html(outcome), encoding="utf-8")',
            "",
        ]
    )


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    rest: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True), **rest}


def _title(experiment: Experiment) -> str:
    return f"{experiment.optimizer.label} and its limit on {place(experiment.landscape)}"


def _said(experiment: Experiment) -> list[str]:
    return [
        f"What {experiment.optimizer.label} with {experiment.noise.words} does after zero loss, beside the limiting SDE: {PAPER}.",
        f"Made by After Zero Loss {__version__}, link {link(SIMULATOR, experiment.to_query())}, seed {experiment.seed}.",
    ]


# The experiment as code


def _setting(experiment: Experiment) -> str:
    numbers = [f"    {name}={_literal(getattr(experiment, name))}," for name in SETTINGS]
    return "\n".join(
        [
            "import dynamics",
            "",
            _landscape(experiment.landscape),
            f"noise = {_noise(experiment.noise)}",
            "experiment = dynamics.Experiment(",
            "    landscape=landscape,",
            "    noise=noise,",
            f"    start={_literal(experiment.start)},",
            *numbers,
            *_optimizer(experiment),
            ")",
        ]
    )


def _landscape(landscape: Landscape) -> str:
    definition, values = landscape.definition, landscape.parameter_values
    if landscape.name in landscape_names():
        changed = f".with_parameters({', '.join(f'{name}={value!r}' for name, value in values.items())})" if values else ""
        return f"landscape = dynamics.landscape({json.dumps(landscape.name)}){changed}"
    if landscape.manifold or landscape.views:  # a file of one's own
        return f'from dynamics.files import from_toml\n\nlandscape = from_toml(r"""\n{to_toml(landscape)}""")'
    made, of = ("from_residuals", definition.residuals) if definition.residuals else ("from_loss", definition.loss)
    given = [_literal(of), f"variables={_literal(definition.variables)}", *([f"parameters={_literal(values)}"] if values else [])]
    return f"landscape = dynamics.Landscape.{made}({', '.join(given)})"


def _noise(noise: Noise) -> str:
    """Its kind, and what differs from what that has by default; the strength in any case."""
    values = {name: getattr(noise, name) for name in noise.defaults()}
    given = {name: value for name, value in values.items() if value != noise.defaults()[name] or name == "scale"}
    return f"dynamics.noise({', '.join([_literal(noise.kind), *(f'{name}={_literal(value)}' for name, value in given.items())])})"


def _optimizer(experiment: Experiment) -> list[str]:
    """Nothing for SGD."""
    chosen = experiment.optimizer
    if chosen == SGD:
        return []
    given = [f"{name}={_literal(getattr(chosen, name))}" for name in chosen.defaults()]
    return [f"    optimizer=dynamics.optimizer({', '.join([_literal(chosen.name), *given])}),"]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(each)}' for key, each in value.items())}}}"
    return repr(value)
