"""Stack and heap on the ESP8266's own CPU, computed from those of MicroPython's unix port.

The reference figures were measured once, on an emulated LX106 that ran the OS of commit 4f4e9d5 in
MicroPython built with the port's own flags (docs/boards.md). One factor serves all phases; a test
states its error in each.
"""

from __future__ import annotations

# A word is half as wide there; the C stack of a call shrinks less.
STACK_FACTOR = 0.74

# Bytes of the C stack, the share of the SDK and MicroPython's prompt, as boards report it, and a
# reserve for unforeseen calls.
STACK = 8128
SDK = 1488
UNUSED = 1000
OWN = (STACK - SDK - UNUSED) // 100 * 100


def stack(unix: int) -> int:
    """Return the bytes of the board's C stack for those of the unix port's."""
    return round(unix * STACK_FACTOR)


# Texts, buffers and the table of names are as large there as on 64 bits, everything else half as
# large: the unix port's words (`-X heapsize=...w`) are too low by this factor.
HEAP_FACTOR = 1.24
HEAP = 38016  # usable of 38,912


def heap(words: int) -> int:
    """Return the bytes of the board's heap for words of the unix port's."""
    return round(words * HEAP_FACTOR)
