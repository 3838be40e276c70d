"""Sweeps: the probability that a method recovers a sparse vector, over a grid of problem sizes."""
