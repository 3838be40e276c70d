"""The limit on the zero-loss manifold: Φ, the limiting SDE's coefficients and integrators, Γ as a curve and densities on it."""
