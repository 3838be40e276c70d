"""Side-by-side comparisons with peers. JAX computes in double precision, on the processor."""

import os

os.environ |= {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"}
