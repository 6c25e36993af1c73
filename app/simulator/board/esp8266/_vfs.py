"""The module `vfs` of the ESP8266 port with a ROMFS: one segment, mapped into memory."""

import _sim
from vfs import VfsFat, VfsLfs2, VfsRom, mount, umount  # noqa: F401

_EINVAL = 22
_SECTOR = 4096

mapped = None  # `_flash.Mapped`, set at power-on


def rom_ioctl(operation, *arguments):
    """Perform a request: 1 number of segments, 2 a segment, 3 prepare for writing, 4 write."""
    if operation == 1:
        return 1
    if operation == 2:
        return mapped.view
    if operation == 3:  # for any segment: from its beginning
        for start in range(0, arguments[1], _SECTOR):
            mapped.erase(start)
        return 4
    if operation == 4:
        mapped.write(arguments[1], arguments[2])
        return 0
    return -_EINVAL


def inside(offset, size):
    """Return the position of a part of the flash in the segment.

    All else belongs to the firmware or to the file system: a program that accesses it has an error.
    """
    start = offset - _sim.config["rom_at"]
    if start < 0 or start + size > len(mapped.view):
        raise RuntimeError("the flash at %d is not for programs" % offset)
    return start
