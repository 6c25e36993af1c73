"""What the ESP8266's own CPU takes, from what MicroPython's unix port takes: stack and heap.

The figures that this is held against were measured once, on an emulated LX106 that ran the OS of
commit 4f4e9d5 in MicroPython built with the port's own flags (docs/boards.md). One factor for all
phases; a test says how near it comes to each.
"""

from __future__ import annotations

# A word is half as wide there; what a call takes of the C stack is not.
STACK_FACTOR = 0.74

# Bytes of the C stack, of which the SDK and MicroPython's prompt have theirs, as boards report it;
# and what is to stay unused, for what nobody has thought of.
STACK = 8128
SDK = 1488
UNUSED = 1000
OWN = (STACK - SDK - UNUSED) // 100 * 100


def stack(unix: int) -> int:
    """Bytes of its stack, for so many of the unix port's."""
    return round(unix * STACK_FACTOR)


# Texts, buffers and the table of names are as large there as on 64 bits, everything else half as
# large: the unix port's words (`-X heapsize=...w`) say too little by this.
HEAP_FACTOR = 1.24
HEAP = 38016  # usable of 38,912


def heap(words: int) -> int:
    """Bytes of its heap, for so many of the unix port's words."""
    return round(words * HEAP_FACTOR)
