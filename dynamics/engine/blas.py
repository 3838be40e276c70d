"""Linear algebra on one thread: the engine and the pages divide the work themselves.

BLAS threads wait for one another by spinning: on a busy machine that turned 0.3 s of a flow at d = 1,000 into 15 s.
"""

import numpy  # noqa: F401  the libraries that are limited have to be there first
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_limits

threadpool_limits(1, user_api="blas")
