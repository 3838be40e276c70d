"""Optimizers: what one step is, how long it takes in slow time, and from where on it is unstable."""
