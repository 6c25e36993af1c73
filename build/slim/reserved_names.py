"""Names that others know: what has one of them may be theirs, or be used by them."""

from __future__ import annotations

from pathlib import Path

# All names that exist in MicroPython.
RESERVED = frozenset(
    Path(__file__).with_name("reserved_names.txt").read_text(encoding="ascii").split()
)

# What the owner's app and the board's own files define, and who looks at them uses by name.
KEPT = frozenset({"WorkerTask", "ManagementTask", "call", "setup", "main", "boot", "calm"})
