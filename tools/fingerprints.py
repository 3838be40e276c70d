"""`python -m tools.fingerprints`: what the gallery's runs come to, for tests/golden_gallery.toml.

A fingerprint is the run's status and, of SGD and of the limit, the mean trace of the Hessian and the mean of each coordinate at the
end: enough to notice that an entry shows something else than it did.
"""

from __future__ import annotations

import numpy as np

from content.presets import Preset, presets
from dynamics import Experiment, simulate
from pages.shared.scene import Picture

VIEWS = ("simulator",)  # whose links are one run


def fingerprint(entry: Preset) -> dict[str, object]:
    experiment: Experiment = Picture.from_query(dict(entry.query))[0].experiment
    outcome = simulate(experiment)
    traces = outcome.observables["trace_hessian"]
    with np.errstate(all="ignore"):
        return {
            "status": str(outcome.status),
            "trace_hessian": [round(float(each.mean[-1]), 6) for each in (traces.sgd, traces.limit)],
            "sgd": [round(float(value), 6) for value in outcome.sgd[-1].mean(axis=0)],
            "limit": [round(float(value), 6) for value in outcome.limit[-1].mean(axis=0)],
        }


def main() -> None:
    print("# What the gallery's runs come to: `python -m tools.fingerprints > tests/golden_gallery.toml`.")
    for entry in presets():
        if entry.view in VIEWS:
            print(f"\n[{entry.name}]")
            for key, value in fingerprint(entry).items():
                print(f"{key} = {value!r}".replace("'", '"'))


if __name__ == "__main__":
    main()
