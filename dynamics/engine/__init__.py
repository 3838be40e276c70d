"""The engine: from text to formulas, graphs with exact derivatives, tapes and the kernel that runs them; random numbers with an
address, and blocks of paths on threads; what all of it costs. It knows of no noise and no limit."""
