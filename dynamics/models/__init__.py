"""Models of a dimension for which a landscape's formulas would be too slow: losses with kernels of their own."""

from dynamics.models.base import Model
from dynamics.models.linear import OverparametrizedLinear, overparametrized_linear

__all__ = ["Model", "OverparametrizedLinear", "overparametrized_linear"]
