"""One run of the tests is like another: Hypothesis tries the same examples each time."""

from hypothesis import settings

from dynamics.engine.blas import one_thread_for_good

settings.register_profile("the same", derandomize=True)
settings.load_profile("the same")

one_thread_for_good()  # as in the server: the tests share their cores
