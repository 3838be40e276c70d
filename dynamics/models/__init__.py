"""Models of a dimension for which a landscape's formulas would be too slow: losses with kernels of their own."""

from dynamics.models.base import Model
from dynamics.models.diagonal import DiagonalNet
from dynamics.models.linear import OverparametrizedLinear, overparametrized_linear
from dynamics.models.matrix import MatrixSensing
from dynamics.models.network import Network, network, wave_regression

__all__ = [
    "DiagonalNet",
    "MatrixSensing",
    "Model",
    "Network",
    "OverparametrizedLinear",
    "network",
    "overparametrized_linear",
    "wave_regression",
]
