"""Numbers of a run, with what they mean in the file: NPZ with all points, CSV with what is plotted against time."""

from __future__ import annotations

import csv as writer
import io
import json

import numpy as np

from dynamics import Outcome
from dynamics.observables import QUANTITIES, SUMMARIES
from exports.about import about

MEANINGS = {
    "steps": "SGD steps k, (F,)",
    "times": "slow time t = k eta^2, (F,)",
    "sgd": "points of SGD, (F frames, N paths, D variables)",
    "limit": "points of the limiting SDE, the same",
    "sgd_frozen": "frame from which a path of SGD stays where it is, or -1, (N,)",
    "limit_frozen": "the same of the limit",
}


def npz(outcome: Outcome) -> bytes:
    """A file for numpy.load: the arrays of MEANINGS, `series_NAME_WHO_PART`, (F,), and `about`, JSON, which says what each is."""
    arrays = {name: getattr(outcome, name) for name in MEANINGS}
    meanings = dict(MEANINGS)
    for name, observable in outcome.observables.items():
        for who in ("sgd", "limit"):
            for part in SUMMARIES:
                key = f"series_{name}_{who}_{part}"
                arrays[key] = getattr(getattr(observable, who), part)
                meanings[key] = _meaning(name, who, part)
    said = about(outcome) | {"variables": ", ".join(outcome.experiment.landscape.variables), "arrays": meanings}
    file = io.BytesIO()
    np.savez_compressed(file, about=np.array(json.dumps(said, ensure_ascii=False)), **arrays)
    return file.getvalue()


def csv(outcome: Outcome) -> str:
    """A row a frame; lines that begin with # say what the run is and what each column means. Numbers as they are, to 17 digits."""
    columns: dict[str, tuple[str, np.ndarray]] = {
        "step": (MEANINGS["steps"].split(",")[0], outcome.steps),
        "slow_time": ("slow time t = k eta^2", outcome.times),
    }
    for name, observable in outcome.observables.items():
        for who in ("sgd", "limit"):
            for part in SUMMARIES:
                columns[f"{name}_{who}_{part}"] = _meaning(name, who, part), getattr(getattr(observable, who), part)
    file = io.StringIO()
    for key, text in about(outcome).items():
        file.write(f"# {key}: {text}\n")
    for name, (meaning, _) in columns.items():
        file.write(f"# column {name}: {meaning}\n")
    rows = writer.writer(file, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*(values.tolist() for _, values in columns.values()), strict=True))
    return file.getvalue()


def _meaning(name: str, who: str, part: str) -> str:
    title = next(quantity.title for quantity in QUANTITIES if quantity.name == name)
    over = {"mean": "mean", "low": "5 % quantile", "high": "95 % quantile"}[part]
    of = "SGD" if who == "sgd" else "the limit"
    return f"{title}: {over} over the paths of {of} that are on their way; dimensionless"
