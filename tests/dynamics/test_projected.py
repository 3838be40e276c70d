"""SGD seen through Φ is Φ of the very paths that a run has, at the very steps."""

import numpy as np

from dynamics import Experiment, limit_map, noise, simulate
from dynamics.engine.ensemble import Progress
from dynamics.studies.projected import projected_sgd


def test_the_projected_paths_are_those_of_the_run() -> None:
    experiment = Experiment(landscape="hyperbola", noise=noise("label"), learning_rate=0.1, horizon=1.0, paths=64, frames=2)
    outcome = simulate(experiment)
    found = projected_sgd(experiment, 1, np.array([0.37, 1.0]), 0, 64, Progress(1.0, None, None))
    np.testing.assert_allclose(found.points[-1], limit_map(experiment.landscape, outcome.sgd[-1].astype(float)), atol=1e-5)
