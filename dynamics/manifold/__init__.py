"""Γ of any formula in a box: Newton's method onto it, its curves, its surfaces, else points."""
