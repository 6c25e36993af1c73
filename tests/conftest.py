"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same tests run on each Python, each time with other examples. How long one takes says more
# about the machine than about us.
settings.register_profile("many pythons", max_examples=50, deadline=None)
settings.load_profile("many pythons")
