"""SGD on the sphere without sampling.

For L = (‖x‖² − 1)²/8 and Gaussian isotropic noise a step is x' = a(r) x − ηs ζ with r = ‖x‖ and a = 1 − η(r² − 1)/2. So
E[h(r') x'/r' | x] is again a function of r times x/r, and E Φ(x_K) = E x_K/‖x_K‖ comes from the K-th power of a linear operator on
functions of r: here a matrix at Chebyshev's nodes, by Gauss quadrature over the noise along x and across it.
"""

import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import roots_genlaguerre, roots_hermitenorm

NODES, RADIUS, QUADRATURE = 60, 3.0, 32


def mean_cosine(dimension: int, learning_rate: float, scale: float, steps: int) -> float:
    """E ⟨Φ(x_K), x_0⟩ for SGD from a point x_0 of the unit sphere."""
    along_nodes, along_weights = roots_hermitenorm(QUADRATURE)
    halves, across_weights = roots_genlaguerre(QUADRATURE, (dimension - 3) / 2)  # half a χ² of D − 1 degrees of freedom
    weights = np.outer(along_weights, across_weights) / along_weights.sum() / across_weights.sum()
    r = RADIUS * (1 + np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2
    shrunk = (1 - learning_rate * (r**2 - 1) / 2) * r
    along = shrunk[:, None, None] - learning_rate * scale * along_nodes[:, None]
    length = np.sqrt(along**2 + (learning_rate * scale) ** 2 * 2 * halves)
    basis = chebyshev.chebvander(2 * np.minimum(length, RADIUS) / RADIUS - 1, NODES - 1)
    at_nodes = chebyshev.chebvander(2 * r / RADIUS - 1, NODES - 1)
    step = np.einsum("rac,ac,racn->rn", along / length, weights, basis) @ np.linalg.inv(at_nodes)
    values = np.linalg.matrix_power(step, steps) @ np.ones(NODES)
    return float(chebyshev.chebval(2 / RADIUS - 1, np.linalg.solve(at_nodes, values)))
