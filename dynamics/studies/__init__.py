"""Studies: one question a module, asked of simulations and answered with error bars."""
