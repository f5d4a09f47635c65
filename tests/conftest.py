"""What holds for all tests."""

from hypothesis import settings

# The time of one example measures the machine and what else it does, not the code.
settings.register_profile("lambdakit", deadline=None)
settings.load_profile("lambdakit")
