"""Names that code outside of ours uses: a definition with one of them may be meant by it."""

from __future__ import annotations

from pathlib import Path

# All names that exist in MicroPython.
RESERVED = frozenset(
    Path(__file__).with_name("reserved_names.txt").read_text(encoding="ascii").split()
)

# Names that the owner's app and the board's own files define, and that are looked up by name.
KEPT = frozenset({"WorkerTask", "ManagementTask", "call", "setup", "main", "boot", "calm"})
