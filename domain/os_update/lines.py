"""The lines of a streamed text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from domain.security.signed import refused

if TYPE_CHECKING:
    from ports.storage import Source

_PIECE = 256  # bytes
_MAX_LINE = 2048  # bytes: a key or a signature of RSA-4096 has half of it


def lines(source: Source) -> Iterator[bytes]:
    """Yield each line without its end. Raises CloudError if one is too long, or the last has no
    end."""
    buffer, held, size = memoryview(bytearray(_PIECE)), b"", 1
    while size:
        size = source.readinto(buffer)
        found = (held + bytes(buffer[:size])).split(b"\n")
        if max([len(line) for line in found]) > _MAX_LINE:
            raise refused("T1", "a line is too long")
        held = found.pop()
        yield from found
    if held:
        raise refused("T1", "it is cut")
