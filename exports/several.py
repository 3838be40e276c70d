"""Several runs, shown side by side, in one file: tables below each other, arrays beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exports.numbers import Column, Numbers

OF_ALL = ("version", "theory", "variables")  # what each run says, and all say alike


def stacked(tables: Mapping[str, Numbers], said: Mapping[str, str]) -> Numbers:
    """One table of several, by name: a first column `run` has the names. NaN where one of them has no such column."""
    lengths = {name: len(next(iter(table.columns.values())).values) for name, table in tables.items()}
    whose = np.repeat(list(lengths), list(lengths.values()))
    columns = {"run": Column(whose, f"which of the runs: {', '.join(tables)}", "")}
    for key in dict.fromkeys(key for table in tables.values() for key in table.columns):
        known = {name: table.columns[key] for name, table in tables.items() if key in table.columns}
        parts = [known[name].values if name in known else np.full(length, np.nan) for name, length in lengths.items()]
        columns[key] = Column(np.concatenate(parts), _meaning(known), next(iter(known.values())).unit)
    return Numbers(_about(tables, said), columns)


def gathered(arrays: Mapping[str, Numbers], said: Mapping[str, str]) -> Numbers:
    """All arrays of several, each called `NAME_ARRAY`."""
    columns = {f"{name}_{key}": column for name, each in arrays.items() for key, column in each.columns.items()}
    return Numbers(_about(arrays, said), columns)


def _meaning(columns: Mapping[str, Column]) -> str:
    """Of a column: once, if all runs mean the same by it."""
    meanings = {name: column.meaning for name, column in columns.items()}
    same = len(set(meanings.values())) == 1
    return next(iter(meanings.values())) if same else "; ".join(f"{name}: {meaning}" for name, meaning in meanings.items())


def _about(runs: Mapping[str, Numbers], said: Mapping[str, str]) -> dict[str, str]:
    """What they all are, and then each for itself, as `NAME.key`."""
    alike = {key: text for run in runs.values() for key, text in run.about.items() if key in OF_ALL}
    each = {f"{name}.{key}": text for name, run in runs.items() for key, text in run.about.items() if key not in OF_ALL}
    return alike | dict(said) | each
