"""What SGD does after it reaches zero loss: landscapes, gradient noise, SGD and its limiting SDE on the zero-loss manifold.

Symbols and formulas are those of Li, Wang, Arora, *What Happens after SGD Reaches Zero Loss?* (ICLR 2022, arXiv 2110.06914).
Points have shape (..., D), float64. Bad input raises ValueError with a sentence.
"""

__version__ = "0.8.0"  # of the package; a link has a version of its own (dynamics/experiment.py)

from dynamics.engine.budget import Cost, estimated_cost
from dynamics.experiment import SCHEDULES, Experiment
from dynamics.inspection.checks import Finding, Findings
from dynamics.inspection.symbols import Symbols, limit_in_symbols
from dynamics.inspection.table import Table, limit_table
from dynamics.landscapes.catalogue import landscape, landscape_names, manifold_samples
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.chart import Chart, manifold_chart
from dynamics.limit.drift import LimitDrift, limit_diffusion, limit_drift
from dynamics.limit.flow import Flow, gradient_flow, limit_map
from dynamics.limit.fokker_planck import fokker_planck
from dynamics.limit.passage import mean_first_passage_time
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.stationary import probability_current, stationary_density
from dynamics.manifold.sampling import manifold_box, sample_manifold
from dynamics.models import Model, network, overparametrized_linear
from dynamics.models.label_noise import label_noise_flow
from dynamics.models.problems import sparse_problem
from dynamics.models.training import Training, train
from dynamics.noise import Noise, noise
from dynamics.optimizers import Optimizer, optimizer
from dynamics.outcome import Outcome
from dynamics.simulate import simulate
from dynamics.status import Status
from dynamics.studies.clocks import TwoClocks, two_clocks
from dynamics.studies.convergence import Convergence, convergence

__all__ = [
    "SCHEDULES",
    "SCHEMES",
    "Chart",
    "Convergence",
    "Cost",
    "Experiment",
    "Finding",
    "Findings",
    "Flow",
    "Landscape",
    "LimitDrift",
    "Model",
    "Noise",
    "Optimizer",
    "Outcome",
    "Status",
    "Symbols",
    "Table",
    "Training",
    "TwoClocks",
    "convergence",
    "estimated_cost",
    "fokker_planck",
    "gradient_flow",
    "label_noise_flow",
    "landscape",
    "landscape_names",
    "limit_diffusion",
    "limit_drift",
    "limit_in_symbols",
    "limit_map",
    "limit_table",
    "manifold_box",
    "manifold_chart",
    "manifold_samples",
    "mean_first_passage_time",
    "network",
    "noise",
    "optimizer",
    "overparametrized_linear",
    "probability_current",
    "sample_manifold",
    "simulate",
    "sparse_problem",
    "stationary_density",
    "train",
    "two_clocks",
]
