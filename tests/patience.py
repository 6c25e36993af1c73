"""How long a test waits for what it expects, before it says that it did not come."""

from __future__ import annotations

# Seconds. Only a test that fails takes as long, so it is no measure of how fast anything is: a
# machine at work takes twenty times as long as a quiet one.
PATIENCE_S = 180.0
