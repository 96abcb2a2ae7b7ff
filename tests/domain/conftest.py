"""How many random worlds: a hundred in ``make test``, five thousand in ``make nightly``."""

from hypothesis import settings

settings.register_profile("nightly", max_examples=5_000, deadline=None)
