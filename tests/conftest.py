"""One run of the tests is like another: Hypothesis tries the same examples each time."""

from hypothesis import settings

settings.register_profile("the same", derandomize=True)
settings.load_profile("the same")
