"""Numbers, with what they mean in the file: NPZ, CSV and Parquet of a run, or of what any page's panels show."""

from __future__ import annotations

import csv as writer
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dynamics import Outcome
from dynamics.observables import QUANTITIES, SUMMARIES
from exports.about import about

FINITE = "the limit corrected to first order in the learning rate"
OVER = {"mean": "mean", "low": "5 % quantile", "high": "95 % quantile"}


@dataclass(frozen=True)
class Column:
    """`unit` is "1" where a number has none, "" of what is no number."""

    values: np.ndarray
    meaning: str
    unit: str = "1"


@dataclass(frozen=True)
class Numbers:
    """Columns by name, and what they are `about`. Those of a table are of one length; an NPZ file may have any arrays."""

    about: dict[str, str]
    columns: dict[str, Column] = field(default_factory=dict)


# What there is of a run


def arrays(outcome: Outcome) -> Numbers:
    """All of it: points (F frames, N paths, D variables) and curves (F,), the latter as `series_NAME_WHO_PART`."""
    times, who = _times(outcome), _who(outcome)
    columns = {
        "steps": replace(times["step"], meaning=f"{times['step'].meaning}, (F,)"),
        "times": replace(times["slow_time"], meaning=f"{times['slow_time'].meaning}, (F,)"),
        "sgd": Column(outcome.sgd, f"points of {who['sgd']}, (F frames, N paths, D variables)"),
        "limit": Column(outcome.limit, f"points of {who['limit']}, the same"),
        "sgd_frozen": Column(
            outcome.sgd_frozen, f"frame from which a path of {who['sgd']} stays where it is, or -1, (N,)", "frames"
        ),
        "limit_frozen": Column(outcome.limit_frozen, "the same of the limit", "frames"),
    }
    if outcome.finite is not None:
        columns["finite"] = Column(outcome.finite, f"{FINITE}, one path, (F, D)")
    return Numbers(_about_run(outcome), columns | {f"series_{name}": column for name, column in _series(outcome).items()})


def curves(outcome: Outcome) -> Numbers:
    """A table of what is plotted against time: a row a frame."""
    return Numbers(_about_run(outcome), _times(outcome) | _series(outcome))


def points(outcome: Outcome) -> Numbers:
    """A table of where the paths are: a row a frame and path; NaN where a path is not."""
    frames, paths, _ = outcome.sgd.shape
    columns = {name: replace(column, values=np.repeat(column.values, paths)) for name, column in _times(outcome).items()}
    columns["path"] = Column(np.tile(np.arange(paths, dtype=np.int32), frames), "number of the path, from 0", "paths")
    for who, name in _who(outcome).items():
        for axis, variable in enumerate(outcome.experiment.landscape.variables):
            values = getattr(outcome, who)[..., axis].ravel()
            columns[f"{who}_{variable}"] = Column(values, f"variable {variable} of a path of {name}")
    return Numbers(_about_run(outcome), columns)


def _about_run(outcome: Outcome) -> dict[str, str]:
    return about(outcome) | {"variables": ", ".join(outcome.experiment.landscape.variables)}


def _times(outcome: Outcome) -> dict[str, Column]:
    """When each frame is, in the optimizer's own slow time."""
    optimizer = outcome.experiment.optimizer
    return {
        "step": Column(outcome.steps, f"steps k of {optimizer.label}", "steps"),
        "slow_time": Column(outcome.times, f"slow time t = {optimizer.clock}"),
    }


def _who(outcome: Outcome) -> dict[str, str]:
    return {"sgd": outcome.experiment.optimizer.label, "limit": "the limiting SDE"}


def _series(outcome: Outcome) -> dict[str, Column]:
    titles, whose = {quantity.name: quantity.title for quantity in QUANTITIES}, _who(outcome)
    corrected = {
        f"{name}_finite_mean": Column(observable.finite.mean, f"{titles[name]}: of {FINITE}")
        for name, observable in outcome.observables.items()
        if observable.finite is not None
    }
    return corrected | {
        f"{name}_{who}_{part}": Column(
            getattr(getattr(observable, who), part),
            f"{titles[name]}: {OVER[part]} over the paths of {whose[who]} that are on their way",
        )
        for name, observable in outcome.observables.items()
        for who in whose
        for part in SUMMARIES
    }


# Files


def npz(numbers: Numbers) -> bytes:
    """A file for numpy.load: the columns by name, and `about`, JSON, whose `arrays` and `units` say what each is."""
    said = numbers.about | {
        "arrays": {name: column.meaning for name, column in numbers.columns.items()},
        "units": {name: column.unit for name, column in numbers.columns.items()},
    }
    file = io.BytesIO()
    content: dict[str, Any] = {name: column.values for name, column in numbers.columns.items()}
    np.savez_compressed(file, **content | {"about": np.array(json.dumps(said, ensure_ascii=False))})
    return file.getvalue()


def comments(about: Mapping[str, str]) -> str:
    """What a file is about, in lines that begin with #."""
    return "".join(f"# {key}: {text}\n" for key, text in about.items())


def csv(table: Numbers) -> str:
    """Lines that begin with # say what it is and what each column means; then a row each. Numbers as they are, to 17 digits."""
    file = io.StringIO()
    file.write(comments(table.about))
    for name, column in table.columns.items():
        file.write(f"# column {name}: {column.meaning}{_told(column.unit)}\n")
    rows = writer.writer(file, lineterminator="\n")
    rows.writerow(table.columns)
    rows.writerows(zip(*(column.values.tolist() for column in table.columns.values()), strict=True))
    return file.getvalue()


def parquet(table: Numbers) -> bytes:
    """The table, whose schema says what it is about and each of whose fields has a `meaning` and a `unit`.

    Raises ValueError, with a sentence, where pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ValueError("Parquet files need pyarrow: pip install pyarrow.") from error
    fields = [
        pyarrow.field(name, pyarrow.from_numpy_dtype(column.values.dtype) if column.unit else pyarrow.string()).with_metadata(
            {"meaning": column.meaning, "unit": column.unit}
        )
        for name, column in table.columns.items()
    ]
    content = [pyarrow.array(column.values.tolist() if not column.unit else column.values) for column in table.columns.values()]
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(content, schema=pyarrow.schema(fields, table.about)), file)
    return file.getvalue()


def _told(unit: str) -> str:
    return {"": "", "1": "; dimensionless"}.get(unit, f"; in {unit}")
